"""What is known of files by their names."""

from __future__ import annotations

import re

_WRITTEN_BY_PEOPLE = frozenset(
    "asc awk bash bashrc cfg cmd cnf conf cron crt css csv desktop env gawk gitconfig gpg html ini js json key list md nu patch pem php pl "
    "policy profile properties ps1 py rb repo rsp rules service sh sources sql template timer tmpl toml txt vimrc xml yaml yml "
    "zsh zshrc".split()
)
_NAMES = frozenset(
    "certificates certs gemfile install-php-extensions license makefile pipfile procfile rakefile readme requirements tls tls-source vagrantfile".split()
)
# of a dot file; `.next` or `.venv` is a directory
_DOT_NAMES = frozenset(
    "bash_aliases bash_logout bash_profile coveragerc dockerignore editorconfig env gitconfig gitignore htaccess htpasswd "
    "node-version profile pypirc python-version ruby-version tool-versions yarnrc.yml".split()
)
# programs that stand in for init, each less than 1 MB
_INIT = re.compile(r"(?:tini|dumb-init|su-exec|catatonit)(?:[-_].*)?")
_DOWNLOADED = re.compile(
    r"(?!.*(?:conda|forge))[a-z_-]+\.sh|.+\.(?:asc|cfg|cnf|conf|crt|gpg|ini|key|list|patch|pem|repo|service|toml|ya?ml)"
)

# packages that hold nothing but where a repository is and its key
_DESCRIBES_REPOSITORY = re.compile(
    r"packages-microsoft-prod.*\.(?:deb|rpm)|.+[-_](?:release|keyring|repo|repository|apt-(?:config|source))(?:[-_.].*)?\.(?:deb|rpm)"
)

# one file of a repository: what has no suffix is a script, too, as programs are published in releases
_RAW = re.compile(r"https?://(?:raw\.githubusercontent\.com|(?:www\.)?github\.com/[^/]+/[^/]+/raw)/")


def is_small(path: str) -> bool:
    """Whether a file is by its name a script or a configuration, which people write: some kilobytes."""
    directory, _, name = path.rpartition("/")
    if _INIT.fullmatch(name):
        return True
    if "." in name.lstrip("."):
        return name.rpartition(".")[2].lower() in _WRITTEN_BY_PEOPLE
    if name.startswith("."):
        return name[1:].endswith("rc") or name[1:] in _DOT_NAMES
    return (
        name.lower() in _NAMES or directory.startswith("/etc") or re.search(r"entrypoint|^start[-_]", name) is not None
    )


def is_code(path: str) -> bool:
    """Whether a file is by its name a program in a language that needs no compiler."""
    return path.lower().endswith((".cgi", ".js", ".mjs", ".php", ".pl", ".ps1", ".py", ".rb", ".ts"))


def is_small_download(address: str) -> bool:
    """The same for what is downloaded: a script may well be an installer with all it installs, a `.json` a data set.

    The packages that set up a repository, such as `epel-release-latest-9.noarch.rpm`, are small, too.
    """
    name = address.rpartition("/")[2]
    if _RAW.match(address) and name.rpartition(".")[2] in (name, "sh", "bash", "pl", "py", "rb"):
        return True
    if re.match(r"https?://getcomposer\.org/installer$", address):
        return True
    return any(pattern.fullmatch(name) for pattern in (_DOWNLOADED, _INIT, _DESCRIBES_REPOSITORY))


SYSTEM_DIRECTORIES = frozenset("bin boot dev etc lib lib32 lib64 proc root run sbin sys usr var/lib var/cache".split())
"""Directories in which programs look by themselves, relative to the root; `/usr/src` is none of them."""

_DIRECTORIES = frozenset(
    "bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp usr usr/bin usr/include usr/lib usr/lib64 "
    "usr/libexec usr/local usr/local/bin usr/local/etc usr/local/include usr/local/lib usr/local/sbin usr/local/share "
    "usr/local/src usr/sbin usr/share usr/src var var/cache var/lib var/log var/run var/spool var/tmp etc/apt etc/apt/apt.conf.d "
    "etc/apt/sources.list.d etc/apt/preferences.d etc/apt/trusted.gpg.d etc/cron.d etc/default etc/init.d etc/profile.d etc/ssl "
    "etc/ssl/certs etc/apk etc/apk/keys etc/yum.repos.d etc/pki usr/share/keyrings usr/share/man usr/share/doc usr/share/fonts "
    "usr/local/share/ca-certificates etc/ld.so.conf.d etc/security etc/skel etc/systemd etc/systemd/system "
    "usr/share/nginx/html etc/nginx etc/nginx/conf.d etc/nginx/templates var/www var/www/html usr/local/apache2/htdocs "
    "docker-entrypoint-initdb.d docker-entrypoint.d usr/local/etc/php usr/local/etc/php/conf.d etc/supervisor "
    "etc/supervisor/conf.d".split()
)


