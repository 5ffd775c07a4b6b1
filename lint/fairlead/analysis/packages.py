"""What the package managers of a step do: installs, index updates, cleanups, and which packages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from fairlead.analysis.sizes import Size
from fairlead.build.model import Step
from fairlead.knowledge.base_images import is_debian, keeps_home, sets_no_pip_cache
from fairlead.knowledge.package_managers import BY_COMMAND, INDEX_SIZES, Cache, Manager
from fairlead.shell import UNKNOWN, Command, Invocation, Options, OptionSpec, ShellWord, Values, parse_options, unwrap
from fairlead.syntax.source import Token

Kind = Literal["install", "update", "upgrade", "remove", "clean", "other"]

_LOCAL = re.compile(
    r"(?:\.{1,2}(?:/|$|\[)|/|~|file:|\$|\.\[)"
    r"|.*\.(?:deb|rpm|apk|whl|tar\.gz|tgz|tar\.bz2|zip|gem|pkg\.tar\.\w+)(?:$|[\[#])",
    re.IGNORECASE,
)
# no name of a Python package has a slash
_PYTHON_DIRECTORY = re.compile(r"[\w.-]+/[\w./-]*(?:\[[\w,.-]*\])?")
_REMOTE = re.compile(r"(?:git\+|https?://|ftp://|git@|git://|ssh://|github:|gitlab:|bitbucket:)|.*\s@\s")
_DRY = ("-s", "--simulate", "--just-print", "--dry-run", "--print-uris", "-d", "--download-only", "--downloadonly")
_FALSE = ("", "0", "false", "no", "off", "n", "f")
_EXACT_NPM = re.compile(r"@(?!latest$|next$|lts$|\*$|canary$|beta$).+")


@dataclass(eq=False)
class Package:
    """One package of an install.

    Attributes:
        word: as written.
        name: without version; with `UNKNOWN` for parts that are not known.
        pinned: whether a version is given; a version that a variable gives counts.
        local: it is a file or directory of the build.
        remote: it is a URL or a repository.
    """

    word: ShellWord
    name: str
    pinned: bool
    local: bool
    remote: bool


@dataclass(eq=False)
class Operation:
    """One call of a package manager.

    Attributes:
        step: the step it is part of.
        manager: the package manager.
        command: the command.
        invocation: the command without sudo and the like.
        kind: what it does.
        subcommand: such as `install` or `pip install`; "" where none is known.
        options: its options; operands begin behind the subcommand.
        packages: what an install names.
        token: the words from the program to the subcommand.
    """

    step: Step
    manager: Manager
    command: Command
    invocation: Invocation
    kind: Kind
    subcommand: str
    options: Options
    packages: tuple[Package, ...]
    token: Token

    @property
    def env(self) -> Values:
        """The variables that hold for it."""
        return self.invocation.env

    @property
    def sudo(self) -> str:
        """What another command has to begin with to be run by the same user: `sudo ` or ""."""
        return "sudo " if self.command.name == "sudo" else ""

    @property
    def manifests(self) -> tuple[ShellWord, ...]:
        """The words that name requirement files: `-r requirements.txt`."""
        return tuple(
            word for option in self.manager.manifest_options for word in self.options.value_words.get(option, ())
        )

    @property
    def editable(self) -> tuple[ShellWord, ...]:
        """The words of `pip install -e`."""
        return tuple(word for option in ("-e", "--editable") for word in self.options.value_words.get(option, ()))

    @property
    def locked(self) -> bool:
        """Whether it installs exactly what a lockfile says."""
        if self.subcommand in self.manager.locked:
            return True
        return self.options.has(*self.manager.locked_options)

    @property
    def project(self) -> bool:
        """Whether it installs what the project's manifests say, and so needs only these."""
        if self.kind != "install" or self.editable or any(package.local for package in self.packages):
            return False
        if self.manifests:
            return True
        if self.manager.name in ("go", "cargo"):
            return self.subcommand in ("mod download", "fetch", "chef cook")
        return self.manager.project and not self.packages and not self.options.has("-g", "--global")


def operations(step: Step) -> tuple[Operation, ...]:
    """All calls of package managers in a RUN, in the order of the text."""
    script = step.script
    if script is None:
        return ()
    found = []
    for command in script.commands:
        operation = operation_of(step, command)
        if operation is not None:
            found.append(operation)
    return tuple(found)


def operation_of(step: Step, command: Command) -> Operation | None:
    """The call of a package manager that a command is; None where it is none.

    Args:
        step: the step whose user and variables hold for it.
        command: a command of the step, or of a script that the step starts.
    """
    if not command.words:
        return None
    invocation = unwrap(command)
    name = invocation.name or ""
    manager = BY_COMMAND.get(name) or BY_COMMAND.get(_without_version(name))
    if manager is None or invocation.word is None:
        return None
    options = parse_options(invocation.args, OptionSpec(manager.valued))
    subcommand, last, operands = _subcommand(manager, options)
    options.operands = operands
    kind = _kind(manager, subcommand, options)
    # where no version can be given the operands are projects, not packages
    named = operands if kind == "install" and manager.pin else ()
    packages = tuple(_package(manager, word, text, options) for word in named for text in _texts(word))
    token = _between(command, invocation.word, last or invocation.word)
    return Operation(step, manager, command, invocation, kind, subcommand, options, packages, token)


