"""Packages that an install leaves to be the newest ones, and whether a new release of them is likely to matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.evaluation import never_runs
from fairlead.analysis.packages import Operation, Package
from fairlead.knowledge.releases import FRONT_ENDS, follows_others, is_assistant, is_settled
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

# tools that every image of the language brings, and that people bring up to date on purpose
_TOOLING = frozenset(("pip", "setuptools", "wheel", "build", "conda", "mamba", "conda-libmamba-solver", "pip-tools"))
# the same, but a new major version may ask for a newer Node.js than the image has; `yarn` on npm stays at version 1
_UPDATED = frozenset(("npm", "yarn", "corepack"))
# words of a command that misses its `&&`: `npm install -g add turbo`, `pip install --upgrade pip pip install flask`
_STRAY = frozenset(("add", "install"))
_OF_TORCH = frozenset(("torchaudio", "torchtext", "torchvision"))
_PYTHON_2 = re.compile(r"python-pip|py2-pip|python-dev|python2(?:\.7)?(?:-pip|-dev)?")


@dataclass
class OpenPackages:
    """What one package manager installs in a step without a version.

    Attributes:
        operation: the first command that does.
        packages: the packages of all its commands in the step, in their order.
        again: the same packages of other steps.
        newest: whether the newest is wanted, or may be.
        harmless: whether hardly any new release of one of them can change what the build does.
    """

    operation: Operation
    packages: list[Package]
    again: list[Token]
    newest: bool
    harmless: bool

    @property
    def token(self) -> Token:
        """The words that name them."""
        return _token(self.packages)


def open_packages(models: Models) -> Iterator[OpenPackages]:
    """The installs without versions of the stages that are built."""
    found: dict[tuple[str, bool, bool, frozenset[str]], OpenPackages] = {}
    for step in models.build.runs():
        if step.is_offline:
            continue
        groups: dict[tuple[str, bool], tuple[Operation, list[Package]]] = {}
        for operation in models.operations(step) if step.stage.needed else ():
            packages = [package for package in operation.packages if _is_open(operation, package)]
            if any(package.name.lower() in ("torch", "pytorch") and package.pinned for package in operation.packages):
                # each release of theirs asks for one release of torch
                packages = [package for package in packages if package.name.lower() not in _OF_TORCH]
            if packages and not operation.locked and not _is_constrained(operation):
                key = operation.manager.name, _is_update(operation)
                groups.setdefault(key, (operation, []))[1].extend(packages)
        for (manager, update), (operation, packages) in groups.items():
            others = [p for p in packages if p.name.lower() not in _UPDATED and not follows_others(p.name)]
            to_work = any(is_assistant(package.name) for package in packages)
            newest = update or not others or to_work or models.purpose.wants_newest(step.stage)
            shown = others or packages
            harmless = all(_is_harmless(models, operation, package) for package in shown)
            harmless = harmless or never_runs(operation.command, step.scope.declared) or _is_python_2(models, operation)
            names = frozenset(package.name for package in shown)
            first = found.get((manager, newest, harmless, names))
            if first is not None:
                first.again.append(_token(shown))
            else:
                found[manager, newest, harmless, names] = OpenPackages(operation, shown, [], newest, harmless)
    yield from found.values()


def _token(packages: list[Package]) -> Token:
    return Token.joined([word.token for word in dict.fromkeys(package.word for package in packages)])


def _is_open(operation: Operation, package: Package) -> bool:
    if operation.subcommand == "pip sync":
        # its operands are requirement files
        return False
    if package.pinned or package.local or package.remote or not package.name:
        return False
    if package.name.startswith("-"):
        # `gem install gpgme -- --use-system-libraries`
        return False
    if operation.manager.name == "go":
        if _is_before_modules(operation):
            return False
        # without a version `go install` takes the one that go.mod says
        return "@" in package.word.pattern or (
            operation.subcommand == "get" and not _has_own_version(operation, package)
        )
    stray = operation.manager.kind == "language" and package.name in _STRAY
    return package.name.lower() not in _TOOLING and not stray


def _is_update(operation: Operation) -> bool:
    """Whether the newest is asked for by name: `conda update`, `gem update`."""
    return operation.manager.kind == "language" and operation.subcommand in ("update", "upgrade")


def _is_constrained(operation: Operation) -> bool:
    """Whether a file says which versions may come; the `-c` of conda names a channel."""
    return operation.manager.name != "conda" and operation.options.has("-c", "--constraint")


def _is_harmless(models: Models, operation: Operation, package: Package) -> bool:
    """Whether hardly any new release of a package can change what the build does."""
    if is_settled(operation.manager.name, package.name):
        return True
    # whoever packages a program of their own knows what its newest version is
    own = {*map(str.lower, models.inputs.project_names()[-1:]), *models.purpose.wraps}
    if not own.isdisjoint(_programs(package.name.lower())):
        return True
    if package.name != "pnpm":
        # what a front end installs is a matter of the lockfile, which most of them keep to in any version
        return package.name in FRONT_ENDS or _is_command(operation)
    # RUN if [ -f yarn.lock ]; then ...; elif [ -f pnpm-lock.yaml ]; then npm install -g pnpm && ...
    conditions = [guard.command for guard in operation.command.guards if guard.succeeds]
    if any(condition is not None and " -f " in condition.token.text for condition in conditions):
        return True
    manifest = models.context.text("package.json") if models.context is not None else None
    return re.search(r'"packageManager"\s*:\s*"pnpm@', manifest or "") is not None


def _programs(name: str) -> set[str]:
    """What the programs of a package are called: `github.com/cloudflare/cfssl/cmd/...` is for cfssl."""
    module, _, _ = re.sub(r"/v\d+(?=/|$)", "", name).partition("/cmd/")
    return {name.rpartition("/")[2], module.rpartition("/")[2]}


def _is_command(operation: Operation) -> bool:
    """Whether what is installed is a command for the whole system, not a part of a program.

    Most of these stand at the edge of what is built or run, and people want their newest version.
    """
    invocation = operation.invocation
    words = [word.value for word in invocation.args[:2]]
    return operation.options.has("-g", "--global") or invocation.name == "pipx" or "global" in words


def _is_before_modules(operation: Operation) -> bool:
    """Whether Go is older than 1.11, whose `go get` takes no version."""
    image = operation.step.stage.root.image
    tag = image.tag if image is not None and image.short_name == "golang" else ""
    return re.match(r"1\.(?:10|\d)(?!\d)", tag) is not None


def _is_python_2(models: Models, operation: Operation) -> bool:
    """Whether packages are for Python 2, of which there are no new versions any more."""
    if operation.manager.name != "pip":
        return False
    image = operation.step.stage.root.image
    tag = image.tag if image is not None and image.short_name == "python" else ""
    if re.match(r"2(?:\.7)?(?![\d.]*\d)", tag) or re.search(r"pip2|python2", operation.token.text):
        return True
    # the pip of Debian and Alpine that has no 3 in its name
    names = {p.name for step in operation.step.stage.all_steps() for at in models.operations(step) for p in at.packages}
    return not re.search(r"pip3|python3", operation.token.text) and any(map(_PYTHON_2.fullmatch, names))


def _has_own_version(operation: Operation, package: Package) -> bool:
    """Whether `go get` leaves the version to what a COPY or a `git checkout` put in its place in GOPATH."""
    place = f"/src/{package.name}/"
    for step in operation.step.stage.all_steps():
        if isinstance(step.instruction, ast.FileInstruction) and step.destination is not None:
            if f"{step.destination}/".endswith(place):
                return True
        elif step.script is not None and any(
            f"{command.cwd}/".endswith(place) and re.match(r"git (?:checkout|reset|switch)\b", command.token.text)
            for command in step.script.commands
        ):
            return True
    return False
