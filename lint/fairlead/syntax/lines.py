"""Physical lines to logical lines, and the normalised lines that the instruction tokenizer reads.

dockerfile-parse finds the instructions. It misreads heredocs, blank lines inside a continuation, false continuations,
an escape directive after another directive and more, so a pass in front works out the builder's logical lines and
masks, line for line, whatever would mislead it. Source of the line rules: BuildKit's
frontend/dockerfile/parser/parser.go.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field

from dockerfile_parse import DockerfileParser

from fairlead.syntax.ast import Comment, Directive, SyntaxProblem
from fairlead.syntax.expansion import ExpansionError, WordLexer
from fairlead.syntax.go import SPACES
from fairlead.syntax.source import Source, Span, Token
from fairlead.syntax.split import BLANKS, takes_heredocs

MAX_LINE_BYTES = 65_535
"""Longest line the builder reads, in bytes without the line ending."""

_DIRECTIVE = re.compile(r"^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*$")
_DIRECTIVES = ("syntax", "escape", "check")
_HEREDOC = re.compile(r"^([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)$")


@dataclass(frozen=True)
class HeredocWord:
    """A `<<NAME` word."""

    name: str
    fd: int
    expand: bool
    chomp: bool


@dataclass(eq=False)
class HeredocBody:
    """A heredoc with its body's span."""

    word: HeredocWord
    span: Span
    end_line: int


@dataclass(eq=False)
class LogicalLine:
    """An instruction's text with continuations taken out, and what follows it.

    Attributes:
        keyword: in upper case, as the tokenizer reads it.
        token: the joined text.
        start_line: first physical line, from 1.
        end_line: last physical line.
        comments: comment lines above and inside.
        heredocs: the heredocs with their bodies.
        blank_continuation: whether blank lines stand inside a continuation.
    """

    token: Token
    start_line: int
    end_line: int
    comments: list[Comment]
    heredocs: list[HeredocBody] = field(default_factory=list)
    blank_continuation: bool = False
    keyword: str = ""


@dataclass(eq=False)
class Lines:
    """What the pass over the lines finds; each problem with the line at which the builder would stop for it."""

    escape: str
    directives: list[Directive]
    comments: list[Comment]
    logical: list[LogicalLine]
    problems: list[tuple[int, SyntaxProblem]]


def read_lines(source: Source) -> Lines:
    """Split a source into logical lines."""
    scan = _Scan(source)
    scan.run()
    _name_keywords(scan)
    return Lines(scan.escape, scan.directives, scan.comments, scan.logical, scan.problems)


def heredoc_word(text: str) -> HeredocWord | None:
    """The heredoc that a word begins, or None. Raises ExpansionError where the builder does."""
    match = _HEREDOC.match(text)
    if match is None or not match[3]:
        return None
    words = WordLexer({}, skip_unset=True).process(match[3]).words
    if len(words) != 1:
        return None
    raw = WordLexer({}, skip_unset=True, raw_quotes=True).process(match[3]).words
    if len(raw) != 1:
        raise ExpansionError(f"internal lexing of heredoc produced inconsistent results: {match[3]}")
    quotes = words[0].count("'") + words[0].count('"')
    raw_quotes = raw[0].count("'") + raw[0].count('"')
    digits = match[1]
    fd = min(int(digits[:20]), 2**64 - 1) if digits else 0
    return HeredocWord(words[0], fd, quotes == raw_quotes, match[2] == "-")


def heredoc_words(line: str) -> list[HeredocWord]:
    """All heredocs of a logical line. Raises ExpansionError where the builder does."""
    try:
        words = WordLexer({}, raw_quotes=True, raw_escapes=True, skip_unset=True).process(line).words
    except ExpansionError:
        # the builder ignores the error here: a line with an unbalanced quote has no heredocs
        return []
    return [heredoc for heredoc in map(heredoc_word, words) if heredoc is not None]


