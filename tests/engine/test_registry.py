from __future__ import annotations

import itertools
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead import registry as registry_module
from fairlead.analysis.models import Models
from fairlead.config import CommandLine, ConfigError, Globs, Override, Selection, Settings
from fairlead.finding import Finding, Profile, Severity
from fairlead.registry import EntryPoint, Registry, UnknownSelector, entry_points
from fairlead.rule import Rule

RULE = '''
from fairlead.rule import Rule


class {class_name}(Rule):
    """Finds nothing."""

    name = {name!r}

    def check(self, models):
        yield from ()
'''
ENGINE = {"correctness/syntax-error"}
_numbers = itertools.count()


def rule_text(name: str, class_name: str = "Mine") -> str:
    return RULE.format(name=name, class_name=class_name)


class Site:
    """A directory of the import path with packages installed in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def install(self, package: str, code: str, entry: str = "{module}:Mine", group: str = "fairlead.rules") -> str:
        module = f"{package.replace('-', '_')}_{next(_numbers)}"
        (self.directory / f"{module}.py").write_text(code, "utf-8")
        metadata = self.directory / f"{package.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", "utf-8")
        text = f"[console_scripts]\nx = y:z\n\n[{group}]\n# rules\nmine = {entry.format(module=module)}\n"
        (metadata / "entry_points.txt").write_text(text, "utf-8")
        return module


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    directory = tmp_path / "site"
    directory.mkdir()
    monkeypatch.syspath_prepend(directory)
    return Site(directory)


def names(registry: Registry, settings: Settings) -> set[str]:
    return {rule.name for rule in registry.enabled(settings)}


def chosen(registry: Registry, *selections: Selection, **given: object) -> set[str]:
    settings = Settings(selection=selections[0] if selections else Selection(), overridden=selections[1:])
    return names(registry, settings.with_cli(CommandLine(**given))) - ENGINE  # type: ignore[arg-type]


def messages(registry: Registry) -> list[str]:
    return [error.message for error in registry.errors]


def test_a_plug_in_package_brings_a_rule(site: Site) -> None:
    site.install("demo-plugin", rule_text("house/no-beer"))
    registry = Registry.load()
    assert registry.get("house/no-beer") is not None
    assert registry.errors == ()


def test_a_plug_in_package_may_bring_several(site: Site) -> None:
    code = rule_text("house/one", "One") + rule_text("house/two", "Two") + "RULES = (rule for rule in (One, Two))\n"
    site.install("demo-plugin", code, "{module} : RULES [extra]")
    assert {"house/one", "house/two"} <= {rule.name for rule in Registry.load()}


def test_of_two_installations_the_first_on_the_path_counts(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("demo-plugin", rule_text("house/old"))
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.syspath_prepend(other)
    Site(other).install("Demo_Plugin", rule_text("house/new"))
    known = {rule.name for rule in Registry.load()}
    assert "house/new" in known
    assert "house/old" not in known


def test_the_quick_search_finds_what_the_standard_one_finds(site: Site) -> None:
    site.install("demo-plugin", rule_text("house/no-beer"))
    site.install("demo-other", rule_text("house/no-wine"), group="other.rules")
    quick = {(entry.name, entry.value) for entry in entry_points()}
    standard = {(entry.name, entry.value) for entry in registry_module._entry_points_by_metadata()}
    assert quick == standard
    assert len(quick) >= 1


def test_rules_in_a_zip_file_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plugin.zip"
    module = f"zipped_{next(_numbers)}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{module}.py", rule_text("house/zipped"))
        archive.writestr("zipped-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: zipped\nVersion: 1.0\n")
        archive.writestr("zipped-1.0.dist-info/entry_points.txt", f"[fairlead.rules]\nx = {module}:Mine\n")
    monkeypatch.syspath_prepend(path)
    assert Registry.load().get("house/zipped") is not None


def test_a_directory_of_rules(tmp_path: Path, site: Site) -> None:
    directory = tmp_path / "rules"
    directory.mkdir()
    (directory / "beer.py").write_text(rule_text("house/beer"), "utf-8")
    (directory / "wine.py").write_text(rule_text("house/wine") + "class _Base(Rule): pass\n", "utf-8")
    (directory / "_shared.py").write_text("raise SystemExit", "utf-8")
    (directory / "README.md").write_text("no rule", "utf-8")
    site.install("demo-plugin", "RULES = []", "{module}:RULES")
    before, writes_nothing = set(sys.modules), sys.dont_write_bytecode
    registry = Registry.load([directory])
    assert {"house/beer", "house/wine"} <= {rule.name for rule in registry}
    assert "beer" not in set(sys.modules) - before
    assert sorted(path.name for path in directory.iterdir()) == ["README.md", "_shared.py", "beer.py", "wine.py"]
    assert sys.dont_write_bytecode is writes_nothing


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nothing_of_the_kind\n", "broken.py:1: ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
        ("\n\ndef f(:\n", "broken.py:3: SyntaxError"),
        ("import sys\nsys.exit(3)\n", "broken.py:2: SystemExit: 3"),
        ("x = 1\n", "broken.py: defines no rule"),
        (rule_text("beer"), "has the name 'beer'; expected family/kebab-name"),
        (rule_text("House/Beer"), "has the name 'House/Beer'; expected family/kebab-name"),
        (rule_text("all/beer"), "has the name 'all/beer'; expected family/kebab-name"),
        (rule_text("house/beer").replace("    name = 'house/beer'\n", ""), "Mine has no name"),
        (rule_text("house/beer").replace("'house/beer'", "3"), "Mine has the name 3; expected family/kebab-name"),
        (rule_text("house/beer").replace("def check", "def chekc"), "house/beer has no method check"),
        (
            rule_text("house/beer") + "    severity = 'bad'\n",
            "house/beer: severity is 'bad'; expected a fairlead.Severity",
        ),
        (
            rule_text("house/beer") + "    profile = 'bad'\n",
            "house/beer: profile is 'bad'; expected a fairlead.Profile",
        ),
        (
            rule_text("house/beer") + "    aliases = 'DL1'\n",
            "house/beer: aliases is 'DL1'; expected a tuple of strings",
        ),
        (rule_text("correctness/syntax-error"), "rule name 'correctness/syntax-error' is taken already, by fairlead."),
    ],
)
def test_a_broken_rule_file_is_named_and_the_rest_loaded(tmp_path: Path, site: Site, code: str, message: str) -> None:
    site.install("demo-plugin", "RULES = []", "{module}:RULES")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.py").write_text(code, "utf-8")
    (tmp_path / "rules" / "whole.py").write_text(rule_text("house/whole"), "utf-8")
    registry = Registry.load([tmp_path / "rules"])
    assert len(registry.errors) == 1
    assert registry.errors[0].message.startswith(f"rule file {tmp_path / 'rules' / 'broken.py'}")
    assert message in registry.errors[0].message
    assert registry.get("house/whole") is not None


@pytest.mark.parametrize(
    ("code", "entry", "message"),
    [
        ("import nothing_of_the_kind\n", "{module}:X", "ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
        ("raise SystemExit(1)\n", "{module}:X", "SystemExit: 1"),
        ("x = 1\n", "{module}:RULES", "AttributeError"),
        ("x = 1\n", "{module}", "expected a subclass of fairlead.Rule or an iterable of them, found <module"),
        ("x = 1\n", "{module}:x", "expected a subclass of fairlead.Rule or an iterable of them, found 1"),
        ("x = 'ab'\n", "{module}:x", "expected a subclass of fairlead.Rule or an iterable of them, found 'ab'"),
        (
            "x = [int]\n",
            "{module}:x",
            "expected a subclass of fairlead.Rule or an iterable of them, found <class 'int'>",
        ),
        ("def x():\n    yield 1 / 0\nx = x()\n", "{module}:x", "ZeroDivisionError: division by zero"),
        ("x = 1\n", ":::", "can't load ':::'"),
    ],
)
def test_a_broken_plug_in_is_named_and_the_rest_loaded(site: Site, code: str, entry: str, message: str) -> None:
    site.install("broken-plugin", code, entry)
    site.install("demo-plugin", rule_text("house/whole"))
    registry = Registry.load()
    assert len(registry.errors) == 1
    assert registry.errors[0].message.startswith("plug-in 'mine' of package 'broken-plugin': ")
    assert message in registry.errors[0].message
    assert registry.get("house/whole") is not None


def test_two_rules_of_one_name(site: Site) -> None:
    first = site.install("a-plugin", rule_text("house/beer"))
    site.install("b-plugin", rule_text("house/beer"))
    (error,) = messages(Registry.load())
    assert error == f"plug-in 'mine' of package 'b-plugin': rule name 'house/beer' is taken already, by {first}.Mine"


def test_a_directory_of_rules_that_is_not_there_or_empty(site: Site, tmp_path: Path) -> None:
    site.install("demo-plugin", rule_text("house/whole"))
    (tmp_path / "empty").mkdir()
    registry = Registry.load([tmp_path / "none", tmp_path / "empty"])
    assert messages(registry) == [
        f"rule-paths: {tmp_path / 'none'}: can't be read: No such file or directory",
        f"rule-paths: {tmp_path / 'empty'}: no *.py file in it",
    ]


def test_no_rules_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> list[EntryPoint]:
        return []

    monkeypatch.setattr(registry_module, "entry_points", none)
    assert "is Fairlead installed?" in messages(Registry.load())[0]


def test_resolve(registry: Registry) -> None:
    assert registry.resolve("demo/bad-word") == {"demo/bad-word"}
    assert registry.resolve("Demo/Bad-Word") == {"demo/bad-word"}
    assert registry.resolve("demo") == registry.resolve("demo/*") == {"demo/bad-word", "demo/ugly-word"}
    assert registry.resolve("dl9001") == registry.resolve("badwordused") == {"demo/bad-word"}
    assert registry.resolve("all") == {rule.name for rule in registry}
    assert registry.resolve_alias("DL9002") == {"demo/ugly-word"}
    assert registry.resolve_alias("demo") == registry.resolve_alias("DL0000") == frozenset()
    assert registry.families() == ("correctness", "demo", "other")
    assert [rule.name for rule in registry] == sorted(rule.name for rule in registry)


@pytest.mark.parametrize(
    ("selector", "suggestion"),
    [
        ("demo/bad-wort", "demo/bad-word"),
        ("bad-word", "demo/bad-word"),
        ("DL9O01", "DL9001"),
        ("dem", "demo"),
        ("correctnes/*", "correctness"),
        ("", None),
        ("qqqqqqqqqqqqq", None),
    ],
)
def test_an_unknown_selector_names_the_nearest(registry: Registry, selector: str, suggestion: str | None) -> None:
    with pytest.raises(UnknownSelector) as caught:
        registry.resolve(selector)
    assert caught.value.suggestion == suggestion
    assert str(caught.value) == f"unknown rule {selector!r}" + (f"; did you mean {suggestion!r}?" if suggestion else "")


def test_profiles(registry: Registry) -> None:
    ours = {"demo/bad-word", "demo/ugly-word", "other/rare-word"}
    assert chosen(registry) & ours == {"demo/bad-word"}
    assert chosen(registry, profile=Profile.STRICT) & ours == {"demo/bad-word", "demo/ugly-word"}
    assert chosen(registry, Selection(profile=Profile.ALL)) & ours == ours


def test_select_replaces_the_profile_and_extend_select_adds(registry: Registry) -> None:
    assert chosen(registry, Selection(select=("other",))) == {"other/rare-word"}
    assert chosen(registry, Selection(profile=Profile.ALL, select=("other",))) == {"other/rare-word"}
    assert chosen(registry, Selection(select=())) == set()
    assert "other/rare-word" in chosen(registry, Selection(extend_select=("other",)))
    assert "demo/bad-word" in chosen(registry, Selection(extend_select=("other",)))


def test_the_more_specific_selector_wins(registry: Registry) -> None:
    assert chosen(registry, Selection(select=("demo/bad-word",), ignore=("demo",))) == {"demo/bad-word"}
    assert chosen(registry, Selection(select=("demo",), ignore=("demo/bad-word",))) == {"demo/ugly-word"}
    assert chosen(registry, Selection(select=("demo",), ignore=("DL9001",))) == {"demo/ugly-word"}
    assert chosen(registry, Selection(select=("demo",), ignore=("all",))) == {"demo/bad-word", "demo/ugly-word"}
    assert chosen(registry, Selection(select=("demo",), ignore=("demo",))) == set()


def test_a_later_place_wins(registry: Registry) -> None:
    file = Selection(select=("demo",), ignore=("demo/bad-word",))
    assert chosen(registry, file, select=("demo/bad-word",)) == {"demo/bad-word"}
    assert chosen(registry, file, extend_select=("demo/bad-word",)) == {"demo/bad-word", "demo/ugly-word"}
    assert chosen(registry, file, ignore=("all",)) == set()
    assert chosen(registry, file, Selection(select=("other",))) == {"other/rare-word"}
    # a profile on the command line keeps what the file added and took out
    assert "demo/bad-word" not in chosen(registry, file, profile=Profile.ALL)
    assert "other/rare-word" in chosen(registry, file, profile=Profile.ALL)


def test_a_file_that_does_not_parse_is_reported_whatever_is_selected(registry: Registry) -> None:
    assert names(registry, Settings(Selection(select=("demo",), ignore=("correctness", "all")))) >= ENGINE
    assert not names(registry, Settings(Selection(ignore=("correctness/syntax-error",)))) & ENGINE


def test_severities(registry: Registry) -> None:
    rule = registry.get("demo/bad-word")
    assert rule is not None

    def severity(*severities: dict[str, Severity]) -> Severity:
        selections = tuple(Selection(severities=entry) for entry in severities)
        return registry.severity(rule, Settings(overridden=selections))

    assert severity() is Severity.WARNING
    assert severity({"demo/bad-word": Severity.INFO, "demo": Severity.ERROR}) is Severity.INFO
    assert severity({"DL9001": Severity.INFO, "all": Severity.ERROR}) is Severity.INFO
    assert severity({"demo/bad-word": Severity.INFO}, {"all": Severity.ERROR}) is Severity.ERROR
    assert severity({"other": Severity.ERROR}) is Severity.WARNING


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            Settings(Selection("f.toml: ", select=("dmeo",))),
            "f.toml: select: unknown rule 'dmeo'; did you mean 'demo'?",
        ),
        (Settings(Selection("f.toml: ", extend_select=("x/y",))), "f.toml: extend-select: unknown rule 'x/y'"),
        (
            Settings(Selection("f.toml: ", severities={"DL9OO1": Severity.INFO})),
            "f.toml: severity: unknown rule 'DL9OO1'",
        ),
        (Settings().with_cli(CommandLine(ignore=("demo/bad",))), "--ignore: unknown rule 'demo/bad'; did you mean"),
        (
            Settings(
                overrides=(Override(Globs(Path("/"), ("a",)), Selection("f.toml: overrides[0].", ignore=("q",))),)
            ),
            "f.toml: overrides[0].ignore: unknown rule 'q'",
        ),
    ],
)
def test_an_unknown_rule_in_the_configuration_is_named(registry: Registry, settings: Settings, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        registry.check_selectors(settings)
    assert str(caught.value).startswith(message)


def test_rules_of_a_plug_in_that_cannot_be_loaded_are_not_called_unknown(site: Site) -> None:
    site.install("broken-plugin", "import nothing_of_the_kind")
    registry = Registry.load()
    settings = Settings(Selection(select=("house/beer", "correctness/unknown-ignore")))
    registry.check_selectors(settings)
    assert names(registry, settings) == {"correctness/unknown-ignore"} | ENGINE


def test_a_rule_needs_no_more_than_a_name_and_check() -> None:
    class Small(Rule):
        name = "house/small"

        def check(self, models: Models) -> Iterator[Finding]:
            yield from ()

    assert Registry([Small]).errors == ()
