"""Variables that programs read by themselves, and commands that read none."""

from __future__ import annotations

import re

_READ_BY_TOOLS = re.compile(
    r"(?:DEBIAN_|DEBCONF_|APT_|PIP_|UV_|POETRY_|PIPENV_|PYTHON|CONDA_|MAMBA_|NPM_|npm_|NODE_|YARN_|PNPM_|BUN_|COREPACK_|"
    r"BUNDLE_|GEM_|RAILS_|RUBY|GO[A-Z]|CGO_|CARGO_|RUST|MAVEN_|MVN_|GRADLE_|JAVA_|COMPOSER_|PHP_|DOTNET_|NUGET_|HEX_|MIX_|"
    r"LC_|GIT_(?:SSL|SSH|CONFIG|TERMINAL)|SSL_|CURL_|REQUESTS_|OPENSSL_|CUDA_|NVIDIA_|TORCH_|MAKE|CMAKE_|PKG_CONFIG|YUM_|DNF)"
    r"|(?:CI|TZ|LANG|LANGUAGE|PATH|HOME|USER|SHELL|TERM|CC|CXX|AR|LD|CFLAGS|CXXFLAGS|CPPFLAGS|LDFLAGS|MAKEFLAGS|"
    r"ACCEPT_EULA|SOURCE_DATE_EPOCH|TMPDIR|LD_LIBRARY_PATH|LD_PRELOAD|http_proxy|https_proxy|no_proxy|ftp_proxy)$"
)
_VOLATILE = re.compile(
    r"(?:^|_)(?:SHA|SHA1|COMMIT|COMMITHASH|REVISION|REV|VCS|HASH|DATE|TIME|TIMESTAMP|BUILDTIME|BUILDDATE|NUMBER|BUILDNUMBER|"
    r"RELEASE|CREATED|BUILT|CACHEBUST|BUST|CACHE_?BUSTER|NOCACHE|BRANCH|GITHASH|GITSHA|GITCOMMIT)(?:$|_)|^(?:BUILD_ID|BUILD_NO|BUILD_NUM)$",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"(?:^|_)(?:VERSIONS?|VER|V|TAG|REF|MAJOR|MINOR|PATCH)\d*(?:$|_)|(?:^|_)BUILD$|VERSION$", re.IGNORECASE
)
# what stands for a value that the build is given: `dev`, `unknown`, `0.0.0`, `1.0.0-SNAPSHOT`
_PLACEHOLDER = re.compile(
    r"|dev\w*|head|local\w*|test|none|null|n/?a|unset|empty|v?0(?:\.0)+(?:[-+].*)?|.*(?:unknown|undefined|unspecified|"
    r"placeholder|snapshot|not[-_ ]?set|[-+.]dev).*",
    re.IGNORECASE,
)

QUIET_COMMANDS = frozenset(
    "rm mkdir set echo cd ln chmod chown chgrp useradd groupadd adduser addgroup usermod deluser curl wget tar unzip gunzip "
    "bunzip2 xz cp mv true false : cat tee find install localedef locale-gen update-ca-certificates update-locale dpkg "
    "dpkg-reconfigure gpg gpgv gpgconf apt-key apt-mark apt-cache add-apt-repository sha1sum sha256sum sha384sum sha512sum "
    "md5sum shasum git test [ [[ printf touch sed grep awk cut tr head tail sort uniq wc xargs basename dirname uname "
    "export unset rpm rpmkeys lsb_release ls pwd which command type sync sleep id chsh passwd chpasswd ldconfig date tzdata "
    "read shopt trap exit eval-not install_packages nproc dpkg-architecture update-alternatives dirname realpath readlink "
    "mktemp apt-config dpkg-query dpkg-divert stat du rmdir base64 openssl".split()
)
"""Commands that do only what their words say."""

PLATFORM_VARIABLES = frozenset(
    "TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT ARCH arch ARCHITECTURE "
    "architecture dpkgArch rpmArch apkArch DPKG_ARCH dpkg_arch MACHINE HOSTTYPE PLATFORM platform OS os KERNEL GOARCH GOOS HOME "
    "PWD TMPDIR VERSION_CODENAME UBUNTU_CODENAME DISTRO CODENAME".split()
)
"""Variables that say on which platform a build runs, by the builder or by custom."""

PLATFORM_COMMANDS = re.compile(
    r"\b(?:uname|dpkg|arch|apk\s+(?:info\s+)?--print-arch|lsb_release|os-release|rpm\s+(?:-E|--eval)|go\s+env|getconf|"
    r"nproc|mktemp|rustc\s+-vV|python3?\s+--version|TARGET(?:ARCH|PLATFORM|VARIANT))\b"
)
"""Commands that say on which platform or distribution a build runs."""


def is_platform_variable(name: str) -> bool:
    """Whether a variable of that name says on which platform a build runs."""
    return (
        name in PLATFORM_VARIABLES
        or re.search(r"ARCH$|^ARCH|PLATFORM$|_OS$|(?:^|_)DISTRO", name, re.IGNORECASE) is not None
    )


def is_read_by_tools(name: str) -> bool:
    """Whether programs look at a variable of that name by themselves (`DEBIAN_FRONTEND`, `PIP_INDEX_URL`)."""
    return _READ_BY_TOOLS.match(name) is not None


def is_volatile(name: str) -> bool:
    """Whether the value of a variable of that name is another one in every build (`GIT_SHA`, `BUILD_DATE`)."""
    return _VOLATILE.search(name) is not None


def is_placeholder(value: str) -> bool:
    """Whether a default only stands for a value that the build is given."""
    return _PLACEHOLDER.fullmatch(value) is not None


def is_version(name: str) -> bool:
    """Whether a variable of that name holds the version of something (`APP_VERSION`, `GIT_TAG`), raised now and then."""
    return _VERSION.search(name) is not None
