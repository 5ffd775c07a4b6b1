"""Fairlead: a linter and static analyzer for Dockerfiles."""

from fairlead.syntax.expansion import Expansion, ExpansionError, expand_word

__all__ = ["Expansion", "ExpansionError", "expand_word"]
