"""Inputs that a manifest or a lockfile names: what `npm ci`, `pip install -r` or `mvn package` brings in."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from fairlead.analysis.grades import Grade, Input, Locked, worst
from fairlead.analysis.lockfiles import LockfileError, grade_lock, is_lockfile, read_lockfile
from fairlead.analysis.packages import Operation
from fairlead.analysis.placement import UNKNOWN_DIRECTORY, context_path, names_copied, working_directory
from fairlead.analysis.requirements import Requirements, grade_requirement, read_constraints, read_requirements
from fairlead.build.model import Stage, Step
from fairlead.knowledge.locking import LOCKING, Locking, build_manager
from fairlead.shell import UNKNOWN, Command, Options, OptionSpec, ShellWord, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_LOCK_BYTES = 32 << 20
_LEVELS = 6
_PLACES = (
    "--prefix", "-C", "--cwd", "--dir", "--directory", "--project", "--working-dir", "-d", "--manifest-path", "--gemfile",
    "-p", "--project-dir", "--package-path", "--file", "-f",
)  # fmt: skip
_PLACES_OF = {
    "npm": ("--prefix", "-C"), "yarn": ("--cwd",), "pnpm": ("-C", "--dir"), "bun": ("--cwd",),
    "poetry": ("-C", "--directory", "-P", "--project"), "uv": ("--directory", "--project"), "pdm": ("-p", "--project"),
    "cargo": ("--manifest-path", "-C"), "go": ("-C",), "composer": ("-d", "--working-dir"), "bundler": ("--gemfile",),
    "maven": ("-f", "--file"), "gradle": ("-p", "--project-dir"), "swift": ("--package-path",),
}  # fmt: skip
_BUILD_VALUED = frozenset(
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
        "-modfile",
        "-buildmode",
        "--configuration",
        "-r",
        "--runtime",
        "--framework",
        "-v",
        "--verbosity",
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
_FALSE = ("", "0", "false", "no", "off", None)
_RANGE_IN_POM = re.compile(r"<version>\s*(?:[\[(]|LATEST|RELEASE|[^<]*-SNAPSHOT)|<version>[^<]*,[^<]*</version>")
_FLOATING_GRADLE = re.compile(
    r"['\"][\w.-]+:[\w.-]+:(?:[\w.]*\+|latest\.\w+|[\[(][^'\"]*|[^'\"]*-SNAPSHOT)['\"]|version\s*[=(]?\s*['\"](?:\+|latest\.\w+)"
)
_PROJECT_REFERENCE = re.compile(r"<Package(?:Reference|Version)\b[^>]*>", re.IGNORECASE)


@dataclass
class Fetched:
    """Which managers have fetched the dependencies of a project, by stage: a later build fetches nothing more."""

    by_stage: dict[Stage, set[tuple[str, str | None]]] = field(default_factory=dict)

    def add(self, stage: Stage, manager: str, directory: str | None) -> None:
        """Note an install."""
        self.by_stage.setdefault(stage, set()).add((manager, directory))

    def holds(self, stage: Stage, manager: str, directory: str | None) -> bool:
        """Whether the stage, or one that it is built from, has the dependencies of a directory already."""
        for other in stage.lineage():
            for name, place in self.by_stage.get(other, ()):
                if name == manager and (place is None or directory is None or _related(place, directory)):
                    return True
        return False


@dataclass(frozen=True)
class _Install:
    """An install of a project's dependencies.

    Attributes:
        manager: the manager's name in `LOCKING`.
        command: what to call it in a sentence, such as `npm ci`.
        subcommand: such as `ci`.
        token: the words that stand for it.
        options: its options.
        env: the variables that hold.
        directory: the directory that it works in, None where it is not known.
        builds: it is a build that fetches on its way.
    """

    manager: str
    command: str
    subcommand: str
    token: Token
    options: Options
    env: dict[str, str | None]
    directory: str | None
    builds: bool = False


def dependency_inputs(models: Models, step: Step, fetched: Fetched) -> Iterator[Input]:
    """What the commands of a RUN bring in because a file asks for it."""
    script = step.script
    if script is None:
        return
    operations = {id(operation.command): operation for operation in models.operations(step)}
    for command in script.commands:
        operation = operations.get(id(command))
        if operation is not None and operation.manager.name in ("pip", "uv", "conda"):
            yield from _python(models, step, operation, fetched)
        install = _install(step, command, operation)
        if install is None or _is_offline(install):
            continue
        if install.builds and fetched.holds(step.stage, install.manager, install.directory):
            continue
        found = _project(models, step, install)
        if found is not None:
            yield found
        if found is not None or not install.builds:
            fetched.add(step.stage, install.manager, install.directory)


def _install(step: Step, command: Command, operation: Operation | None) -> _Install | None:
    if operation is not None and operation.manager.name in LOCKING and _is_install(operation):
        name = operation.manager.name
        words = f"{operation.invocation.name} {operation.subcommand}".strip()
        directory = _directory(step, command, operation.options, name)
        token = operation.token
        return _Install(name, words, operation.subcommand, token, operation.options, dict(operation.env), directory)
    invocation = unwrap(command)
    program = invocation.name or ""
    options = parse_options(invocation.args, OptionSpec(_BUILD_VALUED))
    operands = [word.value or "" for word in options.operands]
    subcommand = next((word for word in operands if not word.startswith("+")), "")
    if (
        program in ("go", "cargo")
        and len(operands) > 1
        and f"{operands[0]} {operands[1]}" in ("mod vendor", "mod tidy")
    ):
        subcommand = f"{operands[0]} {operands[1]}"
    if program == "mix" and any(word.startswith("deps.get") for word in operands):
        # `mix do deps.get, deps.compile`
        subcommand = "deps.get"
    manager = build_manager(program, subcommand)
    if not manager or invocation.word is None or _builds_nothing(manager, subcommand, operands, options):
        return None
    words = f"{program} {subcommand}".strip() if manager not in ("maven", "gradle", "sbt") else program
    directory = _directory(step, command, options, manager)
    return _Install(
        manager, words, subcommand, invocation.word.token, options, dict(invocation.env), directory,
        builds=subcommand not in ("fetch", "vendor", "mod vendor", "mod tidy", "deps.get"),
    )  # fmt: skip


def _is_install(operation: Operation) -> bool:
    """Whether an operation installs what the project's own files say."""
    name = operation.manager.name
    if name == "composer" and operation.kind == "upgrade":
        return True
    if operation.kind != "install" or operation.packages:
        return False
    if name == "uv":
        return operation.subcommand == "sync"
    if name == "cargo":
        return operation.options.has("--path") or operation.subcommand in ("fetch", "chef cook")
    if name == "go":
        return operation.subcommand == "mod download"
    if name == "composer":
        return operation.subcommand in ("install", "i")
    if name == "pipenv":
        return not operation.options.has("-r", "--requirements", "-e", "--editable")
    return not operation.options.has("-g", "--global")