def is_system_directory(path: str) -> bool:
    """Whether a path, absolute, is a directory in most base images that have it at all."""
    return path.strip("/") in _DIRECTORIES


# at any depth, and the directories themselves
_OF_THE_SYSTEM = frozenset("bin boot dev etc lib lib32 lib64 libx32 proc run sbin sys usr var".split())
# there in every distribution's image, with little or nothing in them
_EMPTY_IN_MOST = frozenset("home media mnt opt root srv tmp".split())
# where applications are put, below directories of the system
_OF_APPLICATIONS = ("/usr/src/", "/usr/local/app", "/usr/local/src/", "/var/www/", "/var/app", "/var/task", "/usr/app")


def base_may_hold(path: str) -> bool:
    """Whether a base image may be expected to have something at an absolute path.

    The directories of the Filesystem Hierarchy Standard; an application's own (`/app`, `/opt/NAME`, `/usr/src/app`) is
    supposed to be new.
    """
    top, _, below = path.lstrip("/").partition("/")
    if top in _EMPTY_IN_MOST:
        return not below
    return top in _OF_THE_SYSTEM and not path.startswith(_OF_APPLICATIONS)


ARCHIVE_ENDINGS = tuple(
    ".tar .tgz .tbz .tbz2 .txz .tar.gz .tar.bz2 .tar.xz .tar.zst .tar.lzma .zip .gz .bz2 .xz .deb .rpm .apk .whl".split()
)
"""How the names of files end that are there to be unpacked or installed; a Java archive is run as it is."""

DEPENDENCY_DIRECTORIES = {"node_modules": "node", ".venv": "python", "venv": "python"}
"""Directories that an install fills, by the language."""

WRITTEN_BY_TOOLS = frozenset(
    "__pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .nox .hypothesis .gradle .parcel-cache .turbo .nyc_output coverage "
    "htmlcov .terraform .vagrant .idea .vs .svn .hg".split()
)
"""Directories that tools write beside the sources and that no image needs."""

DOCUMENTATION_DIRECTORIES = frozenset("doc docs documentation".split())
"""Directories of documentation, at the top of a project."""

TEST_DIRECTORIES = frozenset("test tests __tests__ __snapshots__ testdata test-data test_data e2e cypress".split())
"""Directories of tests and their data."""

COMPILED_ENDINGS = frozenset(
    ".c .cc .cpp .cs .cxx .d .f90 .fs .go .h .hpp .hs .java .kt .ml .nim .pas .rs .scala .swift .zig".split()
)
"""How the names of sources end of which the image needs what a compiler makes, and not the sources."""

MODEL_ENDINGS = frozenset(
    ".caffemodel .ckpt .engine .gguf .ggml .h5 .joblib .keras .mar .onnx .pb .pkl .pickle .pt .pth .safetensors .tflite "
    ".weights".split()
)
"""How the names of files with trained models end, which an image that holds them runs."""

FULL_OF_TOOLS = {
    "/": "all that its base image and its packages brought",
    "/bin": "the programs of its base image",
    "/lib": "the libraries of its base image",
    "/root/.cargo": "Cargo's registry and the sources of all crates",
    "/root/.gradle": "Gradle's caches",
    "/root/.m2": "Maven's repository, plug-ins of the build included",
    "/usr": "the programs, headers and documentation of its base image",
    "/usr/lib": "the libraries and compilers of its base image",
    "/usr/share": "the documentation and data of its base image",
    "/var": "caches, logs and package data of its base image",
    "/var/lib": "package data of its base image",
}
"""Directories of a build stage that hold much more than a build makes there, with what else is in them.

Not `/root/.cache`: many a build downloads a model or a browser there that the program needs.
"""

KEPT_UP_TO_DATE_BY_GIT = frozenset(
    ".asdf .goenv .nodenv .nvm .oh-my-zsh .pyenv .rbenv acme.sh asdf brew depot_tools emsdk flutter goenv homebrew linuxbrew nodenv "
    "nvm oh-my-zsh pyenv rbenv vcpkg".split()
)
"""Directories of tools that git updates, or that ask git for their own version, so that they need their history."""
