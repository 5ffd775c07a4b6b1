"""Inputs that a file of the project asks for: which commands bring them in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fairlead.analysis.grades import Input
from fairlead.analysis.lock_grades import judged, needs_nothing
from fairlead.analysis.package_inputs import is_options
from fairlead.analysis.packages import Operation, operation_of
from fairlead.analysis.placement import working_directory
from fairlead.analysis.project_files import ProjectFiles, ProjectInstall, related
from fairlead.analysis.python_inputs import python_inputs, sync_inputs
from fairlead.analysis.runners import run_by
from fairlead.build.model import Stage, Step
from fairlead.knowledge.locking import BUILD_VALUED, DIRECTORY_OPTIONS, LOCKING, build_manager
from fairlead.shell import UNKNOWN, Command, Options, OptionSpec, parse_options, unwrap

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


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
                if name == manager and (place is None or directory is None or related(place, directory)):
                    return True
        return False


def dependency_inputs(models: Models, step: Step, fetched: Fetched) -> Iterator[Input]:
    """What the commands of a RUN bring in because a file asks for it."""
    script = step.script
    if script is None:
        return
    operations = {id(operation.command): operation for operation in models.operations(step)}
    for command in script.commands:
        operation = operations.get(id(command))
        if operation is not None and operation.manager.name in ("pip", "uv", "conda"):
            yield from python_inputs(models, step, operation)
        elif (inner := run_by(command)) is not None:
            called = operation_of(step, inner)
            if called is not None and called.manager.name in ("pip", "uv"):
                yield from python_inputs(models, step, called)
        elif unwrap(command).name == "pip-sync":
            yield from sync_inputs(models, step, command, unwrap(command))
        install = _install(step, command, operation)
        if install is None or _is_offline(install):
            continue
        if install.builds and fetched.holds(step.stage, install.manager, install.directory):
            continue
        found = project_input(models, step, install)
        if found is not None:
            yield found
        if found is not None or not install.builds:
            fetched.add(step.stage, install.manager, install.directory)


def _install(step: Step, command: Command, operation: Operation | None) -> ProjectInstall | None:
    if operation is not None and operation.manager.name in LOCKING and _is_install(operation):
        name = operation.manager.name
        words = f"{operation.invocation.name} {operation.subcommand}".strip()
        directory = _directory(step, command, operation.options, name)
        token = operation.token
        return ProjectInstall(
            name, words, operation.subcommand, token, operation.options, dict(operation.env), directory
        )
    invocation = unwrap(command)
    program = invocation.name or ""
    options = parse_options(invocation.args, OptionSpec(BUILD_VALUED))
    operands = [word.value or "" for word in options.operands]
    subcommand = next((word for word in operands if not word.startswith("+")), "")
    if (
        program in ("go", "cargo")
        and len(operands) > 1
        and f"{operands[0]} {operands[1]}" in ("mod vendor", "mod tidy")
    ):
        subcommand = f"{operands[0]} {operands[1]}"
    if program == "helm" and len(operands) > 1:
        subcommand = f"{operands[0]} {operands[1]}"
    if program == "mix" and any(word.startswith("deps.get") for word in operands):
        # `mix do deps.get, deps.compile`
        subcommand = "deps.get"
    manager = build_manager(program, subcommand)
    if re.fullmatch(r"python[\d.]*", program) and posixpath.basename(subcommand) == "setup.py":
        manager = "setuptools" if operands[1:2] in (["install"], ["develop"]) else ""
    if not manager or invocation.word is None or _builds_nothing(manager, subcommand, operands, options):
        return None
    words = (
        f"{program} {subcommand}".strip() if manager not in ("maven", "gradle", "sbt", "clojure", "mill") else program
    )
    directory = _directory(step, command, options, manager)
    named = operands[2:3] if manager == "helm" else operands[1:2] if manager == "conan" else []
    if named and directory is not None:
        # the directory of the project is an operand
        directory = posixpath.normpath(posixpath.join(directory, named[0]))
    subcommand = subcommand.rpartition(" ")[2] if manager == "helm" else subcommand
    subcommand = "update" if manager == "helm" and subcommand == "up" else subcommand
    return ProjectInstall(
        manager, words, subcommand, invocation.word.token, options, dict(invocation.env), directory,
        builds=subcommand not in ("fetch", "vendor", "mod vendor", "mod tidy", "deps.get"),
    )  # fmt: skip


def _is_install(operation: Operation) -> bool:
    """Whether an operation installs what the project's own files say."""
    name = operation.manager.name
    if name == "composer" and operation.kind == "upgrade":
        return True
    if name == "yarn" and operation.subcommand == "workspaces focus":
        return True
    if name == "pnpm" and operation.subcommand in ("recursive", "multi"):
        return bool({word.value for word in operation.options.operands[:1]} & {"install", "i"})
    if name == "uv":
        return operation.subcommand == "sync"
    if operation.kind != "install" or any(not is_options(operation, package) for package in operation.packages):
        return False
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
        return any(word.startswith(("dependency:get", "dependency:copy")) for word in operands) or all(
            word.startswith(("-", "wrapper:", "help:")) for word in operands
        )
    if manager == "gradle":
        return bool(operands) and all(word in ("wrapper", "clean", "init", "help", "tasks") for word in operands)
    if manager == "cargo":
        # cargo-chef reads the manifests for its recipe, and fetches nothing where there is a Cargo.lock
        return (subcommand == "run" and not operands) or operands[:2] == ["chef", "prepare"]
    if manager == "cabal" and "install" in subcommand:
        return any("/" not in word and not word.startswith((".", "exe:", "lib:", "all")) for word in operands[1:])
    if manager == "deno":
        return any(word.startswith(("npm:", "jsr:")) or "://" in word for word in operands)
    if manager == "nimble":
        return subcommand == "install" and len(operands) > 1
    if manager == "pub":
        return operands[:2] == ["pub", "global"] or operands[:1] == ["global"]
    if manager == "nix":
        return any(_is_elsewhere(word) for word in operands[1:])
    if manager in ("opam", "vcpkg", "conan"):
        # packages are named: see the table of fetchers
        return not all(word.startswith((".", "/")) for word in operands[1:])
    if manager == "cpanm":
        return len(operands) > 1 if subcommand == "install" else not options.has("--installdeps")
    if manager == "bower":
        return len(operands) > 1
    if manager == "clojure":
        return not options.flags
    if manager == "uv":
        return subcommand == "run" and options.has("--no-project", "--no-sync")
    return manager == "swift" and subcommand == "package" and "resolve" not in operands


