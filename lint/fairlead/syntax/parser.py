"""Dockerfile text to AST.

A file that the builder refuses is parsed as well: its problems are listed in the order in which the builder would meet
them, and an instruction that is not valid stands in the tree as a plain `Instruction`. Sources: BuildKit's
frontend/dockerfile/parser (line_parsers.go, parser.go) and frontend/dockerfile/instructions (parse.go, bflag.go).
"""

from __future__ import annotations

from collections.abc import Callable

from fairlead.syntax import ast
from fairlead.syntax.go import SPACES, NotAStringArray, go_quote, is_space, json_strings
from fairlead.syntax.instructions import InstructionError, Parts, typed
from fairlead.syntax.lines import LogicalLine, read_lines
from fairlead.syntax.source import Source, Token
from fairlead.syntax.split import BLANKS, split_command
from fairlead.syntax.suggest import nearest

KEYWORDS = (
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip
"""The instructions of the language."""


class _ParseError(Exception):
    def __init__(self, text: str, place: Token, expected: str) -> None:
        super().__init__(text)
        self.text = text
        self.place = place
        self.expected = expected


def parse(source: Source) -> ast.Dockerfile:
    """Parse a Dockerfile; never raises, whatever the bytes."""
    lines = read_lines(source)
    problems = list(lines.problems)
    later: list[ast.SyntaxProblem] = []
    instructions: list[ast.Instruction] = []
    in_stage = False
    for logical in lines.logical:
        parts, error = _parts(logical, lines.escape)
        if error is not None:
            problem = ast.SyntaxProblem(error.text, logical.start_line, error.place, error.expected)
            problems.append((logical.start_line, problem))
            instructions.append(parts.plain())
            continue
        instruction, problem_found = _instruction(parts)
        instructions.append(instruction)
        if problem_found is None and not in_stage and not isinstance(instruction, ast.From | ast.Arg):
            problem_found = ast.SyntaxProblem(
                "no build stage in current context", logical.start_line, parts.keyword_token,
                "FROM as the first instruction (only ARG may stand before it)", "instruction",
            )  # fmt: skip
        if problem_found is not None:
            later.append(problem_found)
        in_stage = in_stage or parts.keyword == "FROM"
    if not in_stage and not later and lines.logical:
        later.append(
            ast.SyntaxProblem("dockerfile contains no stages to build", 1, None, "a FROM instruction", "instruction")
        )
    # a stable sort: in one logical line the builder looks at the arguments before it looks for heredocs
    ordered = [problem for _, problem in sorted(problems, key=lambda entry: entry[0])]
    return ast.Dockerfile(
        source=source,
        escape=lines.escape,
        directives=tuple(lines.directives),
        instructions=tuple(instructions),
        comments=tuple(lines.comments),
        problems=(*ordered, *later),
        empty_continuation_lines=tuple(line.end_line for line in lines.logical if line.blank_continuation),
    )


def _instruction(parts: Parts) -> tuple[ast.Instruction, ast.SyntaxProblem | None]:
    if parts.keyword not in KEYWORDS:
        suggestion = nearest(parts.keyword, KEYWORDS)
        expected = f"{suggestion}?" if suggestion else "an instruction such as RUN or COPY"
        problem = ast.SyntaxProblem(
            f"unknown instruction: {parts.keyword_token.text}", parts.start_line, parts.keyword_token, expected,
            "instruction",
        )  # fmt: skip
        return parts.plain(), problem
    try:
        return typed(parts), None
    except InstructionError as error:
        problem = ast.SyntaxProblem(
            error.text, parts.start_line, error.place or parts.token, error.expected, "instruction"
        )
        return parts.plain(), problem


def _parts(logical: LogicalLine, escape: str) -> tuple[Parts, _ParseError | None]:
    heredocs = tuple(
        ast.Heredoc(
            name=body.word.name,
            fd=body.word.fd,
            expand=body.word.expand,
            chomp=body.word.chomp,
            content=logical.token.source.text[body.span.start : body.span.end],
            body=Token.of_span(logical.token.source, *body.span),
            end_line=body.end_line,
        )
        for body in logical.heredocs
    )
    return _line_parts(
        logical.token, escape, heredocs, logical.start_line, logical.end_line, tuple(logical.comments), logical.keyword
    )


def _line_parts(
    line: Token,
    escape: str,
    heredocs: tuple[ast.Heredoc, ...],
    start_line: int,
    end_line: int,
    comments: tuple[ast.Comment, ...],
    keyword: str,
) -> tuple[Parts, _ParseError | None]:
    split = split_command(line, escape)
    lowered = split.keyword.text.lower().upper()
    parts = Parts(
        keyword=lowered if lowered in KEYWORDS else keyword,
        keyword_token=split.keyword,
        token=line,
        flags=split.flags,
        rest=split.rest,
        heredocs=heredocs,
        start_line=start_line,
        end_line=end_line,
        comments=comments,
        escape=escape,
    )
    try:
        _ARGUMENTS.get(parts.keyword, _no_arguments)(parts)
    except _ParseError as error:
        return parts, error
    return parts, None


def _no_arguments(parts: Parts) -> None:
    """An unknown instruction's arguments are not looked at."""


def _whole(parts: Parts) -> None:
    if parts.rest.text:
        parts.words = (ast.Word(parts.rest, parts.rest.text),)


def _json_or(otherwise: Callable[[Parts], None]) -> Callable[[Parts], None]:
    def arguments(parts: Parts) -> None:
        if not _json(parts, parts.rest):
            otherwise(parts)

    return arguments


def _json(parts: Parts, text: Token) -> bool:
    try:
        strings = json_strings(text.text)
    except NotAStringArray:
        raise _ParseError(
            "when using JSON array syntax, arrays must be comprised of strings only", text, 'strings, as in ["a", "b"]'
        ) from None
    if strings is None:
        return False
    parts.json_form = True
    parts.words = (*parts.words, *(ast.Word(text.slice(s.start, s.end), str(s)) for s in strings))
    return True


def _blank_separated(parts: Parts) -> None:
    parts.words = tuple(ast.Word(token, token.text) for token in split_blanks(parts.rest))


def split_blanks(text: Token) -> list[Token]:
    """The words of a text that has no quoting, split at ASCII blanks."""
    tokens = []
    at = 0
    for blank in BLANKS.finditer(text.text):
        tokens.append(text.slice(at, blank.start()))
        at = blank.end()
    if text.text:
        tokens.append(text.slice(at))
    return tokens


def _healthcheck(parts: Parts) -> None:
    text = parts.rest.text
    type_end = next((at for at, c in enumerate(text) if is_space(c)), len(text))
    if not type_end:
        return
    type_token = parts.rest.slice(0, type_end)
    parts.words = (ast.Word(type_token, type_token.text),)
    command = parts.rest.slice(type_end).strip(SPACES)
    parts.command = command
    if command.text and not _json(parts, command):
        parts.words = (*parts.words, ast.Word(command, command.text))


def _onbuild(parts: Parts) -> None:
    if not parts.rest.text:
        return
    child, error = _line_parts(
        parts.rest,
        parts.escape,
        parts.heredocs,
        parts.start_line,
        parts.end_line,
        (),
        BLANKS.split(parts.rest.text, 1)[0].upper(),
    )
    if error is not None:
        parts.child = child.plain()
        raise error
    parts.child_parts = child
    parts.child = _instruction(child)[0]


def quoted_words(text: Token, escape: str) -> list[ast.Word]:
    """Blank-separated words of which quotes and escapes hold blanks together; quotes and escapes stay in the value."""
    raw = text.text
    words: list[ast.Word] = []
    at = 0
    while at < len(raw):
        if is_space(raw[at]):
            at += 1
            continue
        start = at
        value, at = _quoted_word(raw, at, escape)
        if value:
            words.append(ast.Word(text.slice(start, at), value))
    return words


def _quoted_word(raw: str, at: int, escape: str) -> tuple[str, int]:
    value: list[str] = []
    quote = ""
    while at < len(raw):
        character = raw[at]
        if not quote and is_space(character):
            break
        if not quote and character in "'\"":
            quote = character
        elif character == quote:
            quote = ""
        elif character == escape and quote != "'":
            if at + 1 == len(raw):
                # the builder drops an escape token at the end of the line
                at += 1
                continue
            value.append(character)
            at += 1
            character = raw[at]
        value.append("\ufffd" if "\ud800" <= character <= "\udfff" else character)
        at += 1
    return "".join(value), at


def _arg(parts: Parts) -> None:
    parts.words = tuple(quoted_words(parts.rest, parts.escape))
    pairs = []
    for word in parts.words:
        key, equals, value = word.value.partition("=")
        at = len(key)
        value_token = word.token.slice(at + 1 if equals else len(word.token))
        pairs.append(ast.Pair(word.token, key, value if equals else None, word.token.slice(0, at), value_token))
    parts.pairs = tuple(pairs)


def _pairs(parts: Parts) -> None:
    words = quoted_words(parts.rest, parts.escape)
    if not words:
        return
    if "=" not in words[0].value:
        pieces = BLANKS.split(parts.rest.text, maxsplit=1)
        if len(pieces) < 2:
            raise _ParseError(f"{parts.keyword} must have two arguments", parts.rest, f"{parts.keyword} NAME=VALUE")
        key = parts.rest.slice(0, len(pieces[0]))
        value = parts.rest.slice(len(parts.rest) - len(pieces[1]))
        _set_pairs(parts, [ast.Pair(parts.rest, key.text, value.text, key, value, legacy=True)])
        return
    pairs = []
    for word in words:
        key_text, equals, value_text = word.value.partition("=")
        if not equals:
            raise _ParseError(
                f"Syntax error - can't find = in {go_quote(word.value)}. Must be of the form: name=value",
                word.token,
                "NAME=VALUE (quote a value that holds blanks)",
            )
        at = len(key_text)
        pairs.append(ast.Pair(word.token, key_text, value_text, word.token.slice(0, at), word.token.slice(at + 1)))
    _set_pairs(parts, pairs)


def _set_pairs(parts: Parts, pairs: list[ast.Pair]) -> None:
    """Pairs, and as words what the builder's parse tree holds: name, value and the delimiter of each."""
    parts.pairs = tuple(pairs)
    words: list[ast.Word] = []
    for pair in pairs:
        key_end = len(pair.key_token)
        delimiter = pair.token.slice(key_end, key_end if pair.legacy else key_end + 1)
        words.append(ast.Word(pair.key_token, pair.key))
        words.append(ast.Word(pair.value_token, pair.value or ""))
        words.append(ast.Word(delimiter, "" if pair.legacy else "="))
    parts.words = tuple(words)


_ARGUMENTS: dict[str, Callable[[Parts], None]] = {
    "ADD": _json_or(_blank_separated),
    "ARG": _arg,
    "CMD": _json_or(_whole),
    "COPY": _json_or(_blank_separated),
    "ENTRYPOINT": _json_or(_whole),
    "ENV": _pairs,
    "EXPOSE": _blank_separated,
    "FROM": _blank_separated,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs,
    "MAINTAINER": _whole,
    "ONBUILD": _onbuild,
    "RUN": _json_or(_whole),
    "SHELL": _json_or(_whole),
    "STOPSIGNAL": _whole,
    "USER": _whole,
    "VOLUME": _json_or(_blank_separated),
    "WORKDIR": _whole,
}
