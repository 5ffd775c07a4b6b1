"""How package managers keep to a lockfile, and which commands fetch the dependencies of a project.

Sources: npm's "npm ci" and "npm install"; Yarn classic "yarn install", Yarn 4 "yarn install" (`enableImmutableInstalls`, on
where CI is set); pnpm "install" (frozen where CI is set); bun "install" and "ci"; Poetry, PDM, Pipenv, uv ("Locking and
syncing", UV_LOCKED, UV_FROZEN); Cargo's `--locked`; "Go Modules Reference" (go.sum, `-mod`); Bundler's `frozen` and
`deployment`; Composer "install"; NuGet's lock file and `RestoreLockedMode`; Gradle "Locking dependencies" and "Verifying
dependencies"; Mix "deps.get --check-locked"; "dart pub get --enforce-lockfile"; Swift's `--force-resolved-versions`;
Terraform's and OpenTofu's "Dependency Lock File" (providers, not modules; `-lockfile=readonly`); "helm dependency build";
Nix's "flake.lock" (`--no-update-lock-file`); pixi "install" (`--locked`, `--frozen`); Carton "install" (`--deployment`); Julia's
Manifest.toml (tree hashes, which Pkg checks); renv.lock (versions: its hashes are for the cache); rebar.lock (hashes of Hex).
"""

from __future__ import annotations

from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Locking:
    """How a manager deals with the lockfile of a project.

    Attributes:
        lockfiles: their names, the one that wins first.
        manifests: the files that say what a project needs.
        enforced_by: subcommands that install what the lockfile says, and fail where it doesn't fit or is missing.
        options: options that do the same.
        variables: environment variables that do the same, when they are set and not false.
        in_ci: CI=true does the same.
        unlocked_options: options with which the lockfile is not looked at.
        offline_options: options with which nothing is fetched.
        advice: the command that enforces the lockfile.
        readable: whether the manifest alone says versions that nothing resolves anew (Maven, NuGet).
        usual: the lockfile that is mostly there, where it is not the first.
        optional: whether a project without a manifest asks for nothing.
        hashes: whether the lockfile may say what the packages hold, and not only their versions.
    """

    lockfiles: tuple[str, ...]
    manifests: tuple[str, ...]
    enforced_by: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    variables: tuple[str, ...] = ()
    in_ci: bool = False
    unlocked_options: frozenset[str] = frozenset()
    offline_options: frozenset[str] = frozenset()
    advice: str = ""
    readable: bool = False
    usual: str = ""
    optional: bool = False
    hashes: bool = True

    @property
    def lockfile(self) -> str:
        """The name that the lockfile mostly has, "" where there is none."""
        return self.usual or (self.lockfiles[0] if self.lockfiles else "")


