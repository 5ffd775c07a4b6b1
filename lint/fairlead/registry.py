"""Which rules there are: built in, from plug-in packages, from the user's own directories; and which of them run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from fairlead.builtin import ENGINE_RULES, SyntaxErrorRule
from fairlead.config import ConfigError, Selection, Settings, display_path
from fairlead.finding import Profile, Severity
from fairlead.rule import Rule
from fairlead.syntax.suggest import nearest

ENTRY_POINT_GROUP = "fairlead.rules"
"""The group of entry points through which every package brings its rules, Fairlead's own included."""

_KEBAB = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_RULE_NAME = re.compile(rf"{_KEBAB}/{_KEBAB}")
_ALL = "all"
_ALL_LEVEL, _FAMILY_LEVEL, _RULE_LEVEL = _LEVELS = range(3)


class UnknownSelector(Exception):
    """A selector that names no rule, family or alias.

    Attributes:
        selector: as given.
        suggestion: the nearest that exists, None where none is near.
    """

    def __init__(self, selector: str, suggestion: str | None) -> None:
        hint = f"; did you mean {suggestion!r}?" if suggestion else ""
        super().__init__(f"unknown rule {selector!r}{hint}")
        self.selector = selector
        self.suggestion = suggestion


class PluginError(NamedTuple):
    """Rules that could not be loaded; `message` names the plug-in or file and the reason."""

    message: str


class EntryPoint(NamedTuple):
    """A line of a package's entry points: `name = module:attribute`, and the package that has it."""

    name: str
    value: str
    package: str


