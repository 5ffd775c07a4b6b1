"""Documentation that package managers install along with programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.packages import Operation
from fairlead.build.model import Step
from fairlead.knowledge.base_images import is_debian
from fairlead.knowledge.documentation import DELETED, DOCUMENTED, NO_DOCUMENTATION, installs_documentation
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


def documentation_left(models: Models) -> Iterator[Operation]:
    """The first install of each RUN of the final image that brings manual pages and documents along."""
    target = models.build.target
    image = target.root.image if target is not None else None
    if image is None:
        return
    debian = is_debian(image.short_name, image.tag)
    for step in models.layers.shipped_steps():
        if _configures(step):
            return
        if not isinstance(step.instruction, ast.Run) or DELETED.search(step.instruction.token.text):
            continue
        for operation in models.operations(step):
            name = operation.manager.name
            packages = [package for package in operation.packages if not package.local]
            if operation.kind != "install" or name not in DOCUMENTED or not packages:
                continue
            if installs_documentation(name, image.short_name, image.tag, is_debian=debian) and not _leaves_out(
                operation
            ):
                yield operation
                break


def _leaves_out(operation: Operation) -> bool:
    settings = operation.options.values("--setopt")
    return operation.options.has("--nodocs", "--excludedocs") or any("nodocs" in setting for setting in settings)


def _configures(step: Step) -> bool:
    instruction = step.instruction
    if isinstance(instruction, ast.FileInstruction):
        return step.destination is not None and re.match(r"/etc/(?:dpkg|dnf|yum)", step.destination) is not None
    return isinstance(instruction, ast.Run) and NO_DOCUMENTATION.search(instruction.token.text) is not None