def _builds_nothing(manager: str, subcommand: str, operands: list[str], options: Options) -> bool:
    """Whether a build command is one that needs no dependencies, or takes them from elsewhere."""
    if manager == "go":
        modules = [word for word in operands[1:] if "@" in word]
        remote = [
            word for word in operands[1:] if "." in word.partition("/")[0] and "/" in word and not word.startswith(".")
        ]
        return (
            _only_files(operands[1:])
            or (subcommand in ("install", "run", "get") and bool(modules))
            or (subcommand == "get" and bool(remote))
            or "vendor" in options.values("-mod")
        )
    if manager == "maven":
        return not operands or all(word.startswith(("-", "wrapper:", "help:")) for word in operands)
    if manager == "gradle":
        return bool(operands) and all(word in ("wrapper", "clean", "init", "help", "tasks") for word in operands)
    if manager == "cargo":
        return subcommand == "run" and not operands
    if manager == "uv":
        return subcommand == "run" and options.has("--no-project", "--no-sync")
    return manager == "swift" and subcommand == "package" and "resolve" not in operands


def _only_files(operands: list[str]) -> bool:
    """Whether single files are built, which mostly need no module."""
    return bool(operands) and all(word.endswith(".go") and "/" not in word.removeprefix("./") for word in operands)


def _is_offline(install: _Install) -> bool:
    """Whether it fetches nothing: it says so, or only asks for help or its version."""
    if install.options.has(*LOCKING[install.manager].offline_options, "--version", "--help", "-h"):
        return True
    if not install.builds and install.options.has("-v") and install.manager in ("yarn", "pnpm", "bun", "bundler"):
        return True
    return install.manager == "go" and "-mod=vendor" in (install.env.get("GOFLAGS") or "")


