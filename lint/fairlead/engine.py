"""The way from files to findings: parse, build, ask every enabled rule, silence, sort; nothing here prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.analysis.context_root import context_root
from fairlead.analysis.models import Models
from fairlead.build.builder import UnknownTarget, build
from fairlead.build.image import foreign_frontend
from fairlead.build.model import Build
from fairlead.builtin import SyntaxErrorRule, UnknownIgnore, UnusedIgnore
from fairlead.config import ConfigError, Configuration, Settings, absolute
from fairlead.discovery import discover
from fairlead.finding import Finding, Profile, Related, Severity
from fairlead.reading import RunError, read_source, source_of
from fairlead.registry import Registry
from fairlead.rule import Rule
from fairlead.suppress import Ignore, Suppressions
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Range, Source, Token

if TYPE_CHECKING:
    from fairlead.build.context import Context

_NO_STAGE = "no build stage"
_TEMPLATE = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|<%.*?%>|%%\w+%%|@[A-Z][A-Z0-9_]+@|@[a-z][a-z0-9]*_[a-z0-9_]+@"
    # the C preprocessor's
    r"|(?m:^#(?:include [\"<]|define \w|if \w|ifn?def ))",
    re.DOTALL,
)


@dataclass(frozen=True)
class FileReport:
    """What was found in one file.

    Attributes:
        path: the file as the user named it.
        findings: sorted by place; severity and fingerprint set; silenced ones left out.
        errors: rules that failed on it, or why it was not checked.
        source: its text, to draw excerpts from; None where it could not be read.
        suppressed: number of findings that comments in the file silenced.
        fail_on: the severity from which on its findings fail the run.
        notices: what the user may want to know of it and that fails nothing.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    errors: tuple[RunError, ...] = ()
    source: Source | None = None
    suppressed: int = 0
    fail_on: Severity = Severity.WARNING
    notices: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether a finding is at or above `fail_on`; `info` never fails a run."""
        threshold = min(self.fail_on.rank, Severity.WARNING.rank)
        return any(finding.severity.rank <= threshold for finding in self.findings)


@dataclass(frozen=True)
class RunReport:
    """What was found in a run.

    Attributes:
        files: one report for each file that was looked at, in the order of the files.
        run_errors: what went wrong outside of any file: plug-ins, configuration, paths.
        notices: what the user may want to know and that fails nothing; those of single files are among them.
    """

    files: tuple[FileReport, ...] = ()
    run_errors: tuple[RunError, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, file by file."""
        return tuple(finding for report in self.files for finding in report.findings)

    @property
    def errors(self) -> tuple[RunError, ...]:
        """All errors: those of the run, then those of each file."""
        return (*self.run_errors, *(error for report in self.files for error in report.errors))

    def counts(self) -> dict[Severity, int]:
        """Number of findings by severity; every severity is a key, the worst first."""
        findings = self.findings
        return {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}

    def exit_status(self, *, exit_zero: bool = False) -> int:
        """2 when there is any error; else 1 when a finding is at or above its file's `fail_on`; else 0.

        Args:
            exit_zero: findings don't fail the run; errors still do.
        """
        if self.errors:
            return 2
        return int(not exit_zero and any(report.fails for report in self.files))


def check_source(
    source: Source, settings: Settings, registry: Registry, *, context_root: Path | None = None
) -> FileReport:
    """Check one text. Never raises for what stands in it, nor for a rule that fails.

    Args:
        source: the text.
        settings: those of the file, overrides applied.
        registry: the rules.
        context_root: the directory that the text is in, which mostly is the build context; None where there is none.
    """
    check = _Check(source, settings, registry, context_root)
    check.run()
    return check.report()


def check_file(path: str, settings: Settings, registry: Registry) -> FileReport:
    """Read and check one file; one that can't be read gives a report with an error."""
    source = read_source(path)
    if isinstance(source, RunError):
        return FileReport(path, errors=(source,))
    return check_source(source, settings, registry, context_root=Path(path).parent)


