"""What single programs take from outside: package managers of one language, version managers, calls in code, files that list."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from fairlead.analysis.grades import Input
from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

SHA = "ab" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HEAD = "FROM scratch\nWORKDIR /a\nCOPY . .\n"


def inputs(text: str, files: Mapping[str, str] | None = None) -> tuple[Input, ...]:
    context = None if files is None else Context(MemoryTree(files))
    return Models(build(parse(Source("Dockerfile", text.encode()))), lambda: context).inputs.all()


def of_run(run: str, files: Mapping[str, str] | None = None, head: str = HEAD) -> list[tuple[str, str, str]]:
    return [(one.kind, one.name.replace("\0", "*"), one.grade) for one in inputs(f"{head}RUN {run}\n", files)]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("nix-env -iA nixpkgs.hello", ("package", "nixpkgs.hello", "floating")),
        ("nix-env -i hello", ("package", "hello", "floating")),
        ("nix-env -iA $P", ("package", "$P", "unknown")),
        ("nix-shell -p hello --run 'hello -v'", ("package", "hello", "floating")),
        ("nix-channel --add https://e.com/channels/x-23.11 x", ("repository", "https://e.com/channels/x-23.11", "versioned")),
        ("nix-channel --update", ("upgrade", "nix-channel --update", "floating")),
        ("nix profile install nixpkgs#hello", ("package", "nixpkgs#hello", "floating")),
        (f"nix run nixpkgs/{COMMIT}#hello -- --flag x", ("package", f"nixpkgs/{COMMIT}#hello", "immutable")),
        ("nix build github:a/b", ("source", "github:a/b", "floating")),
        (f"nix build github:a/b/{COMMIT}#x", ("source", "github:a/b", "immutable")),
        ("nix build 'git+https://e.com/x.git'", ("source", "https://e.com/x.git", "floating")),
        ("gh release download v1.2 -R a/b -p '*.deb'", ("download", "a/b *.deb", "versioned")),
        ("gh release download --repo a/b -p x.tgz", ("download", "a/b x.tgz", "floating")),
        ("gh release download $V -R a/b", ("download", "a/b", "unknown")),
        ("gh repo clone a/b", ("source", "https://github.com/a/b", "floating")),
        ("gh repo clone a/b /x -- --branch v1.2", ("source", "https://github.com/a/b", "versioned")),
        ("helm pull a/b --version 1.2.3", ("package", "a/b", "versioned")),
        ("helm pull oci://e.com/b --version 1.2.3", ("package", "oci://e.com/b", "versioned")),
        ("helm fetch a/b", ("package", "a/b", "floating")),
        ("helm repo add a https://e.com/charts", ("repository", "https://e.com/charts", "floating")),
        ("helm plugin install https://github.com/a/b", ("source", "https://github.com/a/b", "floating")),
        ("helm plugin install https://github.com/a/b --version v1.2.3", ("tool", "https://github.com/a/b", "versioned")),
        ("conan remote add x https://e.com/conan", ("repository", "https://e.com/conan", "floating")),
        ("conan install zlib/1.2.11@", ("package", "zlib", "versioned")),
        ("./steamcmd.sh +login anonymous +app_update 740 validate +quit", ("data", "740", "floating")),
        ("steamcmd +app_update '740 -beta x' +quit", ("data", "740", "floating")),
        ("steamcmd +app_update $ID +quit", ("data", "$ID", "unknown")),
        ("easy_install a", ("package", "a", "floating")),
        ("pipx inject poetry b==1.2.3", ("package", "b", "versioned")),
        ("dart pub global activate x 1.2.3", ("package", "x", "versioned")),
        ("flutter pub global activate x", ("package", "x", "floating")),
        ("pixi global install x", ("package", "x", "floating")),
        ("composer self-update 2.7.1", ("tool", "composer", "versioned")),
        ("composer self-update", ("tool", "composer", "floating")),
        ("npm update", ("upgrade", "npm update", "floating")),
        ("cargo update", ("upgrade", "cargo update", "floating")),
        ("playwright install-deps", ("package", "system libraries", "floating")),
        ("npx playwright install-deps", ("package", "playwright install-deps", "floating")),
        ("winetricks -q dotnet48", ("package", "dotnet48", "floating")),
        ("opam switch create 4.14.1", ("tool", "ocaml", "versioned")),
        ("opam init --bare -y", ("repository", "opam.ocaml.org", "floating")),
        ("plenv install 5.38.2", ("tool", "perl", "versioned")),
        ("vim +PlugInstall +qall", ("package", "PlugInstall", "floating")),
        ("nvim --headless -c 'Lazy! sync' -c qa", ("package", "Lazy! sync", "floating")),
        ("ruby-build 3.3.1 /opt/ruby", ("tool", "ruby", "versioned")),
        ("pecl bundle -d /x redis-5.3", ("package", "redis", "versioned")),
        ("rustup override set nightly", ("tool", "rust", "floating")),
        ("xcaddy build v2.7.6", ("tool", "caddy", "versioned")),
        ("pecl83 install channel://pecl.php.net/x-2.0.6RC1", ("package", "x", "versioned")),
        ("php composer.phar require a/b", ("package", "a/b", "floating")),
        ("/sbin/setuser abc npm install -g x", ("package", "x", "floating")),
        ("gem fetch x --version 1.4.0", ("package", "x", "versioned")),
        ("ansible-galaxy install -c a.b", ("package", "a.b", "floating")),
        ('R -e "source(\\"https://e.com/x.R\\")"', ("script", "https://e.com/x.R", "floating")),
        ('R -e "install.packages(\\"x\\")"', ("package", "x", "floating")),
        ("printf 'Types: deb\\nURIs: https://e.com/x\\nSuites: sid\\n' > /etc/apt/sources.list.d/x.sources", ("repository", "https://e.com/x", "floating")),
        ('pwsh -Command "Install-Module -Name X -RequiredVersion 1.2.3"', ("package", "X", "versioned")),
        ("pwsh -c Invoke-WebRequest https://e.com/x-1.2.zip -OutFile x", ("download", "https://e.com/x-1.2.zip", "versioned")),
        ('echo "deb http://e.com/`lsb_release -cs`/ llvm-`lsb_release -cs`-22 main" >> /etc/apt/sources.list',
         ("repository", "http://e.com/*", "versioned")),
        ("bin/plugin --install a/b/1.2.0", ("package", "a/b", "versioned")),
        ("nix build --option sandbox false --cores 0 nixpkgs#x", ("package", "nixpkgs#x", "floating")),
        ("pear install channel://pear.php.net/X_Y-0.3.1", ("package", "X_Y", "versioned")),
        ("poetry run python -m spacy download en_core_web_sm", ("data", "en_core_web_sm", "floating")),
        ("poetry run pip install a==1.2.3", ("package", "a", "versioned")),
        ("poetry -C x run huggingface-cli download a/b", ("data", "a/b", "floating")),
        ("pipenv run python -m nltk.downloader punkt", ("data", "punkt", "floating")),
        ("""uv run --no-sync python -c "import nltk; nltk.download('punkt')" """, ("data", "punkt", "floating")),
        ("poetry run pip install -r r.txt", ("dependencies", "r.txt", "unknown")),
        ("krew install ns", ("tool", "ns", "floating")),
        ("paru -S x", ("package", "x", "floating")),
        ("pip-sync", ("dependencies", "requirements.txt", "unknown")),
        ("""php -r "copy('https://e.com/installer', 'x.php');" """, ("download", "https://e.com/installer", "floating")),
        ("""php -r "readfile('https://e.com/installer');" | php""", ("script", "https://e.com/installer", "floating")),
        (f"""php -r "copy('https://e.com/i', 'x');" && php -r "if (hash_file('sha384', 'x') !== '{SHA}') exit(1);" """,
         ("download", "https://e.com/i", "immutable")),
        ("""python -c "from urllib.request import urlretrieve as r; u=f'https://e.com/x-{a}-1.2.3.tgz'; urlretrieve(u, 'x')" """,
         ("download", "https://e.com/x-*-1.2.3.tgz", "versioned")),
        ("""python3 -c "import requests; requests.get('https://e.com/x.bin')" """, ("download", "https://e.com/x.bin", "floating")),
        ("""perl -MCPAN -e 'install Foo::Bar'""", ("package", "Foo::Bar", "floating")),
        ("""sbcl --eval '(ql:quickload :drakma)'""", ("package", "drakma", "floating")),
        ("""Rscript -e 'pak::pkg_install("a@1.2.3")'""", ("package", "a", "versioned")),
        ("""Rscript -e 'remotes::install_gitlab("a/b")'""", ("package", "a/b", "floating")),
        ("""Rscript -e 'remotes::install_url("https://e.com/a_1.2.tar.gz")'""", ("download", "https://e.com/a_1.2.tar.gz", "versioned")),
        ("curl -O https://e.com/x/refs/heads/data-2/a.csv", ("download", "https://e.com/x/refs/heads/data-2/a.csv", "floating")),
    ],
)  # fmt: skip
def test_what_programs_fetch(run: str, expected: tuple[str, str, str]) -> None:
    assert of_run(run, head="FROM scratch\n") == [expected]


@pytest.mark.parametrize(
    "run",
    [
        "nix-env -q", "nix profile list", "nix flake show", "nix-shell --run x", "gh release list", "gh auth login", "helm list",
        "helm repo update", "steamcmd +quit", "python setup.py --version", "clojure", "nix build --offline nixpkgs#x",
        "php -r 'echo PHP_VERSION;'", """python -c "import requests; requests.get('http://localhost:80')" """,
        "dart pub global run x", "perl -e 'install Foo'", "conan profile detect", "asdf install --help", "vcs status",
        "vim -c q", "zig build", "php artisan install", "ruby-build --definitions", "conda clean --all",
    ],
)  # fmt: skip
def test_what_programs_do_not_fetch(run: str) -> None:
    assert of_run(run, {"README": ""}, head="FROM scratch\n") == []


def test_an_archive_of_nixpkgs_fixes_its_packages() -> None:
    url = f"https://e.com/nixpkgs/archive/{COMMIT}.tar.gz"
    assert of_run(f"nix-env -f {url} -iA hello", head="FROM scratch\n") == [
        ("download", url, "immutable"),
        ("package", "hello", "immutable"),
    ]


def test_constraints_behind_a_url_may_say_the_version() -> None:
    assert of_run("pip install -c https://e.com/constraints-1.2.3.txt a b==1.0", head="FROM scratch\n") == [
        ("download", "https://e.com/constraints-1.2.3.txt", "versioned"),
        ("package", "a", "unknown"),
        ("package", "b", "versioned"),
    ]


# -- files of the project

UV_LOCK = f"""\
version = 1
[[package]]
name = "a"
version = "1"
source = {{ registry = "https://pypi.org/simple" }}
sdist = {{ url = "https://e.com/a.tgz", hash = "sha256:{SHA}" }}
"""
PIPFILE_LOCK = json.dumps({"default": {"a": {"version": "==1", "hashes": [f"sha256:{SHA}"]}}})
NUGET = json.dumps({"dependencies": {"net8.0": {"A": {"type": "Direct", "resolved": "1.2.3", "contentHash": "abc="}}}})
TERRAFORM = (
    'provider "registry.terraform.io/a/b" {\n  version = "1.2.3"\n  hashes = [\n    "h1:abc=",\n    "zh:def",\n  ]\n}\n'
)
FLAKE = json.dumps(
    {"nodes": {"nixpkgs": {"locked": {"type": "github", "rev": COMMIT, "narHash": "sha256-x="}}, "root": {}}}
)
PIXI = f"""\
version: 6
environments:
  default: {{}}
