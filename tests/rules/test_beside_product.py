"""What is said of Dockerfiles of tests, of others' code and of what is used no more, and what else decides how loud."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.config import Selection, Settings
from fairlead.engine import check_source
from fairlead.finding import Finding, Severity
from fairlead.registry import Registry
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
        ("_deprecated/web/Dockerfile", Severity.INFO),
        ("NOT_MAINTAINED_ANYMORE/web/Dockerfile", Severity.INFO),
        ("images/old/Dockerfile.web", Severity.INFO),
        ("examples/web/Dockerfile", Severity.INFO),
    ],
)
def test_beside_the_product_it_is_for_information(path: str, severity: Severity) -> None:
    text = "FROM debian:12\nARG GIT_SHA=x\nRUN apt-get update && apt-get install -y nginx\nRUN pip install flask\n"
    rules = ["cache/argument-before-costly-step", "bloat/package-index-left", "mutable/unpinned-package"]
    settings = Settings(selection=Selection(select=tuple(rules)))
    report = check_source(Source(path, text.encode()), settings, Registry.load())
    assert {finding.rule: finding.severity for finding in report.findings} == dict.fromkeys(rules, severity)


def test_beside_the_product_errors_of_the_file_stay_errors() -> None:
    source = Source("tests/web/Dockerfile", b"FROM debian:12\nENV API_KEY=f3a9c1d2e4b5\nFORM x\n")
    report = check_source(source, Settings(), Registry.load())
    assert [(finding.rule, finding.severity) for finding in report.findings] == [
        ("correctness/syntax-error", Severity.ERROR)
    ]


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
