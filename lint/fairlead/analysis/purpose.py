"""Whether the final image is there to run an application, or for people who develop, test and build with it.

One answer does not serve every question. Leftovers are of no weight in an image that nobody deploys, so names that say
so must be plain (`for_developers`); what a container does when it starts is a developer's choice where an environment
says development, too (`development`); and where an image is told that it ships what only a build needs, anything that
hints at work in it counts (`for_work`).
"""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING

from fairlead.analysis.startup import operands
from fairlead.knowledge.development import COMPOSE_FILES, DEVELOPMENT_START, is_development_environment
from fairlead.knowledge.purpose import (
    NOTEBOOKS,
    is_beside_product,
    is_example,
    is_for_development,
    is_to_work_in,
    is_work_name,
    is_workshop,
)
from fairlead.knowledge.repositories import is_rebuilt_daily
from fairlead.knowledge.startup import REPLS, WORKBENCH, is_development_command

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.model import Stage


class PurposeModel:
    """Answers about what an image is for; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models
        *above, name = models.build.dockerfile.source.path.replace("\\", "/").split("/")
        self._above = above[::-1]
        self._name = name
        target = models.build.target
        self._stage = target.name if target is not None else ""

    @cached_property
    def for_developers(self) -> bool:
        """Whether the file or a stage is named for development, tests or builds, or the start is a developer's.

        Of the directories only `.devcontainer` and `.github` count: `build/Dockerfile` and `ci/Dockerfile` make what is
        deployed, too. The stages and the image that it is built on count where they are for development.
        """
        return (
            any(map(is_to_work_in, (self._name, self._stage)))
            or self._is_made_for_development
            or ".devcontainer" in self._above[:1]
            or ".github" in self._above
            or self._starts_development
        )

    @cached_property
    def development(self) -> bool:
        """Whether the image is for developers or tests by the names of file and stage, by ENV or what it starts."""
        return any(map(is_for_development, self._names)) or self._is_set_for_development or self._starts_development

    @cached_property
    def for_work(self) -> bool:
        """Whether the image is for work on a project rather than its use, as far as its names and its start tell.

        The names are those of the Dockerfile, of the two directories above it, and of the stages that the image is made
        of; the start counts with the scripts that it runs, as far as their text is known. An image with notebooks is
        one to try things in.
        """
        target = self._models.build.target
        if target is None or self.development or any(map(is_to_work_in, self._names)) or self._is_workbench:
            return True
        if any(map(is_work_name, self._above[1:2])):
            return True
        # an ARG counts here too: what the build installs follows it
        if self._is_made_for_development or is_development_environment(target.end.scope.values):
            return True
        started = self._models.startup.started
        return self._has_notebooks or (started is not None and started.mentions(DEVELOPMENT_START))

    @cached_property
    def worked_over(self) -> bool:
        """Whether a Compose file of the context lays the project over the working directory of the image.

        People then work on the project in it, whatever else it is for: by a bind mount, or by `develop: watch:`.
        """
        target, context = self._models.build.target, self._models.context
        directory = target.end.workdir if target is not None else None
        if context is None or directory in (None, "/"):
            return False
        place = re.escape(directory.rstrip("/")) if directory is not None else ""
        over = re.compile(
            rf"^\s*-\s*[\"']?\.[^\s:]*:{place}/?(?::[\w,]+)?[\"']?\s*$|"
            rf"^\s*(?:-\s*)?target:\s*[\"']?{place}/?[\"']?\s*$",
            re.MULTILINE,
        )
        texts = (context.text(name) for name in COMPOSE_FILES)
        return any(text is not None and over.search(text) for text in texts)

    @cached_property
    def is_example(self) -> bool:
        """Whether the Dockerfile is below a directory of examples."""
        return is_example(self._models.inputs.repository.path)

    def wants_newest(self, stage: Stage) -> bool:
        """Whether the newest is what a stage is for, or may be: developers and tests have it, or it is made each day.

        Directories of tests, test data and code of others count from the top of the repository on.

        Args:
            stage: any stage of the file.
        """
        inputs = self._models.inputs
        path = inputs.repository.path
        image = stage.root.image
        if "nightly" in path.lower() or (image is not None and is_rebuilt_daily(image.name)) or is_beside_product(path):
            return True
        if any(map(is_for_development, (*path.split("/")[-2:], stage.name))):
            return True
        consumers = self._models.build.consumers(stage)
        if consumers and all(taken.kind != "from" and is_for_development(taken.stage.name) for taken in consumers):
            return True
        return any(is_workshop(name) for name in (*inputs.project_names(), *path.split("/")[-2:]))

    @property
    def _names(self) -> tuple[str, ...]:
        return self._name, *self._above[:1], self._stage

    @cached_property
    def _is_made_for_development(self) -> bool:
        target = self._models.build.target
        stages = list(target.lineage()) if target is not None else []
        image = stages[-1].root.image if stages else None
        # `rocm/dev-ubuntu` is what others are compiled on, `company/develop` what they are developed in
        base = image is not None and is_work_name(posixpath.basename(image.repository))
        return base or any(is_for_development(stage.name) for stage in stages)

    @cached_property
    def _is_set_for_development(self) -> bool:
        startup = self._models.startup
        step = startup.processes[0] or startup.processes[1]
        return step is not None and is_development_environment(startup.values(step))

    @cached_property
    def _starts_development(self) -> bool:
        # a script that starts one or the other is for both
        texts = (
            " ".join(word.pattern for word in at.command.words)
            for at in self._models.startup.commands
            if not at.command.conditional
        )
        return any(map(is_development_command, texts))

    @cached_property
    def _is_workbench(self) -> bool:
        started = self._models.startup.started
        if started is None:
            return False
        first = started.commands[0] if started.commands else None
        alone = first is not None and len(started.commands) == 1 and not operands(first)
        return (started.program in REPLS and alone) or started.program in WORKBENCH

    @cached_property
    def _has_notebooks(self) -> bool:
        target = self._models.build.target
        return any(
            NOTEBOOKS.fullmatch(package.name)
            for step in (target.all_steps() if target is not None else ())
            for operation in self._models.operations(step)
            for package in operation.packages
        )