def check_paths(paths: Sequence[str], configuration: Configuration, *, force_exclude: bool = False) -> RunReport:
    """Find the Dockerfiles that `paths` stand for and check each under the settings that hold for it.

    A configuration that can't be used is one error, and the files that it is for are not checked; all others are.

    Args:
        paths: files and directories.
        configuration: gives the settings.
        force_exclude: leave out what `exclude` matches even where it is given as a path.
    """
    discovery = discover(paths, configuration, force_exclude=force_exclude)
    run = _Run(configuration)
    for path in discovery.files:
        run.check(path)
    problems = [RunError(problem.message, problem.path) for problem in discovery.problems]
    return run.report(problems, discovery.notices)


def check_stdin(data: bytes, path: str, configuration: Configuration) -> RunReport:
    """Check bytes from standard input as if they were the file `path` (which need not exist)."""
    run = _Run(configuration)
    run.check(path, data)
    return run.report()


class _Run:
    """Checks files one after the other; configurations and registries are looked at once."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._registries: dict[tuple[Path, ...], Registry] = {}
        # by identity; the settings are kept so that an identity is not used again
        self._ready: dict[int, tuple[Settings, Registry | ConfigError]] = {}
        self._files: list[FileReport] = []
        self._configuration_errors: dict[str, int] = {}

    def check(self, path: str, data: bytes | None = None) -> None:
        place = absolute(path)
        try:
            settings = self._configuration.for_directory(place.parent)
            registry = self._registry(settings)
        except ConfigError as error:
            self._configuration_errors[str(error)] = self._configuration_errors.get(str(error), 0) + 1
            return
        settings = settings.for_path(place)
        if data is None:
            self._files.append(check_file(path, settings, registry))
        else:
            self._files.append(_check_data(data, path, settings, registry))

    def report(self, problems: Iterable[RunError] = (), notices: Iterable[str] = ()) -> RunReport:
        plugin_errors = dict.fromkeys(error.message for known in self._registries.values() for error in known.errors)
        errors = [RunError(message) for message in (*self._configuration_errors, *plugin_errors)]
        skipped = sum(self._configuration_errors.values())
        left_out = (
            (f"not checked, for want of a usable configuration: {skipped} file{'' if skipped == 1 else 's'}",)
            if skipped
            else ()
        )
        of_files = (f"{report.path}: {notice}" for report in self._files for notice in report.notices)
        return RunReport(tuple(self._files), (*errors, *problems), (*notices, *of_files, *left_out))

    def _registry(self, settings: Settings) -> Registry:
        if id(settings) not in self._ready:
            self._ready[id(settings)] = (settings, self._checked_registry(settings))
        registry = self._ready[id(settings)][1]
        if isinstance(registry, ConfigError):
            raise registry
        return registry

    def _checked_registry(self, settings: Settings) -> Registry | ConfigError:
        registry = self._registries.get(settings.rule_paths)
        if registry is None:
            registry = self._registries[settings.rule_paths] = Registry.load(settings.rule_paths)
        try:
            registry.check_selectors(settings)
        except ConfigError as error:
            return error
        return registry


def _check_data(data: bytes, path: str, settings: Settings, registry: Registry) -> FileReport:
    source = source_of(data, path)
    if isinstance(source, RunError):
        return FileReport(path, errors=(source,))
    # text without a name of its own lies nowhere
    root = Path(path).parent if Path(path).parent.is_dir() and not path.startswith("<") else None
    return check_source(source, settings, registry, context_root=root)


class _Check:
    """The check of one file."""

    def __init__(self, source: Source, settings: Settings, registry: Registry, context_root: Path | None) -> None:
        self._source = source
        self._context_root = context_root
        self._settings = settings
        self._registry = registry
        self._rules = registry.enabled(settings)
        self._enabled = frozenset(rule.name for rule in self._rules)
        self._findings: list[Finding] = []
        self._errors: list[RunError] = []
        self._notices: list[str] = []
        self._suppressed = 0

    def run(self) -> None:
        try:
            dockerfile = parse(self._source)
            suppressions = Suppressions(dockerfile, self._registry)
            if dockerfile.problems:
                self._syntax_error(dockerfile, suppressions)
                return
            model = build(dockerfile, self._settings.build_args, self._settings.target)
            models = Models(model, lambda: self._open_context(model))
        except UnknownTarget as error:
            self._errors.append(RunError(f"not checked: {error}", self._source.path))
            return
        except Exception as error:
            self._errors.append(RunError(f"not checked: internal error: {_described(error)}", self._source.path))
            return
        self._ask_rules(models, suppressions)

    def _open_context(self, model: Build) -> Context | None:
        """The directory of the file, or the one above it that has its sources."""
        if self._context_root is None:
            return None
        # most files need no context, and this import takes as long as the check of one
        from fairlead.build.context import directory_context
        from fairlead.build.dockerignore import DockerIgnoreError

        try:
            return directory_context(context_root(model, self._context_root), Path(self._source.path))
        except (OSError, ValueError, DockerIgnoreError):
            return None

    def report(self) -> FileReport:
        findings = tuple(_with_fingerprints(self._source, sorted(self._findings, key=_place)))
        return FileReport(
            self._source.path,
            findings,
            tuple(self._errors),
            self._source,
            self._suppressed,
            self._settings.fail_on,
            tuple(self._notices),
        )

    def _syntax_error(self, dockerfile: ast.Dockerfile, suppressions: Suppressions) -> None:
        if frontend := foreign_frontend(dockerfile):
            self._notices.append(f"not checked, it is written for the frontend {frontend}")
        if SyntaxErrorRule.name in self._enabled:
            self._take(SyntaxErrorRule, syntax_error(dockerfile), suppressions)

    def _ask_rules(self, models: Models, suppressions: Suppressions) -> None:
        failed: set[str] = set()
        seen: set[object] = set()
        for rule in self._rules:
            shown: Profile | None = None
            try:
                for finding in rule().check(models):
                    key = (finding.rule, finding.ranges)
                    if shown is None:
                        shown = self._registry.shown_profile(rule, self._settings)
                    # a stage built FROM another repeats its ONBUILD triggers
                    if key not in seen and shown.includes(finding.profile):
                        seen.add(key)
                        if rule.deployed_only and models.purpose.is_aside:
                            finding = replace(finding, severity=Severity.INFO)  # noqa: PLW2901
                        self._take(rule, finding, suppressions)
            except Exception as error:
                failed.add(rule.name)
                message = f"rule {rule.name} failed, its findings here are not complete: {_described(error)}"
                self._errors.append(RunError(message, self._source.path, rule.name))
        self._judge_comments(suppressions, frozenset(failed))

    def _judge_comments(self, suppressions: Suppressions, failed: frozenset[str]) -> None:
        if UnknownIgnore.name in self._enabled:
            for mistake in suppressions.mistakes:
                self._take(UnknownIgnore, UnknownIgnore().finding(mistake.place, mistake.message), suppressions)
        if UnusedIgnore.name not in self._enabled:
            return
        own = frozenset((UnusedIgnore.name,))
        unused = list(suppressions.unused(self._enabled, failed))
        # ignores of this very rule come last: whether they are used depends on what is found about the others
        for ignore, message in sorted(unused, key=lambda entry: entry[0].names == own):
            if not ignore.used:
                finding = UnusedIgnore().finding(ignore.token, message, help="Take it out.")
                self._take(UnusedIgnore, finding, suppressions, about=ignore)

    def _take(
        self, rule: type[Rule], finding: Finding, suppressions: Suppressions, *, about: Ignore | None = None
    ) -> None:
        if suppressions.silences(finding, about=about):
            self._suppressed += 1
        else:
            self._findings.append(self._graded(rule, finding))

    def _graded(self, rule: type[Rule], finding: Finding) -> Finding:
        """The finding with the severity that the configuration gives its rule."""
        configured = self._registry.configured_severity(rule, self._settings)
        if configured is None:
            shown = self._registry.shown_profile(rule, self._settings)
            unasked = finding.severity is Severity.INFO and shown is Profile.RECOMMENDED
            return replace(finding, unasked=True) if unasked else finding
        if configured is finding.severity:
            return finding
        if finding.severity is not rule.severity and configured.rank < finding.severity.rank:
            # the rule itself holds this case to be less bad than its others
            return finding
        return replace(finding, severity=configured)


def syntax_error(dockerfile: ast.Dockerfile) -> Finding:
    """The one finding of a file that the builder refuses; `dockerfile.problems` must not be empty."""
    first, *others = dockerfile.problems
    # where FROM is missing the builder would say the same of every instruction
    others = [problem for problem in others if problem.text != first.text or not problem.text.startswith(_NO_STAGE)]
    frontend = foreign_frontend(dockerfile)
    help_text = "The build stops here; nothing else in this file was checked."
    template = _TEMPLATE.search(dockerfile.source.text)
    if template:
        sample = " ".join(template[0].split())
        help_text = (
            f"The file seems to be a template ({sample[:40]!r}): check what it is filled in to, "
            "or leave it out with exclude."
        )
    if frontend:
        help_text = f"The frontend {frontend} may read it all the same; nothing else in this file was checked."
    return SyntaxErrorRule().finding(
        _problem_place(dockerfile.source, first),
        _problem_message(first),
        severity=Severity.INFO if frontend else None,
        help=help_text,
        related=tuple(
            Related.at(_problem_place(dockerfile.source, problem), _problem_message(problem)) for problem in others
        ),
    )


def _problem_message(problem: ast.SyntaxProblem) -> str:
    if not problem.expected:
        return problem.text
    if problem.expected.endswith("?"):
        return f"{problem.text}; did you mean {problem.expected}"
    return f"{problem.text}; expected {problem.expected}"


def _problem_place(source: Source, problem: ast.SyntaxProblem) -> Token:
    if problem.place is not None:
        return problem.place
    line = min(max(problem.line, 1), source.line_count)
    start = source.line_span(line).start
    return Token.of_span(source, start, start + len(source.line_text(line)))


def _described(error: Exception) -> str:
    """An unexpected exception in one line, with the place where it was raised."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text:.200}{place}" if text else f"{type(error).__name__}{place}"


