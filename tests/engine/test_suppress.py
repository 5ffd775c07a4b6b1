from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fairlead.config import Settings
from fairlead.engine import FileReport, check_source
from fairlead.finding import Profile
from fairlead.registry import Registry
from fairlead.syntax.source import Source

Check = Callable[..., FileReport]


def lines_of(report: FileReport, rule: str = "demo/bad-word") -> list[int]:
    return [finding.start.line for finding in report.findings if finding.rule == rule]


def about_comments(report: FileReport) -> list[tuple[str, str]]:
    """What is found about the comments: last part of the rule's name, the words it points at."""
    assert report.source is not None
    found = []
    for finding in report.findings:
        if finding.rule.startswith("correctness/"):
            line = report.source.line_text(finding.start.line)
            found.append((finding.rule.partition("/")[2], line[finding.start.column - 1 : finding.end.column - 1]))
    return found


@pytest.mark.parametrize(
    "comment",
    [
        "# fairlead: ignore=demo/bad-word -- there is a reason",
        "# fairlead: ignore=demo/bad-word",
        "#fairlead:ignore=demo/bad-word# reason",
        "#  Fairlead : Ignore =  Demo/Bad-Word   --reason",
        "# fairlead ignore=demo/bad-word",
        "# fairlead: ignore=other/rare-word , demo/bad-word -- reason",
        "# fairlead: ignore=demo",
        "# fairlead: ignore=demo/*",
        "# fairlead: ignore=all",
        "# fairlead: ignore=DL9001",
        "# fairlead: ignore=badwordused",
        "# hadolint ignore=DL9001",
        "#hadolint ignore = SC2086 , DL9001 # reason",
        "# hadolint ignore=dl9001",
        "# check=skip=BadWordUsed",
        "# check=error=true;skip=Other,BadWordUsed reason",
        "# check = skip = all",
    ],
)
def test_a_comment_above_an_instruction_silences_all_of_it(check: Check, comment: str) -> None:
    report = check(f"FROM bad\n{comment}\nRUN a bad \\\n  thing && \\\n  bad\nRUN bad\n")
    assert lines_of(report) == [1, 6]
    assert report.suppressed == 2


@pytest.mark.parametrize(
    "comment",
    [
        "# fairlead: ignore=demo/ugly-word",
        "# fairlead ignores demo/bad-word",
        "# see fairlead: ignore=demo/bad-word",
        "# hadolint ignore=DL9002",
        "# hadolint ignore=demo/bad-word",
        "# hadolint ignore=demo",
        "# hadolint shell=bad",
        "# nothadolint ignore=DL9001",
        "# check=error=true",
        "# check=skip=Other",
        "# check=skip=demo/bad-word",
        "# hadolint ignore=BadWordUsedTwice",
    ],
)
def test_a_comment_that_does_not_name_the_rule_silences_nothing(check: Check, comment: str) -> None:
    text = f"FROM x\n{comment.replace('shell=bad', 'shell=sh')}\nRUN bad\n".replace("=bad\n", "\n")
    assert lines_of(check(text)) == [3]


def test_comments_stack(check: Check) -> None:
    report = check(
        "FROM x\n# hadolint ignore=DL9002\n# fairlead: ignore=demo/bad-word -- reason\n# a comment\n\n"
        "# check=skip=Other\n\nRUN bad ugly rare\n"
    )
    assert [finding.rule for finding in report.findings] == ["other/rare-word"]


def test_a_line_of_its_own_inside_a_run_is_for_the_next_line(check: Check) -> None:
    report = check(
        "FROM x\nRUN bad && \\\n    # fairlead: ignore=demo/bad-word -- reason\n    # more\n\n    bad && \\\n    bad\n"
        "RUN bad\n"
    )
    assert lines_of(report) == [2, 7, 8]


def test_hadolints_comment_inside_a_run_is_for_the_next_line(check: Check) -> None:
    assert lines_of(check("FROM x\nRUN bad \\\n  # hadolint ignore=DL9001\n  bad \\\n  bad\n")) == [2, 5]