def _directory(step: Step, command: Command, options: Options, manager: str) -> str | None:
    """The directory of the project that a command works on."""
    cwd = working_directory(step, command.cwd)
    for option in _PLACES_OF.get(manager, ()):
        for word in options.value_words.get(option, ()):
            value = word.pattern.removeprefix(f"{option}=")
            if UNKNOWN in value or value.startswith(f"{option}"):
                return None
            if posixpath.basename(value).partition(".")[2] in ("toml", "xml") or posixpath.basename(value) == "Gemfile":
                value = posixpath.dirname(value)
            if value.startswith("/"):
                return posixpath.normpath(value)
            return None if cwd is None else posixpath.normpath(f"{cwd}/{value}")
    return cwd


def _project(models: Models, step: Step, install: _Install) -> Input | None:
    """The input that a project's dependencies are; None where there are none."""
    locking = LOCKING[install.manager]
    found = _Files(models, step, install, locking)
    if install.manager == "go" and found.vendored():
        return None
    if found.manifest and _needs_nothing(install.manager, found):
        return None
    grade, why, file, enforced, packages = _judged(step, install, locking, found)
    name = file or found.manifest or found.written or (locking.lockfiles[0] if locking.lockfiles and enforced else locking.manifests[0])
    return Input(
        "dependencies", name, grade, why, install.token, step.stage, step, manager=install.manager, file=file,
        enforced=enforced, packages=packages, needed=step.stage.needed,
    )  # fmt: skip


class _Files:
    """The manifest and the lockfile of a project in the context.

    Attributes:
        known: whether the context is known.
        manifest: the manifest's path, "" where it is not in the context.
        lock: the lockfile's path, "" where it is not in the context.
    """

    def __init__(self, models: Models, step: Step, install: _Install, locking: Locking) -> None:
        self._models = models
        self._step = step
        self._directory = install.directory
        self.known = models.context is not None
        self.written = _written_project(install)
        self.manifest = self._find(locking.manifests)
        names = locking.lockfiles
        if install.manager == "gradle":
            names = ("gradle/verification-metadata.xml", "gradle.lockfile")
        self.lock = self._find(names)

    def _find(self, names: tuple[str, ...]) -> str:
        """The first of some files in the directory, or in one above: the root of a workspace."""
        if not self.known:
            return ""
        for directory in self._directories():
            found = self._find_from(directory, names)
            if found:
                return found
        return ""

    def _directories(self) -> list[str]:
        """The directory, and where it is not known, those that something is copied to."""
        if self._directory is not None and not self._directory.startswith(UNKNOWN_DIRECTORY):
            return [self._directory]
        copied = [
            step.destination.rstrip("/") or "/"
            for step in self._step.stage.all_steps()
            if isinstance(step.instruction, ast.Copy) and step.destination is not None
        ]
        return [*([self._directory] if self._directory is not None else []), *dict.fromkeys(reversed(copied))]

    def _find_from(self, directory: str, names: tuple[str, ...]) -> str:
        for _ in range(_LEVELS):
            for name in names:
                found = self._with_pattern(directory, name) if "*" in name else self._at(directory, name)
                if found is not None:
                    return found
            above = posixpath.dirname(directory)
            if above == directory:
                break
            directory = above
        return ""

    def _at(self, directory: str, name: str) -> str | None:
        return context_path(self._models, self._step, posixpath.join(directory, name))

    def _with_pattern(self, directory: str, pattern: str) -> str | None:
        """A file by a pattern: through the names of the directory that some copied file lies in."""
        for name in self._candidates():
            if fnmatchcase(posixpath.basename(name), pattern) and self._at(directory, posixpath.basename(name)) == name:
                return name
        return None

    def _candidates(self) -> list[str]:
        context = self._models.context
        return [] if context is None else _project_files(self._models)

    def text(self, path: str) -> str | None:
        """The text of a file of the context."""
        context = self._models.context
        return context.text(path, limit=_LOCK_BYTES) if context is not None else None

    def beside(self, path: str, name: str) -> str | None:
        """The text of a file beside another one."""
        return self.text(posixpath.join(posixpath.dirname(path), name))

    def vendored(self) -> bool:
        """Whether a Go module has its dependencies in a vendor directory, which the build then takes."""
        return self._directory is not None and self._at(self._directory, "vendor/modules.txt") is not None


