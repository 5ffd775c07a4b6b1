"""COPYs that `--link` would keep in the cache when what they are copied onto changes.

With it the files are copied onto nothing and laid over what is there (BuildKit's MergeOp): the layer does not depend on
the steps above. Directories of that layer replace those of the image in all but their content, and what stands below
depends on both all the same; so it counts where nothing but metadata and other such COPYs follow.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.build.dockerignore import inside
from fairlead.build.model import Stage, Step
from fairlead.shell import base_name, is_posix_like, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.build.context import Context

# links in the images of the distributions, which a directory of the layer would replace
_SYMBOLIC = re.compile(r"/(?:bin|sbin|lib|lib32|lib64|libx32|var/run|var/lock|usr/tmp|usr/lib64|dev|proc|sys)(?:/|$)")
# directories that are not root's, or not everybody's to read, in most images
_OF_THEIR_OWN = re.compile(r"/(?:tmp|var/tmp|root|home|run|var/cache|var/lib|var/log|var/www|opt/app-root)(?:/|$)")
_NUMERIC = re.compile(r"\d+(?::\d+)?")
_CHANGES_DIRECTORIES = frozenset(("chown", "chmod", "chgrp", "install", "useradd", "adduser", "setfacl", "usermod"))


def linkable_copies(stage: Stage, context: Context | None) -> Iterator[Step]:
    """The COPYs and ADDs at the end of a stage for which `--link` would count and change nothing in the image."""
    if not stage.needed or stage.root.image is None or not is_posix_like(stage.end.shell.dialect):
        return
    for at in range(len(stage.steps) - 1, -1, -1):
        step = stage.steps[at]
        if isinstance(step.instruction, ast.FileInstruction):
            above = list(stage.all_steps())
            above = above[: above.index(step)]
            if not step.stands_alone and _may_link(step, above, context):
                yield step
        elif isinstance(step.instruction, ast.Run | ast.Workdir | ast.Volume):
            return


def _may_link(step: Step, above: list[Step], context: Context | None) -> bool:
    copy = step.instruction
    if not isinstance(copy, ast.FileInstruction) or step.destination is None or step.trigger is not None:
        return False
    owner = step.resolve(copy.chown.value or "").text if copy.chown is not None else "0"
    if copy.chmod is not None or owner is None or not _NUMERIC.fullmatch(owner):
        return False
    if isinstance(copy, ast.Add) and copy.unpack is not False and not copy.checksum:
        # an archive is unpacked into what is there
        return False
    destination = step.destination
    into = _is_into(step, copy, context)
    if into is None or destination == "/":
        return False
    directory = destination.rstrip("/") if into else posixpath.dirname(destination)
    if _SYMBOLIC.match(destination) or _OF_THEIR_OWN.match(f"{directory}/"):
        return False
    return not any(_touches(other, directory or "/", destination) for other in above)


def _is_into(step: Step, copy: ast.FileInstruction, context: Context | None) -> bool | None:
    """Whether files go into the destination; None where only the image knows.

    A file that is copied to the name of a directory goes into it where there is one; with `--link` it would replace it.
    """
    destination = step.destination or ""
    if destination.endswith("/") or len(copy.sources) > 1:
        return True
    source = step.resolve(copy.sources[0].word.value).text
    if source is None or copy.sources[0].heredoc is not None:
        return None
    found = context.lookup(inside(source)) if context is not None and step.origin is None else None
    if found is not None and found[1].kind == "directory":
        return True
    name, target = posixpath.basename(source.rstrip("/")), posixpath.basename(destination)
    extension = posixpath.splitext(target)[1]
    same = name == target or (extension != "" and extension == posixpath.splitext(name)[1])
    return False if same else None


def _touches(step: Step, directory: str, destination: str) -> bool:
    """Whether a step above makes a link of a directory that the COPY writes into, or gives it an owner or a mode."""
    if isinstance(step.instruction, ast.Workdir):
        path = step.path(step.instruction.rest.text)
        own = (step.user or "root").partition(":")[0] not in ("root", "0")
        return own and (path is None or _is_on_the_way(path, directory))
    if isinstance(step.instruction, ast.FileInstruction):
        changes = step.instruction.chown is not None or step.instruction.chmod is not None
        return changes and (step.destination is None or _is_on_the_way(step.destination, directory))
    if not isinstance(step.instruction, ast.Run):
        return False
    script = step.script
    if script is None or not is_posix_like(script.dialect):
        return True
    for command in script.commands:
        invocation = unwrap(command)
        name = base_name(invocation.name or "")
        makes_link = name == "ln" or (name == "mkdir" and any(word.text.startswith("-m") for word in invocation.args))
        if not makes_link and name not in _CHANGES_DIRECTORIES:
            continue
        for word in invocation.args:
            text = word.pattern
            if not text.startswith("/") and command.cwd is not None and not text.startswith("-"):
                text = posixpath.normpath(posixpath.join(command.cwd, text))
            met = _is_on_the_way(text, directory) or text.rstrip("/") == destination.rstrip("/")
            if text.startswith("/") and met:
                return True
    return False


def _is_on_the_way(path: str, directory: str) -> bool:
    """Whether a path is a directory or one above it; the root, which is everybody's, is not."""
    path = path.rstrip("/")
    return bool(path) and f"{directory.rstrip('/')}/".startswith(f"{path}/")
