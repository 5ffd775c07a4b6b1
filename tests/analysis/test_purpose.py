"""What an image is for: an application, or people who develop, test and build with it."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.knowledge.purpose import is_beside_product, is_example, is_for_development, is_workshop
from fairlead.rule import Rule
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead_rules.bloat.metadata_change_copies_files import MetadataChangeCopiesFiles
from fairlead_rules.bloat.package_cache_left import PackageCacheLeft
from fairlead_rules.bloat.package_index_left import PackageIndexLeft
from fairlead_rules.bloat.recommended_packages import RecommendedPackages

START = '\nCMD ["node", "a.js"]\n'


def models(text: str, path: str = "Dockerfile", files: dict[str, str] | None = None) -> Models:
    context = Context(MemoryTree(files or {}))
    return Models(build(parse(Source(path, text.encode()))), lambda: context)


@pytest.mark.parametrize(
    ("text", "path", "for_work"),
    [
        (f"FROM node:22{START}", "Dockerfile", False),
        (f"FROM node:22{START}", "Dockerfile.dev", True),
        (f"FROM node:22{START}", ".devcontainer/Dockerfile", True),
        (f"FROM node:22{START}", "services/device/Dockerfile", False),
        (f"FROM node:22{START}", "compose/local/django/Dockerfile", True),
        (f"FROM node:22{START}", "services/locale/Dockerfile", False),
        (f"FROM node:22 AS development\nRUN a\nFROM development AS unittests{START}", "Dockerfile", True),
        (f"FROM node:22\nENV NODE_ENV=development{START}", "Dockerfile", True),
        (f"FROM python:3.13\nRUN pip install notebook{START}", "Dockerfile", True),
        ('FROM node:22\nCMD ["pnpm", "--filter", "web", "run", "dev"]\n', "Dockerfile", True),
        ('FROM node:22\nCMD ["pnpm", "--filter", "web", "run", "start"]\n', "Dockerfile", False),
        ('FROM node:22\nCMD ["npx", "next", "dev"]\n', "Dockerfile", True),
        ("FROM node:22 AS builder\nRUN npm ci\n", "Dockerfile", True),
        ("FROM node:22 AS builder\nRUN npm ci\nFROM builder AS release\n", "Dockerfile", False),
        ('FROM a\nCMD ["bash"]\n', "Dockerfile", True),
        ('FROM a\nCMD ["bash", "-c", "server"]\n', "Dockerfile", False),
        ('FROM a\nCMD ["sleep", "infinity"]\n', "Dockerfile", True),
        ('FROM a\nCMD ["python", "a.py"]\n', "Dockerfile", False),
        ('FROM a\nCMD ["python"]\n', "Dockerfile", True),
        ("FROM a\nCMD make all\n", "Dockerfile", True),
    ],
)
def test_images_for_work(text: str, path: str, for_work: bool) -> None:
    assert models(text, path).purpose.for_work is for_work


def test_env_says_that_an_image_is_for_development() -> None:
    assert models("FROM a\nENV NODE_ENV=development\nCMD run\n").purpose.development
    assert not models("FROM a\nARG NODE_ENV=development\nCMD run\n").purpose.development
    assert not models("FROM a\nENV NODE_ENV=production\nCMD run\n").purpose.development


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Dockerfile", False),
        (".devcontainer/Dockerfile", True),
        ("docker/dev/Dockerfile", True),
        ("app-dev.dockerfile", True),
        ("dev/project/app/Dockerfile", False),
        ("device/Dockerfile", False),
        ("Dockerfile.tilt", True),
        ("integration/testdata/Dockerfile", True),
        ("__fixtures__/2.Dockerfile", True),
    ],
)
def test_places_of_development(path: str, expected: bool) -> None:
    assert models("FROM a\nCMD run\n", path).purpose.development is expected


@pytest.mark.parametrize(
    ("name", "expected"), [("test", True), ("latest", False), ("e2e-runner", True), ("prod", False)]
)
def test_names_of_development(name: str, expected: bool) -> None:
    assert is_for_development(name) is expected


def test_places() -> None:
    assert is_beside_product("tests/gpu/misc/Dockerfile")
    assert is_beside_product("vendor/github.com/a/b/Dockerfile")
    assert not is_beside_product("services/api/Dockerfile")
    assert not is_beside_product("test")
    assert not is_beside_product("/home/me/test/app/Dockerfile")
    assert is_example("examples/app/Dockerfile")
    assert not is_example("example.Dockerfile")
    assert is_workshop("vscode-dev-containers")
    assert not is_workshop("test-infra")


@pytest.mark.parametrize("rule", [PackageCacheLeft, PackageIndexLeft])
@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("Dockerfile", "warning"),
        ("build/Dockerfile", "warning"),
        ("Dockerfile.dev", "info"),
        (".devcontainer/Dockerfile", "info"),
        (".github/test/Dockerfile", "info"),
    ],
)
def test_leftovers_in_images_for_work_are_information(rule: type[Rule], path: str, severity: str) -> None:
    text = "FROM python:3.13\nRUN apt-get update && apt-get install -y git && pip install a\n"
    (found,) = rule().check(models(text, path=path))
    assert found.severity.value == severity


@pytest.mark.parametrize(
    ("start", "severity"), [("node a.js", "warning"), ("npx playwright test", "info"), ("npm run dev", "info")]
)
def test_leftovers_below_a_developers_start_are_information(start: str, severity: str) -> None:
    (found,) = PackageCacheLeft().check(models(f"FROM node:22\nRUN npm ci\nCMD {start}\n"))
    assert found.severity.value == severity


@pytest.mark.parametrize(("path", "severity"), [("Dockerfile", "warning"), ("tests.Dockerfile", "info")])
def test_changed_owners_in_images_for_work_are_information(path: str, severity: str) -> None:
    text = "FROM python:3.13\nCOPY . /app\nRUN chown -R 1000 /app\n"
    (found,) = MetadataChangeCopiesFiles().check(models(text, path, {"a": "a" * 1_000_000}))
    assert found.severity.value == severity


@pytest.mark.parametrize(("stage", "profile"), [("app", "recommended"), ("test", "strict"), ("builder", "strict")])
def test_recommended_packages_of_images_for_work(stage: str, profile: str) -> None:
    (found,) = RecommendedPackages().check(models(f"FROM debian:12 AS {stage}\nRUN apt-get install -y git\n"))
    assert found.profile.value == profile