def _written_project(install: _Install) -> str:
    """The project that a command of .NET names, "" for none."""
    if install.manager != "dotnet":
        return ""
    for word in install.options.operands:
        if word.pattern.endswith((".csproj", ".fsproj", ".vbproj", ".sln", ".slnx")):
            return word.pattern
    return ""


def _project_files(models: Models) -> list[str]:
    """The .NET and Cabal projects of the context, not too deep below it."""
    context = models.context
    if context is None:
        return []
    found: list[str] = []
    waiting = [""]
    looked = 0
    while waiting and looked < 200:
        directory = waiting.pop(0)
        looked += 1
        try:
            names = context.tree.names(directory)
        except OSError:
            continue
        for name in names:
            path = posixpath.join(directory, name)
            if name.endswith((".csproj", ".fsproj", ".vbproj", ".sln", ".slnx", ".cabal")):
                found.append(path)
            elif "." not in name and name not in ("node_modules", "vendor", "bin", "obj") and path.count("/") < 3:
                waiting.append(path)
    return found


def _related(one: str, other: str) -> bool:
    one, other = one.rstrip("/"), other.rstrip("/")
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _is_strict(install: _Install) -> bool:
    """Whether the command fails without a lockfile; Poetry, Composer and Mix make one, and so does `go mod download`."""
    return install.manager not in ("poetry", "composer", "mix", "gradle") and install.subcommand != "mod download"


_Verdict = tuple[Grade, str, str, bool, tuple[Locked, ...]]


def _judged(step: Step, install: _Install, locking: Locking, found: _Files) -> _Verdict:
    """Grade, reason, file, whether it is enforced, and the packages."""
    command = install.command
    enforced = _is_enforced(install, locking, found)
    looked = "the build context is not known" if not found.known else "is not in the build context"
    if install.options.has(*locking.unlocked_options) or install.subcommand == "update":
        return "floating", f"{command} works the versions out anew", found.lock or found.manifest, False, ()
    if found.lock:
        return _by_lock(install, locking, found, enforced)
    if not found.manifest:
        names = names_copied(step, install.directory)
        if names is not None and names & set(locking.manifests) and not names & set(locking.lockfiles):
            manifest = sorted(names & set(locking.manifests))[0]
            if locking.lockfiles and not locking.readable and not (enforced and _is_strict(install)):
                return "floating", f"{manifest} is copied without a lockfile", "", False, ()
        if enforced and _is_strict(install):
            why = f"{command} keeps to {locking.lockfiles[0]}"
            why += f", which {looked}" if found.known else f"; {looked}"
            return "locked", why, "", True, ()
        subject = posixpath.basename(found.written.replace(UNKNOWN, "*")) or locking.manifests[0].replace("*.csproj", "the project")
        return "unknown", f"{subject} {looked}" if found.known else f"{looked}, and so is {subject}", "", False, ()
    if locking.readable or install.manager == "go":
        return _by_manifest(install, found)
    if enforced and _is_strict(install):
        why = f"{command} needs {locking.lockfiles[0]}, which is not beside {posixpath.basename(found.manifest)} in the context"
        return "unknown", why, found.manifest, True, ()
    why = f"no lockfile is beside {posixpath.basename(found.manifest)}"
    return "floating", why, found.manifest, False, ()


def _by_lock(install: _Install, locking: Locking, found: _Files, enforced: bool) -> _Verdict:
    file = found.lock
    name = posixpath.basename(file)
    if name == "bun.lockb":
        packages: tuple[Locked, ...] = ()
        grade: Grade = "locked"
    elif not is_lockfile(name):
        return "versioned", f"{install.command} follows {name}, whose format is not read", file, enforced, ()
    else:
        text = found.text(file)
        if text is None:
            return "unknown", f"{name} can't be read, or is too large", file, enforced, ()
        try:
            packages = read_lockfile(name, text)
        except LockfileError as error:
            return "unknown", f"{name} can't be read: {error}", file, enforced, ()
        grade = grade_lock(packages)
    if not enforced:
        why = f"{install.command} follows {name} but rewrites it where {_manifest_name(found, locking)} has changed"
        return "versioned", f"{why}; {locking.advice} does not" if locking.advice else why, file, False, packages
    if grade == "locked":
        counted = f"{len(packages)} packages" if len(packages) != 1 else "1 package"
        why = (
            f"{install.command} keeps to {name}: {counted} with hashes"
            if packages
            else f"{install.command} keeps to {name}"
        )
        return "locked", why, file, True, packages
    bare = sum(package.grade != "locked" for package in packages)
    why = f"{name} has no hash for {bare} of {len(packages)} packages"
    return "versioned", why, file, True, packages


