"""Fairlead's built-in rules."""

from __future__ import annotations

from fairlead import Rule

RULES: tuple[type[Rule], ...] = ()
"""Every built-in rule."""
