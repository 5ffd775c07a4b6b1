"""Lockfiles, requirement files, and what an install makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.analysis.conda_files import grade_environment
from fairlead.analysis.grades import Input, Locked
from fairlead.analysis.lockfiles import LockfileError, grade_lock, is_lockfile, read_lockfile
from fairlead.analysis.models import Models
from fairlead.analysis.requirements import grade_requirement, read_requirements
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

SHA = "cd" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"

NPM_3 = {
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app"},
        "packages/own": {"version": "1.0.0"},
        "node_modules/own": {"resolved": "packages/own", "link": True},
        "node_modules/a": {"version": "1.2.3", "integrity": "sha512-AA=="},
        "node_modules/a/node_modules/@b/c": {"version": "2.0.0", "resolved": f"git+ssh://e.com/c.git#{COMMIT}"},
        "node_modules/bare": {"version": "3.0.0"},
        "node_modules/a/node_modules/inner": {"version": "4.0.0", "inBundle": True},
    },
}
NPM_1 = {"lockfileVersion": 1, "dependencies": {"a": {"version": "1.2.3", "integrity": "sha1-x", "dependencies": {"b": {"version": "2.0.0"}}}}}  # fmt: skip
YARN_1 = f"""# yarn lockfile v1


"@b/c@^2.0.0", "@b/c@^2.1.0":
  version "2.1.0"
  resolved "https://e.com/c-2.1.0.tgz#{COMMIT}"
  integrity sha512-BB==

a@1:
  version "1.2.3"
"""
YARN_BERRY = """__metadata:
  version: 8

"a@npm:^1.0.0":
  version: 1.2.3
  resolution: "a@npm:1.2.3"
  checksum: 10c0/abcdef
  languageName: node

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
"""
PNPM = """lockfileVersion: '9.0'

importers:
  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.2.3

packages:

  '@b/c@2.0.0':
    resolution: {integrity: sha512-BB==}

  a@1.2.3:
    resolution: {integrity: sha512-AA==}
    engines: {node: '>=18'}

snapshots:

  a@1.2.3: {}