def _without_version(name: str) -> str:
    """`pip` for `pip3.11`."""
    return "pip" if re.fullmatch(r"pip\d(?:\.\d+)?", name) else name


def _subcommand(manager: Manager, options: Options) -> tuple[str, ShellWord | None, tuple[ShellWord, ...]]:
    """The subcommand, its last word, and the operands behind it."""
    operands = options.operands
    if not operands:
        asks = options.has("--version", "-v", "-V", "--help", "-h")
        return "" if asks else manager.default, None, ()
    first = operands[0].value or ""
    if len(operands) > 1:
        pair = f"{first} {operands[1].value}"
        if pair in manager.two_words:
            return pair, operands[1], operands[2:]
    return first, operands[0], operands[1:]


def _kind(manager: Manager, subcommand: str, options: Options) -> Kind:
    if manager.kind == "distribution" and options.has(*_DRY) and subcommand != "clean":
        return "other"
    if subcommand in manager.install:
        return "install"
    if subcommand in manager.update:
        return "update"
    if subcommand in manager.upgrade:
        # `dnf upgrade curl` brings in one package; without names it is the whole system
        return "install" if options.operands and manager.name != "composer" else "upgrade"
    if subcommand in manager.remove:
        return "remove"
    if subcommand in manager.clean:
        return "clean"
    return "other"


def _between(command: Command, first: ShellWord, last: ShellWord) -> Token:
    """The text from one word of a command to another."""
    token = command.token
    start = _offset_in(token, first.token)
    end = _offset_in(token, last.token)
    if start is None or end is None:
        return first.token
    return token.slice(start, end + len(last.token))


def _offset_in(outer: Token, inner: Token) -> int | None:
    """Where a token begins in another that holds it, as an offset in the text."""
    target = inner.spans[0].start
    at = 0
    for start, end in outer.spans:
        if start <= target < end:
            return at + target - start
        at += end - start
    return None


def _texts(word: ShellWord) -> list[str]:
    """The words that a word gives: an unquoted variable may hold several."""
    fields = word.fields()
    return [word.pattern] if fields is None else fields


def _package(manager: Manager, word: ShellWord, text: str, options: Options) -> Package:
    local = _LOCAL.match(text) is not None and not text.startswith("$")
    local = local or (manager.name in ("pip", "uv") and _PYTHON_DIRECTORY.fullmatch(text) is not None)
    remote = _REMOTE.match(text) is not None
    name, pinned = text, False
    if not local and not remote:
        name, pinned = _versioned(manager, text, options)
    return Package(word, name, pinned, local, remote)


def _versioned(manager: Manager, text: str, options: Options) -> tuple[str, bool]:
    """Name, and whether a version is given."""
    if text.strip(UNKNOWN) == "":
        # the whole word is a variable: it may well hold a version
        return text, True
    if manager.name in ("npm", "yarn", "pnpm", "bun"):
        head, _, _ = text[1:].partition("@")
        name = text[0] + head
        return name, _EXACT_NPM.fullmatch(text[len(name) :]) is not None
    if manager.name == "go":
        name, _, version = text.partition("@")
        return name, version not in ("", "latest", "master", "main", "upgrade")
    if manager.name == "gem" and options.has("-v", "--version"):
        return text, True
    if manager.name == "cargo":
        return text.partition("@")[0], "@" in text or options.has("--version", "--vers", "--git", "--path", "--rev")
    if "-" in manager.pin:
        # name-version: a version begins with a digit
        match = re.fullmatch(rf"(.+?)-(\d.*|{UNKNOWN}.*)", text)
        return (match[1], True) if match else (text, UNKNOWN in text or "*" in text)
    positions = [at for mark in manager.pin if (at := text.find(mark)) > 0]
    if not positions:
        return text.partition("[")[0], UNKNOWN in text and manager.kind != "distribution"
    at = min(positions)
    return text[:at].partition("[")[0], True


def home(step: Step) -> str:
    """The home directory that HOME tells, else of the step's user, root's where the user is not known."""
    told = step.env.get("HOME")
    if told and told.startswith("/"):
        return told.rstrip("/") or "/"
    user = (step.user or "root").partition(":")[0]
    return "/root" if user in ("root", "0") else f"/home/{user}"


def in_home(operation: Operation, path: str) -> str:
    """A path for people: with `~` where an image of which nobody knows may have set HOME."""
    image, own = operation.step.stage.root.image, home(operation.step)
    known = "HOME" in operation.step.env or image is None or keeps_home(image.repository)
    return path if known or not path.startswith(f"{own}/") else f"~{path[len(own) :]}"