LOCKING: dict[str, Locking] = {
    "npm": Locking(
        ("npm-shrinkwrap.json", "package-lock.json"), ("package.json",),
        enforced_by=_words("ci clean-install ic install-clean"), unlocked_options=_words("--no-package-lock"),
        offline_options=_words("--offline"), advice="npm ci", usual="package-lock.json",
    ),
    "yarn": Locking(
        ("yarn.lock",), ("package.json",), options=_words("--frozen-lockfile --immutable --immutable-cache"),
        variables=("YARN_ENABLE_IMMUTABLE_INSTALLS",), unlocked_options=_words("--no-lockfile"),
        offline_options=_words("--offline"), advice="yarn install --immutable (classic: --frozen-lockfile)",
    ),
    "pnpm": Locking(
        ("pnpm-lock.yaml",), ("package.json",), enforced_by=_words("fetch ci"), options=_words("--frozen-lockfile"), in_ci=True,
        unlocked_options=_words("--no-lockfile"), offline_options=_words("--offline"), advice="pnpm install --frozen-lockfile",
    ),
    "bun": Locking(
        ("bun.lock", "bun.lockb"), ("package.json",), enforced_by=_words("ci"), options=_words("--frozen-lockfile"),
        advice="bun ci",
    ),
    "poetry": Locking(("poetry.lock",), ("pyproject.toml",), enforced_by=_words("install sync"), advice="poetry install"),
    "pdm": Locking(
        ("pdm.lock",), ("pyproject.toml",), enforced_by=_words("sync"), options=_words("--frozen-lockfile --check --no-lock"),
        advice="pdm sync",
    ),
    "pipenv": Locking(
        ("Pipfile.lock",), ("Pipfile",), enforced_by=_words("sync"), options=_words("--deploy --ignore-pipfile"),
        unlocked_options=_words("--skip-lock"), advice="pipenv sync",
    ),
    "uv": Locking(
        ("uv.lock",), ("pyproject.toml",), options=_words("--locked --frozen"), variables=("UV_LOCKED", "UV_FROZEN"),
        unlocked_options=_words("-U --upgrade"), offline_options=_words("--offline"), advice="uv sync --locked",
    ),
    "cargo": Locking(
        ("Cargo.lock",), ("Cargo.toml",), options=_words("--locked --frozen"), offline_options=_words("--offline"),
        advice="--locked",
    ),
    "go": Locking(
        ("go.sum",), ("go.mod",),
        enforced_by=frozenset(("mod download", "build", "test", "run", "install", "vet", "generate", "list", "tool", "mod verify", "mod vendor")),
        advice="go mod download",
    ),
    "composer": Locking(("composer.lock",), ("composer.json",), enforced_by=_words("install i"), advice="composer install"),
    "bundler": Locking(
        ("Gemfile.lock", "gems.locked"), ("Gemfile", "gems.rb"), options=_words("--frozen --deployment"),
        variables=("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT"), offline_options=_words("--local"), advice="BUNDLE_FROZEN=1",
    ),
    "dotnet": Locking(
        ("packages.lock.json",), ("*.csproj", "*.fsproj", "*.vbproj", "*.sln", "*.slnx"), options=_words("--locked-mode"),
        offline_options=_words("--no-restore"), advice="dotnet restore --locked-mode", readable=True,
    ),
    "maven": Locking(
        (), ("pom.xml",), offline_options=_words("-o --offline -v --version -h --help"), readable=True
    ),
    "gradle": Locking(
        ("verification-metadata.xml", "gradle.lockfile"), ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
        offline_options=_words("--offline -v --version --stop --help"), readable=True,
    ),
    "mix": Locking(("mix.lock",), ("mix.exs",), options=_words("--check-locked"), advice="mix deps.get --check-locked"),
    "pub": Locking(("pubspec.lock",), ("pubspec.yaml",), options=_words("--enforce-lockfile"), offline_options=_words("--offline"), advice="--enforce-lockfile"),
    "swift": Locking(
        ("Package.resolved",), ("Package.swift",),
        options=_words("--force-resolved-versions --only-use-versions-from-resolved-file --disable-automatic-resolution"),
        advice="--force-resolved-versions",
    ),
    "sbt": Locking((), ("build.sbt",), readable=True),
    "stack": Locking(("stack.yaml.lock",), ("stack.yaml",), readable=True),
    "cabal": Locking(("cabal.project.freeze",), ("*.cabal", "cabal.project")),
    "lein": Locking((), ("project.clj",), offline_options=_words("-o"), readable=True),
    "deno": Locking(("deno.lock",), ("deno.json", "deno.jsonc"), options=_words("--frozen"), advice="--frozen"),
    "shards": Locking(("shard.lock",), ("shard.yml",), options=_words("--frozen --production"), advice="shards install --frozen"),
    "dub": Locking(("dub.selections.json",), ("dub.json", "dub.sdl")),
    "nimble": Locking(("nimble.lock",), ("*.nimble",)),
    "terraform": Locking((".terraform.lock.hcl",), ("*.tf",), advice="-lockfile=readonly"),
    "helm": Locking(("Chart.lock", "requirements.lock"), ("Chart.yaml",), enforced_by=_words("build"), advice="helm dependency build", hashes=False),
    "nix": Locking(
        ("flake.lock",), ("flake.nix",), options=_words("--no-update-lock-file"), unlocked_options=_words("--recreate-lock-file"),
        offline_options=_words("--offline"), advice="--no-update-lock-file",
    ),
    "pixi": Locking(
        ("pixi.lock",), ("pixi.toml", "pyproject.toml"), options=_words("--locked --frozen"), variables=("PIXI_LOCKED", "PIXI_FROZEN"),
        advice="pixi install --locked",
    ),
    "devbox": Locking(("devbox.lock",), ("devbox.json",), hashes=False),
    "rye": Locking(("requirements.lock",), ("pyproject.toml",), options=_words("--no-lock"), advice="rye sync --no-lock", hashes=False),
    "rebar3": Locking(("rebar.lock",), ("rebar.config",)),
    "opam": Locking(("*.opam.locked", "opam.locked"), ("*.opam", "opam"), options=_words("--locked"), advice="--locked", hashes=False),
    "carton": Locking(("cpanfile.snapshot",), ("cpanfile",), options=_words("--deployment"), advice="carton install --deployment", hashes=False),
    "cpanm": Locking((), ("cpanfile", "Makefile.PL", "Build.PL")),
    "julia": Locking(("Manifest.toml", "JuliaManifest.toml"), ("Project.toml", "JuliaProject.toml"), enforced_by=_words("instantiate")),
    "renv": Locking(("renv.lock",), ("DESCRIPTION",), enforced_by=_words("restore"), hashes=False),
    "remotes": Locking((), ("DESCRIPTION",)),
    "clojure": Locking((), ("deps.edn",), readable=True),
    "elm": Locking((), ("elm.json",), readable=True),
    "mill": Locking((), ("build.mill", "build.sc"), readable=True),
    "conan": Locking(("conan.lock",), ("conanfile.py", "conanfile.txt"), readable=True, hashes=False),
    "vcpkg": Locking((), ("vcpkg.json",), readable=True),
    "bower": Locking((), ("bower.json",)),
    "zig": Locking((), ("build.zig.zon",), readable=True, optional=True),
    "luarocks": Locking(("luarocks.lock",), ("*.rockspec",), hashes=False),
    "setuptools": Locking((), ("setup.py",)),
    "bazel": Locking(("MODULE.bazel.lock",), ("MODULE.bazel", "WORKSPACE")),
}  # fmt: skip
"""How each manager deals with a project's lockfile, by the manager's name."""