def _place(finding: Finding) -> tuple[object, ...]:
    return (finding.ranges, finding.rule, finding.message)


def _with_fingerprints(source: Source, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, each with a hash that stays while its own lines do.

    It is made of the rule, the file, the text of the lines that the finding is on (blanks don't count) and its words;
    findings that have all that in common are numbered. Lines that come and go elsewhere change nothing.
    """
    from hashlib import sha256

    path = _portable(source.path)
    counted: dict[tuple[str, ...], int] = {}
    for finding in findings:
        words = [_text(source, place) for place in finding.ranges]
        lines = [
            source.line_text(line) for place in finding.ranges for line in range(place.start.line, place.end.line + 1)
        ]
        key = (finding.rule, path, *(" ".join(text.split()) for text in (*dict.fromkeys(lines), "", *words)))
        number = counted[key] = counted.get(key, 0) + 1
        text = "\0".join((*key, str(number)))
        yield replace(finding, fingerprint=sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32])


def _text(source: Source, place: Range) -> str:
    start, end = (source.line_span(line).start + column - 1 for line, column in place)
    return source.text[start:end]


def _portable(path: str) -> str:
    """A path as it is the same on every machine: relative to the working directory, with slashes."""
    place = absolute(path)
    try:
        return place.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return Path(path).as_posix()
