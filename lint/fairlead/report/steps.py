"""Instructions in the lines of a report."""

from __future__ import annotations

from fairlead.syntax import ast


def one_line(instruction: ast.Instruction) -> str:
    """An instruction in one line."""
    if isinstance(instruction, ast.Run):
        # mounts would fill the line and push the command out of it
        script = instruction.script_heredoc.content if instruction.script_heredoc is not None else ""
        return " ".join(f"{instruction.keyword} {instruction.rest.text} {script}".split())
    return " ".join(instruction.token.text.split())