def test_in_a_heredoc_a_line_of_its_own_is_for_the_next_line_and_a_trailing_one_for_its_own(check: Check) -> None:
    report = check(
        "FROM x\nRUN <<EOF\nbad\n# fairlead: ignore=demo/bad-word -- reason\n\n  # another comment\nbad\nbad\n"
        "bad # fairlead: ignore=demo/bad-word\nbad; # fairlead: ignore=demo/ugly-word, DL9001 -- reason\n"
        "bad '# fairlead: ignore=demo/bad-word'\nbad x# fairlead: ignore=demo/bad-word\nEOF\nRUN bad\n"
    )
    assert lines_of(report) == [3, 8, 11, 12, 14]


def test_a_comment_behind_the_last_line_of_a_run(check: Check) -> None:
    assert lines_of(check("FROM x\nRUN bad \\\n  bad # fairlead: ignore=demo/bad-word\n")) == [2]
    assert lines_of(check("FROM x\nONBUILD RUN bad # fairlead: ignore=demo/bad-word\n")) == []
    assert lines_of(check('FROM x\nRUN ["bad", " # fairlead: ignore=demo/bad-word"]\n')) == [2]


def test_a_comment_behind_a_line_that_goes_on(check: Check) -> None:
    report = check("FROM x\nRUN bad && \\\n  bad # fairlead: ignore=demo/bad-word \\\n  && bad\n")
    assert lines_of(report) == [2, 4]
    assert about_comments(report) == []


def test_many_comments_are_read_in_no_time(check: Check) -> None:
    lines = "  # fairlead: ignore=other/rare-word\n" * 20_000
    report = check(f"FROM x\nRUN rare \\\n{lines}  rare\n", profile=None, select=("other",))
    assert lines_of(report, "other/rare-word") == [2]


def test_in_files_that_are_copied_nothing_is_an_ignore(check: Check) -> None:
    report = check("FROM x\nCOPY <<EOF /x\n# fairlead: ignore=demo/bad-word\nbad # fairlead: ignore=all\nEOF\n")
    assert lines_of(report) == [4]


@pytest.mark.parametrize(
    "comment",
    [
        "# fairlead: ignore-file=demo/bad-word -- reason",
        "# fairlead: ignore-file=all",
        "# hadolint global ignore=DL9001 # reason",
        "#  hadolint  global   ignore = DL9001",
    ],
)
@pytest.mark.parametrize(
    "where", ["{}\nFROM bad\nRUN bad\n", "FROM bad\nRUN bad\n{}\n", "FROM bad\nRUN bad \\\n{}\n x\n"]
)
def test_a_comment_for_the_file_silences_all_of_it(check: Check, comment: str, where: str) -> None:
    report = check(where.format(comment))
    assert lines_of(report) == []
    assert report.suppressed == 2


def test_a_check_directive_is_for_the_file(check: Check) -> None:
    assert (
        lines_of(check("# syntax=docker/dockerfile:1\n# check=skip=BadWordUsed;error=true\nFROM bad\nRUN bad\n")) == []
    )
    assert lines_of(check("# check=skip=all\nFROM bad\nRUN bad\n")) == []
    # behind a comment it is no directive any more
    assert lines_of(check("# a comment\n# check=skip=BadWordUsed\nFROM bad\nRUN bad\n")) == [4]


def test_skip_all_means_the_builders_checks(check: Check) -> None:
    report = check("# check=skip=all\nFROM x\nRUN bad ugly rare\n")
    assert [finding.rule for finding in report.findings] == ["demo/ugly-word", "other/rare-word"]


def test_an_ignore_on_a_line_is_not_one_for_the_file(check: Check) -> None:
    """Tricky case 67: a line's ignore must not silence other lines, a file's ignore is not bound to its line."""
    line = check("FROM bad\n# fairlead: ignore=demo/bad-word\nRUN bad\nRUN bad\n")
    assert lines_of(line) == [1, 4]
    file = check("FROM bad\n# fairlead: ignore-file=demo/bad-word\nRUN bad\nRUN bad\n")
    assert lines_of(file) == []


