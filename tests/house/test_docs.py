"""What the documentation shows holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from fairlead.config import KEYS, CommandLine, Settings, load_settings
from fairlead.engine import check_source
from fairlead.finding import Profile
from fairlead.registry import Registry
from fairlead.report.json import SCHEMA
from fairlead.report.layers import SCHEMA as LAYERS_SCHEMA
from fairlead.syntax.source import Source
from fairlead.testing import check_rule

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_configuration_shown_is_one(tmp_path: Path) -> None:
    (tmp_path / "fairlead.toml").write_text(blocks(ROOT / "docs" / "configuration.md", "toml")[0])
    settings = load_settings(tmp_path / "fairlead.toml")
    Registry.load().check_selectors(settings)
    (tmp_path / "pyproject.toml").write_text(blocks(ROOT / "README.md", "toml")[0])
    Registry.load().check_selectors(load_settings(tmp_path / "pyproject.toml"))


def test_every_key_of_the_configuration_is_described() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    described = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    assert described == set(KEYS)


def test_every_option_is_described() -> None:
    from fairlead.cli.app import app

    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    for command in app.registered_commands:
        assert command.callback is not None
        section = re.split(rf"^## fairlead {command.callback.__name__}$", text, flags=re.MULTILINE)[1]
        section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
        options = set(command.callback.__annotations__) - {
            "return",
            "paths",
            "files",
            "rule",
            "dockerfile",
            "dockerfiles",
        }
        options = {name.removesuffix("_option") for name in options}
        assert {name for name in options if f"--{name.replace('_', '-')}" not in section} == set()


def test_the_reports_shown_follow_their_schemas() -> None:
    findings, layers = blocks(ROOT / "docs" / "command-line.md", "json")
    jsonschema.validate(json.loads(findings), json.loads(SCHEMA.read_text()))
    jsonschema.validate(json.loads(layers), json.loads(LAYERS_SCHEMA.read_text()))


def test_the_ignores_shown_silence_what_they_name() -> None:
    (shown,) = blocks(ROOT / "docs" / "configuration.md", "dockerfile")
    settings = Settings().with_cli(CommandLine(profile=Profile.STRICT))
    report = check_source(Source("Dockerfile", shown.encode()), settings, Registry.load())
    assert {finding.rule for finding in report.findings} == {"bloat/package-index-left"}
    assert report.suppressed == 2


def test_the_rule_shown_passes_its_examples() -> None:
    namespace: dict[str, object] = {"__name__": "house_rules"}
    exec(compile(blocks(ROOT / "docs" / "writing-rules.md", "python")[0], "writing-rules.md", "exec"), namespace)
    check_rule(namespace["ForeignRegistry"])  # type: ignore[arg-type]


def test_the_architecture_names_every_model_and_nothing_that_is_gone() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"\b\w+\.py\b", text))
    modules = {path.name for root in ("lint", "rules") for path in (ROOT / root).rglob("*.py")}
    assert named <= modules
    models = {path.name for path in (ROOT / "lint" / "fairlead" / "analysis").glob("*.py")} - {"__init__.py"}
    # every_input.py stands for one module for each kind of input
    assert {name for name in models - named if not name.endswith("_inputs.py")} == set()