def _is_elsewhere(word: str) -> bool:
    """Whether a flake reference names none of the build's own files: `nixpkgs#hello`, `github:owner/repo`."""
    flake = word.partition("#")[0]
    return bool(flake) and not flake.startswith((".", "/", "path:", "git+file:"))


def _only_files(operands: list[str]) -> bool:
    """Whether single files are built, which mostly need no module."""
    return bool(operands) and all(
        word.endswith(".go") and (word.startswith("/") or "/" not in word.removeprefix("./")) for word in operands
    )


def _is_offline(install: ProjectInstall) -> bool:
    """Whether it fetches nothing: it says so, or only asks for help or its version."""
    if install.options.has(*LOCKING[install.manager].offline_options, "--version", "--help", "-h"):
        return True
    if not install.builds and install.options.has("-v") and install.manager in ("yarn", "pnpm", "bun", "bundler"):
        return True
    return install.manager == "go" and "-mod=vendor" in (install.env.get("GOFLAGS") or "")


def _directory(step: Step, command: Command, options: Options, manager: str) -> str | None:
    """The directory of the project that a command works on."""
    cwd = working_directory(step, command.cwd)
    for option in DIRECTORY_OPTIONS.get(manager, ()):
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


def project_input(models: Models, step: Step, install: ProjectInstall) -> Input | None:
    """The input that a project's dependencies are; None where there are none."""
    locking = LOCKING[install.manager]
    found = ProjectFiles(models, step, install, locking)
    if install.manager == "go" and found.vendored():
        return None
    if found.manifest and needs_nothing(install.manager, found):
        return None
    if locking.optional and found.known and not found.manifest:
        return None
    grade, why, file, enforced, packages = judged(step, install, locking, found)
    fallback = locking.lockfile if enforced and locking.lockfile else locking.manifests[0]
    name = file or found.manifest or found.written or fallback
    return Input(
        "dependencies", name, grade, why, install.token, step.stage, step, manager=install.manager, file=file,
        enforced=enforced, packages=packages, needed=step.stage.needed,
    )  # fmt: skip