class _Scan:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.escape = "\\"
        self.directives: list[Directive] = []
        self.comments: list[Comment] = []
        self.logical: list[LogicalLine] = []
        self.problems: list[tuple[int, SyntaxProblem]] = []
        self.line_count = source.line_count if source.text else 0
        self.masked = ["\n"] * self.line_count
        self._pending: list[Comment] = []
        self._directives_open = True
        self._seen: set[str] = set()
        self._next_line = 1
        self._too_long = self._find_too_long()

    def run(self) -> None:
        while self._next_line <= self.line_count:
            if self._next_line in self._too_long:
                self._report_too_long()
            self._one()
        if not self.logical:
            self._problem(
                self.line_count,
                "file with no instructions",
                self.line_count,
                None,
                "at least one instruction, such as FROM",
            )

    def _find_too_long(self) -> frozenset[int]:
        # an ASCII file this short cannot have such a line
        if len(self.source.data) <= MAX_LINE_BYTES:
            return frozenset()
        lines = self.source.data.split(b"\n")
        return frozenset(number for number, line in enumerate(lines, 1) if len(line) > MAX_LINE_BYTES)

    def _report_too_long(self) -> None:
        line = self._next_line
        self._problem(
            line,
            f"dockerfile line greater than max allowed size of {MAX_LINE_BYTES}",
            line - 1,
            Token.of_span(self.source, *self.source.line_span(line)).slice(0, 1),
            f"lines of at most {MAX_LINE_BYTES} bytes",
        )

    def _problem(self, order: int, text: str, line: int, place: Token | None, expected: str = "") -> None:
        self.problems.append((order, SyntaxProblem(text, line, place, expected)))

    def _read(self) -> tuple[int, Span, str]:
        """The next line: its number, its span without line ending, its text."""
        line = self._next_line
        self._next_line += 1
        start, end = self.source.line_span(line)
        text = self.source.text[start:end].rstrip("\r\n")
        return line, Span(start, start + len(text)), text

    def _one(self) -> None:
        line, span, text = self._read()
        stripped = text.lstrip(SPACES)
        start = span.start + len(text) - len(stripped)
        is_directive = self._directive(line, start, stripped)
        if stripped.startswith("#"):
            comment = self._comment(line, start, stripped)
            if not is_directive:
                self._attach(comment)
            return
        pieces: list[Token] = []
        continues = self._take(start, stripped, pieces)
        if not continues and not stripped:
            return
        logical = LogicalLine(Token.of_span(self.source, start, start), line, line, self._pending)
        self._pending = []
        while continues and self._next_line <= self.line_count and self._next_line not in self._too_long:
            number, span, text = self._read()
            blank_stripped = text.lstrip(SPACES)
            if blank_stripped.startswith("#"):
                logical.comments.append(self._comment(number, span.end - len(blank_stripped), blank_stripped))
            elif not blank_stripped:
                logical.blank_continuation = True
            else:
                continues = self._take(span.start, text, pieces)
        logical.end_line = self._next_line - 1
        if pieces:
            logical.token = Token.joined(pieces)
        self.logical.append(logical)
        self._heredocs(logical)
        self._mask(logical)

    def _take(self, start: int, text: str, pieces: list[Token]) -> bool:
        """Add a line's text to `pieces`; whether the next line continues it."""
        bare = text.rstrip(" \t")
        # the builder's pattern looks at one character before the escape token only, so `\\\` does not continue
        continues = bare.endswith(self.escape) and not bare[:-1].endswith(self.escape)
        if continues:
            text = bare[:-1]
        pieces.append(Token.of_span(self.source, start, start + len(text)))
        return continues

    def _comment(self, line: int, start: int, stripped: str) -> Comment:
        comment = Comment(line, stripped[1:].strip(SPACES), Token.of_span(self.source, start, start + len(stripped)))
        self.comments.append(comment)
        return comment

    def _attach(self, comment: Comment) -> None:
        if comment.text:
            self._pending.append(comment)
        else:
            self._pending = []

    def _directive(self, line: int, start: int, text: str) -> bool:
        if not self._directives_open:
            return False
        match = _DIRECTIVE.match(text[1:].lstrip(SPACES)) if text.startswith("#") else None
        name = match[1].lower() if match else ""
        if match is None or name not in _DIRECTIVES:
            self._directives_open = False
            return False
        token = Token.of_span(self.source, start, start + len(text))
        if name in self._seen:
            self._problem(
                line, f"only one {name} parser directive can be used", line - 1, token, f"one {name} directive"
            )
            return False
        self._seen.add(name)
        if name == "escape":
            if match[2] not in ("\\", "`"):
                self._problem(
                    line, f"invalid escape token '{match[2]}' does not match ` or \\", line - 1, token, "` or \\"
                )
                return False
            self.escape = match[2]
        self.directives.append(Directive(name, match[2], line, token))
        return True

    def _heredocs(self, logical: LogicalLine) -> None:
        text = logical.token.text
        if "<<" not in text or not takes_heredocs(logical.token, self.escape):
            return
        try:
            words = heredoc_words(text)
        except ExpansionError as error:
            self._problem(logical.start_line, str(error), logical.start_line, logical.token)
            return
        for word in words:
            body = self._heredoc_body(word)
            if body is None:
                self._unterminated(logical, word)
                return
            logical.heredocs.append(body)
            logical.end_line = body.end_line

    def _heredoc_body(self, word: HeredocWord) -> HeredocBody | None:
        line = self._next_line
        start = end = self.source.line_span(line).start if line <= self.line_count else len(self.source.text)
        while line <= self.line_count and line not in self._too_long:
            span = self.source.line_span(line)
            text = self.source.text[span.start : span.end].rstrip("\r\n")
            if (text.lstrip("\t") if word.chomp else text) == word.name:
                self._next_line = line + 1
                return HeredocBody(word, Span(start, end), line)
            end = span.end
            line += 1
        return None

    def _unterminated(self, logical: LogicalLine, word: HeredocWord) -> None:
        at = logical.token.text.find("<<")
        place = logical.token.slice(at, at + 2) if at >= 0 else logical.token
        self._problem(
            logical.start_line,
            "unterminated heredoc",
            logical.start_line,
            place,
            f"a line {word.name!r} that ends the heredoc",
        )
        # everything below is the heredoc's: the builder reads it to the end of the file
        self._next_line = self.line_count + 1
        logical.end_line = self.line_count

    def _mask(self, logical: LogicalLine) -> None:
        """Write the logical line so that the tokenizer sees one instruction over the same lines."""
        keyword = _masked(_keyword(logical)) or "-"
        last = logical.end_line
        for line in range(logical.start_line, last + 1):
            head = f"{keyword} x" if line == logical.start_line else "x"
            self.masked[line - 1] = head + ("\n" if line == last else " \\\n")


def _keyword(logical: LogicalLine) -> str:
    return BLANKS.split(logical.token.text.strip(SPACES), maxsplit=1)[0]


def _masked(keyword: str) -> str:
    """The keyword with every character replaced that the tokenizer could misread."""
    return "".join(c if "!" <= c <= "~" and c not in "#\\`" else "x" for c in keyword)


class _InstructionTokenizer(DockerfileParser):  # type: ignore[misc]  # the package has no types
    """dockerfile-parse over normalised lines, in memory."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(fileobj=io.BytesIO())
        self._lines = lines

    @property
    def lines(self) -> list[str]:
        return self._lines


def _name_keywords(scan: _Scan) -> None:
    """Let the tokenizer find the instructions, and take each keyword from it."""
    structure = _InstructionTokenizer(scan.masked).structure
    for logical, entry in zip(scan.logical, structure, strict=True):
        if (entry["startline"] + 1, entry["endline"] + 1) != (logical.start_line, logical.end_line):
            raise AssertionError(f"instruction at line {logical.start_line} read as {entry}")
        written = _keyword(logical)
        logical.keyword = entry["instruction"] if _masked(written) == written != "" else written.upper()