"""
PNPM_5 = "lockfileVersion: 5.4\n\npackages:\n\n  /@b/c/2.0.0:\n    resolution: {integrity: sha512-BB==}\n\n  /a/1.2.3:\n    resolution: {integrity: sha512-AA==}\n    dev: false\n"
BUN = '{\n "lockfileVersion": 1,\n "packages": {\n  "a": ["a@1.2.3", "", {}, "sha512-AA=="],\n  "own": ["own@workspace:own"],\n },\n}\n'
POETRY = f'[[package]]\nname = "a"\nversion = "1.2.3"\nfiles = [{{file = "a.whl", hash = "sha256:{SHA}"}}]\n\n[[package]]\nname = "local"\nversion = "0"\n[package.source]\ntype = "directory"\nurl = "."\n'
UV = f'version = 1\n\n[[package]]\nname = "a"\nversion = "1.2.3"\nsource = {{ registry = "https://e.com" }}\nsdist = {{ url = "x", hash = "sha256:{SHA}" }}\n\n[[package]]\nname = "app"\nversion = "0"\nsource = {{ editable = "." }}\n'
PIPENV = {"default": {"a": {"version": "==1.2.3", "hashes": [f"sha256:{SHA}"]}, "me": {"path": "."}}, "develop": {}}
CARGO = f'version = 4\n\n[[package]]\nname = "a"\nversion = "1.2.3"\nsource = "registry+https://e.com"\nchecksum = "{SHA}"\n\n[[package]]\nname = "app"\nversion = "0.1.0"\n'
GEMFILE = f"GEM\n  remote: https://e.com/\n  specs:\n    a (1.2.3)\n      b (>= 1)\n    b (2.0)\n\nCHECKSUMS\n  a (1.2.3) sha256={SHA}\n\nPLATFORMS\n  ruby\n"
COMPOSER = {"packages": [{"name": "a/b", "version": "1.2.3", "dist": {"reference": COMMIT, "shasum": ""}}], "packages-dev": [{"name": "c/d", "version": "2", "dist": {"type": "path"}}]}  # fmt: skip
GO_SUM = "e.com/a v1.2.3 h1:AA=\ne.com/a v1.2.3/go.mod h1:BB=\n"
NUGET = {"version": 1, "dependencies": {"net8.0": {"A": {"type": "Direct", "resolved": "1.2.3", "contentHash": "AA=="}, "own": {"type": "Project"}}}}  # fmt: skip
MIX = '%{\n  "a": {:hex, :a, "1.2.3", "' + SHA + '", [:mix], [], "hexpm", "x"},\n}\n'
PUB = f'packages:\n  a:\n    dependency: "direct main"\n    description:\n      sha256: "{SHA}"\n    source: hosted\n    version: "1.2.3"\n  flutter:\n    source: sdk\n    version: "0.0.0"\n'
PYLOCK = f'''\
lock-version = "1.0"
[[packages]]
name = "a"
version = "1.2.3"
wheels = [{{ name = "a.whl", hashes = {{ sha256 = "{SHA}" }} }}]
[[packages]]
name = "b"
vcs = {{ type = "git", url = "https://e.com/b", commit-id = "{COMMIT}" }}
[[packages]]
name = "c"
version = "2.0"
[[packages]]
name = "own"
directory = {{ path = "." }}
'''
VERIFICATION = f'<verification-metadata><components><component group="g" name="a" version="1.2.3"><artifact name="a.jar"><sha256 value="{SHA}"/></artifact></component></components></verification-metadata>'


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("package-lock.json", json.dumps(NPM_3), [("a", "1.2.3", True), ("@b/c", "2.0.0", True), ("bare", "3.0.0", False)]),
        ("npm-shrinkwrap.json", json.dumps(NPM_1), [("a", "1.2.3", True), ("b", "2.0.0", False)]),
        ("yarn.lock", YARN_1, [("@b/c", "2.1.0", True), ("a", "1.2.3", False)]),
        ("yarn.lock", YARN_BERRY, [("a", "1.2.3", True)]),
        ("pnpm-lock.yaml", PNPM, [("@b/c", "2.0.0", True), ("a", "1.2.3", True)]),
        ("pnpm-lock.yaml", PNPM_5, [("@b/c", "2.0.0", True), ("a", "1.2.3", True)]),
        ("bun.lock", BUN, [("a", "1.2.3", True)]),
        ("poetry.lock", POETRY, [("a", "1.2.3", True)]),
        ("uv.lock", UV, [("a", "1.2.3", True)]),
        ("pylock.toml", PYLOCK, [("a", "1.2.3", True), ("b", "", True), ("c", "2.0", False)]),
        ("pylock.dev.toml", PYLOCK, [("a", "1.2.3", True), ("b", "", True), ("c", "2.0", False)]),
        ("pdm.lock", POETRY.partition("\n\n")[0], [("a", "1.2.3", True)]),
        ("Pipfile.lock", json.dumps(PIPENV), [("a", "1.2.3", True)]),
        ("Cargo.lock", CARGO, [("a", "1.2.3", True)]),
        ("Gemfile.lock", GEMFILE, [("a", "1.2.3", True), ("b", "2.0", False)]),
        ("composer.lock", json.dumps(COMPOSER), [("a/b", "1.2.3", True)]),
        ("go.sum", GO_SUM, [("e.com/a", "v1.2.3", True)]),
        ("packages.lock.json", json.dumps(NUGET), [("A", "1.2.3", True)]),
        ("mix.lock", MIX, [("a", "1.2.3", True)]),
        ("pubspec.lock", PUB, [("a", "1.2.3", True)]),
        ("mix.lock", "\n" * 20_000, []),
        ("gradle.lockfile", "# x\ng:a:1.2.3=runtimeClasspath\nempty=\n", [("g:a", "1.2.3", False)]),
        ("verification-metadata.xml", VERIFICATION, [("g:a", "1.2.3", True)]),
        ("Package.resolved", json.dumps({"pins": [{"identity": "a", "state": {"version": "1.2.3", "revision": COMMIT}}]}), [("a", "1.2.3", True)]),
    ],
)  # fmt: skip
def test_the_packages_of_a_lockfile(name: str, text: str, expected: list[tuple[str, str, bool]]) -> None:
    found = read_lockfile(name, text)
    assert [(one.name, one.version, bool(one.hashes)) for one in found] == expected
    assert grade_lock(found) == ("locked" if all(hashed for _, _, hashed in expected) else "versioned")


@pytest.mark.parametrize(
    "name", ["package-lock.json", "poetry.lock", "uv.lock", "Cargo.lock", "composer.lock", "bun.lock", "pnpm-lock.yaml"]
)
@pytest.mark.parametrize("text", ["[", "<<<<<<< HEAD\n", '"x"', "[" * 100_000])
def test_a_broken_lockfile_says_so(name: str, text: str) -> None:
    with pytest.raises(LockfileError, match=r"it is|it has"):
        read_lockfile(name, text)


@given(
    st.sampled_from(
        [
            "package-lock.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "uv.lock",
            "Gemfile.lock",
            "go.sum",
            "mix.lock",
        ]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["packages", "dependencies", "version", "resolved", "a", "node_modules/a"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    ),
)
def test_whatever_is_in_a_lockfile_it_is_read_or_refused(name: str, data: object) -> None:
    try:
        read_lockfile(name, json.dumps(data))
    except LockfileError as error:
        assert str(error)


def test_other_files_are_no_lockfiles() -> None:
    assert not is_lockfile("package.json")
    assert is_lockfile("uv.lock")


# -- requirements


def read(
    files: Mapping[str, str], path: str = "requirements.txt", *constraints: str
) -> list[tuple[str, str, str]] | None:
    found = read_requirements(path, files.get, constraints)
    return None if found is None else [(one.name, one.version, one.grade) for one in found.packages]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a==1.2\n# c\n\nb>=1 # c\nc\n", [("a", "1.2", "versioned"), ("b", ">=1", "floating"), ("c", "", "floating")]),
        (f"a==1.2 \\\n    --hash=sha256:{SHA} \\\n    --hash=sha256:{SHA}\n", [("a", "1.2", "locked")]),
        ("a==1.2 ; python_version > '3'\nb[x,y]==2\n", [("a", "1.2", "versioned"), ("b", "2", "versioned")]),
        (f"a @ git+https://e.com/x.git@{COMMIT}\n", [("a", COMMIT, "locked")]),
        ("git+https://e.com/x.git@main#egg=a\n", [("a", "main", "floating")]),
        (f"a @ https://e.com/a-1.2.whl#sha256={SHA}\n", [("a", "", "locked")]),
        ("--index-url https://e.com\n-f x\n./local\n-e .\n", []),
        ("a===1.2\nb==1.*\nc~=2.0\n", [("a", "1.2", "versioned"), ("b", "==1.*", "floating"), ("c", "~=2.0", "floating")]),
    ],
)  # fmt: skip
def test_requirements(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert read({"requirements.txt": text}) == expected


def test_includes_and_constraints_are_followed() -> None:
    files = {
        "r/dev.txt": "-r base.txt\n-c ../c.txt\nb\nx\n",
        "r/base.txt": "a==1\n-r dev.txt\n",
        "c.txt": "B==2\n",
        "d.txt": "x==3\n",
    }
    assert read(files, "r/dev.txt", "d.txt") == [
        ("a", "1", "versioned"),
        ("B", "2", "versioned"),
        ("x", "3", "versioned"),
    ]
    missing = read_requirements("r/dev.txt", {"r/dev.txt": "-r gone.txt\na==1\n"}.get)
    assert missing is not None
    assert missing.missing == ["r/gone.txt"]
    assert read({}, "gone.txt") is None


@given(st.text(alphabet="abz-=<>@[]:/.# \\\t;'\"git+https1", max_size=60))
def test_whatever_a_requirement_says_it_has_a_grade(text: str) -> None:
    found = grade_requirement(text)
    assert found is None or found.grade in ("locked", "versioned", "floating")


@pytest.mark.parametrize(
    ("name", "text", "grade"),
    [
        ("environment.yml", "dependencies:\n  - python=3.12\n  - numpy==1.26.4\n", "floating"),
        ("environment.yml", "channels:\n  - conda-forge\ndependencies:\n  - numpy==1.26.4\n  - pip:\n    - a==1\n", "versioned"),
        ("explicit.txt", "@EXPLICIT\nhttps://e.com/a.conda#0123456789abcdef0123456789abcdef\n", "locked"),
        ("explicit.txt", "@EXPLICIT\nhttps://e.com/a.conda\n", "versioned"),
    ],
)  # fmt: skip
def test_environments_of_conda(name: str, text: str, grade: str) -> None:
    assert grade_environment(name, text)[0] == grade


# -- installs


def install(run: str, files: Mapping[str, str] | None, *, head: str = "FROM scratch\nWORKDIR /a\nCOPY . .\n") -> Input:
    syntax = parse(Source("Dockerfile", f"{head}RUN {run}\n".encode()))
    context = None if files is None else Context(MemoryTree(files))
    (found,) = [one for one in Models(build(syntax), lambda: context).inputs.all() if one.kind == "dependencies"]
    return found


PACKAGE = {"package.json": '{"dependencies": {"a": "^1"}}'}
NPM_LOCKED = {**PACKAGE, "package-lock.json": json.dumps({"packages": {"node_modules/a": {"version": "1", "integrity": "sha512-AA=="}}})}  # fmt: skip
YARN = {**PACKAGE, "yarn.lock": YARN_1.partition("a@1:")[0]}
BERRY = {**PACKAGE, "yarn.lock": YARN_BERRY}
PNPM_FILES = {**PACKAGE, "pnpm-lock.yaml": PNPM}
PYTHON = {"pyproject.toml": "[project]\nname='x'\ndependencies=['a']\n"}
RUST = {"Cargo.toml": "[dependencies]\na = '1'\n"}
GO = {"go.mod": "module x\nrequire e.com/a v1.2.3\n", "go.sum": GO_SUM}
RUBY = {"Gemfile": "gem 'a'\n", "Gemfile.lock": GEMFILE.replace("    b (2.0)\n", "").replace("      b (>= 1)\n", "")}
DOTNET = {"a.csproj": '<Project><PackageReference Include="A" Version="1.2.3" /></Project>'}


@pytest.mark.parametrize(
    ("run", "files", "grade", "file", "enforced"),
    [
        ("npm ci", NPM_LOCKED, "locked", "package-lock.json", True),
        ("npm install", NPM_LOCKED, "versioned", "package-lock.json", False),
        ("npm install --no-package-lock", NPM_LOCKED, "floating", "package-lock.json", False),
        ("npm install", PACKAGE, "floating", "package.json", False),
        ("npm ci", PACKAGE, "unknown", "package.json", True),
        ("npm ci", {**PACKAGE, "package-lock.json": "{"}, "unknown", "package-lock.json", True),
        ("npm ci", None, "locked", "", True),
        ("npm install", None, "unknown", "", False),
        ("yarn install --frozen-lockfile", YARN, "locked", "yarn.lock", True),
        ("yarn", YARN, "versioned", "yarn.lock", False),
        ("CI=true yarn install", BERRY, "locked", "yarn.lock", True),
        ("CI=true yarn install", YARN, "versioned", "yarn.lock", False),
        ("pnpm install --frozen-lockfile", PNPM_FILES, "locked", "pnpm-lock.yaml", True),
        ("pnpm install", PNPM_FILES, "versioned", "pnpm-lock.yaml", False),
        ("CI=1 pnpm install", PNPM_FILES, "locked", "pnpm-lock.yaml", True),
        ("bun ci", {**PACKAGE, "bun.lock": BUN}, "locked", "bun.lock", True),
        ("bun install --frozen-lockfile", {**PACKAGE, "bun.lockb": "\0"}, "locked", "bun.lockb", True),
        ("poetry install", {**PYTHON, "poetry.lock": POETRY}, "locked", "poetry.lock", True),
        ("poetry install", PYTHON, "floating", "pyproject.toml", False),
        ("poetry install", None, "unknown", "", False),
        ("uv sync --locked", {**PYTHON, "uv.lock": UV}, "locked", "uv.lock", True),
        ("uv pip sync pylock.toml", {"pylock.toml": PYLOCK.partition('[[packages]]\nname = "c"')[0]}, "locked", "pylock.toml", True),
        ("uv pip install -r pylock.toml", {"pylock.toml": PYLOCK}, "versioned", "pylock.toml", False),
        ("uv pip sync pylock.toml", {"pylock.toml": "["}, "unknown", "pylock.toml", False),
        ("UV_FROZEN=1 uv sync", {**PYTHON, "uv.lock": UV}, "locked", "uv.lock", True),
        ("uv sync", {**PYTHON, "uv.lock": UV}, "versioned", "uv.lock", False),
        ("pipenv install --deploy", {"Pipfile": "", "Pipfile.lock": json.dumps(PIPENV)}, "locked", "Pipfile.lock", True),
        ("cargo build --locked", {**RUST, "Cargo.lock": CARGO}, "locked", "Cargo.lock", True),
        ("cargo build --release", {**RUST, "Cargo.lock": CARGO}, "versioned", "Cargo.lock", False),
        ("cargo build", RUST, "floating", "Cargo.toml", False),
        ("go mod download", GO, "locked", "go.sum", True),
        ("go build ./...", GO, "locked", "go.sum", True),
        ("go build -mod=mod ./...", GO, "versioned", "go.sum", False),
        ("bundle install", RUBY, "versioned", "Gemfile.lock", False),
        ("BUNDLE_FROZEN=1 bundle install", RUBY, "locked", "Gemfile.lock", True),
        ("bundle config set --local deployment true && bundle install", RUBY, "locked", "Gemfile.lock", True),
        ("BUNDLE_FROZEN=1 bundle install", {**RUBY, "Gemfile.lock": GEMFILE}, "versioned", "Gemfile.lock", True),
        ("composer install", {"composer.json": "{}", "composer.lock": json.dumps(COMPOSER)}, "locked", "composer.lock", True),
        ("composer install $(test -n x || echo --no-dev)", {"composer.json": "{}", "composer.lock": json.dumps(COMPOSER)}, "locked", "composer.lock", True),
        ("composer update", {"composer.json": "{}", "composer.lock": json.dumps(COMPOSER)}, "floating", "composer.lock", False),
        ("mvn package", {"pom.xml": "<version>1</version>"}, "versioned", "pom.xml", False),
        ("mvn package", {"pom.xml": "<dependency><version>[1,2)</version></dependency>"}, "floating", "pom.xml", False),
        ("gradle build", {"build.gradle": "implementation 'g:a:1.+'"}, "floating", "build.gradle", False),
        ("gradle build", {"build.gradle": "", "gradle/verification-metadata.xml": VERIFICATION}, "locked", "gradle/verification-metadata.xml", True),
        ("gradle build", {"build.gradle": "", "gradle.lockfile": "g:a:1=x\n"}, "versioned", "gradle.lockfile", True),
        ("dotnet restore --locked-mode", {**DOTNET, "packages.lock.json": json.dumps(NUGET)}, "locked", "packages.lock.json", True),
        ("dotnet restore", DOTNET, "versioned", "a.csproj", False),
        ("dotnet restore", {"a.csproj": '<PackageReference Include="A" Version="1.*" />'}, "floating", "a.csproj", False),
        ("mix deps.get --check-locked", {"mix.exs": "", "mix.lock": MIX}, "locked", "mix.lock", True),
        ("pip install -r r.txt", {"r.txt": "a==1\n"}, "versioned", "r.txt", False),
        ("pip install -r r.txt", {"r.txt": "a\n"}, "floating", "r.txt", False),
        ("pip install -r r.txt", {"r.txt": f"a==1 --hash=sha256:{SHA}\n"}, "locked", "r.txt", True),
        ("pip install -r r.txt -c c.txt", {"r.txt": "a\n", "c.txt": "a==1\n"}, "versioned", "r.txt", False),
        ("pip install -r r.txt", {"r.txt": "-r gone.txt\n"}, "unknown", "r.txt", False),
        ("pip install -r r.txt", {}, "unknown", "", False),
        ("pip install --require-hashes -r r.txt", None, "locked", "", True),
        ("uv pip install -r r.txt", {"r.txt": f"a==1 --hash=sha256:{SHA}\n"}, "locked", "r.txt", True),
        ("uv pip sync r.txt", {"r.txt": "a==1\n"}, "versioned", "r.txt", False),
        ("pip install .", PYTHON, "floating", "pyproject.toml", False),
        ("pip install .", None, "unknown", "", False),
        ("conda env create -f e.yml", {"e.yml": "dependencies:\n  - a\n"}, "floating", "e.yml", False),
    ],
)  # fmt: skip
def test_installs(run: str, files: Mapping[str, str] | None, grade: str, file: str, enforced: bool) -> None:
    found = install(run, files)
    assert (found.grade, found.file, found.enforced) == (grade, file, enforced)


@pytest.mark.parametrize(
    ("run", "files"),
    [
        ("npm --version", NPM_LOCKED), ("npm run build", NPM_LOCKED), ("mvn -o package", {"pom.xml": ""}), ("cargo --version", RUST),
        ("go version", GO), ("go build -mod=vendor .", GO), ("go build .", {"go.mod": "module x\n"}), ("npm install", {"package.json": "{}"}),
        ("go build x.go", None), ("pip install --no-index -r r.txt", {"r.txt": "a\n"}), ("cargo build --offline", RUST), ("dotnet --info", DOTNET),
        ("pip install -r r.txt", {"r.txt": "# nothing\n"}), ("gradle --version", {"build.gradle": ""}), ("go build .", {**GO, "vendor/modules.txt": "#"}),
    ],
)  # fmt: skip
def test_what_fetches_no_dependencies(run: str, files: Mapping[str, str] | None) -> None:
    with pytest.raises(ValueError, match="not enough values"):
        install(run, files)


@pytest.mark.parametrize(
    "head",
    [
        "FROM scratch\nWORKDIR /a\nCOPY app/package*.json ./\n",
        "FROM scratch\nWORKDIR /a\nCOPY app/package.json app/package-lock.json /a/\n",
        "FROM scratch\nCOPY app /a\nWORKDIR /a\n",
        "FROM x\nCOPY app .\n",
        "FROM scratch AS src\nCOPY app /s\nFROM scratch\nWORKDIR /a\nCOPY --from=src /s .\n",
        "FROM scratch AS base\nWORKDIR /a\nCOPY app .\nFROM base\n",
        "FROM scratch\nWORKDIR /a/services/x\nCOPY app /a\n",
    ],
)
def test_the_lockfile_is_found_through_the_copies(head: str) -> None:
    files = {f"app/{name}": text for name, text in NPM_LOCKED.items()}
    assert install("npm ci", files, head=head).file == "app/package-lock.json"


def test_the_lockfile_is_found_through_mounts() -> None:
    mounts = "--mount=type=bind,source=app/package.json,target=package.json --mount=type=bind,source=app/package-lock.json,target=package-lock.json"
    files = {f"app/{name}": text for name, text in NPM_LOCKED.items()}
    assert install(f"{mounts} npm ci", files, head="FROM scratch\nWORKDIR /a\n").grade == "locked"


def test_a_file_that_a_run_writes_is_not_that_of_the_context() -> None:
    head = "FROM scratch\nWORKDIR /a\nCOPY r.txt .\nRUN echo b > r.txt\n"
    assert install("pip install -r r.txt", {"r.txt": "a==1\n"}, head=head).file == ""


def test_a_lockfile_that_no_copy_brings_is_not_there() -> None:
    head = "FROM scratch\nWORKDIR /a\nCOPY composer.json .\n"
    found = install("composer install", None, head=head)
    assert (found.grade, found.why) == ("floating", "composer.json is copied without a lockfile")


def test_a_build_after_the_install_fetches_nothing_more() -> None:
    assert install("go mod download && go build . && go test ./...", GO).token.text == "go mod download"
    text = "FROM scratch AS a\nWORKDIR /a\nCOPY . .\nRUN cargo fetch --locked\nFROM a\nRUN cargo build --locked\n"
    context = Context(MemoryTree({**RUST, "Cargo.lock": CARGO}))
    found = Models(build(parse(Source("Dockerfile", text.encode()))), lambda: context).inputs.all()
    assert [one.line for one in found] == [4]


def test_the_packages_of_the_file_come_along() -> None:
    found = install("npm ci", NPM_LOCKED)
    assert found.packages == (Locked("a", "1", ("sha512-AA==",), "locked"),)
