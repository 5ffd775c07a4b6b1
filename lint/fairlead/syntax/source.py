"""The bytes of a Dockerfile as text with places: offsets, lines, columns, and tokens that know where they stand."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"


class Position(NamedTuple):
    """A place in a file: line and column, both counted from 1; columns count characters."""

    line: int
    column: int


class Range(NamedTuple):
    """A stretch of a file from `start` up to, not including, `end`."""

    start: Position
    end: Position


class Span(NamedTuple):
    """A stretch of a source's text as offsets in characters from 0; `end` is exclusive."""

    start: int
    end: int


class Source:
    """A Dockerfile's text.

    Bytes that are not UTF-8 become lone surrogates (one character a byte), so that `encode` gives the file back.
    A byte order mark is dropped, as the builder does; columns of the first line count after it.

    Attributes:
        path: the name under which findings show the file.
        data: the file's bytes.
        text: the decoded text without byte order mark.
    """

    __slots__ = ("_line_starts", "data", "path", "text")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        body = data.removeprefix(BOM)
        self.text = body.decode("utf-8", "surrogateescape")
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        self._line_starts = starts

    @property
    def line_count(self) -> int:
        """Number of lines; a final newline does not begin another one. An empty file has one line."""
        if len(self._line_starts) > 1 and self._line_starts[-1] == len(self.text):
            return len(self._line_starts) - 1
        return len(self._line_starts)

    def position(self, offset: int) -> Position:
        """Line and column of a text offset."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def range(self, span: Span) -> Range:
        """The lines and columns of a span."""
        return Range(self.position(span.start), self.position(span.end))

    def line_span(self, line: int) -> Span:
        """The span of a line (counted from 1) with its line ending."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
        return Span(start, end)

    def line_text(self, line: int) -> str:
        """The text of a line (counted from 1) without its line ending."""
        start, end = self.line_span(line)
        return self.text[start:end].rstrip("\r\n")


class _Piece(NamedTuple):
    at: int
    source_at: int
    length: int


_begin = attrgetter("at")


class Token:
    """A piece of text and where each of its characters stands in the source.

    A token may run across line continuations: then it has several ranges, and the text of the ranges, joined, is the
    token's text.

    Attributes:
        source: the file it comes from.
        text: the characters, continuations taken out.
    """

    __slots__ = ("_pieces", "source", "text")

    def __init__(self, source: Source, text: str, pieces: tuple[_Piece, ...]) -> None:
        self.source = source
        self.text = text
        self._pieces = pieces

    @classmethod
    def of_span(cls, source: Source, start: int, end: int) -> Token:
        """The token that covers one stretch of the source."""
        return cls(source, source.text[start:end], (_Piece(0, start, end - start),))

    @classmethod
    def joined(cls, tokens: list[Token]) -> Token:
        """One token from several of the same source, in the given order; `tokens` must not be empty."""
        pieces: list[_Piece] = []
        at = 0
        for token in tokens:
            pieces.extend(_Piece(at + piece.at, piece.source_at, piece.length) for piece in token._pieces)  # noqa: SLF001
            at += len(token.text)
        solid = tuple(piece for piece in pieces if piece.length) or tuple(pieces[:1])
        return cls(tokens[0].source, "".join(token.text for token in tokens), solid)

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        return f"Token({self.text!r} at {self.start.line}:{self.start.column})"

    def slice(self, start: int, end: int | None = None) -> Token:
        """The part from `start` to `end` (offsets in `text`, in characters; not negative)."""
        if end is None or end > len(self.text):
            end = len(self.text)
        end = max(start, end)
        if start == end:
            return Token(self.source, "", (_Piece(0, self.source_offset(start), 0),))
        # a long command has a piece for each of its lines, and is cut into hundreds of words
        number = self._piece_at(start) if len(self._pieces) > 1 else 0
        pieces = []
        low = start
        while low < end:
            at, source_at, length = self._pieces[number]
            number += 1
            high = at + length
            if high > end:
                high = end
            if low < high:
                pieces.append(_Piece(low - start, source_at + low - at, high - low))
                low = high
        return Token(self.source, self.text[start:end], tuple(pieces))

    def _piece_at(self, at: int) -> int:
        """The number of the piece that holds character `at` of the text."""
        return max(bisect_right(self._pieces, at, key=_begin) - 1, 0)

    def source_offset(self, at: int) -> int:
        """Where character `at` of the text stands in the source; `at` equal to the length gives the token's end."""
        for piece in self._pieces[self._piece_at(at) :]:
            if at < piece.at + piece.length:
                return piece.source_at + at - piece.at
        last = self._pieces[-1]
        return last.source_at + last.length

    @property
    def spans(self) -> tuple[Span, ...]:
        """The stretches of the source that the token is made of, in order."""
        return tuple(Span(piece.source_at, piece.source_at + piece.length) for piece in self._pieces)

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The same stretches as lines and columns."""
        return tuple(self.source.range(span) for span in self.spans)

    @property
    def start(self) -> Position:
        """Where the first character stands."""
        return self.source.position(self._pieces[0].source_at)

    @property
    def end(self) -> Position:
        """The place just after the last character."""
        last = self._pieces[-1]
        return self.source.position(last.source_at + last.length)

    def strip(self, characters: str | None = None) -> Token:
        """The token without blanks (or `characters`) at both ends."""
        left = len(self.text) - len(self.text.lstrip(characters))
        return self.slice(left, max(left, len(self.text.rstrip(characters))))