def test_hadolints_stage_comment_is_for_the_stage(check: Check) -> None:
    report = check("FROM x\n# hadolint stage ignore=DL9001\nFROM bad\nRUN bad\n\nFROM x\nRUN bad\n")
    assert lines_of(report) == [7]
    assert lines_of(check("FROM x\n# hadolint stage ignore=DL9001\nRUN bad\n")) == [3]


def test_a_code_silences_only_the_findings_that_carry_it(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = registry.get("demo/ugly-word")
    assert rule is not None
    plain = rule.check

    def with_one_code(self: object, models: object) -> object:
        for finding in plain(self, models):  # type: ignore[arg-type]
            yield replace(finding, aliases=("DL9003",))

    monkeypatch.setattr(rule, "check", with_one_code)
    settings = Settings(selection=replace(Settings().selection, profile=Profile.ALL))
    for code, expected in (("DL9003", []), ("DL9002", [3])):
        for comment in (f"# hadolint ignore={code}", f"# fairlead: ignore={code}"):
            report = check_source(Source("Dockerfile", f"FROM x\n{comment}\nRUN ugly\n".encode()), settings, registry)
            assert lines_of(report, "demo/ugly-word") == expected


def test_unused_ignores(check: Check) -> None:
    report = check(
        "# fairlead: ignore-file=other/rare-word\n"
        "FROM x\n"
        "# fairlead: ignore=demo/bad-word,DL9002 -- reason\n"
        "RUN bad\n"
        "RUN a \\\n"
        "  # fairlead: ignore=demo\n"
        "  b\n"
        "# hadolint ignore=DL9001,DL3008\n"
        "# check=skip=BadWordUsed,FromAsCasing\n"
        "RUN b\n"
        "# hadolint global ignore=DL9003\n"
    )
    assert about_comments(report) == [
        ("unused-ignore", "other/rare-word"),
        ("unused-ignore", "DL9002"),
        ("unused-ignore", "demo"),
        ("unused-ignore", "DL9001"),
        ("unused-ignore", "BadWordUsed"),
        ("unused-ignore", "DL9003"),
    ]
    assert [finding.message.partition(": ")[2] for finding in report.findings][:3] == [
        "there is no such finding in this file",
        "there is no such finding in this instruction",
        "there is no such finding on the next line",
    ]


def test_an_ignore_of_a_rule_that_does_not_run(check: Check) -> None:
    text = "FROM x\n# fairlead: ignore=other/rare-word\n# hadolint ignore=DL9002\nRUN rare ugly\n"
    report = check(text, profile=Profile.RECOMMENDED, extend_select=("correctness",))
    assert about_comments(report) == [("unused-ignore", "other/rare-word")]
    assert report.findings[0].message.endswith("the rule is not enabled")


def test_an_ignore_above_nothing(check: Check) -> None:
    report = check("FROM x\n# fairlead: ignore=demo/bad-word\n")
    assert report.findings[0].message.endswith("silences nothing: no instruction follows")


def test_unused_ignores_are_reported_in_strict_only(check: Check) -> None:
    text = "FROM x\n# fairlead: ignore=demo/bad-word\nRUN b\n"
    assert about_comments(check(text, profile=Profile.RECOMMENDED)) == []
    assert about_comments(check(text, profile=Profile.STRICT)) == [("unused-ignore", "demo/bad-word")]


def test_an_unused_ignore_can_be_ignored_but_not_by_itself(check: Check) -> None:
    above = "FROM x\n# fairlead: ignore=correctness/unused-ignore\n# fairlead: ignore=demo/bad-word\nRUN b\n"
    assert about_comments(check(above)) == []
    file = "FROM x\n# fairlead: ignore=demo/bad-word\nRUN b\n# fairlead: ignore-file=correctness/unused-ignore\n"
    assert about_comments(check(file)) == []
    alone = "FROM x\n# fairlead: ignore=correctness/unused-ignore\nRUN b\n"
    assert about_comments(check(alone)) == [("unused-ignore", "correctness/unused-ignore")]
    everything = "FROM x\n# fairlead: ignore=all\nRUN b\n"
    assert about_comments(check(everything)) == [("unused-ignore", "all")]


@pytest.mark.parametrize(
    ("comment", "words", "message"),
    [
        (
            "# fairlead: ignore=demo/bad-wort",
            "demo/bad-wort",
            "unknown rule 'demo/bad-wort'; did you mean 'demo/bad-word'?",
        ),
        ("# fairlead: ignore=demo/ugly-word,DL9OO1", "DL9OO1", "unknown rule 'DL9OO1'; did you mean 'DL9001'?"),
        ("# fairlead: ignore-file=zzzzzzzzz", "zzzzzzzzz", "unknown rule 'zzzzzzzzz'"),
        (
            "# fairlead: ingore=demo",
            "ingore",
            "unknown word 'ingore' in a comment for Fairlead; did you mean 'ignore'?",
        ),
        (
            "# fairlead: off=demo",
            "off",
            "unknown word 'off' in a comment for Fairlead; expected 'ignore' or 'ignore-file'",
        ),
        ("# fairlead: ignore", "ignore", "the ignore names no rule: expected ignore=RULE"),
        ("# fairlead: ignore-file all", "ignore-file", "the ignore names no rule: expected ignore-file=RULE"),
        (
            "# fairlead: ignore= -- why",
            "# fairlead: ignore=",
            "the ignore names no rule: expected family/name after the =",
        ),
        ("# fairlead: ignore=demo/ugly-word demo", "demo", "not read: rule names are parted by commas"),
    ],
)
def test_mistakes_in_our_own_comments(check: Check, comment: str, words: str, message: str) -> None:
    report = check(f"FROM x\n{comment}\nRUN ugly\n")
    (finding,) = (finding for finding in report.findings if finding.rule == "correctness/unknown-ignore")
    assert finding.message.startswith(message)
    assert ("unknown-ignore", words) in about_comments(report)


def test_mistakes_in_trailing_comments(check: Check) -> None:
    report = check("FROM x\nRUN <<EOF\necho # fairlead: ignore=demo/bad-wort\nEOF\n")
    assert about_comments(report) == [("unknown-ignore", "demo/bad-wort")]


def test_a_mistake_can_be_ignored(check: Check) -> None:
    report = check("FROM x\n# fairlead: ignore=correctness/unknown-ignore\n# fairlead: ignore=our/own\nRUN x\n")
    assert about_comments(report) == []


def test_codes_of_others_that_we_do_not_know_are_no_mistake(check: Check) -> None:
    assert about_comments(check("# hadolint ignore=DL0001,crazy\n# check=skip=Nope\nFROM x\n")) == []


def test_a_sentence_about_fairlead_is_no_mistake(check: Check) -> None:
    text = "# Fairlead: a linter\n# fairlead ignores this file\n# fairlead\nFROM x\nRUN echo fairlead: ignore=nothing\n"
    assert about_comments(check(text)) == []


def test_byte_order_mark_and_crlf(check: Check) -> None:
    report = check("\ufeff# fairlead: ignore=demo/bad-word -- x\r\nFROM bad\r\n# hadolint ignore=DL9001\r\nRUN bad\r\n")
    assert lines_of(report) == []


def test_a_syntax_error_can_be_ignored_where_it_is(check: Check) -> None:
    assert check("FROM x\n# fairlead: ignore=correctness/syntax-error\nRUM bad\n").findings == ()
    assert check("# fairlead: ignore-file=all\nFROM x\nRUM bad\n").findings == ()
    assert len(check("# fairlead: ignore=correctness/syntax-error\nFROM x\nRUM bad\n").findings) == 1
