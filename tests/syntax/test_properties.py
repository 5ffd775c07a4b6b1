"""What holds for any bytes."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from fairlead.syntax.dump import dump
from fairlead.syntax.expansion import ExpansionError, expand_word
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source, Token

FRAGMENTS = [
    b"FROM a", b"FROM a AS b", b"RUN", b"RUN x", b"COPY a b", b"COPY --from=b /x /y", b"ONBUILD", b"ENV a=b", b"ENV a", b"ARG",
    b"LABEL", b"HEALTHCHECK", b"CMD", b"SHELL", b"<<EOF", b"<<-'E O F'", b"EOF", b"\n", b"\r\n", b"\\\n", b"`\n", b"\\", b"`",
    b"#", b"# escape=`\n", b"# syntax=x\n", b"# check=skip=all\n", b" ", b"\t", b"\x85", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xff",
    b"\xef\xbb\xbf", b"\0", b'"', b"'", b"$", b"${", b"}", b":-", b"--", b"--mount=", b"type=cache,target=/x", b"[", b"]",
    b'["a","b"]', b"1", b"=", b",", b"\x1c", b"\x0c", "é".encode(), b"K",
]  # fmt: skip
dockerfiles = st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(b"".join))


@given(dockerfiles)
@example(b"")
@example(b"COMMENT x\n# COMMENT\nFROM a")
@example(b"\\\n\n\nRUN a \\\n# c\n\n")
@example(b"FROM a\nRUN [" + b"[" * 5000)
@example(b"FROM a\nRUN x\n" + b"y" * 70000 + b"\nRUN z\n")
def test_parse_takes_any_bytes_and_every_token_stands_where_it_says(data: bytes) -> None:
    source = Source("Dockerfile", data)
    parsed = parse(source)
    dump(parsed)
    for token in parsed.tokens():
        assert "".join(source.text[start:end] for start, end in token.spans) == token.text
        assert (1, 1) <= token.start <= token.end


@given(dockerfiles)
def test_instructions_comments_and_blank_lines_cover_the_file(data: bytes) -> None:
    source = Source("Dockerfile", data)
    parsed = parse(source)
    covered: set[int] = set()
    last = 0
    for instruction in parsed.instructions:
        assert last < instruction.start_line <= instruction.end_line <= source.line_count
        last = instruction.end_line
        covered.update(range(instruction.start_line, last + 1))
    covered.update(comment.line for comment in parsed.comments)
    left = [line for line in range(1, source.line_count + 1) if line not in covered]
    spaces = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
    assert [line for line in left if source.line_text(line).strip(spaces)] == []


@given(dockerfiles)
def test_the_source_gives_the_file_back(data: bytes) -> None:
    source = Source("Dockerfile", data)
    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    assert bom + source.text.encode("utf-8", "surrogateescape") == data


@given(st.text("ab${}:-+?#%/*\\'\"`<> \ud800é1", max_size=30), st.sampled_from("\\`"))
@example("${a/" + "*a" * 50 + "/x}", "\\")
def test_expansion_gives_a_result_or_its_own_error(word: str, escape: str) -> None:
    try:
        result = expand_word(word, {"a": "x" * 30 + "y", "b": ""}, escape)
    except ExpansionError:
        return
    assert result.unset == sorted(set(result.unset))


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=3),
)
def test_a_part_of_a_token_stands_where_its_characters_stand(lengths: list[int], cuts: list[tuple[int, int]]) -> None:
    source = Source("Dockerfile", bytes(range(33, 126)))
    stretches, at = [], 0
    for length in lengths:
        stretches.append(Token.of_span(source, at, at + length))
        # what lies between two stretches is no part of the token
        at += length + 2
    token = Token.joined(stretches)
    places = [place for stretch in stretches for place in range(*stretch.spans[0])]
    for one, other in cuts:
        start, end = min(one, len(places)), min(other, len(places))
        token, places = token.slice(start, end), places[start:end]
        assert token.text == "".join(source.text[place] for place in places)
        assert [place for span in token.spans for place in range(*span)] == places
        assert all(begin < end for begin, end in token.spans) or not places
        assert [token.source_offset(number) for number in range(len(places))] == places
