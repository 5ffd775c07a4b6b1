"""Every example of every built-in rule, and what every rule must have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairlead import Rule
from fairlead.testing import check_rule
from fairlead_rules import RULES

ROOT = Path(__file__).parents[2] / "rules" / "fairlead_rules"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_examples(rule: type[Rule]) -> None:
    check_rule(rule)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_documented_and_stands_where_its_name_says(rule: type[Rule]) -> None:
    family, _, name = rule.name.partition("/")
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert rule.__module__ == f"fairlead_rules.{family}.{name.replace('-', '_')}"
    assert rule.summary().endswith(".")
    assert len(rule.documentation()) > 150
    source = (ROOT / family / f"{name.replace('-', '_')}.py").read_text("utf-8")
    assert len(source.splitlines()) <= 250


def test_names_and_aliases_are_unique() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
