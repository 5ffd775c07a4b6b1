"""From an instruction's parts to its class, with the builder's checks of flags and arguments.

Sources: BuildKit's frontend/dockerfile/instructions/parse.go, bflag.go, commands_runmount.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fairlead.syntax import ast
from fairlead.syntax.expansion import ExpansionError
from fairlead.syntax.go import go_quote
from fairlead.syntax.lines import heredoc_word
from fairlead.syntax.source import Token
from fairlead.syntax.suggest import nearest

_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")
_DURATION = re.compile(r"[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_FlagKind = Literal["text", "bool", "list"]
_FLAGS: dict[str, dict[str, _FlagKind]] = {
    "FROM": {"platform": "text"},
    "RUN": {"mount": "list", "network": "text", "security": "text", "device": "list"},
    "COPY": {"from": "text", "chown": "text", "chmod": "text", "link": "bool", "parents": "bool", "exclude": "list"},
    "ADD": {
        "chown": "text",
        "chmod": "text",
        "link": "bool",
        "keep-git-dir": "bool",
        "checksum": "text",
        "unpack": "bool",
        "exclude": "list",
    },
    "HEALTHCHECK": {
        "interval": "text",
        "timeout": "text",
        "start-period": "text",
        "start-interval": "text",
        "retries": "text",
    },
}
_MOUNT_KEYS = (
    "type", "from", "source", "target", "readonly", "id", "sharing", "required", "size", "mode", "uid", "gid", "src",
    "dst", "destination", "ro", "rw", "readwrite", "env",
)  # fmt: skip
_MOUNT_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}
_MOUNT_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
# STOPSIGNAL and ARG parse no flags in the builder: it silently drops them
_FLAGS_IGNORED = frozenset(("STOPSIGNAL", "ARG"))


class InstructionError(Exception):
    """The builder refuses the instruction.

    Attributes:
        text: the builder's message.
        place: what it is about, None for the whole instruction.
        expected: what should stand there.
    """

    def __init__(self, text: str, place: Token | None = None, expected: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.place = place
        self.expected = expected


@dataclass(eq=False)
class Parts:
    """What the parser knows of an instruction before its class is chosen."""

    keyword: str
    keyword_token: Token
    token: Token
    flags: tuple[ast.Flag, ...]
    rest: Token
    heredocs: tuple[ast.Heredoc, ...]
    start_line: int
    end_line: int
    comments: tuple[ast.Comment, ...]
    escape: str
    json_form: bool = False
    words: tuple[ast.Word, ...] = ()
    pairs: tuple[ast.Pair, ...] = ()
    command: Token | None = None
    child: ast.Instruction | None = None
    child_parts: Parts | None = None

    def plain(self) -> ast.Instruction:
        """The instruction without a class of its own; an ONBUILD keeps its child."""
        if self.child is not None:
            return ast.Onbuild(*self.common(), child=self.child)
        return ast.Instruction(*self.common())

    def common(  # noqa: D102 - the positional fields of Instruction
        self,
    ) -> tuple[
        str, Token, Token, tuple[ast.Flag, ...], Token, bool, tuple[ast.Word, ...], tuple[ast.Heredoc, ...], int, int,
        tuple[ast.Comment, ...],
    ]:  # fmt: skip
        return (
            self.keyword, self.keyword_token, self.token, self.flags, self.rest, self.json_form, self.words,
            self.heredocs, self.start_line, self.end_line, self.comments,
        )  # fmt: skip


def typed(parts: Parts) -> ast.Instruction:
    """The instruction as its class. Raises InstructionError where the builder refuses it."""
    return _MAKERS[parts.keyword](parts)


def _check_flags(parts: Parts) -> None:
    known = _FLAGS.get(parts.keyword, {})
    seen: set[str] = set()
    for flag in parts.flags:
        kind = known.get(flag.name)
        if kind is None:
            suggestion = nearest(flag.name, known)
            expected = f"--{suggestion}?" if suggestion else _flag_list(known, parts.keyword)
            raise InstructionError(f"unknown flag: --{flag.name}", flag.token, expected)
        if flag.name in seen and kind != "list":
            raise InstructionError(f"duplicate flag specified: --{flag.name}", flag.token, f"one --{flag.name}")
        seen.add(flag.name)
        if kind == "bool":
            _check_bool(flag)
        elif flag.value is None:
            raise InstructionError(f"missing a value on flag: --{flag.name}", flag.token, f"--{flag.name}=VALUE")


def _flag_list(known: dict[str, _FlagKind], keyword: str) -> str:
    if not known:
        return f"no flags: {keyword} has none"
    return "one of " + ", ".join(f"--{name}" for name in known)


def _check_bool(flag: ast.Flag) -> None:
    if flag.value == "":
        raise InstructionError(f"missing a value on flag: --{flag.name}", flag.token, "true or false")
    if flag.value is not None and flag.value.lower() not in ("true", "false"):
        raise InstructionError(
            f"expecting boolean value for flag --{flag.name}, not: {flag.value}", flag.token, "true or false"
        )


def _at_least_one(parts: Parts) -> None:
    if not parts.words:
        raise InstructionError(f"{parts.keyword} requires at least one argument", None, "an argument")


def _exactly_one(parts: Parts) -> None:
    if len(parts.words) != 1:
        raise InstructionError(f"{parts.keyword} requires exactly one argument", None, "one argument")


def _from(parts: Parts) -> ast.Instruction:
    words = parts.words
    name = None
    if len(words) == 3 and words[1].value.lower() == "as":
        name = words[2]
        if not _STAGE_NAME.fullmatch(name.value.lower()):
            raise InstructionError(
                f"invalid name for build stage: {go_quote(name.value)}, name can't start with a number or contain "
                "symbols",
                name.token,
                "letters, digits, '-', '_' and '.', a letter first",
            )
    elif len(words) != 1:
        raise InstructionError("FROM requires either one or three arguments", None, "FROM IMAGE or FROM IMAGE AS NAME")
    _check_flags(parts)
    return ast.From(*parts.common(), image=words[0], name=name)


def _run(parts: Parts) -> ast.Instruction:
    _check_flags(parts)
    network = next((flag for flag in parts.flags if flag.name == "network"), None)
    if network is not None and network.value not in ("default", "none", "host"):
        raise InstructionError(f'invalid network mode "{network.value}"', network.token, "default, none or host")
    security = next((flag for flag in parts.flags if flag.name == "security"), None)
    if security is not None and security.value not in ("sandbox", "insecure"):
        raise InstructionError(f'security "{security.value}" is not valid', security.token, "sandbox or insecure")
    mounts = tuple(_mount(flag) for flag in parts.flags if flag.name == "mount")
    script, heredoc = _script(parts)
    return ast.Run(*parts.common(), script=script, script_heredoc=heredoc, mounts=mounts)


def _script(parts: Parts) -> tuple[Token | None, ast.Heredoc | None]:
    if parts.json_form:
        return None, None
    if not parts.heredocs:
        return parts.rest, None
    if len(parts.heredocs) == 1:
        # the whole command is one heredoc word: the body is the script
        try:
            if heredoc_word(parts.rest.text) is not None:
                return parts.heredocs[0].body, parts.heredocs[0]
        except ExpansionError:
            pass
    source = parts.token.source
    first_body = parts.heredocs[0].body.spans[0].start
    pieces = [parts.rest]
    if source.text[first_body - 1 : first_body] == "\n":
        pieces.append(Token.of_span(source, first_body - 1, first_body))
    for heredoc in parts.heredocs:
        body_start, body_end = heredoc.body.spans[0]
        start, end = source.line_span(heredoc.end_line)
        pieces.append(Token.of_span(source, body_start, max(body_end, start)))
        pieces.append(Token.of_span(source, start, end))
    return Token.joined(pieces), None


def csv_fields(text: str) -> list[str]:
    """The fields of one CSV line. Raises ValueError for a stray quote."""
    fields = []
    at = 0
    while True:
        field, at = _csv_field(text, at)
        fields.append(field)
        if at >= len(text):
            return fields
        at += 1


def _csv_field(text: str, at: int) -> tuple[str, int]:
    if not text.startswith('"', at):
        end = text.find(",", at)
        end = len(text) if end < 0 else end
        if '"' in text[at:end]:
            raise ValueError('bare " in non-quoted field')
        return text[at:end], end
    field = []
    at += 1
    while True:
        quote = text.find('"', at)
        if quote < 0:
            raise ValueError('extraneous or missing " in quoted-field')
        field.append(text[at:quote])
        at = quote + 1
        if text.startswith('"', at):
            field.append('"')
            at += 1
        elif at == len(text) or text[at] == ",":
            return "".join(field), at
        else:
            raise ValueError('extraneous or missing " in quoted-field')


def _mount(flag: ast.Flag) -> ast.Mount:
    try:
        fields = csv_fields(flag.value or "")
    except ValueError as error:
        raise InstructionError(f"failed to parse csv mounts: {error}", flag.token, "type=...,target=...") from None
    options: dict[str, str] = {}
    for field in fields:
        key, equals, value = field.partition("=")
        key = key.lower()
        if key not in _MOUNT_KEYS:
            suggestion = nearest(key, _MOUNT_KEYS)
            expected = f"{suggestion}=...?" if suggestion else "one of " + ", ".join(_MOUNT_KEYS[:12])
            raise InstructionError(f"unexpected key '{key}' in '{field}'", flag.token, expected)
        if not equals and key not in ("readonly", "ro", "readwrite", "rw", "required"):
            raise InstructionError(f"invalid field '{field}' must be a key=value pair", flag.token, f"{key}=VALUE")
        if key == "from" and "$" in value[:-1]:
            raise InstructionError(
                "'from' doesn't support variable expansion, define alias stage instead", flag.token, "a stage or image"
            )
        options[_MOUNT_ALIASES.get(key, key)] = value
    type_ = options.get("type", "bind").lower()
    if type_ not in _MOUNT_TYPES and "$" not in type_:
        raise InstructionError(f'unsupported mount type "{type_}"', flag.token, "one of " + ", ".join(_MOUNT_TYPES))
    return ast.Mount(flag, options, type_)


def _command(cls: type[ast.Cmd | ast.Entrypoint]) -> Callable[[Parts], ast.Instruction]:
    def make(parts: Parts) -> ast.Instruction:
        _check_flags(parts)
        return cls(*parts.common())

    return make


def _shell(parts: Parts) -> ast.Instruction:
    _check_flags(parts)
    _at_least_one(parts)
    if not parts.json_form:
        raise InstructionError(
            f"SHELL requires the arguments to be in JSON form: {parts.token.text}", parts.rest, '["/bin/sh", "-c"]'
        )
    return ast.Shell(*parts.common())


def _files(cls: type[ast.Copy | ast.Add]) -> Callable[[Parts], ast.Instruction]:
    def make(parts: Parts) -> ast.Instruction:
        if len(parts.words) < 2:
            raise InstructionError(
                f"{parts.keyword} requires at least two arguments, but only one was provided. Destination could not be "
                "determined",
                None,
                f"{parts.keyword} SOURCE DESTINATION",
            )
        _check_flags(parts)
        destination = parts.words[-1]
        if _is_heredoc(destination.value):
            raise InstructionError(
                f"{parts.keyword} cannot accept a heredoc as a destination", destination.token, "a path"
            )
        by_name = {heredoc.name: heredoc for heredoc in parts.heredocs}
        sources = tuple(ast.FileSource(word, _heredoc_of(word.value, by_name)) for word in parts.words[:-1])
        return cls(*parts.common(), sources=sources, destination=destination)

    return make


def _is_heredoc(text: str) -> bool:
    try:
        return heredoc_word(text) is not None
    except ExpansionError:
        return False


def _heredoc_of(text: str, by_name: dict[str, ast.Heredoc]) -> ast.Heredoc | None:
    try:
        word = heredoc_word(text)
    except ExpansionError:
        return None
    return by_name.get(word.name) if word is not None else None


def _env(cls: type[ast.Env | ast.Label]) -> Callable[[Parts], ast.Instruction]:
    def make(parts: Parts) -> ast.Instruction:
        _check_flags(parts)
        if not parts.pairs:
            raise InstructionError(f"{parts.keyword} requires at least one argument", None, "NAME=VALUE")
        _check_names(parts)
        return cls(*parts.common(), pairs=parts.pairs)

    return make


def _check_names(parts: Parts) -> None:
    for pair in parts.pairs:
        if not pair.key:
            raise InstructionError(f"{parts.keyword} names can not be blank", pair.token, "NAME=VALUE")


def _arg(parts: Parts) -> ast.Instruction:
    _at_least_one(parts)
    _check_names(parts)
    return ast.Arg(*parts.common(), pairs=parts.pairs)


def _healthcheck(parts: Parts) -> ast.Instruction:
    _at_least_one(parts)
    type_ = parts.words[0].value.upper()
    if type_ == "NONE":
        if len(parts.words) > 1:
            raise InstructionError("HEALTHCHECK NONE takes no arguments", parts.words[1].token, "nothing after NONE")
        return ast.Healthcheck(*parts.common(), type=type_, script=None)
    _check_flags(parts)
    if type_ != "CMD":
        raise InstructionError(f'Unknown type "{type_}" in HEALTHCHECK (try CMD)', parts.words[0].token, "CMD or NONE")
    if len(parts.words) < 2:
        raise InstructionError("Missing command after HEALTHCHECK CMD", parts.words[0].token, "a command")
    for flag in parts.flags:
        _check_health_flag(flag)
    script = None if parts.json_form else parts.command
    return ast.Healthcheck(*parts.common(), type=type_, script=script)


def _check_health_flag(flag: ast.Flag) -> None:
    value = flag.value or ""
    if not value:
        return
    if flag.name == "retries":
        if not re.fullmatch(r"[+-]?\d+", value):
            raise InstructionError(f'strconv.ParseInt: parsing "{value}": invalid syntax', flag.token, "a number")
        if int(value) < 0:
            raise InstructionError(f"--retries cannot be negative ({value})", flag.token, "0 or more")
    elif not _DURATION.fullmatch(value):
        raise InstructionError(f'time: invalid duration "{value}"', flag.token, "a duration such as 30s or 1m30s")
    elif value.startswith("-") and value.strip("-0") != "":
        raise InstructionError(f'Interval "{flag.name}" cannot be less than 1ms', flag.token, "at least 1ms")


def _onbuild(parts: Parts) -> ast.Instruction:
    if parts.child is None:
        raise InstructionError("ONBUILD requires at least one argument", None, "an instruction")
    _check_flags(parts)
    if parts.child.keyword == "ONBUILD":
        raise InstructionError(
            "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", parts.child.keyword_token, "another instruction"
        )
    if parts.child.keyword in ("MAINTAINER", "FROM"):
        raise InstructionError(
            f"{parts.child.keyword} isn't allowed as an ONBUILD trigger", parts.child.keyword_token,
            "another instruction",
        )  # fmt: skip
    return ast.Onbuild(*parts.common(), child=parts.child)


def _volume(parts: Parts) -> ast.Instruction:
    _at_least_one(parts)
    _check_flags(parts)
    for word in parts.words:
        if not word.value.strip():
            raise InstructionError("VOLUME specified can not be an empty string", word.token, "a path")
    return ast.Volume(*parts.common())


def _expose(parts: Parts) -> ast.Instruction:
    _at_least_one(parts)
    _check_flags(parts)
    return ast.Expose(*parts.common())


def _single(
    cls: type[ast.User | ast.Workdir | ast.Stopsignal | ast.Maintainer],
) -> Callable[[Parts], ast.Instruction]:
    def make(parts: Parts) -> ast.Instruction:
        _exactly_one(parts)
        if parts.keyword not in _FLAGS_IGNORED:
            _check_flags(parts)
        return cls(*parts.common())

    return make


_MAKERS: dict[str, Callable[[Parts], ast.Instruction]] = {
    "ADD": _files(ast.Add),
    "ARG": _arg,
    "CMD": _command(ast.Cmd),
    "COPY": _files(ast.Copy),
    "ENTRYPOINT": _command(ast.Entrypoint),
    "ENV": _env(ast.Env),
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _env(ast.Label),
    "MAINTAINER": _single(ast.Maintainer),
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _single(ast.Stopsignal),
    "USER": _single(ast.User),
    "VOLUME": _volume,
    "WORKDIR": _single(ast.Workdir),
}
