"""What the COPYs of a build take of the context that no build needs, and what of a .dockerignore does not do its work.

Patterns follow moby/patternmatcher: one without `**/` is matched from the root of the context on, whatever people know
from .gitignore, and the last pattern that matches counts.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.cache import plain_sources
from fairlead.analysis.context_root import is_part
from fairlead.analysis.packages import Operation
from fairlead.build.dockerignore import IgnorePattern, inside
from fairlead.build.model import Step
from fairlead.knowledge.secrets import is_secret_file
from fairlead.shell import unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context, Entry

_ENTRIES_LOOKED_AT = 3000
_JAVASCRIPT = frozenset(("npm", "yarn", "pnpm", "bun"))
# options that have an install work in another directory
_ELSEWHERE = ("-C", "--prefix", "--cwd", "--dir")
# what tools write beside the sources, and no build is meant to take
_WRITTEN_BY_TOOLS = ("node_modules", ".venv", "venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".tox", ".next")
_READS_GIT = re.compile(
    r"setuptools[_-]scm|versioneer|hatch-vcs|vcs_versioning|dunamai|git describe|git rev-parse|git[-_]?version"
    r"|GitVersion|buildnumber-maven|git-commit-id|\"git\"|\"vergen|\"git2?-version\"|\"shadow-rs\""
)
_BUILD_FILES = (
    "pyproject.toml", "setup.py", "setup.cfg", "package.json", "Makefile", "build.gradle", "pom.xml", "build.rs",
    "Cargo.toml", "Cargo.lock",
)  # fmt: skip
# programs that ask git by themselves, by a command or a library
_ASKS_GIT = re.compile(
    r"""\bgit["'\s,]+(?:-C \S+ )?(?:show|log|describe|rev-parse|rev-list)\b|\bgit-?rev-?(?:sync|ision)|"""
    r"exec\w*\(\s*[`\"']git\b|\b(?:simple-git|nodegit|git-describe|git-last-commit|git-commit-info|rugged|GitPython|go-git)\b",
    re.IGNORECASE,
)
_PROGRAMS = (
    ".js", ".cjs", ".mjs", ".ts", ".mts", ".py", ".rb", ".nim", ".rs", ".go", ".php", ".kt", ".kts", ".gradle", ".java",
    ".cmake", ".mk", ".exs", ".ex", ".targets", ".props", ".csproj",
)  # fmt: skip
# what people run on their own machines, and pipelines
_ASIDE = re.compile(
    r"(?:^|/)(?:scripts?|hack|tools?|ci|dev|docs?|examples?|tests?|__tests__|spec|e2e|node_modules|vendor|\..*?)/"
)
# what coding assistants bring along, which nobody installs anything for
_OF_ASSISTANTS = re.compile(r"\.(?:agents|claude|codex|cursor|gemini)/")
_BYTES_LOOKED_AT = 8_000_000


@dataclass(eq=False)
class WholeContext:
    """A COPY of the whole context without a .dockerignore.

    Attributes:
        step: the COPY or ADD.
        source: the word.
        taken: what comes along, by path, the same paths for every build of this project.
        expected: of these, what is not there yet, but will be where people install the project's dependencies.
        install_line: the line of the install in the same stage that this would replace, None for none.
    """

    step: Step
    source: ast.Word
    taken: tuple[str, ...]
    expected: tuple[str, ...]
    install_line: int | None = None


@dataclass(eq=False)
class UselessPattern:
    """A line of a .dockerignore that does not do what it is there for.

    Attributes:
        kind: `nested`: what it names lies deeper, too; `overridden`: a later line takes its exception back; `brought`:
            an exception brings back what tools write in its directory; `comment`: the comment behind it is part of the
            pattern; `git`: no line, the repository's history is sent.
        step: the COPY or ADD that takes what it lets through.
        source: the word.
        pattern: the line, None for `git`.
        path: a file or directory that it is about; for `nested` one that is let through.
        by: the line that overrides it.
    """

    kind: Literal["nested", "overridden", "brought", "comment", "git"]
    step: Step
    source: ast.Word
    pattern: IgnorePattern | None
    path: str
    by: IgnorePattern | None = None


@dataclass(eq=False)
class VolatileContext:
    """A COPY, ADD or bind mount of a directory that takes what changes without need.

    Attributes:
        step: it.
        source: the words that name the directory.
        rebuilt: the step that takes longest of those that are built again with it, itself included.
        written: paths that tools write there, that .gitignore names and that .dockerignore does not leave out.
        harmful: whether some of these take the place of what the build makes: build output, installed packages.
        unneeded: names at the top of the context that no step reads.
        commits: the number of the last commits that changed nothing but these of all that is taken, and of all of them.
        own: the path of the Dockerfile itself, where it is taken; "" else.
    """

    step: Step
    source: Token
    rebuilt: Step
    written: tuple[str, ...]
    harmful: bool
    unneeded: tuple[str, ...] = ()
    commits: tuple[int, int] | None = None
    own: str = ""


