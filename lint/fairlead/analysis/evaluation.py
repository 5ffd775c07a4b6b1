"""What a shell puts in place of `$(...)` and `$((...))`, as far as it can be told without running anything."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

from fairlead.shell import Command, Script, unwrap

PRINTING = frozenset("basename cat cut dirname echo grep head id ls printf pwd sed seq sort tail tr wc".split())  # noqa: SIM905
"""Programs that do nothing but print, with the options that `only_prints` lets through."""

_MAX_COMMANDS = 8
_NAME = re.compile(r"\$?\{?([A-Za-z_]\w*)\}?")
_ARITHMETIC = re.compile(r"[\d\s()+*/%<>=!-]*")
_OPERATORS: dict[type[ast.AST], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def only_prints(script: Script) -> bool:
    """Whether a script is a few commands in a row that print something known and do nothing else."""
    commands = [command for command in script.commands if not command.substitution]
    return not script.has_errors and 0 < len(commands) <= _MAX_COMMANDS and all(map(_prints, commands))


def _prints(command: Command) -> bool:
    if command.conditional or command.guards or command.loop or command.function or command.nested_in is not None:
        return False
    if any(r.writes and (r.target is None or r.target.value != "/dev/null") for r in command.redirections):
        return False
    name = unwrap(command).name
    flags = [word.pattern for word in command.args if word.pattern.startswith("-")]
    if name == "sed" and any(flag.startswith(("-i", "--in-place")) for flag in flags):
        return False
    return name in PRINTING and not (name == "sort" and any(flag.startswith(("-o", "--output")) for flag in flags))


def arithmetic(text: str, values: Mapping[str, str | None]) -> str | None:
    """The number that an expression of whole numbers gives; None where it is not known.

    Args:
        text: the expression, without `$((` and `))`.
        values: the variables; one that is not there is not known.
    """
    known = True

    def number(match: re.Match[str]) -> str:
        nonlocal known
        value = values.get(match[1])
        known = known and value is not None and re.fullmatch(r"-?(?:0|[1-9]\d*)", value) is not None
        return f"({value})"

    text = _NAME.sub(number, text.strip())
    if not known or len(text) > 200 or not _ARITHMETIC.fullmatch(text) or re.search(r"\*\*|//|<<|>>|\b0\d", text):
        return None
    try:
        return str(_value(ast.parse(text, mode="eval").body))
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError):
        return None


def _value(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=ast.Div() | ast.Mod() as division, right=right):
            first, second = _value(left), _value(right)
            # as in C towards zero, where Python goes down
            quotient = abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1)
            return quotient if isinstance(division, ast.Div) else first - quotient * second
        case ast.BinOp(left=left, op=found, right=right) if type(found) in _OPERATORS:
            return _OPERATORS[type(found)](_value(left), _value(right))
        case ast.Compare(left=left, ops=[found], comparators=[right]) if type(found) in _OPERATORS:
            return int(_OPERATORS[type(found)](_value(left), _value(right)))
    raise ValueError(node)
