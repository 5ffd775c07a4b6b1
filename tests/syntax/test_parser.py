"""The typed AST: fields, places, and problems."""

from __future__ import annotations

from typing import TypeVar

import pytest

from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Position, Source

T = TypeVar("T", bound=ast.Instruction)


def parsed(text: str) -> ast.Dockerfile:
    return parse(Source("Dockerfile", text.encode("utf-8", "surrogateescape")))


def only(text: str, cls: type[T]) -> T:
    dockerfile = parsed("FROM base\n" + text)
    assert dockerfile.problems == ()
    instruction = dockerfile.instructions[1]
    assert isinstance(instruction, cls)
    return instruction


def problem(text: str) -> ast.SyntaxProblem:
    found = parsed(text).problems
    assert found
    return found[0]


def test_from() -> None:
    instruction = parsed("FROM --platform=$BUILDPLATFORM reg.io:5000/a/b:1 aS Build\n").instructions[0]
    assert isinstance(instruction, ast.From)
    assert instruction.image.value == "reg.io:5000/a/b:1"
    assert instruction.name is not None
    assert instruction.name.value == "Build"
    assert instruction.platform is not None
    assert instruction.platform.value == "$BUILDPLATFORM"
    assert instruction.image.token.start == Position(1, 32)


def test_a_token_across_continuations_has_several_ranges() -> None:
    run = only("RUN ab\\\n# note\ncd ef\n", ast.Run)
    assert run.script is not None
    word = run.script.slice(0, 4)
    assert word.text == "abcd"
    assert [(r.start, r.end) for r in word.ranges] == [((2, 5), (2, 7)), ((4, 1), (4, 3))]


def test_mounts() -> None:
    run = only("RUN --mount=ro --mount='dst=/c,type=CACHE,\"id=a,b\"' --network=none make\n", ast.Run)
    assert [(m.type, m.target) for m in run.mounts] == [("bind", ""), ("cache", "/c")]
    assert run.mounts[1].options["id"] == "a,b"
    assert run.network == "none"
    assert run.script is not None
    assert run.script.text == "make"


def test_run_heredoc_is_the_script() -> None:
    run = only("RUN --mount=type=cache,target=/c <<EOF\nset -e\nmake\nEOF\n", ast.Run)
    assert run.script is not None
    assert run.script.text == "set -e\nmake\n"
    assert run.script.start == Position(3, 1)
    assert run.end_line == 5


def test_run_with_a_command_beside_its_heredocs() -> None:
    run = only("RUN cat <<A <<-B > /x\na\nA\n\tb\n\tB\n", ast.Run)
    assert run.script is not None
    assert run.script.text == "cat <<A <<-B > /x\na\nA\n\tb\n\tB\n"
    assert [heredoc.chomp for heredoc in run.heredocs] == [False, True]


def test_copy_heredoc_and_flags() -> None:
    copy = only("COPY --chown=1:1 --link --exclude=a --exclude=b <<EOF x /etc/\nhi\nEOF\n", ast.Copy)
    assert copy.link
    assert copy.exclude == ("a", "b")
    assert copy.chown is not None
    assert copy.chown.value == "1:1"
    assert [source.heredoc is not None for source in copy.sources] == [True, False]
    assert copy.destination.value == "/etc/"


def test_json_words_know_their_place() -> None:
    command = only('ENTRYPOINT [ "a", \\\n "b\\n" ]\n', ast.Entrypoint)
    assert [word.value for word in command.argv] == ["a", "b\n"]
    assert command.argv[1].token.text == '"b\\n"'
    assert command.argv[1].token.start == Position(3, 2)


def test_pairs() -> None:
    env = only("ENV a=\"b c\" d=e\\ f g='h'\n", ast.Env)
    assert [(pair.key, pair.value) for pair in env.pairs] == [("a", '"b c"'), ("d", "e\\ f"), ("g", "'h'")]
    assert env.pairs[1].value_token.text == "e\\ f"
    legacy = only("ENV a  b c=d\n", ast.Env)
    assert [(pair.key, pair.value, pair.legacy) for pair in legacy.pairs] == [("a", "b c=d", True)]
    arg = only("ARG a b=1\n", ast.Arg)
    assert [(pair.key, pair.value) for pair in arg.pairs] == [("a", None), ("b", "1")]


