"""What a shell puts in place of `$(...)` and `$((...))`, and what test(1) says, without running anything."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from fairlead.analysis.filesystem import UNKNOWN_NODE, Directory, File, Node, Unknown
from fairlead.shell import Command, Script, unwrap

PRINTING = frozenset("basename cat cut dirname echo grep head id ls printf pwd sed seq sort tail tr wc".split())  # noqa: SIM905
"""Programs that do nothing but print, with the options that `only_prints` lets through."""

_MAX_COMMANDS = 8
_GLOB = frozenset("*?[")
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


class _Look(Protocol):
    def __call__(self, path: str, *, follow: bool) -> Node | Unknown | None: ...


_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq, "-ne": operator.ne, "-gt": operator.gt, "-ge": operator.ge, "-lt": operator.lt,
    "-le": operator.le,
}  # fmt: skip


def decide(words: Sequence[str | None], look: _Look, *, is_root: bool = False) -> bool | None:
    """What test(1) says; None where that is not known.

    Args:
        words: its arguments, None for one that is not known.
        look: says of a path what is there.
        is_root: whether it is root who asks, who may read and write everything.
    """
    for word, either in (("-o", True), ("||", True), ("-a", False), ("&&", False)):
        if word in words[1:-1] and len(words) > 3:
            at = words.index(word, 1)
            sides = (decide(words[:at], look, is_root=is_root), decide(words[at + 1 :], look, is_root=is_root))
            return either if either in sides else None if None in sides else not either
    if words[:1] == ["!"] and len(words) > 1:
        found = decide(words[1:], look, is_root=is_root)
        return None if found is None else not found
    if len(words) == 1:
        return None if words[0] is None else words[0] != ""
    if len(words) == 2 and words[0] in ("-n", "-z"):
        return None if words[1] is None else (words[1] != "") is (words[0] == "-n")
    if len(words) == 2 and words[0] is not None and words[1]:
        return _decide_entry(words[0], look(words[1], follow=words[0] not in ("-L", "-h")), is_root=is_root)
    if len(words) == 3 and words[0] is not None and words[2] is not None:
        if words[1] in ("=", "==", "!="):
            return None if set(words[2]) & _GLOB else (words[0] == words[2]) is (words[1] != "!=")
        compare = _NUMBERS.get(words[1] or "")
        if compare is not None and words[0].isdecimal() and words[2].isdecimal():
            return compare(int(words[0]), int(words[2]))
    return None


def never_runs(command: Command, declared: Collection[str]) -> bool:
    """Whether a test of nothing but known words keeps a command from running: `[ latest != latest ] && ...`.

    With other build arguments it may well run.

    Args:
        command: the command.
        declared: the build arguments that have no value; they are unset then.
    """
    for guard in command.guards:
        if guard.command is not None and unwrap(guard.command).name in ("test", "[", "[["):
            words = [
                "" if word.value is None and word.variables() and set(word.variables()) <= set(declared) else word.value
                for word in guard.command.args
                if word.value not in ("]", "]]")
            ]
            if decide(words, _look_nowhere) not in (None, guard.succeeds):
                return True
    return False


def _look_nowhere(path: str, *, follow: bool) -> Unknown:  # noqa: ARG001 - the signature that `decide` asks for
    return UNKNOWN_NODE


def _decide_entry(test: str, node: Node | Unknown | None, *, is_root: bool) -> bool | None:
    """What a test of a path says; which permissions count is known of the execute bits, and of root's."""
    if isinstance(node, Unknown) or (isinstance(node, File) and node.kind in ("rest", "other")):
        return None
    match test:
        case "-e":
            return node is not None
        case "-d":
            return isinstance(node, Directory)
        case "-f":
            return isinstance(node, File) and node.kind == "file"
        case "-L" | "-h":
            return isinstance(node, File) and node.kind == "symlink"
        case "-s":
            if isinstance(node, Directory | None):
                return node is not None
            return None if node.size is None else node.size > 0
        case "-x" | "-r" | "-w" if node is None:
            return False
        case "-x" if isinstance(node, File) and node.mode is not None and not node.mode & 0o111:
            return False
        case "-x" if is_root and node is not None and node.mode is not None and node.mode & 0o111 == 0o111:
            return True
        case "-r" | "-w" if is_root:
            return True
    return None