class Registry:
    """The known rules, and the names by which they are chosen.

    Attributes:
        errors: what could not be loaded.
    """

    def __init__(self, rules: Iterable[type[Rule]] = ()) -> None:
        """A registry of the engine's own rules and `rules`; `load` adds the installed ones."""
        self._rules: dict[str, type[Rule]] = {}
        self._families: dict[str, frozenset[str]] = {}
        self._aliases: dict[str, frozenset[str]] = {}
        self._errors: list[PluginError] = []
        for rule in (*ENGINE_RULES, *rules):
            self._add(rule, "fairlead")

    @classmethod
    def load(cls, rule_paths: Sequence[str | Path] = ()) -> Registry:
        """The rules of every installed package that has some, and those of the *.py files in `rule_paths`.

        Never raises: what is broken is listed in `errors`, and the rest loaded.
        """
        registry = cls()
        entries = entry_points()
        if not entries:
            registry._fail(
                f"no installed package has rules (entry point group {ENTRY_POINT_GROUP!r}): is Fairlead installed?"
            )
        for entry in entries:
            registry._load_entry(entry)
        for directory in rule_paths:
            registry._load_directory(Path(directory))
        return registry

    @property
    def errors(self) -> tuple[PluginError, ...]:
        """What could not be loaded, in the order of loading."""
        return tuple(self._errors)

    def __iter__(self) -> Iterator[type[Rule]]:
        """All rules, by name."""
        return iter([self._rules[name] for name in sorted(self._rules)])

    def get(self, name: str) -> type[Rule] | None:
        """The rule of that name (exact), or None."""
        return self._rules.get(name)

    def families(self) -> tuple[str, ...]:
        """The families, sorted."""
        return tuple(sorted(self._families))

    def resolve(self, selector: str) -> frozenset[str]:
        """The names of the rules that a selector stands for.

        Args:
            selector: a rule's name, a family (`cache` or `cache/*`), an alias, or `all`; case is ignored.

        Raises:
            UnknownSelector: it stands for nothing.
        """
        return self._resolve(selector)[1]

    def resolve_alias(self, code: str) -> frozenset[str]:
        """The names of the rules that another linter's code stands for; empty where none does."""
        return self._aliases.get(code.casefold(), frozenset())

    def check_selectors(self, settings: Settings) -> None:
        """Check every selector in `settings`, overrides included.

        Where rules could not be loaded nothing is checked: the selectors may be theirs, and the run fails anyway.

        Raises:
            ConfigError: one is unknown; the message names where it stands and the nearest right one.
        """
        if self._errors:
            return
        for selection in (*settings.selections, *(override.selection for override in settings.overrides)):
            for key, selectors in (
                ("select", selection.select or ()),
                ("extend-select", selection.extend_select),
                ("ignore", selection.ignore),
                ("severity", selection.severities),
            ):
                for selector in selectors:
                    try:
                        self._resolve(selector)
                    except UnknownSelector as error:
                        raise ConfigError(f"{selection.origin}{key}: {error}") from None

    def enabled(self, settings: Settings) -> list[type[Rule]]:
        """The rules that run under `settings`, by name.

        A place that has `select` starts over; one that has a `profile` replaces what was selected before and leaves
        what was added and taken out. At one place the more specific selector wins: a rule before its family, a family
        before `all`; at the same level `ignore` wins.
        """
        profile, selections = _in_force(settings)
        chosen = set() if profile is None else self._profile(profile)
        for select, ignore in selections:
            self._apply(select, ignore, chosen)
        if not self._ignored_by_name(SyntaxErrorRule.name, settings.selections):
            chosen.add(SyntaxErrorRule.name)
        return [self._rules[name] for name in sorted(chosen)]

    def shown_profile(self, rule: type[Rule], settings: Settings) -> Profile:
        """The profile up to which the findings of an enabled rule are shown: all of them where a selector chose it."""
        profile, selections = _in_force(settings)
        for select, _ in selections:
            if any(rule.name in self._resolve_or_nothing(selector)[1] for selector in select):
                return Profile.ALL
        return profile or Profile.RECOMMENDED

    def severity(self, rule: type[Rule], settings: Settings) -> Severity:
        """The severity of a rule under `settings`."""
        return self.configured_severity(rule, settings) or rule.severity

    def configured_severity(self, rule: type[Rule], settings: Settings) -> Severity | None:
        """The severity that `settings` give a rule, None where they give none; the most specific selector wins."""
        for selection in reversed(settings.selections):
            found: tuple[int, Severity] | None = None
            for selector, severity in selection.severities.items():
                level, names = self._resolve_or_nothing(selector)
                if rule.name in names and (found is None or level >= found[0]):
                    found = (level, severity)
            if found is not None:
                return found[1]
        return None

    def _profile(self, profile: Profile) -> set[str]:
        return {name for name, rule in self._rules.items() if profile.includes(rule.profile)}

    def _apply(self, select: Iterable[str], ignore: Iterable[str], chosen: set[str]) -> None:
        added = [self._resolve_or_nothing(selector) for selector in select]
        removed = [self._resolve_or_nothing(selector) for selector in ignore]
        for level in _LEVELS:
            for at, names in added:
                if at == level:
                    chosen |= names
            for at, names in removed:
                if at == level:
                    chosen -= names

    def _ignored_by_name(self, name: str, selections: Iterable[Selection]) -> bool:
        resolved = [self._resolve_or_nothing(selector) for selection in selections for selector in selection.ignore]
        return any(level == _RULE_LEVEL and name in names for level, names in resolved)

    def _resolve(self, selector: str) -> tuple[int, frozenset[str]]:
        """How specific a selector is, and the rules it stands for."""
        folded = selector.casefold()
        if folded == _ALL:
            return _ALL_LEVEL, frozenset(self._rules)
        family = self._families.get(folded.removesuffix("/*"))
        if family is not None:
            return _FAMILY_LEVEL, family
        if folded in self._rules:
            return _RULE_LEVEL, frozenset((folded,))
        if folded in self._aliases:
            return _RULE_LEVEL, self._aliases[folded]
        raise UnknownSelector(selector, self._suggestion(folded))

    def _resolve_or_nothing(self, selector: str) -> tuple[int, frozenset[str]]:
        try:
            return self._resolve(selector)
        except UnknownSelector:
            return _ALL_LEVEL, frozenset()

    def _suggestion(self, folded: str) -> str | None:
        for name in sorted(self._rules):
            if name.endswith(f"/{folded}"):
                return name
        aliases = (alias for rule in self._rules.values() for alias in rule.aliases)
        return nearest(folded, [*self._rules, *self._families, *aliases, _ALL])

    def _fail(self, message: str) -> None:
        self._errors.append(PluginError(message))

    def _load_entry(self, entry: EntryPoint) -> None:
        shown = f"plug-in {entry.name!r} of package {entry.package!r}"
        try:
            found = _load_object(entry.value)
            candidates = [found] if isinstance(found, type) else list(_iterated(found))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plug-in may raise anything, SystemExit too
            self._fail(f"{shown}: can't load {entry.value!r}: {type(error).__name__}: {error}")
            return
        for candidate in candidates:
            self._add(candidate, shown)

    def _load_directory(self, directory: Path) -> None:
        try:
            files = sorted(path for path in directory.iterdir() if path.suffix == ".py" and path.name[0] != "_")
        except OSError as error:
            self._fail(f"rule-paths: {display_path(directory)}: can't be read: {error.strerror}")
            return
        if not files:
            self._fail(f"rule-paths: {display_path(directory)}: no *.py file in it")
        for path in files:
            self._load_file(path)

    def _load_file(self, path: Path) -> None:
        shown = f"rule file {display_path(path)}"
        try:
            rules = _rules_of_file(path)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a rule file may raise anything, SystemExit too
            self._fail(f"{shown}{_line_in(path, error)}: {type(error).__name__}: {error}")
            return
        if not rules:
            self._fail(f"{shown}: defines no rule (a file with a leading underscore is passed over)")
        for rule in rules:
            self._add(rule, shown)

    def _add(self, candidate: object, shown: str) -> None:
        try:
            rule = _as_rule(candidate)
        except _NotARuleError as error:
            self._fail(f"{shown}: {error}")
            return
        name = rule.name
        if name in self._rules:
            other = self._rules[name]
            self._fail(f"{shown}: rule name {name!r} is taken already, by {other.__module__}.{other.__qualname__}")
            return
        only = frozenset((name,))
        self._rules[name] = rule
        self._families[rule.family()] = self._families.get(rule.family(), frozenset()) | only
        for alias in rule.aliases:
            folded = alias.casefold()
            self._aliases[folded] = self._aliases.get(folded, frozenset()) | only


