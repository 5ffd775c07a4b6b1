"""Whether the final image is there to run an application, or for people who develop, test and build with it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from fairlead.knowledge.development import DEVELOPMENT_START, DEVELOPMENT_VALUES, ENVIRONMENT_NAMES, NOTEBOOKS
from fairlead.knowledge.startup import is_for_development

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


def is_for_work(models: Models) -> bool:
    """Whether the final image is for work on a project rather than its use, as far as names, variables and its start tell.

    The names are those of the Dockerfile, of the two directories above it, and of the stages that the final image is made
    of; the start counts with the scripts that it runs, as far as their text is known. An image with notebooks is one to try
    things in.
    """
    target, startup = models.build.target, models.startup
    if target is None or startup.workplace or startup.development:
        return True
    path = models.build.dockerfile.source.path.replace("\\", "/")
    directory = "" if path.startswith("/") else posixpath.dirname(path)
    if is_for_development(directory) or any(is_for_development("", stage.name) for stage in target.lineage()):
        return True
    values = target.end.scope.values
    if any(DEVELOPMENT_VALUES.fullmatch(values.get(name) or "") for name in ENVIRONMENT_NAMES):
        return True
    if any(
        NOTEBOOKS.fullmatch(package.name)
        for step in target.all_steps()
        for operation in models.operations(step)
        for package in operation.packages
    ):
        return True
    return startup.started is not None and startup.started.mentions(DEVELOPMENT_START)
