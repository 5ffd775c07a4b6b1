"""Where package managers keep what they have fetched, so that a cache mount can keep it from build to build.

Sources: pip(1) `cache dir`; uv, Poetry, Pipenv, npm, pnpm, Yarn, Bun, Go, Cargo, Maven, NuGet, Composer, Bundler and Hex in their
references of settings; the Dockerfiles of the official images for the homes that these set.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class CacheMount(NamedTuple):
    """A directory that is worth a cache mount.

    Attributes:
        path: absolute; `~` stands for the user's home.
        variables: environment variable to what follows its value: the first that is set says where it is.
        options: options that say where it is.
        locked: one build at a time may use it.
        setting: a variable that has to be set for the manager to use it, with its value; "" for none.
        images: image repositories, as a regular expression, in which it is elsewhere, with that place.
    """

    path: str
    variables: tuple[tuple[str, str], ...] = ()
    options: tuple[str, ...] = ()
    locked: bool = False
    setting: str = ""
    images: tuple[tuple[str, str], ...] = ()


_PIP = CacheMount("~/.cache/pip", (("PIP_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/pip")), ("--cache-dir",))
YARN_BERRY = CacheMount("~/.yarn/berry/cache", (("YARN_GLOBAL_FOLDER", "/cache"),))
"""Yarn from version 2 on."""

CACHE_MOUNTS: dict[str, tuple[CacheMount, ...]] = {
    "pip": (_PIP,),
    "uv": (CacheMount("~/.cache/uv", (("UV_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/uv")), ("--cache-dir",)),),
    "poetry": (CacheMount("~/.cache/pypoetry", (("POETRY_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/pypoetry"))),),
    "pipenv": (CacheMount("~/.cache/pipenv", (("PIPENV_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/pipenv"))),),
    "npm": (CacheMount("~/.npm", (("npm_config_cache", ""), ("NPM_CONFIG_CACHE", "")), ("--cache",)),),
    "yarn": (
        CacheMount("~/.cache/yarn", (("YARN_CACHE_FOLDER", ""),), ("--cache-folder",)),
    ),
    "pnpm": (
        CacheMount(
            "~/.local/share/pnpm/store",
            (("npm_config_store_dir", ""), ("PNPM_HOME", "/store"), ("XDG_DATA_HOME", "/pnpm/store")),
            ("--store-dir",),
        ),
    ),
    "bun": (CacheMount("~/.bun/install/cache", (("BUN_INSTALL_CACHE_DIR", ""), ("BUN_INSTALL", "/install/cache")), ("--cache-dir",)),),
    "cargo": (
        CacheMount(
            "~/.cargo/registry", (("CARGO_HOME", "/registry"),), images=((r"rust|cargo-chef", "/usr/local/cargo/registry"),)
        ),
    ),
    "go": (
        CacheMount(
            "~/go/pkg/mod", (("GOMODCACHE", ""), ("GOPATH", "/pkg/mod")), images=((r"golang|(?:^|/)go$", "/go/pkg/mod"),)
        ),
    ),
    "maven": (CacheMount("~/.m2/repository", (), ("-Dmaven.repo.local",), locked=True),),
    "dotnet": (CacheMount("~/.nuget/packages", (("NUGET_PACKAGES", ""),), ("--packages",)),),
    "composer": (
        CacheMount(
            "/tmp/composer-cache", (("COMPOSER_CACHE_DIR", ""), ("COMPOSER_HOME", "/cache")),
            setting="COMPOSER_CACHE_DIR", images=((r"(?:^|/)composer$", "/tmp/cache"),),
        ),
    ),
    "bundler": (CacheMount("~/.bundle/cache", (("BUNDLE_USER_CACHE", ""),), setting="BUNDLE_GLOBAL_GEM_CACHE=true"),),
    "mix": (CacheMount("~/.hex", (("HEX_HOME", ""),), locked=True),),
}  # fmt: skip
"""Package manager to what is worth a mount."""

GO_BUILD = CacheMount("~/.cache/go-build", (("GOCACHE", ""), ("XDG_CACHE_HOME", "/go-build")))
"""What the Go compiler keeps."""

BUILDS: dict[str, frozenset[str]] = {
    "go": frozenset(("build", "install", "test", "generate", "run", "vet")),
    "cargo": frozenset(("build", "install", "test", "check", "clippy", "chef cook")),
    "maven": frozenset(("package", "install", "verify", "compile", "test", "deploy", "clean")),
    "dotnet": frozenset(("build", "publish", "test", "pack")),
}
"""Package manager to the subcommands that build a project and fetch what it needs by themselves."""

DISTRIBUTIONS = re.compile(
    r"(?:.*/)?(?:debian|ubuntu|alpine|fedora|almalinux|rockylinux|centos|amazonlinux|archlinux|buildpack-deps|leap|ubi\d.*)"
)
"""Repositories of images that hold a distribution alone, so that nothing has moved a language's directories."""

_HOMES = {"root": "/root", "0": "/root", "www-data": "/var/www", "nginx": "/nonexistent", "nobody": "/nonexistent"}
_IDS = {"node": "1000", "root": "0", "www-data": "33", "vscode": "1000", "gradle": "1000", "jovyan": "1000"}


def home_of(user: str) -> str | None:
    """The home of a user by its name, as the official images and `useradd` have it; None where it can't be told."""
    name = user.partition(":")[0]
    if re.fullmatch(r"\d+", name) and name != "0":
        return None
    found = _HOMES.get(name, f"/home/{name}")
    return None if found == "/nonexistent" else found


def id_of(user: str) -> str | None:
    """The number of a user; None where only the image knows."""
    name = user.partition(":")[0]
    return name if name.isdigit() else _IDS.get(name)