packages:
- conda: https://e.com/linux-64/a-1.2.3-h1_0.conda
  sha256: {SHA}
- pypi: https://e.com/b.whl
  name: b
  version: '2.0'
  sha256: {SHA}
- pypi: ./own
  name: own
"""
REBAR = f"""\
{{"1.2.0",
[{{<<"a">>,{{pkg,<<"a">>,<<"1.2.3">>}},0}}]}}.
[{{pkg_hash,[{{<<"a">>, <<"{SHA.upper()}">>}}]}}].
"""
MANIFEST = f"""\
julia_version = "1.10.0"
manifest_format = "2.0"
[[deps.A]]
git-tree-sha1 = "{COMMIT}"
uuid = "x"
version = "1.2.3"
[[deps.Dates]]
uuid = "y"
"""
RENV = json.dumps({"R": {}, "Packages": {"a": {"Version": "1.2.3", "Hash": "0" * 32}}})
SOLUTION = {
    "x.sln": 'Project("{F}") = "A", "src\\A\\A.csproj", "{G}"\nProject("{F}") = "T", "src\\T\\T.csproj", "{H}"\n',
    "src/A/A.csproj": '<ProjectReference Include="..\\B\\B.csproj" /><PackageReference Include="P" Version="1.2.3" />',
    "src/B/B.csproj": '<PackageReference Include="Q" Version="1.2.3" />',
    "src/T/T.csproj": "<Project />",
}
LOCKED = {"src/A/packages.lock.json": NUGET, "src/B/packages.lock.json": NUGET}
GRADLE = {
    "settings.gradle.kts": 'rootProject.name = "x"\ninclude("app", ":lib:core")\n',
    "app/build.gradle.kts": 'implementation("g:a:1.2.3")\n',
    "lib/core/build.gradle": "implementation 'g:b:1.+'\n",
}
PYTHON = {"pyproject.toml": "[project]\nname='x'\ndependencies=['a']\n"}


@pytest.mark.parametrize(
    ("run", "files", "name", "grade"),
    [
        ("terraform init", {"main.tf": "x", ".terraform.lock.hcl": TERRAFORM}, ".terraform.lock.hcl", "versioned"),
        ("terraform init -lockfile=readonly", {"main.tf": "x", ".terraform.lock.hcl": TERRAFORM}, ".terraform.lock.hcl", "locked"),
        ("tofu -chdir=infra init", {"infra/main.tf": "x"}, "infra/main.tf", "floating"),
        ("nix build .#x", {"flake.nix": "x", "flake.lock": FLAKE}, "flake.lock", "versioned"),
        ("nix build --no-update-lock-file", {"flake.nix": "x", "flake.lock": FLAKE}, "flake.lock", "locked"),
        ("nix develop", {"flake.nix": "x"}, "flake.nix", "floating"),
        ("helm dependency build c", {"c/Chart.yaml": "dependencies:\n- name: a\n", "c/Chart.lock": "x"}, "c/Chart.lock", "versioned"),
        ("helm dep up c", {"c/Chart.yaml": "dependencies:\n- name: a\n", "c/Chart.lock": "x"}, "c/Chart.lock", "floating"),
        ("helm dependency build", {"Chart.yaml": "dependencies:\n- name: a\n"}, "Chart.yaml", "floating"),
        ("pixi install", {"pixi.toml": "x", "pixi.lock": PIXI}, "pixi.lock", "versioned"),
        ("pixi install --locked", {"pixi.toml": "x", "pixi.lock": PIXI}, "pixi.lock", "locked"),
        ("rebar3 release", {"rebar.config": "{deps, [a]}.", "rebar.lock": REBAR}, "rebar.lock", "versioned"),
        ("julia --project -e 'using Pkg; Pkg.instantiate()'", {"Project.toml": "[deps]\nA=1\n", "Manifest.toml": MANIFEST}, "Manifest.toml", "locked"),
        ("julia --project=/a -e 'import Pkg; Pkg.instantiate()'", {"Project.toml": "[deps]\nA='x'\n"}, "Project.toml", "floating"),
        ("Rscript -e 'renv::restore()'", {"renv.lock": RENV}, "renv.lock", "versioned"),
        ("R -e 'remotes::install_deps()'", {"DESCRIPTION": "Imports: a\n"}, "DESCRIPTION", "floating"),
        ("carton install --deployment", {"cpanfile": "x", "cpanfile.snapshot": "x"}, "cpanfile.snapshot", "versioned"),
        ("cpanm --installdeps .", {"cpanfile": "requires 'A';"}, "cpanfile", "floating"),
        ("opam install . --deps-only", {"x.opam": "depends: []"}, "x.opam", "floating"),
        ("clojure -P", {"deps.edn": '{:deps {a/b {:mvn/version "1.2.3"}}}'}, "deps.edn", "versioned"),
        ("clojure -P", {"deps.edn": '{:deps {a/b {:mvn/version "RELEASE"}}}'}, "deps.edn", "floating"),
        ("conan install .", {"conanfile.txt": "[requires]\nzlib/1.2.11\n"}, "conanfile.txt", "versioned"),
        ("conan install . --build=missing", {"conanfile.py": "requires = 'zlib/[>1.2]'\n"}, "conanfile.py", "floating"),
        ("vcpkg install", {"vcpkg.json": '{"dependencies": ["a"]}'}, "vcpkg.json", "floating"),
        ("vcpkg install", {"vcpkg.json": '{"dependencies": ["a"], "builtin-baseline": "x"}'}, "vcpkg.json", "versioned"),
        ("python setup.py install", {"setup.py": "setup(install_requires=['a'])"}, "setup.py", "floating"),
        ("wasm-pack build", {"Cargo.toml": "[dependencies]\na='1'\n"}, "Cargo.toml", "floating"),
        ("pub get", {"pubspec.yaml": "x"}, "pubspec.yaml", "floating"),
        ("bower install", {"bower.json": "x"}, "bower.json", "floating"),
        ("cpm install -g", {"cpanfile": "x"}, "cpanfile", "floating"),
        ("zig build", {"build.zig.zon": '.url = "x", .hash = "y"'}, "build.zig.zon", "locked"),
        ("pnpm recursive install", {"package.json": '{"dependencies": {"a": "1"}}'}, "package.json", "floating"),
        ("sbt update", {"build.sbt": "x"}, "build.sbt", "versioned"),
        ("pip-sync", {"requirements.txt": f"a==1 --hash=sha256:{SHA}\n"}, "requirements.txt", "locked"),
        ("pip-sync dev.txt", {"dev.txt": "a==1\n"}, "dev.txt", "versioned"),
        ("pip install -r r.txt", {"r.txt": "\ufeffa\n"}, "r.txt", "floating"),
        # requirements that the build writes
        ("uv export -o r.txt && pip install -r r.txt", {**PYTHON, "uv.lock": UV_LOCK}, "uv.lock", "locked"),
        ("uv export --no-hashes > r.txt && pip install -r r.txt", {**PYTHON, "uv.lock": UV_LOCK}, "uv.lock", "versioned"),
        ("uv export -o r.txt && pip install -r r.txt", PYTHON, "r.txt", "unknown"),
        ("pipenv requirements > r.txt && pip install -r r.txt", {"Pipfile.lock": PIPFILE_LOCK}, "Pipfile.lock", "versioned"),
        ("pipenv requirements --hash > r.txt && pip install -r r.txt", {"Pipfile.lock": PIPFILE_LOCK}, "Pipfile.lock", "locked"),
        ("pip-compile && pip install -r requirements.txt", {"requirements.in": "a"}, "requirements.txt", "floating"),
        # several projects
        ("dotnet restore x.sln", SOLUTION, "x.sln", "versioned"),
        ("dotnet restore --locked-mode", {**SOLUTION, **LOCKED}, "x.sln", "locked"),
        ("dotnet restore", {**SOLUTION, **LOCKED}, "x.sln", "versioned"),
        ("dotnet restore", {**SOLUTION, **LOCKED, "Directory.Build.props": "<RestoreLockedMode>true</RestoreLockedMode>"}, "x.sln", "locked"),
        ("dotnet restore src/A/A.csproj --locked-mode", {**SOLUTION, "src/A/packages.lock.json": NUGET}, "src/A/A.csproj", "versioned"),
        ("dotnet publish src/A/A.csproj", {**SOLUTION, "src/B/B.csproj": '<PackageReference Include="Q" Version="1.*" />'}, "src/A/A.csproj", "floating"),
        ("gradle build", GRADLE, "lib/core/build.gradle", "floating"),
        ("gradle build", {**GRADLE, "lib/core/gradle.lockfile": "g:b:1.2=x\n"}, "lib/core/gradle.lockfile", "versioned"),
        ("gradle build", {**GRADLE, "lib/core/build.gradle": ""}, "settings.gradle.kts", "versioned"),
        # files that list
        ("asdf install", {".tool-versions": "nodejs 20.1.0\npython 3.12.1\n"}, ".tool-versions", "versioned"),
        ("asdf install", {".tool-versions": "nodejs latest\n"}, ".tool-versions", "floating"),
        ("mise install", {"mise.toml": '[tools]\nnode = "20.1.0"\n'}, "mise.toml", "versioned"),
        ("mise install", {".mise.toml": '[tools]\nnode = "20"\n'}, ".mise.toml", "floating"),
        ("ansible-galaxy install -r r.yml", {"r.yml": "- src: a.b\n  version: 1.2.3\n- name: c\n  src: https://e.com/c\n  version: 2.0\n"}, "r.yml", "versioned"),
        ("ansible-galaxy collection install -r r.yml", {"r.yml": "collections:\n  - name: a.b\n  - name: c.d\n    version: 1.2.3\n"}, "r.yml", "floating"),
        ("dotnet tool restore", {".config/dotnet-tools.json": '{"tools": {"x": {"version": "1.2.3"}}}'}, ".config/dotnet-tools.json", "versioned"),
        ("pre-commit install-hooks", {".pre-commit-config.yaml": "repos:\n- repo: https://e.com/x\n  rev: v1.2\n"}, ".pre-commit-config.yaml", "versioned"),
        ("vcs import src < x.repos", {"x.repos": "repositories:\n  a:\n    type: git\n    url: https://e.com/a\n    version: main\n"}, "x.repos", "floating"),
        ("jenkins-plugin-cli -f p.txt", {"p.txt": "git:1.2.3\n"}, "p.txt", "versioned"),
        ("pyenv install", {".python-version": "3.12.1\n"}, ".python-version", "versioned"),
        ("asdf install", None, ".tool-versions", "unknown"),
    ],
)  # fmt: skip
def test_what_the_files_of_a_project_ask_for(run: str, files: Mapping[str, str] | None, name: str, grade: str) -> None:
    assert [(found, given) for kind, found, given in of_run(run, files) if kind == "dependencies"] == [(name, grade)]


@pytest.mark.parametrize(
    ("run", "files"),
    [
        ("helm dependency build", {"Chart.yaml": "name: x\n"}),
        ("python setup.py install", {"setup.py": "setup(name='x')"}),
        ("julia -e 'using Pkg; Pkg.instantiate()'", {"Project.toml": "name='x'\n"}),
        ("dotnet restore x.sln", {"x.sln": SOLUTION["x.sln"], "src/A/A.csproj": "<Project />", "src/T/T.csproj": "<Project />"}),
        ("rebar3 compile", {"rebar.config": "{deps, []}."}),
    ],
)  # fmt: skip
def test_a_project_that_asks_for_nothing(run: str, files: Mapping[str, str]) -> None:
    assert of_run(run, files) == []


def test_requirements_of_another_stage() -> None:
    text = (
        "FROM scratch AS lock\nWORKDIR /l\nCOPY . .\nRUN poetry export --without-hashes -o /r.txt\n"
        "FROM scratch\nCOPY --from=lock /r.txt .\nRUN pip install -r r.txt\n"
    )
    lock = '[[package]]\nname = "a"\nversion = "1"\nfiles = [{file = "a.whl", hash = "sha256:' + SHA + '"}]\n'
    (found,) = [one for one in inputs(text, {"poetry.lock": lock, **PYTHON}) if one.manager == "pip"]
    assert (found.name, found.grade, found.why) == (
        "poetry.lock",
        "versioned",
        "poetry export writes it without hashes",
    )


def test_a_wrapper_that_is_only_made_executable_has_fetched_nothing() -> None:
    text = "FROM scratch\nWORKDIR /a\nCOPY . .\nRUN chmod +x gradlew\nRUN ./gradlew build\n"
    files = {"gradle/wrapper/gradle-wrapper.properties": "distributionUrl=https\\://e.com/gradle-8.8-bin.zip\n"}
    assert ("tool", 5) in [(one.kind, one.line) for one in inputs(text, files)]


@pytest.mark.parametrize(
    ("image", "grade"),
    [
        ("_base_", "unknown"),
        ("a/b:ubuntu", "floating"),
        ("a/b:ubuntu22.04", "versioned"),
        ("ubuntu:focal", "versioned"),
    ],
)
def test_names_of_images(image: str, grade: str) -> None:
    assert [one.grade for one in inputs(f"FROM {image}\n")] == [grade]


@pytest.mark.parametrize(
    ("copy", "files", "expected"),
    [
        ("COPY m.repo /etc/yum.repos.d/", {"m.repo": "[m]\nbaseurl=https://e.com/m/3.2/$basearch\n# baseurl=https://e.com/no\n"},
         [("https://e.com/m/3.2/*", "versioned")]),
        ("COPY x /etc/apt/sources.list", {"x": "deb https://e.com/debian sid main\ndeb-src https://e.com/debian sid main\n"},
         [("https://e.com/debian", "floating")]),
        ("ADD a/b.sources /etc/apt/sources.list.d/b.sources", {"a/b.sources": "Types: deb\nURIs: https://e.com/b\nSuites: stable\n"},
         [("https://e.com/b", "floating")]),
        ("COPY m.repo /etc/yum.repos.d/", {"x": ""}, [("m.repo", "unknown")]),
        ("COPY m.repo /etc/yum.repos.d/", None, [("m.repo", "unknown")]),
        ("COPY key.gpg /etc/apt/sources.list.d/", {"key.gpg": ""}, []),
        ("COPY m.repo /opt/", {"m.repo": "baseurl=https://e.com/m\n"}, []),
    ],
)  # fmt: skip
def test_repositories_in_files_of_the_context(
    copy: str, files: Mapping[str, str] | None, expected: list[tuple[str, str]]
) -> None:
    found = inputs(f"FROM scratch\n{copy}\n", files)
    assert [(one.name.replace("\0", "*"), one.grade) for one in found if one.kind == "repository"] == expected


def test_a_checksum_that_branches_choose_among() -> None:
    run = (
        'case "$(arch)" in a) s="$A" ;; *) s="$B" ;; esac && curl -fL https://e.com/v1.2/yq_linux -o /bin/yq && '
        'echo "${s}  /bin/yq" | sha256sum -c -'
    )
    head = f"FROM scratch\nARG A={SHA}\nARG B={SHA}\n"
    assert of_run(run, head=head) == [("download", "https://e.com/v1.2/yq_linux", "immutable")]


def test_a_credential_does_not_decide_what_is_fetched() -> None:
    run = 'curl -o /x "https://e.com/get?edition=city&license_key=$LICENSE_KEY"'
    assert [grade for _, _, grade in of_run(run, head="FROM scratch\n")] == ["floating"]
    assert [grade for _, _, grade in of_run(run.replace("LICENSE_KEY", "WHAT"), head="FROM scratch\n")] == ["unknown"]


def test_a_directory_stands_for_the_project_in_it() -> None:
    files = {"x.sln": "", "b/B.csproj": SOLUTION["src/B/B.csproj"]}
    assert of_run("dotnet publish b -c Release", files) == [("dependencies", "b/B.csproj", "versioned")]


def test_settings_of_winetricks_are_no_packages() -> None:
    assert of_run("winetricks -q win10 sound=alsa corefonts", head="FROM scratch\n") == [
        ("package", "corefonts", "floating")
    ]