def cache_paths(operation: Operation) -> tuple[tuple[str, Cache], ...]:
    """The directories that an operation fills and leaves, absolute, with the facts about each."""
    if no_cache(operation):
        return ()
    found = []
    for cache in operation.manager.caches:
        if not _is_there(cache, operation):
            continue
        path = cache.path
        moved = operation.env.get(cache.variable) if cache.variable else None
        if cache.variable and cache.variable in operation.env and moved is None:
            continue
        if moved:
            path = moved if cache.variable != "CARGO_HOME" else f"{moved}/registry"
        option = operation.options.value("--cache-dir", "--cache", "--cache-folder", "--store-dir")
        if option:
            path = option
        if path.startswith("~"):
            path = home(operation.step) + path[1:]
        # how Composer and npm are told to keep none
        if path != "/dev/null":
            found.append((path.rstrip("/"), cache))
    return tuple(found)


def _is_there(cache: Cache, operation: Operation) -> bool:
    """Whether a cache is where it is said to be: some images and settings have it elsewhere."""
    if cache.unless and cache.unless in operation.env:
        return False
    if not cache.images:
        return True
    image = operation.step.stage.root.image
    return image is not None and image.short_name in cache.images and not _moves_packages(operation)


def _moves_packages(operation: Operation) -> bool:
    """Whether Bundler is told to keep gems elsewhere, by an option or by `bundle config` in the stage."""
    if operation.options.has("--path", "--deployment"):
        return True
    for step in operation.step.stage.all_steps():
        for command in step.script.commands if step.script is not None else ():
            invocation = unwrap(command)
            words = {word.value for word in invocation.args}
            if invocation.name == "bundle" and "config" in words and words & {"path", "deployment"}:
                return True
    return False


def no_cache(operation: Operation) -> bool:
    """Whether an option or a variable keeps the manager from leaving a cache."""
    manager, options = operation.manager, operation.options
    if options.has(*manager.no_cache_options):
        return True
    # what pipx hands on to pip
    if any(set(value.split()) & manager.no_cache_options for value in options.values("--pip-args")):
        return True
    for name in manager.no_cache_variables:
        if name not in operation.env:
            continue
        value = operation.env[name]
        # pip takes every value that is not empty for yes, even `off`
        if value is None or (value != "" if manager.name == "pip" else value.lower() not in _FALSE):
            return True
    if manager.name == "npm":
        return operation.env.get("npm_config_cache") == "/dev/null"
    image = operation.step.stage.root.image
    return manager.name == "pip" and image is not None and sets_no_pip_cache(image.repository)


def updates_index(operation: Operation) -> bool:
    """Whether it fetches the package index and leaves it: `apt-get update`, `apk add` without `--no-cache`.

    apk(8): an index that is missing or older than four hours is fetched by every command that needs it.
    """
    if operation.manager.name == "apk" and operation.kind in ("install", "upgrade"):
        asks = operation.options.has("-U", "--update-cache", "--update") or operation.kind == "upgrade"
        return (asks or bool(operation.packages)) and not no_cache(operation)
    return operation.kind == "update" and not no_cache(operation)


def index_size(operation: Operation) -> Size:
    """The size of the package index, where the base image is one of those that it was measured for."""
    image = operation.step.stage.root.image
    if image is None or not is_debian(image.short_name, image.tag) or operation.manager.name not in INDEX_SIZES:
        return Size(complete=False)
    size, source = INDEX_SIZES[operation.manager.name]
    return Size(size, source=source)


def is_modern_yarn(operation: Operation) -> bool:
    """Whether it is an option or a subcommand that only Yarn 2 and later have."""
    return operation.manager.name == "yarn" and (
        operation.subcommand == "workspaces focus"
        or operation.options.has("--immutable", "--immutable-cache", "--inline-builds", "--mode")
    )


def index_mounted(operation: Operation) -> bool:
    """Whether the package index lies in a mount, which outlives the step and is in no layer."""
    return any(mounted(operation.step, path) for path, cache in cache_paths(operation) if cache.index)


def mounted(step: Step, path: str) -> bool:
    """Whether a cache, tmpfs or bind mount holds a directory, so that nothing of it is in the layer."""
    for mount in step.mounts:
        if mount.target is None or mount.type == "secret":
            continue
        target = mount.target.rstrip("/")
        if path == target or path.startswith(f"{target}/"):
            return True
        if mount.target and UNKNOWN in step.resolve(mount.syntax.target).pattern:
            return True
    return any(_unknown_target(step, mount.syntax.target, mount.type) for mount in step.mounts)


def _unknown_target(step: Step, target: str, type_: str | None) -> bool:
    """A cache mount whose target is not known may hold anything."""
    return type_ == "cache" and bool(target) and step.path(target) is None
