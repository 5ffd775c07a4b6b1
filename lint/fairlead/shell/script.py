"""The commands of a RUN: shell text, heredocs and argument vectors."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.shell.dialect import Dialect, base_name, dialect_of, is_posix_like, shell_options
from fairlead.shell.words import Command, Part, Script, ShellWord, Values
from fairlead.shell.wrappers import unwrap
from fairlead.syntax.source import Token

_MAX_NESTING = 4


def parse_script(
    text: Token,
    dialect: Dialect,
    values: Values,
    *,
    options: frozenset[str] = frozenset(),
    workdir: str | None = None,
) -> Script:
    """The commands of a script; never raises, whatever the text.

    Args:
        text: the script; places of words are found through it.
        dialect: only the Bourne shell and its relatives are read, other scripts have no commands.
        values: the variables that hold at its start.
        options: what the shell's arguments switch on.
        workdir: the directory it starts in, absolute; None where it is not known.
    """
    if not is_posix_like(dialect):
        return Script(dialect, text, (), False, options)
    commands, has_errors = _read(text, values, workdir, options, 0)
    return Script(dialect, text, tuple(commands), has_errors, options)


def parse_exec(argv: Sequence[tuple[Token, str]], values: Values, *, workdir: str | None = None) -> Script:
    """The command of an exec form, and what it runs where it is a shell with `-c`.

    Args:
        argv: each argument as written, JSON quotes included, and its value; not empty.
        values: the variables that hold.
        workdir: the directory it runs in, absolute; None where it is not known.
    """
    words = tuple(
        ShellWord(token, (Part("literal", value, True, _json_content(token, value) or token),)) for token, value in argv
    )
    token = Token.joined([token for token, _ in argv])
    command = Command(
        words, (), (), token, dict(values), workdir, None, False, False, False, False, False, False, "", frozenset()
    )
    commands = [command]
    has_errors = _nested([command], commands, 0)
    return Script(Dialect.POSIX, token, tuple(commands), has_errors, frozenset())


def _read(
    text: Token, values: Values, cwd: str | None, options: frozenset[str], depth: int
) -> tuple[list[Command], bool]:
    from fairlead.shell.reader import Reader

    reader = Reader(text, values, cwd, options)
    commands = list(reader.commands)
    return commands, _nested(reader.commands, commands, depth) or reader.has_errors


def _nested(found: list[Command], commands: list[Command], depth: int) -> bool:
    """Add behind each command those of the script that it is given as an argument; whether any could not be read."""
    has_errors = False
    for command in found:
        text = _script_argument(command) if depth < _MAX_NESTING else None
        if text is None:
            continue
        inner, errors = _read(text, command.env, command.cwd, _shell_options(command), depth + 1)
        has_errors = has_errors or errors
        for nested in inner:
            nested.nested_in = nested.nested_in or command
            nested.conditional = nested.conditional or command.conditional
            nested.substitution = nested.substitution or command.substitution
            nested.loop = nested.loop or command.loop
            nested.loops = (*command.loops, *nested.loops)
            nested.guards = (*command.guards, *nested.guards)
            nested.subshell = True
        at = commands.index(command) + 1
        commands[at:at] = inner
    return has_errors


def _shell_options(command: Command) -> frozenset[str]:
    """What the arguments of `sh -ec` or `bash -o pipefail -c` switch on; `eval` keeps what is on."""
    invocation = unwrap(command)
    if invocation.name == "eval":
        return command.options
    return shell_options(word.value or "" for word in invocation.args)


def _script_argument(command: Command) -> Token | None:
    invocation = unwrap(command)
    name = base_name(invocation.name) if invocation.name else ""
    if name == "eval" and len(invocation.args) == 1:
        return _content(invocation.args[0])
    if name in ("su", "runuser") or is_posix_like(dialect_of(name)):
        word = _after_c(invocation.args)
        if word is not None:
            return _content(word)
        bodies = [redirection.body for redirection in command.redirections if redirection.body is not None]
        if bodies and name not in ("su", "runuser") and all(a.text.startswith("-") for a in invocation.args):
            return bodies[-1]
    return None


def _after_c(args: tuple[ShellWord, ...]) -> ShellWord | None:
    for at, word in enumerate(args[:-1]):
        text = word.value or ""
        if text.startswith("-") and not text.startswith("--") and text.endswith("c"):
            return args[at + 1]
        if text == "--command":
            return args[at + 1]
    return None


def _content(word: ShellWord) -> Token | None:
    """The script that a word holds, with places: its parts without quotes and without the backslashes before them."""
    pieces = [_unescaped(part) for part in word.parts if len(part.token)]
    return Token.joined(pieces) if pieces else None


def _unescaped(part: Part) -> Token:
    token = part.token
    if part.kind == "literal" and part.text is not None and token.text == "\\" + part.text:
        return token.slice(1)
    return token


def _json_content(token: Token, value: str) -> Token | None:
    """The text inside a JSON string as a token; None where escapes other than of a single character stand in it."""
    inner = token.slice(1, len(token) - 1)
    if inner.text == value:
        return inner
    pieces = []
    at = 0
    text = inner.text
    while at < len(text):
        if text[at] == "\\":
            if text[at + 1 : at + 2] not in ('"', "\\", "/"):
                return None
            at += 1
        pieces.append(inner.slice(at, at + 1))
        at += 1
    return Token.joined(pieces) if pieces else None
