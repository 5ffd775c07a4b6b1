"""Which files of a context a client sends, where links stand on the way to what a build copies.

A client sends what the COPYs, ADDs and bind mounts name, with the links on the way worked out: normally all that they
take. A link that two of them go through is worked out for the first alone, so that the second finds less than there is.

Source: tonistiigi/fsutil's followlinks.go and filter.go, and BuildKit's dockerfile2llb (`normalizeContextPaths`).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace

from fairlead.build.context import Context, Entry, PartialTree, has_wildcard
from fairlead.build.dockerignore import DockerIgnore, DockerIgnoreError
from fairlead.build.gomatch import BadPattern, match


def sent(context: Context, sources: Iterable[str]) -> Context:
    """The context as it arrives; the same where no link changes that.

    Args:
        context: the files that the client has.
        sources: the paths and patterns that the build's instructions name, after expansion.
    """
    follower = _Follower(context)
    try:
        for source in sorted({posixpath.normpath("/" + source).lstrip("/") for source in sources}):
            if not source:
                return context
            follower.add(source)
        if not follower.links or "" in follower.resolved:
            return context
        wanted = DockerIgnore.of_copy(_without_inner(sorted(follower.resolved)))
        paths = [path for path, entry in context.walk() if _is_leaf(context, path, entry) and wanted.leaves_out(path)]
    except (BadPattern, DockerIgnoreError, RecursionError):
        # the builder says so and stops
        return context
    return replace(context, tree=PartialTree(context.tree, paths))


def _is_leaf(context: Context, path: str, entry: Entry) -> bool:
    return entry.kind != "directory" or not context.names(path)


def _without_inner(paths: list[str]) -> list[str]:
    """Sorted paths without those right behind one that they are below of."""
    found: list[str] = []
    for path in paths:
        if not (found and path.startswith(f"{found[-1]}/")):
            found.append(path)
    return found


class _Follower:
    """Works out the links on the way to paths.

    Attributes:
        resolved: the paths to send, links among them.
        links: whether there was a link.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.resolved: set[str] = set()
        self.links = False

    def add(self, path: str) -> None:
        """Work out a path relative to the context."""
        current = ""
        rest = path
        while True:
            name, _, rest = rest.partition("/")
            current = f"{current}/{name}" if current else name
            targets = self._targets(current)
            if not rest or targets:
                if current in self.resolved:
                    return
                self.resolved.add(current)
            for target in targets:
                self.links = True
                self.add(posixpath.normpath(f"/{target}/{rest}").lstrip("/"))
            if targets or not rest:
                return

    def _targets(self, path: str) -> list[str]:
        """Where a link leads, or the links that a pattern matches; none for what is no link."""
        directory, name = posixpath.split(path)
        if not has_wildcard(name.replace("\\*", "").replace("\\?", "").replace("\\[", "")):
            return self._target(path)
        names = self._context.names(directory)
        return [found for one in names if match(name, one) for found in self._target(posixpath.join(directory, one))]

    def _target(self, path: str) -> list[str]:
        try:
            entry = self._context.tree.entry(path) if path else None
        except OSError:
            return []
        if entry is None or entry.kind != "link":
            return []
        return [posixpath.normpath(posixpath.join("/", posixpath.dirname(path), entry.target))]
