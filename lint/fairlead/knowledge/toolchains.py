"""What only a build needs: compilers and headers as packages, and what the programs that use them make.

Names of packages from the indexes of Debian 12, Ubuntu 24.04, Alpine 3.22, Fedora 42 and openSUSE Leap 15.6. Sizes: the
sums of Installed-Size in the index of Debian 12 (bookworm, amd64) of a package and all that it depends on and that the
packages of the image `debian:12-slim` are not, without recommended packages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

COMPILERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"build-essential|build-base|alpine-sdk|base-devel|gcc(?:-\d[\d.]*)?|g\+\+(?:-\d[\d.]*)?|gcc-c\+\+|"
            r"gcc\d*-c\+\+|clang(?:-\d[\d.]*)?|gfortran(?:-\d+)?|gcc-gfortran|gcc-toolset-\d+|devtoolset-\d+(?:-gcc(?:-c\+\+)?)?|"
            r"@?[\"']?development[ -]tools[\"']?|c-development|patterns-devel-base-devel_basis|devel_basis|buildbase"
        ),
        "C",
    ),
    (re.compile(r"golang(?:-go|-\d[\d.]*(?:-go)?)?|go(?:-toolset)?|go1\.\d+"), "Go"),
    (re.compile(r"rustc|cargo|rust|rust-toolset|rustup|rust-all"), "Rust"),
    (
        re.compile(
            r"maven|gradle|sbt|ant|default-jdk(?:-headless)?|openjdk-?\d+-jdk(?:-headless)?|openjdk\d+|"
            r"java-(?:\d[\d.]*|latest)-openjdk-devel|temurin-\d+-jdk"
        ),
        "Java",
    ),
    (re.compile(r"ghc|cabal-install|haskell-platform|haskell-stack|stack"), "Haskell"),
    (re.compile(r"dotnet-sdk-[\d.]+"), ".NET"),
    (re.compile(r"ruby-dev-essentials|crystal|nim|zig|ldc|dmd|fpc|ocaml|opam"), "other"),
)
"""Packages that compile, each a hundred megabytes or more with what it depends on, and the language."""

HELPERS = re.compile(
    r"(?:.*-(?:dev|devel)|make|automake|autoconf|libtool|cmake|ninja|ninja-build|samurai|meson|pkg-config|pkgconf|pkgconfig|"
    r"bison|flex|patch|m4|swig|nasm|yasm|binutils|scons|ccache|libc6-dev|musl-dev|linux-headers(?:-.*)?|"
    r"python3?(?:\.\d+)?-(?:dev|devel)|autoconf-archive|gettext-dev|intltool|help2man|gperf|dpkg-dev|"
    r"lib\S+-dev(?:el)?|\S+-dev\S*)"
)
"""Packages that nothing but a build reads: headers, static libraries, makers."""

NOT_HELPERS = re.compile(r"ruby-dev-kit|\S*-devtools|.*-devicetree.*|libdevmapper.*|.*-device.*|.*-developer")

JDKS = re.compile(r"default-jdk\S*|openjdk\S*|java-\S+|temurin-\S+")
"""The compilers of Java among the packages above, which bring what runs its programs as well."""

TOOL_SIZES: dict[str, int] = {
    "build-essential": 274_000_000, "g++": 267_000_000, "gcc": 180_000_000, "clang": 411_000_000,
    "gfortran": 254_000_000, "golang": 465_000_000, "golang-go": 464_000_000, "rustc": 657_000_000, "cargo": 676_000_000,
    "default-jdk": 593_000_000, "default-jdk-headless": 308_000_000, "maven": 242_000_000, "gradle": 349_000_000,
    "ghc": 1_011_000_000,
}  # fmt: skip
"""Bytes that an apt package and its dependencies take on Debian 12, see above."""

PRODUCTS: dict[str, str] = {
    "pip": "a virtual environment", "uv": "a virtual environment", "poetry": "the virtual environment",
    "pipenv": "the virtual environment", "npm": "node_modules", "yarn": "node_modules", "pnpm": "node_modules",
    "bun": "node_modules", "bundler": "the installed gems", "gem": "the installed gems", "cargo": "the binary",
    "go": "the binary",
}  # fmt: skip
"""Package manager to what can be copied from a build stage when it has compiled there."""

INSTALLERS = frozenset(
    "pip setuptools wheel poetry pipenv virtualenv uv npm yarn pnpm bundler corepack build pip-tools".split()
)
"""Packages that install others: to install one compiles nothing."""

MADE, INSTALLED = "what it makes", "what it installs"
"""Products of make and its like, without and with an install."""

COMPILED: dict[str, str] = {
    **dict.fromkeys(("make", "ninja", "cmake", "meson"), MADE),
    **dict.fromkeys(("python setup.py", "python2 setup.py", "python3 setup.py", "setup.py"), "the package"),
    "gcc": "the binary", "g++": "the binary", "clang": "the binary", "cc": "the binary", "c++": "the binary", "clang++": "the binary",
    "go build": "the binary", "go install": "the binary", "cargo build": "the binary", "cargo install": "the binary",
    "rustc": "the binary", "mvn": "the jar", "mvnw": "the jar", "gradle": "the jar", "gradlew": "the jar", "sbt": "the jar",
    "ant": "the jar", "javac": "the classes", "dotnet publish": "the published directory", "stack build": "the binary",
    "stack install": "the binary", "cabal build": "the binary", "cabal install": "the binary", "ghc": "the binary",
    "npm run": "the built files", "yarn build": "the built files", "yarn run": "the built files",
    "pnpm run": "the built files", "pnpm build": "the built files", "mix release": "the release",
    "swift build": "the binary", "crystal build": "the binary", "shards build": "the binary", "zig build": "the binary",
    "dart compile": "the binary", "nim c": "the binary",
    "pecl": "the extensions", "phpize": "the extensions", "docker-php-ext-install": "the extensions",
    "install-php-extensions": "the extensions", "cpanm": "the installed modules", "mim": "a virtual environment", "cpan": "the installed modules",
}  # fmt: skip
"""A program, or a program with its first word, to what can be copied from a build stage when it has run there."""

MAY_COMPILE = frozenset(PRODUCTS.values()) - {"the binary"} | {"the built files"}
"""What is mostly made without a compiler: packages that need none."""

ONLY_FOR: dict[str, frozenset[str]] = {
    "Java": frozenset(("the jar", "the classes")),
    "Go": frozenset(("the binary",)),
    ".NET": frozenset(("the published directory",)),
}
"""Language to what its compiler makes, for those that make nothing else."""

MADE_FOR: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"python|pypy|python[23]?(?:\.\d+)?-(?:dev|devel)"), frozenset(("a virtual environment", "the virtual environment"))),
    (re.compile(r"ruby|ruby(?:\d[\d.]*)?-(?:dev|devel)"), frozenset(("the installed gems",))),
    (re.compile(r"node"), frozenset(("node_modules",))),
)  # fmt: skip
"""Base image or package of headers to what is made with a compiler beside it, the surest first."""


@dataclass(frozen=True)
class Downloaded:
    """A compiler that is downloaded.

    Attributes:
        url: where from.
        name: what a message calls it.
        language: as in `COMPILERS`.
        programs: its programs: a container that starts one needs it.
    """

    url: re.Pattern[str]
    name: str
    language: str
    programs: tuple[str, ...]


DOWNLOADED = (
    Downloaded(
        re.compile(r"https?://(?:sh\.rustup\.rs|static\.rust-lang\.org/(?:rustup|dist)/)"),
        "the Rust toolchain", "Rust", ("cargo", "rustc", "rustup"),
    ),
    Downloaded(
        re.compile(r"https?://(?:go\.dev/dl|golang\.org/dl|dl\.google\.com/go|storage\.googleapis\.com/golang)/go\S+\.tar\.gz"),
        "the Go toolchain", "Go", ("go", "gofmt"),
    ),
)  # fmt: skip
"""Compilers by the addresses of their publishers: rustup.rs and go.dev/doc/install."""

DOWNLOADED_REMOVED = re.compile(
    r"\brm\s[^;&|]*(?:\.cargo|\.rustup|/usr/local/(?:go|cargo|rustup|rust)\b|CARGO_HOME|RUSTUP_HOME|GOROOT)|\brustup\s+self\s+uninstall"
)
"""A removal of what they unpack."""

GPU_WORK = re.compile(
    r"\b(?:torch|pytorch|triton|vllm|sglang|deepspeed|numba|cupy|flashinfer|nvcc|tensorrt|cuda-\S*devel\S*|mueval)\b"
)
"""Words of a build whose containers compile while they run: kernels of GPUs, and expressions in Haskell."""

COMPILES_AT_RUN_TIME = re.compile(
    r"(?:^|[\s/\"'=])(?:torch|pytorch\S*|triton\S*|vllm|sglang|deepspeed|numba|cupy\S*|jax\S*|pytensor|theano|pymc\d*|"
    r"cython|pyximport|cppyy|pythran|taichi|pystan|cmdstanpy?|tensorflow\S*|flashinfer\S*|xformers|accelerate|transformers|"
    r"jupyter\S*|notebook|ipykernel|inline-?c|rubyinline|keras|bitsandbytes|mxnet\S*|dask\S*|weave|brian2|devito|"
    r"install\.packages|install2\.r|homeassistant)(?=$|[\s\"'=<>~!\[;,@])",
    re.IGNORECASE | re.MULTILINE,
)
"""Python packages and the like that call a compiler while they run, or that people use to try things out."""

WORKING_TOOLS = re.compile(
    r"gdb|gdbserver|valgrind|strace|ltrace|lldb(?:-\d+)?|clang-format(?:-\d+)?|clang-tidy(?:-\d+)?|cppcheck|ccache|distcc|"
    r"shellcheck|zsh|fish|tmux|emacs\S*|neovim|openssh-server|bash-completion|gnupg-agent|docker-ce-cli|docker-ce|"
    r"perf|linux-perf|lcov|gcovr|doxygen|man-db|r-base\S*|octave|texlive\S*|devscripts|debhelper|fakeroot|rpm-build|rpmdevtools|abuild|"
    r"jupyter\S*|qemu\S*|crossbuild-essential\S*|gcc-\S+-linux\S*|bear|inotify-tools|entr"
)
"""Packages of people who work in the image: they want the compiler, too."""
