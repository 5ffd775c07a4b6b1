"""What the last commits changed of a build context: enough to say how often a step would have been built again.

The log alone is read, no file of any commit. So a commit counts for a step when it changes a file that the step takes
as the Dockerfile and the .dockerignore stand now; that an earlier state may come back, which the builder would find in
its cache, is left out of account. `history.py` is the exact answer, at the cost of building each commit in thought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fairlead.analysis.context_root import is_part
from fairlead.build.context import Context, membership
from fairlead.build.git import GitError, Repository
from fairlead.build.model import Step
from fairlead.build.remote import parse_remote
from fairlead.syntax import ast

COMMITS = 50
"""The number of commits that are looked at, of those that touch the build context."""

# of a repository of which the context is only a part, so that enough of them touch it
_LOGGED = 200
_ENOUGH = 10
_SECONDS = 1.0

Takes = Callable[[str], bool]


@dataclass(frozen=True)
class ContextCommits:
    """The last commits that touch a build context.

    Attributes:
        changed: the files that each of them changes, relative to the context, those left out of it not among them.
    """

    changed: tuple[frozenset[str], ...]

    def __len__(self) -> int:
        return len(self.changed)

    def count(self, takes: Takes) -> int:
        """The number of commits that change a file for which `takes` holds."""
        return sum(any(map(takes, paths)) for paths in self.changed)


def context_commits(context: Context) -> ContextCommits | None:
    """The last commits that touch a context; None where it lies in no repository, or has too few to say anything."""
    if context.root is None or (not context.ignore.patterns and is_part(context.root)):
        # the directory above is more likely the context, and its commits are others
        return None
    root = context.root.absolute()
    top = next((directory for directory in (root, *root.parents) if (directory / ".git").exists()), None)
    return _read(context, root, top) if top is not None else None


def _read(context: Context, root: Path, top: Path) -> ContextCommits | None:
    try:
        repository = Repository(top, is_top=True)
        prefix = repository.relative(root)
        commits = repository.changed_paths(_LOGGED if prefix else COMMITS, seconds=_SECONDS)
    except GitError:
        return None
    skip = len(prefix) + 1 if prefix else 0
    inside = [[path[skip:] for path in paths if not prefix or path.startswith(f"{prefix}/")] for paths in commits]
    touching = [paths for paths in inside if paths][:COMMITS]
    found = tuple(frozenset(path for path in paths if not context.ignore.ignores(path)) for paths in touching)
    return ContextCommits(found) if len(found) >= _ENOUGH else None


def takes(steps: Iterable[Step]) -> Takes | None:
    """Whether steps take a file of the build context, by COPY, ADD or a bind mount; None where that isn't known."""
    members: list[Callable[[str], str | None]] = []
    for step in steps:
        instruction = step.instruction
        if isinstance(instruction, ast.FileInstruction) and step.origin is None:
            exclude = [step.resolve(pattern).text for pattern in instruction.exclude]
            parents = isinstance(instruction, ast.Copy) and instruction.parents
            for source in instruction.sources:
                text = step.resolve(source.word.value).text
                if source.heredoc is not None or (text is not None and parse_remote(text) is not None):
                    continue
                if text is None or None in exclude:
                    return None
                members.append(membership(text, exclude=[text for text in exclude if text], parents=parents))
        for mount in step.mounts:
            if mount.type == "bind" and mount.origin is None:
                text = step.resolve(mount.syntax.source or "/").text
                if text is None:
                    return None
                members.append(membership(text, wildcards=False))
    return lambda path: any(name_of(path) is not None for name_of in members)


def behind(steps: Iterable[Step]) -> list[Step]:
    """Steps with all those of other stages that their files are made by, each once."""
    found: dict[Step, None] = {}
    waiting = list(steps)
    while waiting:
        step = waiting.pop()
        if step not in found:
            found[step] = None
            origins = (step.origin, *(mount.origin for mount in step.mounts))
            waiting.extend(
                other for origin in origins if origin is not None and origin.stage for other in origin.stage.all_steps()
            )
    return list(found)
