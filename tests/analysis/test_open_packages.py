"""Packages without a version: which are wanted as they are, and of which hardly any release matters."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.analysis.open_packages import OpenPackages, open_packages
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def opened(text: str, files: dict[str, str] | None = None) -> list[OpenPackages]:
    context = Context(MemoryTree(files or {}))
    return list(open_packages(Models(build(parse(Source("Dockerfile", text.encode()))), lambda: context)))


@pytest.mark.parametrize(
    ("run", "newest", "harmless"),
    [
        ("pip install flask", False, False),
        ("pip install requests flask", False, False),
        ("pip install requests boto3", False, True),
        ("pip install timeout_decorator", False, True),
        ("gem install sass", False, True),
        ("npm install -g sass", False, True),
        ("npm install -g sass pnpm", False, False),
        ("npm install sass", False, False),
        ("yarn global add sass", False, True),
        ("pipx install sqlfluff", False, True),
        ("go install github.com/golang/dep/cmd/dep@latest", False, True),
        ("pip install gsutil", True, False),
        ("npm install -g pnpm", False, False),
        ("if [ -f pnpm-lock.yaml ]; then npm install -g pnpm; fi", False, True),
        ('if [ "$WITH" = x ]; then npm install -g pnpm; fi', False, False),
        ("conda install -c conda-forge numpy", False, False),
        ("conda update numpy", True, False),
        ("gem update bundler", True, True),
        ("pip install awscli semgrep", True, False),
        ("pip install certbot-dns-rfc2136", True, False),
        ("apt-get install -y python-pip && pip install numpy", False, True),
        ("apt-get install -y python3-pip && pip install numpy", False, False),
        ("apk add python2 && pip3 install numpy", False, False),
        ("npm install @anthropic-ai/claude-code tsx", True, False),
        ("go install github.com/projectdiscovery/httpx/cmd/httpx@latest", True, False),
        ("[ yes = no ] && pip install flask", False, True),
        ("[ yes = yes ] && pip install flask", False, False),
        ('if [ -z "$dev" ]; then echo; else pip install flask; fi', False, False),
        ("conda install pytorch==2.5.1 torchvision flask", False, False),
    ],
)
def test_what_a_new_release_is_to_an_install(run: str, newest: bool, harmless: bool) -> None:
    found = opened(f"FROM debian:12\nRUN {run}\n")[-1]
    assert (found.newest, found.harmless) == (newest, harmless)


def test_an_argument_without_a_value_is_unset() -> None:
    run = 'RUN if [ -z "$dev" ]; then echo; else pip install flask; fi\n'
    (found,) = opened(f"FROM debian:12\nARG dev\n{run}")
    assert found.harmless
    (found,) = opened(f"FROM debian:12\nARG dev=1\n{run}")
    assert not found.harmless


@pytest.mark.parametrize(
    ("text", "path", "harmless"),
    [
        ('FROM python:3.13\nRUN pip install thelounge\nCMD ["thelounge"]\n', "Dockerfile", True),
        ('FROM python:3.13\nRUN pip install thelounge\nCOPY run.sh /\nCMD ["/run.sh"]\n', "thelounge/Dockerfile", True),
        ('FROM python:3.13\nRUN pip install thelounge\nCMD ["/run.sh"]\n', "docker-thelounge/Dockerfile", True),
        ('FROM python:3.13\nRUN pip install thelounge\nCMD ["/run.sh"]\n', "images/Dockerfile.thelounge", True),
        ('FROM python:3.13\nRUN pip install thelounge\nCOPY app /app\nCMD ["thelounge"]\n', "Dockerfile", False),
        ('FROM python:3.13\nRUN pip install thelounge\nCMD ["node", "/a.js"]\n', "web/Dockerfile", False),
    ],
)
def test_the_program_that_an_image_is_of(text: str, path: str, harmless: bool) -> None:
    context = Context(MemoryTree({}))
    (found,) = open_packages(Models(build(parse(Source(path, text.encode()))), lambda: context))
    assert found.harmless is harmless


def test_what_belongs_to_a_pinned_pytorch_follows_it() -> None:
    (found,) = opened("FROM debian:12\nRUN conda install pytorch==2.5.1 torchvision torchaudio pandas\n")
    assert [package.name for package in found.packages] == ["pandas"]


def test_pnpm_takes_the_version_of_the_manifest() -> None:
    text = "FROM node:22\nRUN npm install -g pnpm\n"
    assert opened(text, {"package.json": '{"packageManager": "pnpm@10.4.1"}'})[0].harmless
    assert not opened(text, {"package.json": '{"packageManager": "yarn@4.9.1"}'})[0].harmless


def test_the_same_in_several_stages_is_one() -> None:
    text = (
        "FROM node:22 AS a\nRUN npm i -g pnpm\nFROM node:22\nCOPY --from=a /a /a\nRUN npm i -g pnpm\nRUN npm i -g tsx\n"
    )
    first, second = opened(text)
    assert [token.start.line for token in (first.token, *first.again)] == [2, 5]
    assert second.token.start.line == 6


@pytest.mark.parametrize(
    "run",
    [
        "pip install --upgrade pip pip install -U numpy==2.3.1",
        "gem install a:1.0 -- --use-libraries",
        "pip install -c c.txt a",
    ],
)
def test_words_that_are_no_packages(run: str) -> None:
    assert opened(f"FROM debian:12\nRUN {run}\n") == []


def test_front_ends_are_harmless() -> None:
    assert opened("FROM node:22\nRUN npm install yarn @angular/cli\n")[0].harmless is False
    assert opened("FROM python:3.13\nRUN pip install pipenv\n")[0].harmless
