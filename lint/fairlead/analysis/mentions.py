"""Where the names of variables stand in instructions."""

from __future__ import annotations

import re

from fairlead.syntax import ast


def mentions(instruction: ast.Instruction, names: set[str]) -> bool:
    """Whether a variable's name stands in an instruction, its flags and heredocs included."""
    texts = [instruction.token.text, *(heredoc.content for heredoc in instruction.heredocs)]
    return any(mentions_any(text, names) for text in texts)


def mentions_any(text: str, names: set[str]) -> bool:
    """Whether one of some names stands in a text as a word."""
    return any(re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text) for name in names)
