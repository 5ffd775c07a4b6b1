from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.builtin import ENGINE_RULES
from fairlead.config import CommandLine, Configuration, Settings
from fairlead.engine import (
    FileReport,
    RunReport,
    check_file,
    check_paths,
    check_source,
    check_stdin,
)
from fairlead.finding import Finding, Profile, Related, Severity
from fairlead.reading import MAX_FILE_BYTES, RunError
from fairlead.registry import PluginError, Registry
from fairlead.rule import Example, Rule
from fairlead.syntax.source import Source, Token

Check = Callable[..., FileReport]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: Registry) -> Path:
    """An empty project as working directory, with the rules of `registry` as the installed ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Registry, "load", lambda _paths: registry)
    return tmp_path


def run(*paths: str, **given: object) -> RunReport:
    return check_paths(paths or ["."], Configuration(command_line=CommandLine(**given)))  # type: ignore[arg-type]


def places(report: RunReport) -> list[tuple[str, str, int]]:
    return [(finding.path, finding.rule, finding.start.line) for finding in report.findings]


def errors(report: RunReport | FileReport) -> list[str]:
    return [str(error) for error in report.errors]


class Crashing(Rule):
    """Finds one thing and fails."""

    name = "demo/crashing"
    severity = Severity.INFO

    def check(self, models: Models) -> Iterator[Finding]:
        source = models.build.dockerfile.source
        yield self.finding(Token.of_span(source, 0, 4), "something")
        raise KeyError("a\nb")


@pytest.mark.parametrize(
    ("rule", "example"),
    [(rule, example) for rule in ENGINE_RULES for example in (*rule.bad, *rule.good)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_examples_of_the_engines_own_rules(check: Check, rule: type[Rule], example: Example) -> None:
    report = check(example.dockerfile, profile=None, select=(rule.name,))
    assert tuple(place for finding in report.findings for place in finding.ranges) == example.marks
    assert all(example.message in finding.message for finding in report.findings)
    assert len(rule.documentation()) > 150


# One text.


def test_findings_come_in_the_order_of_their_places(check: Check) -> None:
    report = check("FROM x\nRUN ugly rare bad\nRUN bad \\\n bad\n")
    assert [(finding.rule, finding.start) for finding in report.findings] == [
        ("demo/ugly-word", (2, 5)),
        ("other/rare-word", (2, 10)),
        ("demo/bad-word", (2, 15)),
        ("demo/bad-word", (3, 5)),
        ("demo/bad-word", (4, 2)),
    ]
    assert report.source is not None
    assert report.errors == ()


def test_a_rule_that_is_not_enabled_does_not_run(check: Check) -> None:
    assert check("FROM x\nRUN rare\n", profile=Profile.STRICT).findings == ()


def test_a_file_that_does_not_parse_gives_one_finding(check: Check) -> None:
    report = check("FROM x\nRUM bad\nENV bad\nRUN bad\n")
    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.start, finding.end) == (
        "correctness/syntax-error",
        Severity.ERROR,
        (3, 5),
        (3, 8),
    )
    assert finding.message == "ENV must have two arguments; expected ENV NAME=VALUE"
    assert [(related.message, related.ranges[0].start.line) for related in finding.related] == [
        ("unknown instruction: RUM; did you mean RUN?", 2)
    ]
    assert "template" not in finding.help
    assert finding.fingerprint


def test_a_missing_from_is_told_once(check: Check) -> None:
    (finding,) = check("RUN a\nRUN b\nRUM c\n").findings
    assert finding.message.startswith("no build stage")
    assert [related.message for related in finding.related] == ["unknown instruction: RUM; did you mean RUN?"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\ufeff"])
def test_an_empty_file_gives_one_finding(check: Check, text: str) -> None:
    (finding,) = check(text).findings
    assert finding.message.startswith("file with no instructions")
    assert finding.start.line >= 1


@pytest.mark.parametrize(
    "line",
    [
        "{{ base }}",
        "{% if a %}",
        "<% x %>",
        "@BASE_IMAGE@",
        "@base_image@",
        "%%VERSION%%",
        "{{- if .Values.x\n}}",
        "RUM {{x}}",
        '#include "base.Dockerfile"\nRUM x',
    ],
)
def test_a_template_is_told(check: Check, line: str) -> None:
    (finding,) = check(f"FROM x\n{line}\nRUN a\n").findings
    assert finding.help.startswith("The file seems to be a template")


def test_a_file_for_another_frontend_is_told_to_be_unchecked(check: Check) -> None:
    report = check("# syntax=example.com/frontend-plus:1\n\nFROM x\nINCLUDE+ other\n")
    (finding,) = report.findings
    assert finding.severity is Severity.INFO
    assert "example.com/frontend-plus:1 may read it" in finding.help
    assert report.notices == ("not checked, it is written for the frontend example.com/frontend-plus:1",)
    assert not report.fails


@pytest.mark.parametrize("frontend", ["docker/dockerfile:1", "mirror.example.com/docker/dockerfile-upstream:master"])
def test_a_file_for_dockers_frontend_is_not(check: Check, frontend: str) -> None:
    report = check(f"# syntax={frontend}\nFROM x\nINCLUDE+ other\n")
    assert report.findings[0].severity is Severity.ERROR
    assert report.notices == ()


def test_a_syntax_error_is_reported_whatever_is_selected(check: Check) -> None:
    assert len(check("RUM x\n", profile=None, select=("demo",)).findings) == 1
    assert check("RUM x\n", ignore=("correctness/syntax-error",)).findings == ()


def test_a_rule_that_fails_is_an_error_and_the_others_run(registry: Registry) -> None:
    registry = Registry([*registry, Crashing])
    settings = Settings().with_cli(CommandLine(profile=Profile.STRICT))
    text = b"FROM x\n# fairlead: ignore=demo/crashing\nRUN bad\n"
    report = check_source(Source("a/Dockerfile", text), settings, registry)
    assert [finding.rule for finding in report.findings] == ["demo/crashing", "demo/bad-word"]
    (error,) = report.errors
    assert (error.path, error.rule) == ("a/Dockerfile", "demo/crashing")
    assert error.message.startswith(
        "rule demo/crashing failed, its findings here are not complete: KeyError: 'a\\nb' (test_engine.py:"
    )
    assert RunReport((report,)).exit_status(exit_zero=True) == 2


@pytest.mark.parametrize("result", [None, 3, [None], ["text"]])
def test_a_rule_that_yields_no_findings_but_something_else(registry: Registry, result: object) -> None:
    class Wrong(Rule):
        """Yields something else."""

        name = "demo/wrong"

        def check(self, models: Models) -> Iterator[Finding]:
            return result  # type: ignore[return-value]

    registry = Registry([*registry, Wrong])
    report = check_source(Source("Dockerfile", b"FROM x\nRUN bad\n"), Settings(), registry)
    assert [finding.rule for finding in report.findings] == ["demo/bad-word"]
    assert len(report.errors) == 1


def test_a_mistake_of_our_own_is_an_error_of_the_file(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise RecursionError("too deep")

    monkeypatch.setattr("fairlead.engine.build", fail)
    report = check("FROM x\n")
    assert report.errors[0].message.startswith("not checked: internal error: RecursionError: too deep (test_engine.py:")


def test_identical_findings_are_given_once(registry: Registry) -> None:
    class Twice(Rule):
        """Yields everything twice."""

        name = "demo/twice"

        def check(self, models: Models) -> Iterator[Finding]:
            place = Token.of_span(models.build.dockerfile.source, 0, 4)
            yield self.finding(place, "one")
            yield self.finding(place, "one")

    report = check_source(Source("Dockerfile", b"FROM x\n"), Settings(), Registry([Twice]))
    assert len(report.findings) == 1


def test_build_args_and_target_reach_the_build(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def spy(dockerfile: object, build_args: object, target: object) -> object:
        seen.append((build_args, target))
        return build(dockerfile, build_args, target)  # type: ignore[arg-type]

    monkeypatch.setattr("fairlead.engine.build", spy)
    report = check("FROM x AS a\nFROM y\n", build_args={"A": "1"}, target="a")
    assert seen == [({"A": "1"}, "a")]
    assert report.errors == ()


def test_a_target_that_is_not_there_is_an_error(check: Check) -> None:
    report = check("FROM x AS a\nRUN bad\n", target="b")
    assert report.findings == ()
    assert errors(report)[0].startswith("Dockerfile: not checked: ")


def test_severities_come_from_the_settings(check: Check) -> None:
    report = check("FROM x\nRUN bad ugly rare\n", severities={"demo": Severity.ERROR, "all": Severity.INFO})
    assert [finding.severity for finding in report.findings] == [Severity.ERROR, Severity.ERROR, Severity.INFO]


def test_a_finding_that_its_rule_holds_to_be_less_bad_stays_less_bad(registry: Registry) -> None:
    class Graded(Rule):
        """Yields an info."""

        name = "demo/graded"

        def check(self, models: Models) -> Iterator[Finding]:
            from dataclasses import replace

            place = Token.of_span(models.build.dockerfile.source, 0, 4)
            yield replace(self.finding(place, "one"), severity=Severity.INFO)

    for configured in (Severity.ERROR, Severity.INFO):
        settings = Settings().with_cli(CommandLine(severities={"demo/graded": configured}))
        report = check_source(Source("Dockerfile", b"FROM x\n"), settings, Registry([Graded]))
        assert [finding.severity for finding in report.findings] == [Severity.INFO]


def test_information_is_asked_for_by_profile_selection_or_severity() -> None:
    class Told(Rule):
        """Yields an info."""

        name = "demo/told"

        def check(self, models: Models) -> Iterator[Finding]:
            yield self.finding(Token.of_span(models.build.dockerfile.source, 0, 4), "one", severity=Severity.INFO)

    def unasked(**given: object) -> list[bool]:
        settings = Settings().with_cli(CommandLine(**given))  # type: ignore[arg-type]
        report = check_source(Source("Dockerfile", b"FROM x\n"), settings, Registry([Told]))
        assert report.fails is False
        return [finding.unasked for finding in report.findings]

    assert unasked() == [True]
    assert unasked(ignore=("cache",)) == [True]
    assert unasked(profile=Profile.STRICT) == [False]
    assert unasked(extend_select=("demo/told",)) == [False]
    assert unasked(select=("demo",)) == [False]
    assert unasked(severities={"demo/told": Severity.INFO}) == [False]


def test_fingerprints_stay_while_other_lines_move(check: Check) -> None:
    def fingerprints(text: str) -> list[str]:
        return [finding.fingerprint for finding in check(text).findings]

    before = fingerprints("FROM x\nRUN bad\nRUN bad ugly\nRUN bad\n")
    after = fingerprints("# more\nFROM x\nRUN echo\n\n  RUN   bad\nRUN a\nRUN bad ugly\nRUN bad\n")
    assert before == after
    assert len(set(before)) == 4
    assert fingerprints("FROM x\nRUN bad more\n")[0] not in before


def test_fingerprints_do_not_depend_on_where_the_project_lies(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        for path in ("sub/Dockerfile", "./sub/Dockerfile", str(tmp_path / name / "sub" / "Dockerfile")):
            report = check_source(Source(path, b"FROM x\nRUN bad\n"), Settings(), registry)
            seen.add(report.findings[0].fingerprint)
    assert len(seen) == 1


PIECES = [
    *(
        "FROM x\n",
        "RUN bad",
        " \\\n",
        "\n",
        "RUN <<EOF\n",
        "EOF\n",
        "COPY a b\n",
        "ENV a",
        "'",
        '"',
        "#",
        " ",
        "\r",
        "\0",
        "é",
    ),
    *(
        "# fairlead: ignore=",
        "# hadolint ignore=",
        "# check=skip=",
        "ignore-file",
        "demo",
        ",",
        "all",
        "DL9001",
        " -- ",
    ),
]


@given(st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_a_report(registry: Registry, data: bytes) -> None:
    chosen = Settings().with_cli(CommandLine(profile=Profile.ALL))
    report = check_source(Source("Dockerfile", data), chosen, registry)
    assert errors(report) == []


# Files.


def test_files_that_cannot_be_checked_are_errors_and_the_others_are_checked(project: Path) -> None:
    (project / "good").mkdir()
    (project / "good" / "Dockerfile").write_text("FROM x\nRUN bad\n")
    (project / "Dockerfile.binary").write_bytes(b"FROM x\n\0\1\2")
    (project / "Dockerfile.utf16").write_text("FROM x\n", "utf-16")
    (project / "Dockerfile.large").write_bytes(b"# x\n" * (10 * 1024 * 1024 // 4))
    report = run("missing", "good", "Dockerfile.binary", "Dockerfile.utf16", "Dockerfile.large")
    assert places(report) == [(str(Path("good", "Dockerfile")), "demo/bad-word", 2)]
    assert errors(report) == [
        "missing: no such file or directory",
        "Dockerfile.binary: not checked: not a text file",
        "Dockerfile.utf16: not checked: UTF-16 text; the builder reads UTF-8",
        "Dockerfile.large: not checked: larger than 4 MiB",
    ]
    assert report.exit_status() == report.exit_status(exit_zero=True) == 2


def test_a_file_as_large_as_allowed_is_checked(project: Path) -> None:
    line = b"# " + b"x" * 61 + b"\n"
    (project / "Dockerfile").write_bytes(b"FROM bad" + b" " * 55 + b"\n" + line * (MAX_FILE_BYTES // 64 - 1))
    assert (project / "Dockerfile").stat().st_size == MAX_FILE_BYTES
    assert places(run()) == [("Dockerfile", "demo/bad-word", 1)]


def test_a_file_that_may_not_be_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "Dockerfile").write_text("FROM bad\n")
    (project / "locked.dockerfile").write_text("FROM bad\n")
    plain_open = Path.open

    def locked(path: Path, *args: str, **options: str) -> object:
        if path.name == "locked.dockerfile":
            raise PermissionError(13, "Permission denied")
        return plain_open(path, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", locked)
    report = run()
    assert places(report) == [("Dockerfile", "demo/bad-word", 1)]
    assert errors(report) == ["locked.dockerfile: can't be read: Permission denied"]


def test_a_directory_is_no_file(project: Path, registry: Registry) -> None:
    report = check_file(str(project), Settings(), registry)
    assert "can't be read: " in errors(report)[0]


def test_a_directory_without_dockerfiles(project: Path) -> None:
    report = run()
    assert (report.findings, report.errors, report.exit_status()) == ((), (), 0)
    assert report.notices == ("no Dockerfiles in .",)


def test_a_file_that_does_not_parse_among_others(project: Path) -> None:
    (project / "a.dockerfile").write_text("RUM\n")
    (project / "b.dockerfile").write_text("FROM x\nRUN bad\n")
    report = run()
    assert places(report) == [
        ("a.dockerfile", "correctness/syntax-error", 1),
        ("b.dockerfile", "demo/bad-word", 2),
    ]
    assert report.exit_status() == 1


def test_files_that_are_not_utf8_are_checked(project: Path) -> None:
    (project / "Dockerfile").write_bytes(b"FROM x\n# \xff\xfe caf\xe9\nRUN bad \xe9\n")
    assert places(run()) == [("Dockerfile", "demo/bad-word", 3)]


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_a_file_name_that_is_not_utf8(project: Path) -> None:
    name = os.fsdecode(b"caf\xe9.dockerfile")
    (project / name).write_text("FROM bad\n")
    assert places(run()) == [(name, "demo/bad-word", 1)]


# Configuration.


def test_each_file_has_the_settings_of_its_directory(project: Path) -> None:
    for name in ("a", "b", "c"):
        (project / name).mkdir()
        (project / name / "Dockerfile").write_text("FROM x\nRUN bad ugly\n")
    (project / "fairlead.toml").write_text("[[overrides]]\npaths = ['c/']\nignore = ['demo']\n")
    (project / "b" / "fairlead.toml").write_text("select = ['DL9002']\n")
    report = run()
    assert places(report) == [
        (str(Path("a", "Dockerfile")), "demo/bad-word", 2),
        (str(Path("b", "Dockerfile")), "demo/ugly-word", 2),
    ]


def test_a_configuration_that_cannot_be_used_is_one_error_and_other_files_are_checked(project: Path) -> None:
    for name in ("a", "b", "b/sub"):
        (project / name).mkdir()
        (project / name / "Dockerfile").write_text("FROM x\nRUN bad\n")
    (project / "b" / "fairlead.toml").write_text("selct = []\n")
    report = run()
    assert places(report) == [(str(Path("a", "Dockerfile")), "demo/bad-word", 2)]
    assert errors(report) == [f"{Path('b', 'fairlead.toml')}: selct: unknown key; did you mean 'select'?"]
    assert report.notices == ("not checked, for want of a usable configuration: 2 files",)
    assert report.exit_status() == 2


def test_an_unknown_rule_in_a_configuration(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM x\nRUN bad\n")
    (project / "fairlead.toml").write_text("ignore = ['demo/bad-wort']\n")
    assert errors(run()) == ["fairlead.toml: ignore: unknown rule 'demo/bad-wort'; did you mean 'demo/bad-word'?"]
    (project / "fairlead.toml").unlink()
    assert errors(run(select=("dmeo",))) == ["--select: unknown rule 'dmeo'; did you mean 'demo'?"]


def test_a_broken_plug_in_is_an_error_and_files_are_checked(project: Path, registry: Registry) -> None:
    registry._errors.append(PluginError("plug-in 'x' of package 'y': broken"))
    for name in ("a.dockerfile", "b.dockerfile"):
        (project / name).write_text("FROM x\nRUN bad\n")
    (project / "fairlead.toml").write_text("extend-select = ['x/rule']\n")
    report = run()
    assert errors(report) == ["plug-in 'x' of package 'y': broken"]
    assert len(report.findings) == 2
    assert report.exit_status() == 2


def test_rules_of_a_directory_named_in_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "beer.py").write_text(
        "from fairlead.rule import Rule\n\n\n"
        "class NoBeer(Rule):\n"
        '    """No beer in images."""\n\n'
        '    name = "house/no-beer"\n\n'
        "    def check(self, models):\n"
        "        for instruction in models.build.dockerfile.instructions:\n"
        '            if "beer" in instruction.rest.text:\n'
        '                yield self.finding(instruction.keyword_token, "beer")\n'
    )
    (tmp_path / "fairlead.toml").write_text("rule-paths = ['rules']\nselect = ['house']\n")
    (tmp_path / "Dockerfile").write_text("FROM x\nRUN beer\n")
    assert places(run()) == [("Dockerfile", "house/no-beer", 2)]


# Standard input.


def test_standard_input_has_the_settings_of_its_name(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "fairlead.toml").write_text("select = ['demo/ugly-word']\n")
    report = check_stdin(b"FROM x\nRUN bad ugly\n", "sub/new.dockerfile", Configuration())
    assert places(report) == [("sub/new.dockerfile", "demo/ugly-word", 2)]
    assert errors(check_stdin(b"\0", "x", Configuration())) == ["x: not checked: not a text file"]
    assert errors(check_stdin(b"#" * (MAX_FILE_BYTES + 1), "x", Configuration())) == [
        "x: not checked: larger than 4 MiB"
    ]


# The report.


def finding(severity: Severity) -> Finding:
    source = Source("Dockerfile", b"FROM x\n")
    return Finding(
        "demo/x", severity, "x", "Dockerfile", (source.range(source.line_span(1)),), related=(Related("", ()),)
    )


@pytest.mark.parametrize(
    ("severities", "fail_on", "status"),
    [
        ([], Severity.WARNING, 0),
        ([Severity.INFO], Severity.WARNING, 0),
        ([Severity.INFO], Severity.INFO, 0),
        ([Severity.WARNING], Severity.WARNING, 1),
        ([Severity.INFO, Severity.WARNING], Severity.INFO, 1),
        ([Severity.WARNING], Severity.ERROR, 0),
        ([Severity.ERROR], Severity.ERROR, 1),
        ([Severity.ERROR], Severity.WARNING, 1),
    ],
)
def test_the_exit_status(severities: list[Severity], fail_on: Severity, status: int) -> None:
    file = FileReport("Dockerfile", tuple(map(finding, severities)), fail_on=fail_on)
    report = RunReport((file,))
    assert report.exit_status() == status
    assert report.exit_status(exit_zero=True) == 0
    assert RunReport((file,), run_errors=(RunError("x"),)).exit_status() == 2
    assert sum(report.counts().values()) == len(severities)
    assert list(report.counts()) == list(Severity)


def test_every_file_has_its_own_threshold() -> None:
    files = (
        FileReport("a", (finding(Severity.WARNING),), fail_on=Severity.ERROR),
        FileReport("b", (), fail_on=Severity.WARNING),
    )
    assert RunReport(files).exit_status() == 0