def _manifest_name(found: _Files, locking: Locking) -> str:
    return posixpath.basename(found.manifest) if found.manifest else locking.manifests[0]


def _by_manifest(install: _Install, found: _Files) -> _Verdict:
    """Managers without a lockfile, whose manifest mostly says exact versions."""
    file = found.manifest
    name = posixpath.basename(file)
    text = found.text(file) or ""
    if install.manager == "go":
        return "versioned", "go.mod says the versions; without go.sum nothing verifies them", file, False, ()
    if install.manager == "maven" and _RANGE_IN_POM.search(text):
        return "floating", f"{name} asks for a range or a snapshot", file, False, ()
    if install.manager == "gradle" and _FLOATING_GRADLE.search(text):
        return "floating", f"{name} asks for a range or a snapshot", file, False, ()
    if install.manager == "dotnet":
        versions = re.findall(r"Version=\"([^\"]*)\"", " ".join(_PROJECT_REFERENCE.findall(text)))
        if any("*" in version or (version[:1] in "[(" and "," in version) for version in versions):
            return "floating", f"{name} asks for a range", file, False, ()
    return "versioned", f"{name} says the versions; nothing verifies the content", file, False, ()


def _needs_nothing(manager: str, found: _Files) -> bool:
    """Whether a manifest that can be read asks for nothing."""
    text = found.text(found.manifest)
    if text is None:
        return False
    if manager == "go":
        return re.search(r"^\s*require\b", text, re.MULTILINE) is None
    if manager in ("npm", "yarn", "pnpm", "bun"):
        try:
            data: Any = json.loads(text)
        except ValueError:
            return False
        groups = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "workspaces")
        return isinstance(data, dict) and not found.lock and not any(data.get(group) for group in groups)
    if manager == "cargo":
        return re.search(r"^\[(?:[\w.'\"()= -]*dependencies|workspace)", text, re.MULTILINE) is None
    if manager == "dotnet" and found.manifest.endswith("proj"):
        return _PROJECT_REFERENCE.search(text) is None and "ProjectReference" not in text
    return False


def _is_enforced(install: _Install, locking: Locking, found: _Files) -> bool:
    options, env = install.options, install.env
    if options.has("--no-frozen-lockfile", "--no-immutable"):
        return False
    if install.manager == "go":
        flags = [*options.values("-mod"), *re.findall(r"-mod=(\w+)", env.get("GOFLAGS") or "")]
        return "mod" not in flags and install.subcommand not in ("mod tidy", "get")
    if install.subcommand in locking.enforced_by or options.has(*locking.options):
        return True
    if any(env.get(name, "") not in _FALSE for name in locking.variables):
        return True
    ci = env.get("CI", "") not in _FALSE
    if install.manager == "yarn" and ci:
        return found.lock != "" and "__metadata:" in (found.text(found.lock) or "")[:400]
    if install.manager == "bundler":
        return _bundler_is_frozen(install, found)
    if install.manager == "dotnet":
        texts = (
            [found.text(found.manifest) or "", found.beside(found.manifest, "Directory.Build.props") or ""]
            if found.manifest
            else []
        )
        return any(re.search(r"<RestoreLockedMode[^>]*>\s*true", text, re.IGNORECASE) for text in texts) or any(
            "RestoreLockedMode=true" in word for values in options.flags.values() for word in values if word
        )
    return (ci and locking.in_ci) or install.manager == "gradle"


