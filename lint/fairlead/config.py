"""What the user configured: the settings, the file they come from, and the check of every key and value in it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from fairlead.build.gitignore import IgnorePatterns
from fairlead.finding import Profile, Severity
from fairlead.syntax.suggest import nearest

CONFIG_NAMES = (".fairlead.toml", "fairlead.toml", "pyproject.toml")
"""The names of a configuration file, in the order in which they are looked for in one directory."""

_PYPROJECT = "pyproject.toml"
_PYPROJECT_TABLE = "tool.fairlead"


class ConfigError(Exception):
    """A configuration that can't be used; the message names the file, the place in it, and what was expected."""


@dataclass(frozen=True)
class Globs:
    """Patterns in the language of .gitignore, and the absolute directory that they are relative to."""

    root: Path
    patterns: tuple[str, ...]

    def match(self, path: Path, *, directory: bool = False) -> bool:
        """Whether the patterns match an absolute path or a directory above it; outside of `root` plain names can."""
        if not self.patterns:
            return False
        try:
            relative = path.relative_to(self.root).as_posix()
        except ValueError:
            relative = path.as_posix().lstrip("/")
        return self._compiled.ignores(relative, directory=directory)

    @cached_property
    def _compiled(self) -> IgnorePatterns:
        return IgnorePatterns(self.patterns)


@dataclass(frozen=True)
class Selection:
    """A choice of rules, made at one place: the configuration file, one of its overrides, or the command line.

    Attributes:
        origin: the place, as it stands before the key in a message: `fairlead.toml: overrides[0].` or `--`.
        profile: the profile to start from; None where this place doesn't say.
        select: selectors that replace the profile; None where this place doesn't say.
        extend_select: selectors added.
        ignore: selectors taken out.
        severities: selector to severity.
    """

    origin: str = ""
    profile: Profile | None = None
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)


@dataclass(frozen=True)
class Override:
    """A choice of rules for the files that `paths` match."""

    paths: Globs
    selection: Selection


@dataclass(frozen=True)
class CommandLine:
    """What the command line says; None or empty: nothing.

    Attributes:
        profile: `--profile`.
        select: `--select`.
        extend_select: `--extend-select`.
        ignore: `--ignore`.
        severities: `--severity RULE=SEVERITY`.
        fail_on: `--fail-on`, error or warning.
        exclude: `--exclude`, patterns relative to the working directory; they add to the configuration's.
        rule_paths: `--rule-path`, relative to the working directory; they add to the configuration's.
        build_args: `--build-arg`; they add to the configuration's and win over them.
        target: `--target`.
    """

    profile: Profile | None = None
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    fail_on: Severity | None = None
    exclude: tuple[str, ...] = ()
    rule_paths: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True)
