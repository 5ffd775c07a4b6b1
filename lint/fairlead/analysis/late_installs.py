"""Installs that stand below a COPY of which they need nothing.

What is copied changes with the sources of the project: the whole context, what another stage makes of it, or what is in
the stage that a stage is built FROM. Whatever stands below is built again with it (BuildKit's solver/edge.go).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fairlead.analysis.cache import WHOLE_CONTEXT, CommitCount, LateInstall
from fairlead.analysis.commits import Takes, behind, takes
from fairlead.analysis.moves import Footprint, footprint, is_apart
from fairlead.analysis.packages import Operation
from fairlead.build.dockerignore import clean
from fairlead.build.model import Stage, Step
from fairlead.knowledge.outputs import OUTPUTS
from fairlead.knowledge.package_managers import MANAGERS
from fairlead.shell import UNKNOWN, base_name, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

# what tells a package manager where packages come from, or is a package file itself
_SETS_UP = re.compile(
    r"sources\.list|apt-key|apt-add|add-apt|/apt/|keyrings|rpm|\.repo\b|repositor|config-manager|yum-config|"
    r"add-architecture|dpkg|debconf|setup_|gpg|pacman\.conf|zypper ar|/etc/apk|\.deb\b|\.apk\b"
)
_PROGRAMS = re.compile(r"/(?:usr/(?:local/)?)?s?bin/([^/]+)?")
# what package managers read beside the manifests
_READ_BY_INSTALLS = frozenset((".npmrc", ".yarn", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "patches"))


def late_installs(models: Models, stage: Stage) -> Iterator[LateInstall]:
    """The installs of a stage that stand too low, the first of each RUN.

    They are those of distribution packages, and those of a project's dependencies where all that stands above is what
    another stage has built: its manifests come with other COPYs.
    """
    above: list[tuple[Footprint, ast.Word]] = []
    for step in stage.all_steps():
        if isinstance(step.instruction, ast.Copy):
            source = changing_source(step)
            copied = footprint(step, None) if source is not None else None
            if source is not None and copied is not None and not step.stands_alone and copied.destination:
                above.append((copied, source))
        elif isinstance(step.instruction, ast.Run) and above:
            install = _install(models, step)
            if install is None:
                if _SETS_UP.search(step.instruction.token.text):
                    # what it sets up is needed by all installs below
                    above.clear()
            elif step.stage is stage and all(_is_apart(copied, step, install) for copied, _ in above):
                copied, source = above[0]
                if copied.step.origin is not None or _changes_with_commits(models, copied.step):
                    others = tuple(other.step for other, _ in above[1:] if other.step.stage is stage)
                    yield LateInstall(install, copied.step, source, others)


def count_behind(models: Models, late: LateInstall) -> CommitCount | None:
    """How often the last commits change what stands above an install, and how often what would be left above it.

    What another stage makes of the sources is taken to change with them, whether it does or not. None where there are
    too few commits, or what the steps take is not known.
    """
    commits = models.commits
    if commits is None:
        return None
    steps = list(late.install.step.stage.all_steps())
    above = steps[: steps.index(late.install.step) + 1]
    if late.copy.stage is late.install.step.stage:
        kept = [step for step in above if step is not late.copy and step not in late.others]
    else:
        kept = [*above[: above.index(late.copy)], late.install.step]
    taken, left = _takes(above), _takes(kept)
    if taken is None or left is None:
        return None
    return CommitCount(len(commits), commits.count(taken), 0, commits.count(left))


def _takes(steps: list[Step]) -> Takes | None:
    """Whether steps take a file, or stages behind them; what comes from a stage is compared by content.

    So manifests change by themselves, and what is not made of the sources hardly ever.
    """
    names: list[str] = []
    others = []
    for step in steps:
        if step.origin is not None and isinstance(step.instruction, ast.FileInstruction):
            sources = [step.resolve(source.word.value).text or "" for source in step.instruction.sources]
            if all(map(_is_manifest, sources)):
                names += map(posixpath.basename, sources)
                continue
            if changing_source(step) is None:
                continue
        others.append(step)
    found = takes(behind(others))
    if found is None:
        return None
    return lambda path: found(path) or any(fnmatchcase(posixpath.basename(path), name) for name in names)


def changing_source(step: Step, within: frozenset[Stage] = frozenset()) -> ast.Word | None:
    """The first source of a COPY that changes with the sources of the project; None where there is none for certain.

    Args:
        step: the COPY.
        within: the stages that are being looked at: those of a file that cannot be built may take from one another.
    """
    copy = step.instruction
    if not isinstance(copy, ast.FileInstruction):
        return None
    for source in copy.sources:
        text = step.resolve(source.word.value).text
        if source.heredoc is not None or text is None:
            continue
        if step.origin is None:
            if WHOLE_CONTEXT.fullmatch(text):
                return source.word
        elif step.origin.stage is not None and _stage_changes(step.origin.stage, clean("/" + text), within):
            return source.word
    return None


def _changes_with_commits(models: Models, step: Step) -> bool:
    """Whether some of the last commits change a file that a COPY takes, as far as that is known."""
    commits = models.commits
    if commits is None:
        return True
    taken = takes([step])
    return taken is None or commits.count(taken) > 0


def _stage_changes(stage: Stage, path: str, within: frozenset[Stage]) -> bool:
    """Whether what a stage has at a path changes with the sources: they are there, or a RUN below them writes there."""
    changing = False
    within |= {stage}
    for step in stage.all_steps():
        if isinstance(step.instruction, ast.FileInstruction):
            if step.origin is not None and step.origin.stage in within:
                continue
            if changing_source(step, within) is None or step.destination is None:
                continue
            changing = True
            if _meet(step.destination, path):
                return not _is_manifest(path)
        elif changing and isinstance(step.instruction, ast.Run):
            text = step.instruction.token.text
            parent = posixpath.dirname(path)
            if path in text or (parent != "/" and parent in text):
                return True
    return False


def _is_manifest(path: str) -> bool:
    """Whether it is by its name a file that an install reads, and so changes seldom."""
    name = posixpath.basename(path)
    if name in _READ_BY_INSTALLS:
        return True
    patterns = (pattern for manager in MANAGERS for pattern in (*manager.manifests, *manager.lockfiles))
    return any(fnmatchcase(name, pattern) or fnmatchcase(pattern, name) for pattern in patterns)


def _meet(one: str, other: str) -> bool:
    one, other = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return one.startswith(other) or other.startswith(one)


def _install(models: Models, step: Step) -> Operation | None:
    """The install of a RUN that installs packages of the distribution by name, or dependencies of the project."""
    found = [operation for operation in models.operations(step) if operation.kind == "install"]
    for operation in found:
        local = any(package.local or UNKNOWN in package.name for package in operation.packages)
        of_system = operation.manager.kind == "distribution" and operation.packages and not local
        if not of_system and not operation.project:
            return None
    return found[0] if found else None


def _is_apart(copied: Footprint, step: Step, install: Operation) -> bool:
    """Whether a RUN needs nothing of what is copied, and runs none of the programs among it."""
    if install.project:
        cwd = install.command.cwd
        built = copied.step.origin is not None and _is_output(copied.destination)
        return built and cwd is not None and cwd.startswith("/") and copied.destination.startswith(f"{cwd}/")
    if not is_apart(copied, step):
        return False
    if copied.is_of_application:
        return True
    names = _program_names(copied)
    commands = step.script.commands if step.script is not None else ()
    return names is not None and not any(base_name(unwrap(command).name or "") in names for command in commands)


def _is_output(path: str) -> bool:
    """Whether it is, by its name, a directory that compilers and bundlers write."""
    return posixpath.basename(path) in OUTPUTS


def _program_names(copied: Footprint) -> set[str] | None:
    """The names under which a COPY puts programs where the shell finds them; None where it does other things."""
    place = _PROGRAMS.fullmatch(copied.step.destination or "")
    copy = copied.step.instruction
    if place is None or not isinstance(copy, ast.FileInstruction) or copied.step.origin is None:
        return None
    if place[1]:
        return {place[1]}
    names = {posixpath.basename(copied.step.resolve(source.word.value).pattern) for source in copy.sources}
    return None if any(not name or set("*?[" + UNKNOWN) & set(name) for name in names) else names