class ContextModel:
    """Answers about what is taken of the context; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._copies = tuple(self._directories())

    @property
    def ignore_name(self) -> str | None:
        """The name of the file that says what is left out; None where there is none."""
        context = self._models.context
        if context is None or not (context.ignore.patterns or context.is_there(context.ignore_name)):
            return None
        return context.ignore_name

    @property
    def ignore_place(self) -> str:
        """Where the file belongs that says what is left out, as seen from the Dockerfile."""
        root = self._models.context.root if self._models.context is not None else None
        if root is None:
            return ".dockerignore"
        place = posixpath.dirname(self._models.build.dockerfile.source.path)
        return os.path.relpath(root / ".dockerignore", place or ".")

    def whole_context(self) -> WholeContext | None:
        """The first COPY of the whole context, where no .dockerignore keeps from it what tools write there."""
        context = self._models.context
        if context is None or context.ignore.patterns or context.is_there(context.ignore_name):
            return None
        if context.root is not None and is_part(context.root):
            return None
        for step, source, path in self._copies:
            if path:
                continue
            taken = [name for name in (".git", *_WRITTEN_BY_TOOLS) if context.is_there(name)]
            if ".git" in taken and self._reads_git(context):
                taken.remove(".git")
            expected = []
            installs = self._installs(step) if context.is_there("package.json") else []
            above = [install.token.start.line for install in installs if _is_replaced(install, step)]
            if "node_modules" not in taken and installs:
                expected.append("node_modules")
            if taken or expected:
                return WholeContext(step, source, (*taken, *expected), tuple(expected), above[0] if above else None)
            return None
        return None

    def volatile(self) -> Iterator[VolatileContext]:
        """What takes files that change although no step needs them."""
        binds = any(mount.type == "bind" for step in self._models.build.runs() for mount in step.mounts)
        if not self._copies and not binds:
            return iter(())
        # most files need none of this, and its imports take as long as the check of one
        from fairlead.analysis.volatile import volatile_context

        return volatile_context(self._models)

    def useless_patterns(self) -> Iterator[UselessPattern]:
        """The lines of the .dockerignore that let through what they name, as far as a COPY takes it."""
        context = self._models.context
        if context is None or not context.ignore.patterns or not self._copies:
            return
        yield from self._sent_history(context)
        said: set[str] = set()
        for pattern in context.ignore.patterns:
            if re.fullmatch(r"\S+\s+#.*", pattern.text):
                found = self._commented(context, pattern)
            elif pattern.exception:
                yield from self._overridden(context, pattern)
                found = self._brought(context, pattern, said)
            else:
                found = self._nested(context, pattern, said)
            if found is not None:
                said.add(found.path)
                yield found

    def _sent_history(self, context: Context) -> Iterator[UselessPattern]:
        whole = next(((step, source) for step, source, path in self._copies if not path), None)
        sends_git = context.is_there(".git") and not context.ignore.ignores(".git/HEAD")
        if any(
            pattern.cleaned.startswith(".git/") or (pattern.exception and pattern.cleaned == ".git")
            for pattern in context.ignore.patterns
        ):
            # somebody wants it, or some of it
            return
        if whole is not None and sends_git and not self._reads_git(context):
            yield UselessPattern("git", *whole, None, ".git")

    def _commented(self, context: Context, pattern: IgnorePattern) -> UselessPattern | None:
        """A line with a comment behind it, where what it would name without is there."""
        path = inside(pattern.text.split()[0].removeprefix("!").rstrip("/"))
        copy = self._taking(path) if context.lookup(path) is not None else None
        return UselessPattern("comment", *copy, pattern, path) if copy is not None else None

    def _overridden(self, context: Context, pattern: IgnorePattern) -> Iterator[UselessPattern]:
        path = pattern.cleaned
        by = context.ignore.reason(path)
        last = by is not None and context.ignore.patterns.index(by) > context.ignore.patterns.index(pattern)
        if last and context.is_there(path):
            yield UselessPattern("overridden", *self._copies[0][:2], pattern, path, by)

    def _brought(self, context: Context, pattern: IgnorePattern, said: set[str]) -> UselessPattern | None:
        """What tools write in a directory that an exception brings back."""
        for file, shown in self._written_deeper.items():
            brought = shown != file and file.startswith(f"{pattern.cleaned}/") and not context.ignore.ignores(file)
            if brought and shown not in said and (copy := self._taking(file)):
                return UselessPattern("brought", *copy, pattern, shown)
        return None

    def _nested(self, context: Context, pattern: IgnorePattern, said: set[str]) -> UselessPattern | None:
        """What lies deeper and has a name that a line for the top gives."""
        name = pattern.cleaned
        if set("/*") >= set(name) or "/" in name or "**" in name or pattern.text.startswith("/"):
            # a slash in front says that the top is meant
            return None
        for path, shown, names in self._names_deeper:
            if any(map(pattern.test, names)) and not context.ignore.ignores(path) and (copy := self._taking(path)):
                return UselessPattern("nested", *copy, pattern, shown) if shown not in said else None
        return None

    @cached_property
    def _names_deeper(self) -> list[tuple[str, str, set[str]]]:
        return [
            (path, shown, {posixpath.basename(path), posixpath.basename(shown)})
            for path, shown in self._written_deeper.items()
        ]

    @cached_property
    def _written_deeper(self) -> dict[str, str]:
        context = self._models.context
        return _written_deeper(context) if context is not None else {}

    def _directories(self) -> Iterator[tuple[Step, ast.Word, str]]:
        """The COPYs of directories of the context, with the directory."""
        for step, copy, source, path in plain_sources(self._models.build):
            if copy.exclude or not step.stage.needed:
                continue
            context = self._models.context
            found = context.lookup(path) if context is not None and path else None
            if context is not None and (not path or (found is not None and found[1].kind == "directory")):
                yield step, source, path

    def _taking(self, path: str) -> tuple[Step, ast.Word] | None:
        for step, source, directory in self._copies:
            if not directory or path.startswith(directory + "/"):
                return step, source
        return None

    def _installs(self, copy: Step) -> list[Operation]:
        """The installs of a project's JavaScript dependencies in the stage of a COPY, and in those it is built from."""
        return [
            operation
            for step in copy.stage.all_steps()
            if isinstance(step.instruction, ast.Run)
            for operation in self._models.operations(step)
            if operation.project and operation.manager.name in _JAVASCRIPT
        ]

    def _reads_git(self, context: Context) -> bool:
        """Whether the history may be wanted: a command or a build file asks git for the version."""
        for step in self._models.build.steps():
            commands = step.script.commands if step.script is not None else ()
            if any(unwrap(command).name == "git" for command in commands):
                return True
            if isinstance(step.instruction, ast.Run) and ".git" in step.instruction.token.text:
                return True
        return any(_READS_GIT.search(context.text(name) or "") for name in _BUILD_FILES) or _a_program_asks_git(context)


