"""Whether the final image is there to run an application, or for people who develop, test and build with it.

One answer does not serve every question. Leftovers are of no weight in an image that nobody deploys, so names that say
so must be plain (`for_developers`); what a container does when it starts is a developer's choice where an environment
says development, too (`development`); and where an image is told that it ships what only a build needs, anything that
hints at work in it counts (`for_work`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fairlead.analysis.startup import operands
from fairlead.knowledge.base_images import DISTRIBUTIONS, is_rolling, toolchain
from fairlead.knowledge.development import COMPOSE_FILES, DEVELOPMENT_START, is_development_environment
from fairlead.knowledge.files import is_code, is_small
from fairlead.knowledge.purpose import (
    FOR_BUILDERS,
    NOTEBOOK_USER,
    NOTEBOOKS,
    RUNS_LANGUAGE,
    SYSTEM_TREE,
    WORKPLACES,
    is_beside_product,
    is_build_environment,
    is_example,
    is_for_development,
    is_for_people,
    is_for_production,
    is_of_newest,
    is_set_aside,
    is_to_work_in,
    is_work_name,
    is_workshop,
    names_examples,
)
from fairlead.knowledge.repositories import is_rebuilt_daily
from fairlead.knowledge.startup import BUILD_SCRIPT, FOR_PEOPLE, REPLS, WORKBENCH, is_development_command
from fairlead.shell import unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.model import Stage, Step


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
        """Whether the file or a stage is named for development, tests or builds, or what it holds or starts is.

        Of the directories those of tests, of examples and of the code of others count, `.devcontainer` and `.github`;
        not those for builds, since `build/Dockerfile` makes what is deployed, too. The stages and the image that it is
        built on count where they are for development.
        """
        return (
            any(map(is_to_work_in, (self._name, self._stage)))
            or self._is_made_for_development
            or ".devcontainer" in self._above[:1]
            or ".github" in self._above
            or is_set_aside(self._name)
            or any(map(is_for_development, self._below_top[:1]))
            or is_beside_product(self._models.inputs.repository.path)
            or self.is_example
            or any(map(is_workshop, self._models.inputs.project_names()[-1:]))
            or self._is_workplace
            or self._is_workbench
            or self._is_to_build_in
        )

    @cached_property
    def development(self) -> bool:
        """Whether the image is for developers or tests by the names of file and stage, by ENV or what it starts."""
        # a container action of a workflow is built and started once for each job
        named = any(map(is_for_development, self._names)) or ".github" in self._above
        return named or self._is_set_for_development or self._starts_development

    @cached_property
    def for_work(self) -> bool:
        """Whether the image is for work on a project rather than its use, as far as its names and its start tell.

        The names are those of the Dockerfile, of the two directories above it, and of the stages that the image is made
        of; the start counts with the scripts that it runs, as far as their text is known. An image with notebooks is
        one to try things in.
        """
        target = self._models.build.target
        if target is None or self.for_developers or self.development:
            return True
        if any(map(is_to_work_in, self._names)) or any(map(is_work_name, self._above[1:2])):
            return True
        # an ARG counts here too: what the build installs follows it
        if is_development_environment(target.end.scope.values):
            return True
        started = self._models.startup.started
        return started is not None and started.mentions(DEVELOPMENT_START)

    @cached_property
    def worked_over(self) -> bool:
        """Whether a Compose file of the context lays the project over the working directory of the image.

        People then work on the project in it, whatever else it is for: by a bind mount, or by `develop: watch:`.
        """
        target, context = self._models.build.target, self._models.context
        directory = target.end.workdir if target is not None else None
        if context is None or directory is None or directory == "/":
            return False
        texts = (context.text(name) for name in COMPOSE_FILES)
        return any(text is not None and _is_laid_over(text, directory) for text in texts)

    @cached_property
    def is_example(self) -> bool:
        """Whether the Dockerfile is named for examples, or its repository is, or it is below a directory of them."""
        inputs = self._models.inputs
        named = (*inputs.project_names()[-1:], self._name)
        words = (word for name in named for word in re.split(r"[-_.]", name))
        return is_example(inputs.repository.path) or any(map(names_examples, words))

    @cached_property
    def is_aside(self) -> bool:
        """Whether it is below a directory of tests, examples, code of others, or of what is used no more."""
        return self.is_example or is_beside_product(self._models.inputs.repository.path)

    @cached_property
    def wraps(self) -> frozenset[str]:
        """The names that the program has of which the image is, where nothing of the project goes into it.

        They are what the image starts and what its file and directory are named for, in lower case: whoever builds an
        image of nothing but a program, mostly wants its newest version.
        """
        target, started = self._models.build.target, self._models.startup.started
        if target is None or self._holds_code:
            return frozenset()
        named = [self._name.lower().removeprefix("dockerfile").removesuffix("dockerfile"), *self._above[:1]]
        words = [re.sub(r"^docker[-_]|[-_]docker$", "", name.strip("._-").lower()) for name in named]
        return frozenset((*words, started.program.strip().lower() if started is not None else "")) - {""}

    def wants_newest(self, stage: Stage) -> bool:
        """Whether the newest is what a stage is for, or may be: developers and tests have it, or it is made each day.

        Directories of tests, test data and code of others count from the top of the repository on.

        Args:
            stage: any stage of the file.
        """
        inputs = self._models.inputs
        path = inputs.repository.path
        image = stage.root.image
        if is_of_newest(path) or is_beside_product(path):
            return True
        if image is not None and (
            is_rebuilt_daily(image.name) or is_rolling(image.name) or image.tag in ("edge", "rawhide", "rolling", "sid")
        ):
            return True
        if any(map(is_for_development, (*path.split("/")[-2:], stage.name))):
            return True
        target = stage is self._models.build.target
        if target and (self._is_workplace or self._is_tried_out or self.development):
            return True
        consumers = self._models.build.consumers(stage)
        if consumers and all(taken.kind != "from" and is_for_development(taken.stage.name) for taken in consumers):
            return True
        return any(is_workshop(name) for name in (*inputs.project_names()[-1:], *path.split("/")[-2:]))

    @cached_property
    def _below_top(self) -> list[str]:
        """The directories of the repository that the file is in, the innermost first."""
        return self._models.inputs.repository.path.replace("\\", "/").split("/")[-2::-1]

    @property
    def _names(self) -> tuple[str, ...]:
        return self._name, *self._above[:1], self._stage

    @cached_property
    def _is_workplace(self) -> bool:
        """Whether what the image holds and starts is there for someone who works on the project in it."""
        return (
            self._starts_development or self._is_equipped or self._has_twin_for_production or self._is_filled_by_compose
        )

    @cached_property
    def _has_twin_for_production(self) -> bool:
        """Whether a Dockerfile beside it is for production, and none for development."""
        if self._name.lower() != "dockerfile":
            return False
        directory = Path(self._models.build.dockerfile.source.path).parent
        try:
            beside = [file.name for file in directory.iterdir() if "dockerfile" in file.name.lower()]
        except OSError:
            return False
        return any(map(is_for_production, beside)) and not any(map(is_for_development, beside))

    @cached_property
    def _is_equipped(self) -> bool:
        target = self._models.build.target
        image = target.root.image if target is not None else None
        if image is not None and WORKPLACES.fullmatch(image.short_name):
            return True
        for step in target.all_steps() if target is not None else ():
            if isinstance(step.instruction, ast.Run) and step.script is not None:
                for command in step.script.commands:
                    run = unwrap(command)
                    words = [word.value for word in run.args if word.value is not None]
                    if not command.conditional and is_for_people(run.name, words):
                        return True
        return False

    @cached_property
    def _holds_code(self) -> bool:
        target = self._models.build.target
        return target is not None and _holds_code(target)

    @cached_property
    def _is_filled_by_compose(self) -> bool:
        """Whether the image runs a language and holds no code, and a Compose file lays the project into it."""
        target = self._models.build.target
        image = target.root.image if target is not None else None
        if target is None or image is None or RUNS_LANGUAGE.fullmatch(image.short_name) is None:
            return False
        directory = target.end.workdir
        if directory is None or self._holds_code:
            return False
        places = [directory, *map(str, PurePosixPath(directory).parents)]
        return any(_is_laid_over(service, place) for service in self._services() for place in places if place != "/")

    @cached_property
    def _is_to_build_in(self) -> bool:
        """Whether the image is there to compile in, and neither holds nor starts anything of the project."""
        target, startup = self._models.build.target, self._models.startup
        image = target.root.image if target is not None else None
        if target is None or image is None or any(startup.processes) or self._holds_code:
            return False
        named = (*self._above[:1], posixpath.basename(image.repository))
        if toolchain(image.short_name, image.tag) is not None or any(map(is_build_environment, named)):
            return True
        return image.short_name in DISTRIBUTIONS and any(map(FOR_BUILDERS.fullmatch, self._packages()))

    def _packages(self) -> Iterator[str]:
        target = self._models.build.target
        for step in target.all_steps() if target is not None else ():
            for operation in self._models.operations(step):
                yield from (package.name for package in operation.packages)

    def _services(self) -> Iterator[str]:
        from fairlead.analysis.declared_context import services

        repository = self._models.inputs.repository
        file = Path(self._models.build.dockerfile.source.path).absolute()
        above = list(file.parents)
        top = above.index(repository.top) if repository.top is not None else 0
        return services(file, above[: top + 1])

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
        """Whether the image starts what someone types into, or a program to build and test with."""
        started = self._models.startup.started
        if self._is_tried_out:
            return True
        return started is not None and (
            started.program in WORKBENCH or any(map(BUILD_SCRIPT.fullmatch, started.words[:2]))
        )

    @cached_property
    def _is_tried_out(self) -> bool:
        """Whether people try things in the image: it starts nothing but a shell, an editor or SSH, or has notebooks."""
        started = self._models.startup.started
        if started is not None:
            first = started.commands[0] if started.commands else None
            alone = first is not None and len(started.commands) == 1 and not operands(first)
            if started.program in FOR_PEOPLE or (started.program in REPLS and alone):
                return True
        target = self._models.build.target
        steps = list(target.all_steps()) if target is not None else []
        idle = self._models.startup.idle()
        exposes = any(isinstance(step.instruction, ast.Expose) for step in steps)
        if idle is not None and not idle.service and not exposes:
            # `sleep infinity`: the programs are started by hand
            return True
        if any(NOTEBOOK_USER.search(step.instruction.token.text) for step in steps):
            return True
        return any(map(NOTEBOOKS.fullmatch, self._packages()))


def _is_laid_over(text: str, directory: str) -> bool:
    """Whether a part of a Compose file mounts, or keeps in step, a directory of the project at one of the image."""
    place = re.escape(directory.rstrip("/"))
    over = (
        rf"^\s*-\s*[\"']?[.$][^\s:]*:{place}/?(?::[\w,]+)?[\"']?\s*$|^\s*(?:-\s*)?target:\s*[\"']?{place}/?[\"']?\s*$"
    )
    return re.search(over, text, re.MULTILINE) is not None


def _holds_code(stage: Stage, seen: set[int] | None = None) -> bool:
    """Whether more of the project than settings goes into a stage: a directory, a program, a stage that has it."""
    seen = seen if seen is not None else set()
    if id(stage) in seen:
        return False
    seen.add(id(stage))
    for step in stage.all_steps():
        origins = [origin.stage for origin in step.origins if origin.stage is not None]
        bound = any(mount.type == "bind" and mount.origin is None for mount in step.mounts)
        if bound or _takes_code(step) or any(_holds_code(origin, seen) for origin in origins):
            return True
    return False


def _takes_code(step: Step) -> bool:
    """Whether a COPY or an ADD takes more than settings from the build context."""
    if not isinstance(step.instruction, ast.FileInstruction) or step.origin is not None:
        return False
    names = [step.resolve(source.word.value).pattern for source in step.instruction.sources if source.heredoc is None]
    if names and all(map(SYSTEM_TREE.fullmatch, names)):
        return False
    return any("://" not in name and (not is_small(name) or is_code(name)) for name in names)
