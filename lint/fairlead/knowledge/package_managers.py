"""Package managers: what their commands do, what they leave behind, what keeps them from it.

Sources: the manuals of apt-get(8), apk(8), dnf(8), yum(8), zypper(8), pacman(8); the command line references of pip, uv,
Poetry, pipenv, conda, npm, Yarn, pnpm, bun, Cargo, Go, Maven, Gradle, Composer, RubyGems, Bundler, .NET and Mix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Cache:
    """A directory that a package manager fills.

    Attributes:
        path: absolute; `~` stands for the user's home.
        variable: the environment variable that moves it, "" for none.
        index: it holds the package index rather than packages.
        images: official images in which it is there; in others it lies elsewhere. Empty where it is the same in all.
        unless: a variable that, where it is set, has all packages in another place.
    """

    path: str
    variable: str = ""
    index: bool = False
    images: frozenset[str] = frozenset()
    unless: str = ""


@dataclass(frozen=True)
class Manager:
    """A package manager.

    Attributes:
        name: as people call it.
        commands: the programs.
        kind: packages of a distribution, or of a language.
        install: subcommands that install what is named, or what the project's manifest asks for.
        update: subcommands that fetch the package index.
        upgrade: subcommands that bring everything up to date.
        remove: subcommands that take packages out.
        clean: subcommands that empty caches.
        valued: options that take a value in the next word.
        caches: what it leaves behind.
        no_cache_options: options with which it leaves nothing.
        no_cache_variables: variables with which it leaves nothing, unless empty or false.
        manifests: the files of a project that say what is needed.
        lockfiles: the files that say exactly which versions.
        locked: subcommands that install what the lockfile says.
        locked_options: options that enforce the lockfile.
        pin: the characters that come before a version: `=` in `curl=7.88`.
        manifest_options: options that name a manifest.
        project: install without packages installs what the manifest says.
        two_words: subcommands of two words, such as `env create`.
        default: the subcommand when none is given.
        workspace: file and what stands in it where a project has parts with manifests of their own.
    """

    name: str
    commands: frozenset[str]
    kind: Literal["distribution", "language"]
    install: frozenset[str] = frozenset()
    update: frozenset[str] = frozenset()
    upgrade: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    clean: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    caches: tuple[Cache, ...] = ()
    no_cache_options: frozenset[str] = frozenset()
    no_cache_variables: frozenset[str] = frozenset()
    manifests: tuple[str, ...] = ()
    lockfiles: tuple[str, ...] = ()
    locked: frozenset[str] = frozenset()
    locked_options: frozenset[str] = frozenset()
    pin: tuple[str, ...] = ()
    manifest_options: frozenset[str] = frozenset()
    project: bool = False
    two_words: frozenset[str] = field(default_factory=frozenset)
    default: str = ""
    workspace: tuple[tuple[str, str], ...] = ()


_APT_LISTS = Cache("/var/lib/apt/lists", index=True)
_DNF_VALUED = _words(
    "-c --config -d --debuglevel -e --errorlevel --enablerepo --disablerepo --repo --repoid --releasever --installroot "
    "--setopt -x --exclude --excludepkgs --disableplugin --enableplugin --forcearch --repofrompath --comment --advisory "
    "--downloaddir --destdir --color --rpmverbosity --sec-severity --cve --bz -R --randomwait --skip-broken-repo"
)

# the arrays of npm, yarn and bun
_JS_WORKSPACE = (("package.json", r'"workspaces"\s*:'),)

MANAGERS: tuple[Manager, ...] = (
    Manager(
        "apt-get", _words("apt-get apt aptitude"), "distribution",
        install=_words("install build-dep reinstall"), update=_words("update"),
        upgrade=_words("upgrade dist-upgrade full-upgrade safe-upgrade"), remove=_words("remove purge autoremove autopurge"),
        clean=_words("clean autoclean distclean dist-clean"),
        valued=_words("-t --target-release --default-release -o --option -c --config-file -a --host-architecture -q=2 "
                      "-P --build-profiles --solver"),
        # the archives themselves are deleted by docker-clean in the images of Debian and Ubuntu
        caches=(_APT_LISTS,), pin=("=", "/"),
    ),
    Manager(
        "apk", _words("apk"), "distribution",
        install=_words("add"), update=_words("update"), upgrade=_words("upgrade"), remove=_words("del"),
        clean=_words("cache"),
        valued=_words("-t --virtual -X --repository -p --root --keys-dir --repositories-file --wait --cache-dir "
                      "--cache-max-age --arch --progress-fd --timeout"),
        caches=(Cache("/var/cache/apk", index=True),), no_cache_options=_words("--no-cache --no-network"),
        pin=("=", "~", "<", ">", "@"),
    ),
    Manager(
        "dnf", _words("dnf dnf5 dnf-3 yum yum-3"), "distribution",
        install=frozenset(
            ("install", "localinstall", "groupinstall", "builddep", "reinstall", "in", "module install", "group install")
        ),
        update=_words("makecache"), upgrade=_words("upgrade update distro-sync dist-upgrade upgrade-minimal update-minimal"),
        remove=_words("remove erase autoremove"), clean=_words("clean"), valued=_DNF_VALUED,
        caches=(Cache("/var/cache/dnf"), Cache("/var/cache/yum"), Cache("/var/cache/libdnf5")), pin=("-",),
        two_words=frozenset(("module install", "module enable", "module reset", "module disable", "group install")),
    ),
    Manager(
        "microdnf", _words("microdnf"), "distribution",
        install=frozenset(("install", "reinstall", "module install")), update=_words("makecache"), upgrade=_words("upgrade update"),
        remove=_words("remove"), clean=_words("clean"), valued=_DNF_VALUED,
        caches=(Cache("/var/cache/yum"), Cache("/var/cache/dnf"), Cache("/var/cache/libdnf5")), pin=("-",),
        two_words=frozenset(("module install", "module enable", "module reset", "module disable")),
    ),
    Manager(
        "tdnf", _words("tdnf"), "distribution",
        install=_words("install reinstall"), update=_words("makecache"), upgrade=_words("upgrade update distro-sync"),
        remove=_words("remove erase autoremove"), clean=_words("clean"), valued=_DNF_VALUED,
        caches=(Cache("/var/cache/tdnf"),), pin=("-",),
    ),
    Manager(
        "zypper", _words("zypper"), "distribution",
        install=_words("install in install-new-recommends inr source-install si"), update=_words("refresh ref"),
        upgrade=_words("update up dist-upgrade dup patch"), remove=_words("remove rm"), clean=_words("clean cc"),
        valued=_words("-r --repo --from -t --type -R --root --installroot -c --config -D --reposd-dir -C --cache-dir "
                      "--plus-repo -p --plus-content --name --capability --pkg-cache-dir --solv-cache-dir --raw-cache-dir"),
        caches=(Cache("/var/cache/zypp"),), pin=("=", "<", ">"),
    ),
    Manager(
        "pip", _words("pip pip2 pip3 pipx"), "language",
        install=_words("install"), remove=_words("uninstall"), clean=_words("cache"),
        valued=_words("-r --requirement -c --constraint -e --editable -t --target --platform --python-version "
                      "--implementation --abi --root --prefix --src --upgrade-strategy --config-settings -C --global-option "
                      "--no-binary --only-binary --progress-bar -i --index-url --extra-index-url -f --find-links "
                      "--root-user-action --report --python --log --proxy --retries --timeout --exists-action --trusted-host "
                      "--cert --client-cert --cache-dir --use-feature --use-deprecated --install-option --group --user-agent "
                      "--keyring-provider --build --uploaded-prior-to --pip-args"),
        caches=(Cache("~/.cache/pip", "PIP_CACHE_DIR"),), no_cache_options=_words("--no-cache-dir --no-cache"),
        no_cache_variables=_words("PIP_NO_CACHE_DIR"),
        manifests=("requirements*.txt", "constraints*.txt", "pyproject.toml", "setup.py", "setup.cfg"),
        locked_options=_words("--require-hashes"), pin=("==", "===", "@", "~=", "<", ">", "!="),
        manifest_options=_words("-r --requirement"),
    ),
    Manager(
        "uv", _words("uv"), "language",
        install=frozenset(("sync", "pip install", "pip sync", "tool install", "add")), clean=frozenset(("cache", "clean")),
        valued=_words("-r --requirement -c --constraint --constraints -e --editable -i --index-url --index --default-index "
                      "--extra-index-url -f --find-links -p --python --extra --group --only-group --no-group --package "
                      "--target --prefix --no-binary --only-binary --directory --project --cache-dir --link-mode "
                      "--index-strategy --python-version --python-platform --prerelease --resolution --no-install-package "
                      "--config-file --with --upgrade-package -P --overrides --torch-backend --color --config-setting "
                      "--requirements -C -b -m -t -w --allow-insecure-host --bounds --branch --build-constraint --cert "
                      "--build-constraints --config-settings --config-settings-package --exclude-newer --excludes "
                      "--exclude-newer-package --fork-strategy --keyring-provider --marker --no-binary-package --no-extra "
                      "--no-build-isolation-package --no-build-package --no-editable-package --no-sources-package "
                      "--optional --output-format --override --prerelease-package --python-preference --refresh-package "
                      "--reinstall-package --rev --script --tag --trusted-host --upgrade-group --with-editable "
                      "--with-executables-from --with-requirements"),
        caches=(Cache("~/.cache/uv", "UV_CACHE_DIR"),), no_cache_options=_words("--no-cache --no-cache-dir -n"),
        no_cache_variables=_words("UV_NO_CACHE"),
        manifests=("pyproject.toml", "requirements*.txt"),
        workspace=(("pyproject.toml", r"(?m)^\s*\[tool\.uv\.workspace"),), lockfiles=("uv.lock",), locked=_words("sync"),
        locked_options=_words("--locked --frozen --require-hashes"), pin=("==", "===", "@", "~=", "<", ">", "!="),
        manifest_options=_words("-r --requirement --requirements"), project=True,
        two_words=frozenset(("pip install", "pip sync", "tool install", "pip uninstall")),
    ),
    Manager(
        "poetry", _words("poetry"), "language",
        install=_words("install sync"), valued=_words("--with --without --only -E --extras -C --directory -P --project"),
        caches=(Cache("~/.cache/pypoetry", "POETRY_CACHE_DIR"),), no_cache_options=_words("--no-cache"),
        clean=_words("cache"),
        manifests=("pyproject.toml",), lockfiles=("poetry.lock",), locked=_words("install sync"), project=True,
    ),
    Manager(
        "pipenv", _words("pipenv"), "language",
        install=_words("install sync"), valued=_words("--python -r --requirements -e --editable -i --index --extra-pip-args"),
        caches=(Cache("~/.cache/pipenv", "PIPENV_CACHE_DIR"),),
        manifests=("Pipfile",), lockfiles=("Pipfile.lock",), locked=_words("sync"),
        locked_options=_words("--deploy --ignore-pipfile"), pin=("==", "~=", "<", ">"), project=True,
    ),
    Manager(
        "conda", _words("conda mamba micromamba"), "language",
        install=frozenset(("install", "create", "env create", "env update", "update")), clean=_words("clean"),
        valued=_words("-n --name -p --prefix -c --channel -f --file --solver --platform --subdir --repodata-fn"),
        caches=(Cache("/opt/conda/pkgs"),), manifests=("environment.yml", "environment.yaml", "conda-lock.yml"),
        pin=("=", "<", ">"), manifest_options=_words("-f --file"),
        two_words=frozenset(("env create", "env update", "env remove")),
    ),
    Manager(
        "npm", _words("npm"), "language",
        install=_words("install i in ins isntall add ci clean-install ic install-clean"), remove=_words("uninstall rm un r"),
        clean=_words("cache"),
        valued=_words("--registry --prefix -C --loglevel --cache --omit --include --only -w --workspace --tag --userconfig "
                      "--globalconfig --install-strategy --network-timeout --fetch-retries --fetch-timeout --maxsockets "
                      "--fetch-retry-mintimeout --fetch-retry-maxtimeout --arch --platform --cpu --os --libc --before "
                      "--python --node-options --allow-directory --allow-file --allow-git --allow-remote --allow-scripts "
                      "--min-release-age --min-release-age-exclude"),
        caches=(Cache("~/.npm", "npm_config_cache"),),
        manifests=("package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"), workspace=_JS_WORKSPACE,
        lockfiles=("package-lock.json", "npm-shrinkwrap.json"), locked=_words("ci clean-install ic install-clean"),
        pin=("@",), project=True,
    ),
    Manager(
        "yarn", _words("yarn yarnpkg"), "language",
        install=frozenset(("install", "add", "global add")), remove=_words("remove"), clean=_words("cache"),
        valued=_words("--cwd --cache-folder --registry --network-timeout --network-concurrency --mutex --modules-folder "
                      "--prefix --global-folder --preferred-cache-folder --use-yarnrc --mode"),
        caches=(Cache("/usr/local/share/.cache/yarn", "YARN_CACHE_FOLDER"),),
        manifests=("package.json", "yarn.lock", ".yarnrc", ".yarnrc.yml", ".npmrc"), workspace=_JS_WORKSPACE,
        lockfiles=("yarn.lock",),
        locked_options=_words("--frozen-lockfile --immutable"), pin=("@",), project=True,
        two_words=frozenset(("global add", "workspaces focus")), default="install",
    ),
    Manager(
        "pnpm", _words("pnpm"), "language",
        install=_words("install i add fetch"), remove=_words("remove rm"), clean=_words("store"),
        valued=_words("-C --dir --filter -F --store-dir --registry --reporter --network-concurrency --virtual-store-dir "
                      "--loglevel --child-concurrency"),
        caches=(Cache("~/.local/share/pnpm/store"),),
        manifests=("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc"),
        workspace=(("pnpm-workspace.yaml", r"(?m)^packages\s*:"),), lockfiles=("pnpm-lock.yaml",),
        locked_options=_words("--frozen-lockfile"), locked=_words("fetch"), pin=("@",), project=True,
    ),
    Manager(
        "bun", _words("bun"), "language",
        install=_words("install i add ci"), remove=_words("remove rm"), valued=_words("--cwd --registry --cache-dir --backend"),
        caches=(Cache("~/.bun/install/cache", "BUN_INSTALL_CACHE_DIR"),), no_cache_options=_words("--no-cache"),
        manifests=("package.json", "bun.lock", "bun.lockb", "bunfig.toml"), workspace=_JS_WORKSPACE,
        lockfiles=("bun.lock", "bun.lockb"),
        locked=_words("ci"), locked_options=_words("--frozen-lockfile"), pin=("@",), project=True,
    ),
    Manager(
        "cargo", _words("cargo"), "language",
        install=frozenset(("install", "fetch", "chef cook", "binstall")),
        valued=_words("--version --vers --git --branch --tag --rev --path --root --registry --index -j --jobs --features -F "
                      "--target --profile --bin --manifest-path --target-dir --recipe-path --config -Z --color --package -p"),
        caches=(Cache("/usr/local/cargo/registry", "CARGO_HOME"),),
        manifests=("Cargo.toml", "Cargo.lock"), workspace=(("Cargo.toml", r"(?m)^\s*\[workspace"),),
        lockfiles=("Cargo.lock",), locked_options=_words("--locked --frozen"),
        pin=("@",), two_words=frozenset(("chef cook", "chef prepare")),
    ),
    Manager(
        "go", _words("go"), "language",
        install=frozenset(("install", "get", "mod download")), clean=_words("clean"),
        valued=_words("-o -p -C -ldflags -gcflags -asmflags -tags -mod -modfile -buildmode -exec -overlay -pkgdir -pgo"),
        caches=(Cache("/go/pkg/mod", "GOMODCACHE"), Cache("~/.cache/go-build", "GOCACHE")),
        manifests=("go.mod", "go.sum", "go.work"), workspace=(("go.work", ""),), lockfiles=("go.sum",), locked=frozenset(("mod download",)), pin=("@",),
        two_words=frozenset(("mod download", "mod tidy", "mod vendor", "mod verify")),
    ),
    Manager(
        "composer", _words("composer composer.phar"), "language",
        install=frozenset(("install", "require", "create-project", "global require")), upgrade=_words("update"),
        clean=_words("clear-cache clearcache cc"), valued=_words("-d --working-dir --repository --repository-url -s --stability"),
        caches=(Cache("~/.composer/cache", "COMPOSER_CACHE_DIR"), Cache("~/.cache/composer", "COMPOSER_CACHE_DIR")),
        no_cache_options=_words("--no-cache"), manifests=("composer.json", "composer.lock"), lockfiles=("composer.lock",),
        locked=_words("install"), pin=(":", "="), project=True, two_words=frozenset(("global require",)),
    ),
    Manager(
        "gem", _words("gem"), "language",
        install=_words("install i"), upgrade=_words("update"), remove=_words("uninstall"), clean=_words("cleanup"),
        valued=_words("-v --version -i --install-dir -n --bindir -s --source -P --trust-policy -p --http-proxy --platform "
                      "--document --build-root -g --file -E --without --config-file"),
        pin=(":",), manifest_options=_words("-g --file"),
    ),
    Manager(
        "bundler", _words("bundle bundler"), "language",
        install=_words("install"), valued=_words("--jobs -j --path --without --with --retry --gemfile --binstubs --target-rbconfig"),
        caches=(Cache("/usr/local/bundle/cache", images=frozenset(("ruby",)), unless="BUNDLE_PATH"),),
        manifests=("Gemfile", "Gemfile.lock", "*.gemspec", ".ruby-version"), lockfiles=("Gemfile.lock",),
        locked=_words("install"), project=True, default="install",
    ),
    Manager(
        "dotnet", _words("dotnet"), "language",
        install=_words("restore"),
        valued=_words("-r --runtime -s --source -v --verbosity --configfile --packages -a --arch --os --lock-file-path"),
        manifests=("*.csproj", "*.fsproj", "*.sln", "nuget.config", "Directory.*.props", "global.json"),
        workspace=(("*.sln", ""), ("*.slnx", "")),
        lockfiles=("packages.lock.json",), locked_options=_words("--locked-mode"), project=True,
    ),
    Manager(
        "maven", _words("mvn mvnw"), "language",
        install=_words("dependency:go-offline dependency:resolve dependency:resolve-plugins"),
        valued=_words("-f --file -s --settings -P --activate-profiles -pl --projects -rf -T --threads -gs"),
        manifests=("pom.xml", ".mvn/", "mvnw"), workspace=(("pom.xml", "<modules>"),), project=True,
    ),
    Manager(
        "mix", _words("mix"), "language", install=_words("deps.get"), valued=_words("--only"),
        manifests=("mix.exs", "mix.lock", "config/"), lockfiles=("mix.lock",), locked=_words("deps.get"), project=True,
    ),
)  # fmt: skip
"""Every package manager that rules know."""

BY_COMMAND: dict[str, Manager] = {command: manager for manager in MANAGERS for command in manager.commands}
"""Program to package manager."""

CLEANED_BY: dict[tuple[str, str], tuple[str, ...]] = {
    # manager and subcommand to the directories that it empties
    ("apt-get", "clean"): ("/var/cache/apt",),
    ("apt-get", "autoclean"): (),
    ("apt-get", "distclean"): ("/var/cache/apt", "/var/lib/apt/lists"),
    ("apt-get", "dist-clean"): ("/var/cache/apt", "/var/lib/apt/lists"),
    ("apk", "cache"): ("/var/cache/apk",),
    ("dnf", "clean"): ("/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"),
    ("microdnf", "clean"): ("/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"),
    ("tdnf", "clean"): ("/var/cache/tdnf",),
    ("zypper", "clean"): ("/var/cache/zypp",),
    ("zypper", "cc"): ("/var/cache/zypp",),
    ("pip", "cache"): ("~/.cache/pip",),
    ("uv", "cache"): ("~/.cache/uv",),
    ("uv", "clean"): ("~/.cache/uv",),
    ("poetry", "cache"): ("~/.cache/pypoetry",),
    ("conda", "clean"): ("/opt/conda/pkgs",),
    ("npm", "cache"): ("~/.npm",),
    ("yarn", "cache"): ("/usr/local/share/.cache/yarn",),
    ("pnpm", "store"): ("~/.local/share/pnpm/store",),
    ("go", "clean"): ("/go/pkg/mod", "~/.cache/go-build"),
    ("composer", "clear-cache"): ("~/.composer/cache", "~/.cache/composer"),
    ("composer", "clearcache"): ("~/.composer/cache", "~/.cache/composer"),
    ("composer", "cc"): ("~/.composer/cache", "~/.cache/composer"),
}

INSTALLED_IN: dict[str, str] = {
    "npm": "node_modules", "yarn": "node_modules", "pnpm": "node_modules", "bun": "node_modules", "composer": "vendor",
    "go": "/go/pkg", "cargo": "/usr/local/cargo", "bundler": "/usr/local/bundle", "gem": "/usr/local/bundle",
}  # fmt: skip
"""The directory in which most of what is installed goes, relative ones below the working directory; else `/usr`."""

INDEX_SIZES: dict[str, tuple[int, str]] = {
    "apt-get": (19_900_000, "the index of Debian 12, measured in November 2026"),
}
"""Bytes of a package index, uncompressed as it lies in the image, and where the figure comes from."""

_RELEASES = r"\.repo\b|config-manager|\bepel\b|epel-release|copr\b|\.rpm\b|\bmodule\b|rpm\s+--import|-release\b|yum\.repos\.d|--enablerepo"

NEW_SOURCES: dict[str, re.Pattern[str]] = {
    "apt-get": re.compile(
        r"sources\.list|add-apt-repository|apt-key|keyring|/etc/apt|\bdpkg\b|\|\s*(?:sudo\s+)?(?:-E\s+)?(?:ba)?sh\b|setup_\w+|"
        r"\.deb\b|extrepo|\bppa:|apt-get\s+(?:\S+\s+)*-t\s|repository|-archive\b|-repo\b"
    ),
    "dnf": re.compile(_RELEASES),
    "microdnf": re.compile(_RELEASES),
    "tdnf": re.compile(_RELEASES),
    "zypper": re.compile(r"\b(?:addrepo|ar|modifyrepo|mr|addservice)\b|\.rpm\b|rpm\s+--import|zypp/repos\.d"),
}  # fmt: skip
"""Package managers whose index takes long to fetch, and what in a RUN tells that it adds a source of packages."""

BESIDE_INSTALLS = frozenset(
    (
        None, "rm", "set", "echo", "printf", "export", "true", ":", "mkdir", "ln", "cd", "ls", "find", "locale-gen",
        "update-alternatives", "which", "apt-cache", "dpkg-reconfigure", "debconf-set-selections", "sync", "update-ca-certificates",
    )
)  # fmt: skip
"""Programs that stand beside installs in a RUN that does nothing but install."""