_BUILDS: dict[str, tuple[str, frozenset[str]]] = {
    "go": ("go", frozenset(("build", "test", "run", "vet", "install", "generate", "list", "mod vendor", "mod tidy", "get", "tool"))),
    "cargo": ("cargo", _words("build b test t run r check c bench rustc rustdoc doc d clippy vendor fetch chef deb zigbuild auditable leptos tauri nextest component pgrx llvm-cov")),
    "xx-cargo": ("cargo", _words("build test check install")),
    "xx-go": ("go", _words("build install test")),
    "cross": ("cargo", _words("build test run check")),
    "mvn": ("maven", frozenset(("",))),
    "mvnw": ("maven", frozenset(("",))),
    "mvnd": ("maven", frozenset(("",))),
    "gradle": ("gradle", frozenset(("",))),
    "gradlew": ("gradle", frozenset(("",))),
    "dotnet": ("dotnet", _words("build publish test run pack msbuild")),
    "uv": ("uv", _words("run build")),
    "swift": ("swift", _words("build test run package")),
    "sbt": ("sbt", frozenset(("",))),
    "stack": ("stack", _words("build install test setup")),
    "cabal": ("cabal", _words("build install v2-build v2-install new-build new-install")),
    "lein": ("lein", _words("deps uberjar jar compile with-profile ring ubermain")),
    "bazel": ("bazel", _words("build run test fetch")),
    "bazelisk": ("bazel", _words("build run test fetch")),
    "mix": ("mix", _words("deps.get")),
    "pdm": ("pdm", _words("install sync")),
    "dart": ("pub", _words("pub")),
    "flutter": ("pub", _words("pub build")),
    "deno": ("deno", _words("cache install compile")),
    "shards": ("shards", _words("install build")),
    "dub": ("dub", _words("build run test fetch upgrade")),
    "nimble": ("nimble", _words("install build setup")),
    "clojure": ("clojure", frozenset(("",))),
    "clj": ("clojure", frozenset(("",))),
    "mill": ("mill", frozenset(("",))),
    "elm": ("elm", _words("make")),
    "terraform": ("terraform", _words("init get")),
    "tofu": ("terraform", _words("init get")),
    "helm": ("helm", frozenset(("dependency build", "dependency update", "dependency up", "dep build", "dep update", "dep up"))),
    "nix": ("nix", _words("build run develop shell")),
    "pixi": ("pixi", _words("install run shell sync")),
    "devbox": ("devbox", _words("install run")),
    "rye": ("rye", _words("sync")),
    "rebar": ("rebar3", _words("get-deps")),
    "cpm": ("cpanm", _words("install")),
    "bower": ("bower", _words("install i")),
    "zig": ("zig", _words("build")),
    "rebar3": ("rebar3", _words("compile get-deps release tar escriptize as do deps")),
    "opam": ("opam", _words("install")),
    "luarocks": ("luarocks", _words("make build")),
    "carton": ("carton", _words("install")),
    "cpanm": ("cpanm", frozenset(("",))),
    "conan": ("conan", _words("install build")),
    "vcpkg": ("vcpkg", _words("install")),
    "lerna": ("npm", _words("bootstrap")),
    "wasm-pack": ("cargo", _words("build test")),
    "trunk": ("cargo", _words("build")),
    "dx": ("cargo", _words("build bundle")),
    "pub": ("pub", _words("get")),
    "nuget": ("dotnet", _words("restore")),
}  # fmt: skip
"""Programs that fetch what a project needs on their way: the manager, and the subcommands; "" for any."""