def _bundler_is_frozen(install: _Install, found: _Files) -> bool:
    """`bundle config` in an earlier command, or the project's own configuration."""
    if found.manifest and re.search(
        r"BUNDLE_(?:FROZEN|DEPLOYMENT): ['\"]?(?:true|1)", found.beside(found.manifest, ".bundle/config") or ""
    ):
        return True
    source = install.token.source.text[: install.token.spans[0].start]
    return (
        re.search(r"bundler? config (?:set )?(?:--\w+ )*['\"]?(?:frozen|deployment)['\"]? +['\"]?(?:true|1)", source)
        is not None
    )


# -- Python and conda: files named on the command line


def _python(models: Models, step: Step, operation: Operation, fetched: Fetched) -> Iterator[Input]:
    options = operation.options
    if options.has("--no-index", "--offline", "--dry-run"):
        return
    name = operation.manager.name
    reads = operation.kind == "install" or operation.subcommand in ("wheel", "download")
    if name == "conda":
        if operation.kind == "install":
            for word in operation.manifests:
                yield _environment(models, step, operation, word)
        return
    words: list[ShellWord] = list(operation.manifests) if reads else []
    if name == "uv" and operation.subcommand == "pip sync":
        words += [package.word for package in operation.packages]
    for word in words:
        found = _requirements(models, step, operation, word)
        if found is not None:
            yield found
    if not reads or (name == "uv" and operation.subcommand not in ("pip install", "tool install")):
        return
    locals_ = [word for word in operation.editable if "://" not in word.pattern and not word.pattern.startswith("git")]
    locals_ += [package.word for package in operation.packages if package.local]
    if operation.subcommand == "wheel":
        locals_ += [word for word in options.operands if word.pattern in (".", "./")]
    for word in locals_:
        found = _local_project(models, step, operation, word)
        if found is not None:
            yield found
            fetched.add(step.stage, name, None)


def _value(word: ShellWord, *options: str) -> str | None:
    """The value of an option's word: `--requirement=x`, `-rx` and `x`."""
    text = word.value
    if text is None:
        return None
    for option in options:
        if text.startswith(f"{option}="):
            return text[len(option) + 1 :]
    return text[2:] if re.match(r"-[rcef]\S", text) else text


def _absolute(step: Step, operation: Operation, path: str) -> str | None:
    if path.startswith("/"):
        return posixpath.normpath(path)
    cwd = working_directory(step, operation.command.cwd)
    return None if cwd is None else posixpath.normpath(f"{cwd}/{path}")


def _place(models: Models, step: Step, operation: Operation, path: str) -> str | None:
    absolute = _absolute(step, operation, path)
    return None if absolute is None else context_path(models, step, absolute)


def _requirements(models: Models, step: Step, operation: Operation, word: ShellWord) -> Input | None:
    """A requirements file."""
    value = _value(word, "--requirement", "--requirements", "-r")
    written = word.pattern if value is None else value
    if "://" in written:
        from fairlead.analysis.download_inputs import url_input

        return url_input(models, step, word.token, written, manager=operation.manager.name)
    if value in ("-", "/dev/stdin"):
        value = None
    place = _place(models, step, operation, value) if value is not None else None
    limits = tuple(
        found
        for option in ("-c", "--constraint", "--constraints")
        for given in operation.options.value_words.get(option, ())
        if (limit := _value(given, option)) is not None
        and (found := _place(models, step, operation, limit)) is not None
    )
    read = None
    if place is not None and models.context is not None:
        if is_lockfile(posixpath.basename(place)) or place.endswith("pyproject.toml"):
            return _manifest_as_requirements(models, step, operation, word, place)
        read = read_requirements(place, models.context.text, limits)
    if place is None or read is None:
        grade, why = _without_file(models, step, operation, written)
        return Input(
            "dependencies", written, grade, why, word.token, step.stage, step, manager=operation.manager.name,
            needed=step.stage.needed, enforced=operation.options.has("--require-hashes"),
        )  # fmt: skip
    if not read.packages and not read.missing:
        return None
    grade, why = _graded_requirements(operation, read)
    return Input(
        "dependencies", place, grade, why, word.token, step.stage, step, manager=operation.manager.name, file=place,
        enforced=grade == "locked", packages=tuple(read.packages), needed=step.stage.needed,
    )  # fmt: skip