def _in_force(settings: Settings) -> tuple[Profile | None, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """The profile to begin with, None for none, and what is then added and taken out, place by place."""
    selections = settings.selections
    starts = [i for i, selection in enumerate(selections) if selection.select is not None]
    selections = selections[starts[-1] :] if starts else selections
    # a profile at the place that starts over does not count; a later one replaces what was selected
    profiles = [selection.profile for selection in selections[1 if starts else 0 :] if selection.profile is not None]
    profile = profiles[-1] if profiles else None if starts else Profile.RECOMMENDED
    return profile, [
        ((*(() if profiles else selection.select or ()), *selection.extend_select), selection.ignore)
        for selection in selections
    ]


class _NotARuleError(Exception):
    """Why something that a plug-in brings is not a rule."""


def _as_rule(candidate: object) -> type[Rule]:
    if not (isinstance(candidate, type) and issubclass(candidate, Rule)):
        raise _NotARuleError(f"expected a subclass of fairlead.Rule or an iterable of them, found {candidate!r:.80}")
    shown = f"{candidate.__module__}.{candidate.__qualname__}"
    name: object = getattr(candidate, "name", None)
    if name is None:
        raise _NotARuleError(f"{shown} has no name")
    if not isinstance(name, str) or not _RULE_NAME.fullmatch(name) or name.startswith(f"{_ALL}/"):
        raise _NotARuleError(
            f"{shown} has the name {name!r}; expected family/kebab-name, such as mutable/unpinned-base"
        )
    for attribute, expected in (("severity", Severity), ("profile", Profile)):
        value: object = getattr(candidate, attribute)
        if not isinstance(value, expected):
            raise _NotARuleError(f"{name}: {attribute} is {value!r}; expected a fairlead.{expected.__name__}")
    aliases: object = candidate.aliases
    if not isinstance(aliases, tuple) or not all(isinstance(alias, str) for alias in aliases):
        raise _NotARuleError(f"{name}: aliases is {aliases!r}; expected a tuple of strings")
    if candidate.check is Rule.check:
        raise _NotARuleError(f"{name} has no method check")
    return candidate


def _iterated(found: object) -> Iterator[object]:
    if not isinstance(found, Iterable) or isinstance(found, str | bytes):
        yield found
        return
    yield from found


def _load_object(value: str) -> object:
    """What `module:attribute` names."""
    import importlib

    module, _, attributes = value.partition(":")
    found: object = importlib.import_module(module.strip())
    for attribute in filter(None, attributes.strip().split(".")):
        found = getattr(found, attribute)
    return found


def _rules_of_file(path: Path) -> list[type[Rule]]:
    """Run a Python file and take the public rules that it defines; nothing is written beside it."""
    from hashlib import sha256
    from importlib.util import module_from_spec, spec_from_file_location

    digest = sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    # a private name: two directories may have files of one name, and none may hide an installed module
    name = f"_fairlead_rule_{digest}_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = module_from_spec(spec)
    writes_nothing = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.dont_write_bytecode = writes_nothing
    return [
        value
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == name and not key.startswith("_")
    ]


def _line_in(path: Path, error: BaseException) -> str:
    """`:LINE` of the place in a file that an exception came through last."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f":{error.lineno}"
    line = ""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = f":{trace.tb_lineno}"
        trace = trace.tb_next
    return line


def entry_points() -> list[EntryPoint]:
    """The entry points of the group in all installed packages, by package.

    This reads the `entry_points.txt` files itself: that takes 1 ms where `importlib.metadata` takes 35 ms (most of it
    for its own import), which is more than a file takes to check. Where the import path has anything but directories,
    such as a zip file, or an importer that knows packages of its own, `importlib.metadata` does it.
    """
    directories = [Path(place or ".") for place in dict.fromkeys(sys.path)]
    if any(directory.is_file() for directory in directories) or any(map(_knows_packages, sys.meta_path)):
        return _entry_points_by_metadata()
    found: dict[str, list[EntryPoint]] = {}
    for directory in directories:
        for package, metadata in _packages_in(directory):
            # the first on the path is the one that is imported
            if package not in found:
                found[package] = _entry_points_in(metadata, package)
    return [entry for package in sorted(found) for entry in found[package]]


def _knows_packages(finder: object) -> bool:
    from importlib.machinery import PathFinder

    return finder is not PathFinder and hasattr(finder, "find_distributions")


def _entry_points_by_metadata() -> list[EntryPoint]:
    from importlib.metadata import entry_points as all_entry_points

    found = [
        EntryPoint(entry.name, entry.value, entry.dist.name if entry.dist else "?")
        for entry in all_entry_points(group=ENTRY_POINT_GROUP)
    ]
    return sorted(found, key=lambda entry: entry.package)


def _packages_in(directory: Path) -> Iterator[tuple[str, Path]]:
    """The installed packages of one directory of the import path: normalised name, directory of its metadata."""
    try:
        names = sorted(entry.name for entry in os.scandir(directory))
    except OSError:
        # the import path may name directories that don't exist
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            package = name.rpartition(".")[0].partition("-")[0]
            yield re.sub(r"[-_.]+", "-", package).lower(), directory / name


def _entry_points_in(metadata: Path, package: str) -> list[EntryPoint]:
    try:
        text = (metadata / "entry_points.txt").read_text("utf-8", "replace")
    except OSError:
        return []
    found = []
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif section == ENTRY_POINT_GROUP and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            # extras, as in `module:attribute [extra]`, say nothing about where the object is
            found.append(EntryPoint(name.strip(), value.partition("[")[0].strip(), package))
    return found
