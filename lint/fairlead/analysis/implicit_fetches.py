"""Builds that fetch the dependencies of a project by themselves, since nothing above them has.

Sources: `go help build`; https://learn.microsoft.com/dotnet/core/tools/dotnet-publish ("Implicit restore");
https://maven.apache.org/plugins/maven-dependency-plugin/go-offline-mojo.html.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fairlead.analysis.cache import EarlyInstall
from fairlead.analysis.packages import Operation
from fairlead.build.model import Step
from fairlead.shell import base_name
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context

_GO = ("build", "test", "run", "install", "vet")
_MAVEN = frozenset(("compile", "test", "package", "verify", "install", "deploy"))
_DOTNET = ("build", "publish", "test", "pack")
# other files of the project that Maven reads before it fetches anything
_POM_NEEDS = re.compile(r"<modules>|<systemPath>|<relativePath>\s*[^<\s]|file:|<packaging>\s*pom\b")
_PROJECT_NEEDS = re.compile(r"<ProjectReference\b|<Import\s+Project=|<Sdk\s+Name=|<Project\s+Sdk=\"[^\"]*/")
# files that have to be there as well
_SETTINGS = ("-s", "--settings", "-gs", "--global-settings")
_RUNTIME = ("-r", "--runtime")


@dataclass(frozen=True)
class ImplicitFetch:
    """A build that fetches what it needs.

    Attributes:
        operation: the call.
        command: what fetches the same alone.
        place: the directory of the project, from the one where the call runs.
    """

    operation: Operation
    command: str
    place: str = "."

    def reads(self, path: str) -> bool:
        """Whether the program reads a file that the package manager may read."""
        return posixpath.basename(path) != "mvnw" or "mvnw" in self.command


def implicit_fetch(models: Models, step: Step) -> ImplicitFetch | None:
    """The first build of a RUN that fetches the dependencies, since nothing has before and no cache keeps them."""
    if not isinstance(step.instruction, ast.Run) or any(mount.type == "cache" for mount in step.mounts):
        return None
    for operation in models.operations(step):
        ask = _ASKED.get(operation.manager.name)
        if ask is not None:
            found = ask(operation) if not operation.command.conditional else None
            return found if found is not None and not _called_before(models, operation) else None
    return None


def may_go_ahead(context: Context | None, early: EarlyInstall) -> bool:
    """Whether the files by which such a build fetches are known, and enough to fetch all with them alone."""
    if context is None:
        return False
    manager = early.install.manager
    if manager.name == "go":
        return early.has_lockfile and not context.is_there("vendor/modules.txt")
    if early.is_workspace or early.is_local:
        return False
    projects = [path for path in early.manifests if fnmatchcase(posixpath.basename(path), manager.manifests[0])]
    if len(projects) != 1 or not context.is_there(projects[0]):
        return False
    text = context.text(projects[0])
    needs = _POM_NEEDS if manager.name == "maven" else _PROJECT_NEEDS
    if text is None or needs.search(text) is not None or (manager.name == "dotnet" and "<PackageReference" not in text):
        return False
    return not _inherits(context, projects[0], manager.manifests)


def _inherits(context: Context, project: str, manifests: tuple[str, ...]) -> bool:
    """Whether a directory above a project has a file that it goes by as well."""
    directory = posixpath.dirname(project)
    while directory:
        directory = posixpath.dirname(directory)
        names = context.names(directory)
        if any(fnmatchcase(name, pattern) for name in names for pattern in manifests if not pattern.endswith("/")):
            return True
    return False


def _called_before(models: Models, operation: Operation) -> bool:
    """Whether a call of the same program above it may have fetched something already."""
    step = operation.step
    before = (other for other in step.stage.all_steps() if other is not step and other.line < step.line)
    calls = (op for other in before for op in models.operations(other) if op.manager is operation.manager)
    return any("@" not in call.command.token.text for call in calls)


def _go(operation: Operation) -> ImplicitFetch | None:
    text = operation.command.token.text
    fetches = operation.subcommand in _GO and "@" not in text
    vendored = "-mod" in text or "GOFLAGS" in operation.env
    return ImplicitFetch(operation, "go mod download") if fetches and not vendored else None


def _maven(operation: Operation) -> ImplicitFetch | None:
    words = {word.value for word in operation.command.args}
    if not words & _MAVEN or words & {"-o", "--offline", "-f", "--file", "-pl", "-N", *_SETTINGS}:
        return None
    name = operation.invocation.name or "mvn"
    program = name if base_name(name) == "mvnw" else "mvn"
    return ImplicitFetch(operation, f"{program} dependency:go-offline")


def _dotnet(operation: Operation) -> ImplicitFetch | None:
    if operation.subcommand not in _DOTNET or operation.options.has("--no-restore", "--no-build"):
        return None
    args = operation.command.args
    words = [word.value for word in args]
    if None in words:
        # it may name a project
        return None
    given = [word for word in words[1:] if word and not word.startswith("-")]
    projects = [word for word in given if re.search(r"\.(?:cs|fs|vb)proj$", word)]
    # the place of a solution, or a directory
    first = words[1] if len(words) > 1 else None
    if any(re.search(r"\.slnx?$", word) for word in given) or (not projects and first and not first.startswith("-")):
        return None
    runtime = next((word for at, word in enumerate(given) if words[words.index(word) - 1] in _RUNTIME), None)
    restore = " ".join(("dotnet restore", *(posixpath.basename(one) for one in projects[:1])))
    place = posixpath.dirname(projects[0]) or "." if projects else "."
    return ImplicitFetch(operation, f"{restore} -r {runtime}" if runtime else restore, place)


_ASKED = {"go": _go, "maven": _maven, "dotnet": _dotnet}