def test_healthcheck_and_onbuild() -> None:
    check = only('HEALTHCHECK --interval=5s CMD ["curl", "x"]\n', ast.Healthcheck)
    assert [word.value for word in check.argv] == ["curl", "x"]
    shell = only("HEALTHCHECK CMD  curl x || exit 1\n", ast.Healthcheck)
    assert shell.script is not None
    assert shell.script.text == "curl x || exit 1"
    trigger = only("ONBUILD RUN --mount=type=cache,target=/c make\n", ast.Onbuild)
    assert isinstance(trigger.child, ast.Run)
    assert trigger.child.mounts[0].type == "cache"


def test_comments_belong_to_the_instruction_below() -> None:
    dockerfile = parsed("# syntax=docker/dockerfile:1\n# one\n\n# two\nFROM a\nRUN x \\\n# three\n y\n")
    assert [d.name for d in dockerfile.directives] == ["syntax"]
    first, second = dockerfile.instructions
    assert [comment.text for comment in first.comments] == ["one", "two"]
    assert [comment.text for comment in second.comments] == ["three"]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("FROM a\nRUNN x\n", "unknown instruction: RUNN", 2, 1),
        ("FROM a\nCOPY x\n", "COPY requires at least two arguments, but only one was provided. Destination could not be determined", 2, 1),
        ("FROM a\nCOPY --form=b x y\n", "unknown flag: --form", 2, 6),
        ("FROM a\nCOPY --link=maybe x y\n", "expecting boolean value for flag --link, not: maybe", 2, 6),
        ("FROM a\nCOPY --from=a --from=b x y\n", "duplicate flag specified: --from", 2, 15),
        ("FROM a\nRUN --mount=type=cach,target=/x y\n", 'unsupported mount type "cach"', 2, 5),
        ("FROM a\nRUN --mount=tpye=cache,target=/x y\n", "unexpected key 'tpye' in 'tpye=cache'", 2, 5),
        ("FROM a b\n", "FROM requires either one or three arguments", 1, 1),
        ("FROM a AS 1b\n", 'invalid name for build stage: "1b", name can\'t start with a number or contain symbols', 1, 11),
        ('FROM a\nRUN ["a", 1]\n', "when using JSON array syntax, arrays must be comprised of strings only", 2, 5),
        ("FROM a\nENV a=b c\n", "Syntax error - can't find = in \"c\". Must be of the form: name=value", 2, 9),
        ("FROM a\nSHELL bash\n", "SHELL requires the arguments to be in JSON form: SHELL bash", 2, 7),
        ("FROM a\nHEALTHCHECK --interval=5 CMD x\n", 'time: invalid duration "5"', 2, 13),
        ("FROM a\nONBUILD FROM b\n", "FROM isn't allowed as an ONBUILD trigger", 2, 9),
        ("RUN x\nFROM a\n", "no build stage in current context", 1, 1),
        ("ARG x\n", "dockerfile contains no stages to build", 1, None),
        ("FROM a\nCOPY x <<EOF\nEOF\n", "COPY cannot accept a heredoc as a destination", 2, 8),
    ],
)  # fmt: skip
def test_problems_have_text_and_place(text: str, message: str, line: int, column: int | None) -> None:
    found = problem(text)
    assert (found.text, found.line) == (message, line)
    assert found.expected
    if column is not None:
        assert found.place is not None
        assert found.place.start == Position(line, column)


def test_parsing_goes_on_after_a_problem() -> None:
    dockerfile = parsed("FROM a\nENV x\nRUN [1]\nWORKDIR /w\n")
    assert [p.line for p in dockerfile.problems] == [2, 3]
    assert isinstance(dockerfile.instructions[-1], ast.Workdir)


def test_the_first_problem_is_the_one_the_builder_stops_at() -> None:
    # the builder parses the whole file before it looks at any instruction
    assert problem("FROM a\nRUNN x\nENV y\n").text == "ENV must have two arguments"
