"""What the final image holds that nothing needs, and which caches come along from build stages."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead_rules.bloat.package_cache_left import PackageCacheLeft


def models(text: str, files: dict[str, int] | None = None) -> Models:
    context = Context(MemoryTree({path: bytes(size) for path, size in files.items()})) if files is not None else None
    return Models(build(parse(Source("Dockerfile", text.encode()))), lambda: context)


FROM_BUILD = "FROM {image} AS build\nRUN {run}\nFROM {into}\nCOPY --from=build {path} /x\n"


@pytest.mark.parametrize(
    ("image", "run", "into", "path", "found"),
    [
        ("debian:12", "apt-get install -y gcc", "alpine:3.22", "/usr", True),
        ("golang:1.24", "go build -o /usr/bin/a", "alpine:3.22", "/usr", True),
        ("python:3.13", "python get.py", "python:3.13-slim", "/usr", True),
        ("python:3.13", "python get.py", "alpine:3.22", "/usr", False),
        ("debian:12", "apt-get install -y gcc", "scratch", "/usr", False),
        ("debian:12", "apt-get install -y gcc", "alpine:3.22", "/usr/local", False),
        ("python:3.13", "pip install a", "python:3.13", "/root/.cache", False),
    ],
)
def test_system_directories_of_a_stage(image: str, run: str, into: str, path: str, found: bool) -> None:
    text = FROM_BUILD.format(image=image, run=run, into=into, path=path)
    assert [whole.path for whole in models(text).layers.content.whole_stages()] == ([path] if found else [])


def test_one_finding_for_the_system_directories_of_a_stage() -> None:
    text = "FROM debian:12 AS b\nRUN apt-get install -y gcc\nFROM alpine\nCOPY --from=b /lib /lib\nCOPY --from=b /usr /usr\n"
    assert [whole.path for whole in models(text).layers.content.whole_stages()] == ["/lib"]


def noise(text: str, files: dict[str, int]) -> list[tuple[int, tuple[str, ...]]]:
    return [(found.bytes, found.patterns) for found in models(text, files).layers.content.noise()]


def test_patterns_that_leave_noise_out() -> None:
    files: dict[str, int] = {f"src/{name}/tests/t": 600_000 for name in "abc"}
    assert noise("FROM python:3.13\nCOPY . /app\n", files) == [(1_800_000, ("**/tests",))]
    del files["src/c/tests/t"]
    assert noise("FROM python:3.13\nCOPY . /app\n", files) == [(1_200_000, ("src/a/tests", "src/b/tests"))]


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.13 AS api-dev\nCOPY . /app\n",
        "FROM python:3.13 AS concourse_tests\nCOPY . /app\n",
        "FROM company/develop:3\nCOPY . /app\n",
        'FROM python:3.13\nCOPY . /app\nCMD ["pytest", "/app/docs/"]\n',
    ],
)
def test_images_for_developers_have_no_noise(text: str) -> None:
    assert noise(text, {"docs/a": 2_000_000}) == []


def test_documentation_is_noise_at_the_top_only() -> None:
    assert noise("FROM python:3.13\nCOPY . /app\n", {"docs/a": 2_000_000}) == [(2_000_000, ("docs",))]
    assert noise("FROM python:3.13\nCOPY . /app\n", {"src/docs/a": 2_000_000}) == []


@pytest.mark.parametrize(
    ("user", "mount"),
    [
        ("", "target=/root/.npm"),
        ("USER 1000\nENV HOME=/srv\n", "target=/srv/.npm,uid=1000"),
        ("USER node\n", ""),
    ],
)
def test_a_cache_mount_belongs_to_root(user: str, mount: str) -> None:
    (found,) = PackageCacheLeft().check(models(f"FROM node:22\n{user}RUN npm ci\n", {}))
    assert found.help.endswith(mount) if mount else "mount" not in found.help


def test_pipx_hands_options_on() -> None:
    (found,) = PackageCacheLeft().check(models("FROM python:3.13\nRUN pipx install poetry==2.2.1\n", {}))
    assert found.help.startswith("add --pip-args=--no-cache-dir")


def test_an_index_that_a_stage_that_does_not_ship_installs_from() -> None:
    text = "FROM debian:13 AS base\nRUN apt-get update && apt-get install -y git\nFROM base AS build\n" + (
        "RUN apt-get install -y gcc\nFROM base\nCOPY --from=build /a /a\n"
    )
    (left,) = models(text).layers.index_left()
    assert [use.token.start.line for use in left.used_later] == [4]


@pytest.mark.parametrize(
    ("run", "path", "found"),
    [
        ("bundle install", "/usr/local/bundle", True),
        ("bundle install\nRUN rm -rf /usr/local/bundle/cache", "/usr/local/bundle", False),
        ("bundle install && rm /usr/local/bundle/cache/*.gem", "/usr/local/bundle", False),
        ("bundle install", "/usr/local/lib", False),
        ("bundle install", "/", False),
        ("bundle config set --local path vendor && bundle install", "/usr/local/bundle", False),
        ("--mount=type=cache,target=/usr/local/bundle/cache bundle install", "/usr/local/bundle", False),
    ],
)
def test_caches_that_a_copy_takes_along(run: str, path: str, found: bool) -> None:
    text = FROM_BUILD.format(image="ruby:3.4", run=run, into="ruby:3.4-slim", path=path)
    expected = ["/usr/local/bundle/cache"] if found else []
    assert [copied.path for copied in models(text).layers.copied_caches()] == expected


def test_the_size_of_an_index_is_known_where_it_was_measured() -> None:
    run = "RUN apt-get update && apt-get install -y git\n"
    (of_debian,) = models(f"FROM debian:12\n{run}").layers.index_left()
    assert of_debian.size.text == "about 20 MB"
    (of_another,) = models(f"FROM ubuntu:24.04\n{run}").layers.index_left()
    assert (of_another.size.text, of_another.size.known) == ("", None)
