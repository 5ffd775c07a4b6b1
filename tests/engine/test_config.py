from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fairlead.config import CommandLine, ConfigError, Configuration, Settings, load_settings
from fairlead.finding import Profile, Severity

FULL = """
profile = "strict"
select = ["cache", "DL3008"]
extend-select = ["style/a-rule"]
ignore = ["bloat/*"]
fail-on = "error"
exclude = ["vendor/", "*.gen.dockerfile"]
rule-paths = ["lint/rules"]
target = "runtime"

[severity]
cache = "info"
"mutable/unpinned-base" = "error"

[build-args]
VERSION = "3.12"

[[overrides]]
paths = ["examples/"]
profile = "recommended"
ignore = ["mutable"]

[[overrides]]
paths = ["examples/strict/"]
select = ["all"]
severity = { all = "warning" }
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def failure(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    return str(caught.value)


def test_every_key_is_read(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path / "fairlead.toml", FULL))
    assert settings.selection.profile is Profile.STRICT
    assert settings.selection.select == ("cache", "DL3008")
    assert settings.selection.extend_select == ("style/a-rule",)
    assert settings.selection.ignore == ("bloat/*",)
    assert settings.selection.severities == {"cache": Severity.INFO, "mutable/unpinned-base": Severity.ERROR}
    assert settings.fail_on is Severity.ERROR
    assert settings.exclude[0].patterns == ("vendor/", "*.gen.dockerfile")
    assert settings.rule_paths == (tmp_path / "lint" / "rules",)
    assert settings.target == "runtime"
    assert settings.build_args == {"VERSION": "3.12"}
    assert [override.selection.select for override in settings.overrides] == [None, ("all",)]
    assert settings.source == tmp_path / "fairlead.toml"


def test_pyproject_has_its_table(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", '[project]\nname = "x"\n[tool.fairlead]\nprofile = "all"\n')
    assert load_settings(path).selection.profile is Profile.ALL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ignroe = []", "ignroe: unknown key; did you mean 'ignore'?"),
        ("extend_select = []", "extend_select: unknown key; did you mean 'extend-select'?"),
        ("zzz = 1", "zzz: unknown key; expected one of build-args, exclude,"),
        ("select = 'cache'", "select: expected an array of strings, found 'cache'"),
        ("ignore = ['a', 3]", "ignore[1]: expected a string, found an integer"),
        ("profile = 'strikt'", "profile: expected one of 'recommended', 'strict', 'all', found 'strikt'; did you mean"),
        ("profile = true", "profile: expected one of 'recommended', 'strict', 'all', found a boolean"),
        ("fail-on = 'info'", "fail-on: expected one of 'error', 'warning', found 'info'"),
        ("severity = 'error'", "severity: expected a table, found 'error'"),
        (
            "[severity]\ncache = 'warn'",
            "severity.cache: expected one of 'error', 'warning', 'info', found 'warn'; did you",
        ),
        ("[severity]\n'a/b' = 1", "severity.\"a/b\": expected one of 'error', 'warning', 'info', found an integer"),
        ("[build-args]\nVERSION = 3.12", "build-args.VERSION: expected a string, found a number"),
        ("target = 1979-05-27", "target: expected a string, found a date or time"),
        ("overrides = {}", "overrides: expected an array of tables ([[overrides]]), found a table"),
        ("overrides = [1]", "overrides[0]: expected a table, found an integer"),
        ("[[overrides]]\nselect = []", "overrides[0].paths: expected at least one pattern"),
        (
            "[[overrides]]\npaths = ['a']\nfail-on = 'error'",
            "overrides[0].fail-on: unknown key; expected one of extend-",
        ),
        ("[[overrides]]\npaths = ['a']\npath = ['a']", "overrides[0].path: unknown key; did you mean 'paths'?"),
        ("exclude = {}", "exclude: expected an array of strings, found a table"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / ".fairlead.toml", text)
    assert failure(path).startswith(f"{path}: {message}")


def test_in_pyproject_the_key_is_named_in_full(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", "[tool.fairlead]\nselct = []\n")
    assert failure(path) == f"{path}: tool.fairlead.selct: unknown key; did you mean 'select'?"
    write(path, "[tool]\nfairlead = 3\n")
    assert failure(path) == f"{path}: tool.fairlead: expected a table, found an integer"


def test_a_file_below_the_working_directory_is_named_relative_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert failure(write(tmp_path / "a" / "fairlead.toml", "x = 1")).startswith(str(Path("a", "fairlead.toml: x:")))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"profile = 'all'\nselect = [\n  nope\n]\n", ":3:3: not valid TOML: Invalid value"),
        (b"select = [\n\n", ": not valid TOML: "),
        (b"a = 1\n# \xff\n", ":2: not valid TOML: a byte that is not UTF-8"),
        (b"a = " + b"[" * 30000, "not valid TOML"),
    ],
)
def test_a_syntax_error_has_file_and_line(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "fairlead.toml"
    path.write_bytes(data)
    assert failure(path).startswith(str(path))
    assert message in failure(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert failure(tmp_path / "none.toml") == f"{tmp_path / 'none.toml'}: can't be read: No such file or directory"
    assert "can't be read: Is a directory" in failure(tmp_path)


def test_the_nearest_file_upwards_holds_alone(tmp_path: Path) -> None:
    write(tmp_path / "fairlead.toml", "ignore = ['cache']\ntarget = 'a'")
    write(tmp_path / "sub" / "fairlead.toml", "ignore = ['bloat']")
    configuration = Configuration()
    assert configuration.for_directory(tmp_path).selection.ignore == ("cache",)
    below = configuration.for_directory(tmp_path / "sub" / "deep" / "er")
    assert (below.selection.ignore, below.target) == (("bloat",), None)
    assert configuration.for_directory(tmp_path / "sub") is configuration.for_directory(tmp_path / "sub" / "deep")


def test_the_order_in_one_directory(tmp_path: Path) -> None:
    for name, target in (("pyproject.toml", "c"), ("fairlead.toml", "b"), (".fairlead.toml", "a")):
        head = "[tool.fairlead]\n" if name == "pyproject.toml" else ""
        write(tmp_path / name, f"{head}target = '{target}'")
        assert Configuration().for_directory(tmp_path).target == target


@pytest.mark.parametrize(
    "text", ["[project]\nname = 'x'\n", "[tool.other]\nfairlead = 1\n", "tool = 1\n# fairlead\n", "not toml at all"]
)
def test_a_pyproject_without_our_table_is_passed_over(tmp_path: Path, text: str) -> None:
    write(tmp_path / "fairlead.toml", "target = 'above'")
    write(tmp_path / "sub" / "pyproject.toml", text)
    assert Configuration().for_directory(tmp_path / "sub").target == "above"


def test_an_error_is_remembered_for_its_directories_only(tmp_path: Path) -> None:
    write(tmp_path / "fairlead.toml", "target = 'ok'")
    write(tmp_path / "sub" / "fairlead.toml", "tarket = 'ok'")
    configuration = Configuration()
    for _ in range(2):
        with pytest.raises(ConfigError, match="tarket"):
            configuration.for_directory(tmp_path / "sub" / "deep")
    assert configuration.for_directory(tmp_path / "other").target == "ok"


def test_a_named_file_holds_everywhere_and_isolated_nowhere(tmp_path: Path) -> None:
    write(tmp_path / "fairlead.toml", "target = 'found'")
    named = write(tmp_path / "conf" / "my.toml", "target = 'named'")
    assert Configuration(config_file=named).for_directory(tmp_path).target == "named"
    assert Configuration(isolated=True).for_directory(tmp_path).target is None
    with pytest.raises(ConfigError, match="can't be read"):
        Configuration(config_file=tmp_path / "none.toml")


def test_the_command_line_stands_on_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "fairlead.toml", FULL)
    given = CommandLine(
        select=("a",),
        fail_on=Severity.WARNING,
        exclude=("x/",),
        rule_paths=("mine",),
        build_args={"VERSION": "4", "OTHER": ""},
        target="last",
    )
    directory = tmp_path / "examples" / "strict"
    settings = Configuration(command_line=given).for_directory(directory).for_path(directory / "Dockerfile")
    assert [selection.select for selection in settings.selections] == [("cache", "DL3008"), None, ("all",), ("a",)]
    assert settings.fail_on is Severity.WARNING
    assert [globs.patterns for globs in settings.exclude] == [("vendor/", "*.gen.dockerfile"), ("x/",)]
    assert settings.rule_paths == (tmp_path / "lint" / "rules", tmp_path / "mine")
    assert settings.build_args == {"VERSION": "4", "OTHER": ""}
    assert settings.target == "last"


def test_what_the_command_line_does_not_say_stays(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path / "fairlead.toml", FULL))
    same = settings.with_cli(CommandLine())
    assert (same.fail_on, same.target, same.exclude) == (settings.fail_on, settings.target, settings.exclude)


def test_overrides_are_for_paths_below_the_configuration_file(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path / "fairlead.toml", FULL))
    assert settings.for_path(tmp_path / "Dockerfile").overridden == ()
    assert len(settings.for_path(tmp_path / "examples" / "Dockerfile").overridden) == 1
    assert len(settings.for_path(tmp_path / "examples" / "strict" / "Dockerfile").overridden) == 2
    assert Settings().for_path(tmp_path / "Dockerfile") == Settings()


def test_nothing_heavy_is_imported_for_it() -> None:
    import subprocess

    code = "import sys, fairlead.config; print({'tomllib', 'importlib.metadata'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