def _a_program_asks_git(context: Context) -> bool:
    """Whether a program that is built or started from the sources asks git for the version."""
    left = _BYTES_LOOKED_AT
    for path in islice(_programs(context), _ENTRIES_LOOKED_AT):
        text = context.text(path) or ""
        left -= len(text)
        if any(not _is_comment(text, match.start()) for match in _ASKS_GIT.finditer(text)):
            return True
        if left < 0:
            break
    return False


def _is_comment(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at].lstrip()
    return line.startswith(("//", "#", "*", "/*"))


def _programs(context: Context) -> Iterator[str]:
    for path, entry in _outside_history(context):
        if entry.kind == "file" and path.endswith(_PROGRAMS) and _ASIDE.search(path) is None:
            yield path


def _outside_history(context: Context) -> Iterator[tuple[str, Entry]]:
    """What is in a context, but for `.git`, which comes first and is large."""
    for name in context.names(""):
        found = context.lookup(name) if name != ".git" else None
        if found is not None:
            yield found
            if found[1].kind == "directory":
                yield from context.walk(found[0])


def _is_replaced(install: Operation, copy: Step) -> bool:
    """Whether a COPY of the project below an install puts a node_modules where the install has put its own."""
    if install.step.line >= copy.line or copy.destination is None or install.options.has(*_ELSEWHERE):
        return False
    return install.command.cwd == (copy.destination.rstrip("/") or "/")


def _written_deeper(context: Context) -> dict[str, str]:
    """Files below the top that are there, or that tools write when the project is used, each with what to call it."""
    found: dict[str, str] = {}
    for path, entry in islice(_outside_history(context), _ENTRIES_LOOKED_AT):
        directory, _, name = path.rpartition("/")
        if not directory or entry.kind == "directory" or _OF_ASSISTANTS.match(path):
            continue
        written = re.search(r"/(?:node_modules|__pycache__)(?=/)", path)
        if written is not None:
            found[path] = path[: written.end()]
        elif name.endswith(".py"):
            found[f"{directory}/__pycache__/{name[:-3]}.cpython-313.pyc"] = f"{directory}/__pycache__"
        elif name == "package.json" and _is_installed(context, directory):
            found[f"{directory}/node_modules/.package-lock.json"] = f"{directory}/node_modules"
        elif (name == ".env" or is_secret_file(path)) and not _is_committed(context, path):
            found[path] = path
    return found


def _is_installed(context: Context, directory: str) -> bool:
    """Whether people install the dependencies of a package.json: it has some, or a lockfile beside it."""
    text = context.text(f"{directory}/package.json") or ""
    return re.search(r'"(?:dev)?[dD]ependencies"\s*:\s*\{\s*"', text) is not None or any(
        name in ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
        for name in context.names(directory)
    )


def _is_committed(context: Context, path: str) -> bool:
    """Whether a file is part of the repository, and so no secret of this machine: no .gitignore leaves it out."""
    top = context.root.absolute() if context.root is not None else None
    if top is None or not any((place / ".git").exists() for place in (top, *top.parents)):
        return False
    # its import takes time, and most projects have no such file
    from fairlead.analysis.volatile import GitIgnores

    return not GitIgnores(context, posixpath.dirname(path)).name(path)
