"""Whether the final image is there to run an application, or for people who develop, test and build with it."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from fairlead.knowledge.development import (
    COMPOSE_FILES,
    DEVELOPMENT_START,
    NOTEBOOKS,
    WORK_DIRECTORIES,
    is_development_environment,
)
from fairlead.knowledge.startup import is_for_development

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


def is_for_work(models: Models) -> bool:
    """Whether the final image is for work on a project rather than its use, as far as its names and its start tell.

    The names are those of the Dockerfile, of the two directories above it, and of the stages that the image is made
    of; the start counts with the scripts that it runs, as far as their text is known. An image with notebooks is one to
    try things in.
    """
    target, startup = models.build.target, models.startup
    if target is None or startup.workplace or startup.development:
        return True
    path = models.build.dockerfile.source.path.replace("\\", "/")
    above = "" if path.startswith("/") else posixpath.basename(posixpath.dirname(posixpath.dirname(path)))
    if WORK_DIRECTORIES.fullmatch(above) or any(is_for_development("", stage.name) for stage in target.lineage()):
        return True
    # an ARG counts here too: what the build installs follows it
    if is_development_environment(target.end.scope.values):
        return True
    if any(
        NOTEBOOKS.fullmatch(package.name)
        for step in target.all_steps()
        for operation in models.operations(step)
        for package in operation.packages
    ):
        return True
    return startup.started is not None and startup.started.mentions(DEVELOPMENT_START)


def is_worked_over(models: Models) -> bool:
    """Whether a Compose file of the context lays the project over the working directory of the final image.

    People then work on the project in it, whatever else it is for: by a bind mount, or by `develop: watch:`.
    """
    target, context = models.build.target, models.context
    directory = target.end.workdir if target is not None else None
    if context is None or directory in (None, "/"):
        return False
    place = re.escape(directory.rstrip("/")) if directory is not None else ""
    over = re.compile(
        rf"^\s*-\s*[\"']?\.[^\s:]*:{place}/?(?::[\w,]+)?[\"']?\s*$|^\s*(?:-\s*)?target:\s*[\"']?{place}/?[\"']?\s*$",
        re.MULTILINE,
    )
    texts = (context.text(name) for name in COMPOSE_FILES)
    return any(text is not None and over.search(text) for text in texts)