def build_manager(program: str, subcommand: str) -> str:
    """The manager whose dependencies a build command fetches, "" for a command that fetches none."""
    found = _BUILDS.get(program)
    if found is None:
        return ""
    return found[0] if "" in found[1] or subcommand in found[1] else ""


BUILD_VALUED = frozenset(
    [
        "-f",
        "--file",
        "-s",
        "--settings",
        "-P",
        "-pl",
        "--projects",
        "-T",
        "-gs",
        "-p",
        "--project-dir",
        "-b",
        "--build-file",
        "-I",
        "--init-script",
        "-c",
        "-o",
        "--output",
        "--manifest-path",
        "--target",
        "-j",
        "--jobs",
        "--features",
        "-F",
        "--profile",
        "--bin",
        "--package",
        "-Z",
        "--config",
        "--color",
        "--target-dir",
        "-C",
        "-ldflags",
        "-gcflags",
        "-tags",
        "-mod",
        "-lockfile",
        "-chdir",
        "-modfile",
        "-buildmode",
        "--configuration",
        "-r",
        "--runtime",
        "--framework",
        "-D",
        "--with",
        "--python",
        "--directory",
        "--project",
        "--extra",
        "--group",
        "--package-path",
        "-asmflags",
        "-pkgdir",
        "-x",
        "--exclude-task",
        "-a",
        "--arch",
    ]
)
"""Options of build programs with a value in the next word."""

DIRECTORY_OPTIONS = {
    "npm": ("--prefix", "-C"), "yarn": ("--cwd",), "pnpm": ("-C", "--dir"), "bun": ("--cwd",),
    "poetry": ("-C", "--directory", "-P", "--project"), "uv": ("--directory", "--project"), "pdm": ("-p", "--project"),
    "cargo": ("--manifest-path", "-C"), "go": ("-C",), "composer": ("-d", "--working-dir"), "bundler": ("--gemfile",),
    "terraform": ("-chdir",), "maven": ("-f", "--file"), "gradle": ("-p", "--project-dir"), "swift": ("--package-path",),
}  # fmt: skip
"""Options by which a manager is told where the project lies."""
