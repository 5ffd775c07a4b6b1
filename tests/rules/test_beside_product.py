"""Rules of the family cache about Dockerfiles of tests and of others' code, and what else decides how loud they are."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.finding import Finding, Severity
from fairlead.rule import Rule
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead_rules.cache.argument_before_costly_step import ArgumentBeforeCostlyStep
from fairlead_rules.cache.copy_before_install import CopyBeforeInstall
from fairlead_rules.cache.missing_dockerignore import MissingDockerignore

PROJECT = {"package.json": "{}", "package-lock.json": "{}", "index.js": "", ".dockerignore": ".git\n"}


def found(rule: type[Rule], text: str, files: dict[str, str], path: str = "Dockerfile") -> list[Finding]:
    context = Context(MemoryTree(files))
    return list(rule().check(Models(build(parse(Source(path, text.encode()))), lambda: context)))


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("Dockerfile", Severity.WARNING),
        ("services/web/Dockerfile", Severity.WARNING),
        ("tests/web/Dockerfile", Severity.INFO),
        ("vendor/github.com/a/b/Dockerfile", Severity.INFO),
        (".agents/skills/web/Dockerfile", Severity.INFO),
        ("examples/web/Dockerfile", Severity.INFO),
    ],
)
def test_beside_the_product_it_is_for_information(path: str, severity: Severity) -> None:
    copied = found(CopyBeforeInstall, "FROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm ci\n", PROJECT, path)
    early = found(
        ArgumentBeforeCostlyStep, "FROM debian:12\nARG GIT_SHA=x\nRUN apt-get install -y nginx\n", PROJECT, path
    )
    assert [finding.severity or Severity.WARNING for finding in copied + early] == [severity, severity]


def test_compiled_python_alone_is_a_few_kilobytes() -> None:
    text = "FROM python:3.13\nWORKDIR /a\nCOPY . .\nRUN pip install .\n"
    little = found(MissingDockerignore, text, {"app.py": "", "__pycache__/app.pyc": ""})
    assert [finding.severity for finding in little] == [Severity.INFO]
    more = found(MissingDockerignore, text, {"app.py": "", "__pycache__/app.pyc": "", ".git/HEAD": "x"})
    assert [finding.severity or Severity.WARNING for finding in more] == [Severity.WARNING]


def test_what_hands_an_argument_on_moves_with_it() -> None:
    text = "FROM debian:12\nARG APP_VERSION\nENV APP_VERSION=${APP_VERSION}\nLABEL a=b\nRUN apt-get install -y nginx\n"
    (finding,) = found(ArgumentBeforeCostlyStep, text, {})
    assert finding.help == "declare it below line 5, and move line 3 below it"


def test_manifests_that_composer_merges_are_not_known() -> None:
    text = "FROM composer:2\nWORKDIR /a\nCOPY . .\nRUN composer install --no-scripts --no-autoloader\n"
    files = {"composer.json": "{}", "composer.lock": "{}", "index.php": "", ".dockerignore": ".git\n"}
    assert found(CopyBeforeInstall, text, files)
    merging = '{"extra": {"merge-plugin": {"include": ["Modules/*/composer.json"]}}}'
    assert not [f for f in found(CopyBeforeInstall, text, {**files, "composer.json": merging}) if f.severity is None]