def _without_file(models: Models, step: Step, operation: Operation, written: str) -> tuple[Grade, str]:
    looked = "is not in the build context" if models.context is not None else "is not known without the build context"
    if operation.options.has("--require-hashes"):
        return "locked", f"{operation.invocation.name} checks the hashes of the file, which {looked}"
    name = posixpath.basename(written.replace(UNKNOWN, "*")) or "the requirements file"
    return "unknown", f"{name} {looked}"


def _graded_requirements(operation: Operation, read: Requirements) -> tuple[Grade, str]:
    total = len(read.packages)
    if read.missing:
        return "unknown", f"{read.missing[0]}, which the file includes, is not in the build context"
    counted = f"{total} requirements" if total != 1 else "1 requirement"
    open_ = [package for package in read.packages if package.grade == "floating"]
    checked = read.hashed or operation.options.has("--require-hashes")
    bare = [package for package in read.packages if not package.hashes]
    if checked and not bare and not operation.options.has("--no-verify-hashes"):
        return "locked", f"{counted} with hashes, which {operation.invocation.name} checks"
    if open_:
        return "floating", f"{len(open_)} of {counted} name no version, such as {open_[0].name}"
    return worst(
        ["versioned", *(package.grade for package in read.packages)]
    ), f"{counted} with versions, {len(bare)} without a hash"


def _manifest_as_requirements(
    models: Models, step: Step, operation: Operation, word: ShellWord, place: str
) -> Input | None:
    """`uv pip install -r pyproject.toml`: its dependencies without the project."""
    context = models.context
    text = context.text(place) if context is not None else None
    packages = _project_requirements(text or "", build=False)
    if text is not None and not packages:
        return None
    return _floating_project(step, operation, word, place, packages)


def _local_project(models: Models, step: Step, operation: Operation, word: ShellWord) -> Input | None:
    """`pip install .`: the dependencies of the project, and what it is built with."""
    value = _value(word, "--editable", "-e")
    if value is not None and re.search(r"\.(?:whl|tar\.gz|zip|tar\.bz2)(?:\[|$)|\*", value):
        return None
    if value is None or (operation.options.has("--no-deps") and operation.options.has("--no-build-isolation")):
        return None
    path = value.partition("[")[0].removeprefix("file://") or "."
    for name in ("pyproject.toml", "setup.py", "setup.cfg"):
        place = _place(models, step, operation, posixpath.join(path, name))
        if place is None or models.context is None:
            continue
        text = models.context.text(place) or ""
        packages = _project_requirements(text, build=True) if name == "pyproject.toml" else ()
        if operation.options.has("--no-deps"):
            return None
        limits = _limits(models, step, operation)
        packages = tuple(limits.get(package.name.lower(), package) for package in packages)
        return _floating_project(step, operation, word, place, packages)
    looked = "the build context is not known" if models.context is None else "its manifest is not in the build context"
    return Input(
        "dependencies", posixpath.join(path, "pyproject.toml") if path != "." else "pyproject.toml", "unknown",
        f"the project's dependencies can't be told: {looked}", word.token, step.stage, step, manager=operation.manager.name,
        needed=step.stage.needed,
    )  # fmt: skip


def _limits(models: Models, step: Step, operation: Operation) -> dict[str, Locked]:
    paths = []
    for option in ("-c", "--constraint", "--constraints"):
        for given in operation.options.value_words.get(option, ()):
            limit = _value(given, option)
            place = _place(models, step, operation, limit) if limit is not None else None
            if place is not None:
                paths.append(place)
    context = models.context
    return read_constraints(tuple(paths), context.text) if context is not None and paths else {}


def _floating_project(
    step: Step, operation: Operation, word: ShellWord, place: str, packages: tuple[Locked, ...]
) -> Input:
    name = posixpath.basename(place)
    grade = worst(package.grade for package in packages) if packages else "floating"
    open_ = [package.name for package in packages if package.grade == "floating"]
    why = f"{name} leaves the version of {open_[0]} open" if open_ else f"{name} names versions and no hashes"
    if not packages:
        why = f"{name} says what is needed, and no lockfile does"
    return Input(
        "dependencies", place, grade, why, word.token, step.stage, step, manager=operation.manager.name, file=place,
        packages=packages, needed=step.stage.needed,
    )  # fmt: skip