class Settings:
    """The settings that hold for a directory or, after `for_path`, for a file.

    Attributes:
        selection: the configuration file's choice of rules.
        overridden: the choices of the overrides that hold for the file, in their order.
        given: the command line's choice.
        fail_on: findings of this severity or worse fail the run; error or warning (`info` never fails one).
        exclude: what discovery leaves out.
        rule_paths: absolute directories of the user's own rules.
        overrides: choices of rules for some paths, not applied yet.
        build_args: build arguments, by name.
        target: the stage to build; None for the last.
        source: the configuration file, None where there is none.
    """

    selection: Selection = Selection()
    overridden: tuple[Selection, ...] = ()
    given: Selection = Selection(origin="--")
    fail_on: Severity = Severity.WARNING
    exclude: tuple[Globs, ...] = ()
    rule_paths: tuple[Path, ...] = ()
    overrides: tuple[Override, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    source: Path | None = None

    @property
    def selections(self) -> tuple[Selection, ...]:
        """All choices of rules; a later one wins over an earlier one."""
        return (self.selection, *self.overridden, self.given)

    def with_cli(self, given: CommandLine) -> Settings:
        """These settings with what the command line says on top."""
        directory = Path.cwd()
        return replace(
            self,
            given=Selection(
                "--", given.profile, given.select, given.extend_select, given.ignore, dict(given.severities)
            ),
            fail_on=given.fail_on or self.fail_on,
            exclude=(*self.exclude, Globs(directory, given.exclude)) if given.exclude else self.exclude,
            rule_paths=(*self.rule_paths, *(absolute(path) for path in given.rule_paths)),
            build_args={**self.build_args, **given.build_args},
            target=self.target if given.target is None else given.target,
        )

    def for_path(self, path: Path) -> Settings:
        """These settings with the overrides for an absolute path applied; the command line still wins over them."""
        if not self.overrides:
            return self
        matching = tuple(override.selection for override in self.overrides if override.paths.match(path))
        return replace(self, overridden=matching, overrides=())


def absolute(path: str | Path) -> Path:
    """The path from the root, `.` and `..` resolved by name only, symbolic links left alone."""
    return Path(os.path.normpath(Path.cwd() / path))


def display_path(path: Path) -> str:
    """A path as messages name it: relative to the working directory where it lies inside."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def load_settings(path: Path) -> Settings:
    """Read a configuration file; a pyproject.toml without [tool.fairlead] gives the default settings.

    Raises:
        ConfigError: the file can't be read, isn't TOML, or has a key or value that Fairlead doesn't know.
    """
    return _load(absolute(path)) or Settings()


class Configuration:
    """Finds the settings for each file: the nearest configuration file upwards, the command line on top.

    Files are not merged with one another. What a directory resolves to is remembered, its error as well.
    """

    def __init__(
        self,
        *,
        command_line: CommandLine | None = None,
        config_file: str | Path | None = None,
        isolated: bool = False,
    ) -> None:
        """Prepare the search.

        Args:
            command_line: what the command line says.
            config_file: use this file for every path instead of searching.
            isolated: use no configuration file at all.

        Raises:
            ConfigError: `config_file` can't be used.
        """
        self._command_line = command_line
        self._by_directory: dict[Path, Settings | ConfigError] = {}
        self._default = self._finish(Settings())
        self._fixed: Settings | None = None
        if config_file is not None:
            self._fixed = self._finish(load_settings(Path(config_file)))
        elif isolated:
            self._fixed = self._default

    def for_directory(self, directory: str | Path) -> Settings:
        """The settings that hold in a directory, overrides not applied; the same object for the same file.

        Raises:
            ConfigError: the configuration file that holds there can't be used.
        """
        if self._fixed is not None:
            return self._fixed
        found = self._search(absolute(directory))
        if isinstance(found, ConfigError):
            raise found
        return found

    def _search(self, directory: Path) -> Settings | ConfigError:
        passed: list[Path] = []
        found: Settings | ConfigError = self._default
        for place in (directory, *directory.parents):
            if place in self._by_directory:
                found = self._by_directory[place]
                break
            passed.append(place)
            here = self._look_in(place)
            if here is not None:
                found = here
                break
        for place in passed:
            self._by_directory[place] = found
        return found

    def _look_in(self, directory: Path) -> Settings | ConfigError | None:
        try:
            for name in CONFIG_NAMES:
                path = directory / name
                settings = _load(path) if path.is_file() else None
                if settings is not None:
                    return self._finish(settings)
        except ConfigError as error:
            return error
        except OSError:
            # a directory that may not be searched has no configuration for us
            return None
        return None

    def _finish(self, settings: Settings) -> Settings:
        return settings if self._command_line is None else settings.with_cli(self._command_line)


def _load(path: Path) -> Settings | None:
    """The settings in a file; None for a pyproject.toml that has none."""
    shown = display_path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{shown}: can't be read: {error.strerror}") from None
    is_pyproject = path.name == _PYPROJECT
    if is_pyproject and b"fairlead" not in data:
        # spares reading other tools' configuration, and failing for a mistake in it
        return None
    table = _parse_toml(shown, data)
    if not is_pyproject:
        return _Reader(shown, path).settings(table)
    tool = table.get("tool")
    if not isinstance(tool, dict) or "fairlead" not in tool:
        return None
    return _Reader(shown, path, prefix=f"{_PYPROJECT_TABLE}.").settings(tool["fairlead"])


_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def _parse_toml(shown: str, data: bytes) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{shown}:{line}: not valid TOML: a byte that is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = _TOML_PLACE.search(text)
        reason = _TOML_PLACE.sub("", text)
        if place and place[1]:
            raise ConfigError(f"{shown}:{place[1]}:{place[2]}: not valid TOML: {reason}") from None
        last = data.rstrip().count(b"\n") + 1
        raise ConfigError(f"{shown}:{last}: not valid TOML: {reason}, at the end of the file") from None
    except RecursionError:
        raise ConfigError(f"{shown}: not valid TOML: nested too deep") from None


_Value = TypeVar("_Value")
_Choice = TypeVar("_Choice", Severity, Profile)
_FAIL_ON = (Severity.ERROR, Severity.WARNING)
_SELECTION_KEYS = ("profile", "select", "extend-select", "ignore", "severity")
KEYS = (*_SELECTION_KEYS, "fail-on", "exclude", "rule-paths", "build-args", "target", "overrides")
"""The keys of a configuration."""

_OVERRIDE_KEYS = ("paths", *_SELECTION_KEYS)


class _Reader:
    """Reads one configuration table and checks it; every method raises ConfigError for what it doesn't expect."""

    def __init__(self, shown: str, path: Path, prefix: str = "") -> None:
        self._shown = shown
        self._path = path
        self._prefix = prefix

    def settings(self, value: object) -> Settings:
        table = self._table(value, self._prefix.rstrip("."), KEYS)
        at = self._prefix
        directory = self._path.parent
        return Settings(
            selection=self._selection(table, at),
            fail_on=self._optional(table, at, "fail-on", self._one_of(_FAIL_ON)) or Severity.WARNING,
            exclude=self._exclude(table, at),
            rule_paths=tuple(absolute(directory / path) for path in self._list(table, at, "rule-paths")),
            overrides=self._overrides(table, at),
            build_args=self._optional(table, at, "build-args", self._mapping(self._string)) or {},
            target=self._optional(table, at, "target", self._string),
            source=self._path,
        )

    def _selection(self, table: Mapping[str, object], at: str) -> Selection:
        severities = self._mapping(self._one_of(tuple(Severity)))
        return Selection(
            origin=f"{self._shown}: {at}",
            profile=self._optional(table, at, "profile", self._one_of(tuple(Profile))),
            select=self._optional(table, at, "select", self._strings),
            extend_select=self._list(table, at, "extend-select"),
            ignore=self._list(table, at, "ignore"),
            severities=self._optional(table, at, "severity", severities) or {},
        )

    def _exclude(self, table: Mapping[str, object], at: str) -> tuple[Globs, ...]:
        patterns = self._globs(table, at, "exclude")
        return (patterns,) if patterns.patterns else ()

    def _overrides(self, table: Mapping[str, object], at: str) -> tuple[Override, ...]:
        value = table.get("overrides", [])
        key = f"{at}overrides"
        if not isinstance(value, list):
            raise self._wrong(key, "an array of tables ([[overrides]])", value)
        overrides = []
        for index, entry in enumerate(value):
            entry_key = f"{key}[{index}]"
            override = self._table(entry, entry_key, _OVERRIDE_KEYS)
            paths = self._globs(override, f"{entry_key}.", "paths")
            if not paths.patterns:
                raise ConfigError(f"{self._shown}: {entry_key}.paths: expected at least one pattern of file paths")
            overrides.append(Override(paths, self._selection(override, f"{entry_key}.")))
        return tuple(overrides)

    def _globs(self, table: Mapping[str, object], at: str, key: str) -> Globs:
        return Globs(self._path.parent, self._list(table, at, key))

    def _table(self, value: object, key: str, known: tuple[str, ...]) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self._wrong(key, "a table", value)
        for name in value:
            if name not in known:
                raise self._unknown(f"{key}.{name}" if key else name, name, known)
        return value

    def _unknown(self, key: str, name: str, known: Iterable[str]) -> ConfigError:
        suggestion = nearest(name, known)
        hint = f"did you mean {suggestion!r}?" if suggestion else f"expected one of {', '.join(sorted(known))}"
        return ConfigError(f"{self._shown}: {key}: unknown key; {hint}")

    def _wrong(self, key: str, expected: str, value: object) -> ConfigError:
        return ConfigError(f"{self._shown}: {key}: expected {expected}, found {_described(value)}")

    def _optional(
        self, table: Mapping[str, object], at: str, key: str, read: Callable[[str, object], _Value]
    ) -> _Value | None:
        return read(f"{at}{key}", table[key]) if key in table else None

    def _list(self, table: Mapping[str, object], at: str, key: str) -> tuple[str, ...]:
        return self._optional(table, at, key, self._strings) or ()

    def _string(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            raise self._wrong(key, "a string", value)
        return value

    def _strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._wrong(key, "an array of strings", value)
        return tuple(self._string(f"{key}[{index}]", entry) for index, entry in enumerate(value))

    def _one_of(self, choices: tuple[_Choice, ...]) -> Callable[[str, object], _Choice]:
        def read(key: str, value: object) -> _Choice:
            for choice in choices:
                if value == choice.value:
                    return choice
            names = [choice.value for choice in choices]
            suggestion = nearest(value, names) if isinstance(value, str) else None
            hint = f"; did you mean {suggestion!r}?" if suggestion else ""
            expected = "one of " + ", ".join(repr(name) for name in names)
            raise ConfigError(f"{self._shown}: {key}: expected {expected}, found {_described(value)}{hint}")

        return read

    def _mapping(self, read: Callable[[str, object], _Value]) -> Callable[[str, object], dict[str, _Value]]:
        def read_all(key: str, value: object) -> dict[str, _Value]:
            if not isinstance(value, dict):
                raise self._wrong(key, "a table", value)
            return {name: read(f"{key}.{_dotted(name)}", entry) for name, entry in value.items()}

        return read_all


def _dotted(name: str) -> str:
    """A key as it is written in a dotted path."""
    return name if re.fullmatch(r"[\w-]+", name) else f'"{name}"'


def _described(value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "a boolean"), (int, "an integer"), (float, "a number"), (list, "an array"), (dict, "a table"),
    )  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "a date or time")