def _project_requirements(text: str, *, build: bool) -> tuple[Locked, ...]:
    """What a pyproject.toml asks for; Poetry's own table too."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    project = data.get("project")
    wanted = project.get("dependencies") if isinstance(project, dict) else None
    texts = [one for one in wanted if isinstance(one, str)] if isinstance(wanted, list) else []
    system = data.get("build-system")
    requires = system.get("requires") if isinstance(system, dict) else None
    if build:
        texts += [one for one in requires if isinstance(one, str)] if isinstance(requires, list) else ["setuptools"]
    tool = data.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    table = poetry.get("dependencies") if isinstance(poetry, dict) else None
    packages = [package for one in texts if (package := grade_requirement(one)) is not None]
    if isinstance(table, dict):
        for name, version in table.items():
            given = (
                version if isinstance(version, str) else version.get("version", "") if isinstance(version, dict) else ""
            )
            if name != "python":
                exact = re.fullmatch(r"={0,2}\s*\d+\.\d+[\w.]*", str(given)) is not None
                packages.append(Locked(name, str(given), (), "versioned" if exact else "floating"))
    return tuple(packages)


def _environment(models: Models, step: Step, operation: Operation, word: ShellWord) -> Input:
    """An environment file of conda: specifications, or the explicit list of a lock."""
    value = _value(word, "--file", "-f")
    written = word.pattern if value is None else value
    place = _place(models, step, operation, value) if value is not None and "://" not in value else None
    context = models.context
    text = context.text(place) if place is not None and context is not None else None
    if place is None or text is None:
        looked = "is not in the build context" if context is not None else "is not known without the build context"
        return Input(
            "dependencies", written, "unknown", f"{posixpath.basename(written) or 'the file'} {looked}", word.token, step.stage, step,
            manager="conda", needed=step.stage.needed,
        )  # fmt: skip
    grade, why, packages = _graded_environment(posixpath.basename(place), text)
    return Input(
        "dependencies", place, grade, why, word.token, step.stage, step, manager="conda", file=place, packages=packages,
        enforced=grade == "locked", needed=step.stage.needed,
    )  # fmt: skip


def _graded_environment(name: str, text: str) -> tuple[Grade, str, tuple[Locked, ...]]:
    if "@EXPLICIT" in text:
        lines = [line.strip() for line in text.splitlines() if "://" in line and not line.lstrip().startswith("#")]
        packages = tuple(
            Locked(line.rpartition("/")[2].partition("#")[0], "", (line.partition("#")[2],) if "#" in line else (),
                   "locked" if "#" in line else "versioned") for line in lines
        )  # fmt: skip
        bare = sum(package.grade != "locked" for package in packages)
        if bare:
            return "versioned", f"an explicit list, {bare} of {len(packages)} packages without a hash", packages
        return "locked", f"an explicit list of {len(packages)} packages with hashes", packages
    if name in ("conda-lock.yml", "conda-lock.yaml"):
        packages = read_lockfile("conda-lock.yml", text)
        return grade_lock(packages), f"{len(packages)} packages of conda-lock", packages
    found = []
    for line in text.splitlines():
        match = re.match(
            r"\s*-\s+['\"]?([\w.-]+(?:::[\w.-]+)?(?:\[[^\]]*\])?)\s*([=<>~!][^'\"#]*)?['\"]?\s*(?:#.*)?$", line
        )
        if match is None:
            match_line = re.match(r"^([\w.-]+)\s*([=<>~!].*)?$", line)
            if match_line is None or ":" in line or "dependencies" in text:
                continue
            match = match_line
        wanted = (match[2] or "").strip()
        exact = re.fullmatch(r"={1,2}\s*\d[\w.]*(?:=[\w.]+)?", wanted) is not None and (
            wanted.count(".") > 1 or "==" in wanted or wanted.count("=") > 1
        )
        if (
            match[1]
            not in ("defaults", "conda-forge", "bioconda", "pytorch", "nvidia", "nodefaults", "pip", "anaconda", "main")
            or wanted
        ):
            found.append(Locked(match[1], wanted.lstrip("="), (), "versioned" if exact else "floating"))
    open_ = [package.name for package in found if package.grade == "floating"]
    if open_:
        return (
            "floating",
            f"{len(open_)} of {len(found)} specifications leave the version open, such as {open_[0]}",
            tuple(found),
        )
    return "versioned", f"{len(found)} specifications with versions and no hashes", tuple(found)
