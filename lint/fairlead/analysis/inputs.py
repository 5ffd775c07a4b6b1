"""What a build takes from outside, each input with its place and its grade."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fairlead.analysis.downloads import RemoteScript, UnverifiedDownload, remote_scripts, unverified
from fairlead.analysis.evaluation import never_runs
from fairlead.analysis.grades import Input
from fairlead.analysis.repository import Repository
from fairlead.build.image import ImageReference
from fairlead.build.model import Origin, Stage, Step
from fairlead.knowledge.programs import FETCHING, FETCHING_PACKAGES
from fairlead.shell import Command, base_name
from fairlead.syntax import ast

if TYPE_CHECKING:
    from pathlib import Path

    from fairlead.analysis.models import Models

_SOURCE_LABEL = "org.opencontainers.image.source"


@dataclass(eq=False)
class Image:
    """An image that the build takes.

    Attributes:
        origin: the image with its place.
        step: the COPY or RUN that takes it; None for a FROM.
        argument: the ARG pair that holds its name, where a variable does.
        stage: the stage that takes it.
    """

    origin: Origin
    step: Step | None
    argument: ast.Pair | None
    stage: Stage


class InputModel:
    """Answers about inputs; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    @cached_property
    def repository(self) -> Repository:
        """The repository that the Dockerfile is in."""
        return Repository(self._models.build.dockerfile.source.path)

    @cached_property
    def address(self) -> str:
        """Where the Dockerfile says that its source is: `org.opencontainers.image.source`; "" where it does not."""
        for stage in self._models.build.stages:
            for step in stage.steps:
                if isinstance(step.instruction, ast.Label):
                    for pair in step.instruction.pairs:
                        if pair.key == _SOURCE_LABEL:
                            return step.resolve(pair.value or "").text or ""
        return ""

    def is_own(self, image: ImageReference) -> bool:
        """Whether an image is of the same owner as the repository, or the repository builds it."""
        repository = self.repository
        return repository.owns(image, self.address) or repository.makes(image)

    def is_own_source(self, address: str) -> bool:
        """Whether what a build fetches is of the owner of the Dockerfile's repository, but not from this one.

        So it is for a URL of the owner's files: `https://host/owner/other/raw/main/tool.tgz`.

        Args:
            address: its address, as it is written.
        """
        return self.repository.is_of_owner(address, self.address)

    def is_own_repository(self, address: str) -> bool:
        """Whether a repository that a build clones is the one that the Dockerfile is in.

        Args:
            address: its address, as it is written.
        """
        return self.repository.is_itself(address, self.address)

    def is_namesake(self, address: str) -> bool:
        """Whether a repository that a build clones is what this one is a fork or the packaging of, by its name.

        Args:
            address: its address, as it is written.
        """
        return self.repository.is_namesake(address, self.address)

    def is_idle(self, found: Input) -> bool:
        """Whether a build takes an input only where it is given other arguments, or other values of them."""
        if found.step is None:
            return False
        command = found.step.command_at(found.token)
        return command is not None and never_runs(command, found.step.scope.declared)

    def project_names(self) -> tuple[str, ...]:
        """What the project is called: the owner and the name of its repository, as far as they are known."""
        return self.repository.names(self.address)

    def is_made_beside(self, name: str) -> bool:
        """Whether a directory of the repository, near the build context, is named as an image is: it makes it.

        Args:
            name: the image, whose last component counts.
        """
        context = self._models.context
        root = context.root if context is not None else None
        if root is None:
            return False
        last = name.rpartition("/")[2]
        # `tool-server` may lie in `tool/server`
        # and `owner/tool` in `owner-tool`
        places = [
            last,
            name.replace("/", "-"),
            *(f"{last[:at]}/{last[at + 1 :]}" for at, letter in enumerate(last) if letter == "-" and at),
        ]
        near: list[Path] = []
        for directory in (root.absolute(), *root.absolute().parents[:4]):
            near.append(directory)
            if (directory / ".git").exists():
                return any((found / place).is_dir() for found in near for place in places)
        return False

    def fetches_only(self, stage: Stage) -> bool:
        """Whether a stage only fetches and unpacks files that others copy: they are the same whatever image does it."""
        runs = [step for step in stage.steps if isinstance(step.instruction, ast.Run)]
        consumers = self._models.build.consumers(stage)
        if stage.ships or not consumers or any(taken.kind == "from" for taken in consumers):
            return False
        if any(step.script is None for step in runs):
            return False
        names = [base_name(command.name or "?") for step in runs for command in self._beside_installs(step)]
        # a stage that installs and does nothing else is there for what it installs
        return bool(names) and FETCHING.issuperset(names)

    def _beside_installs(self, step: Step) -> list[Command]:
        """The commands of a RUN but those that install what it takes to fetch."""
        commands = step.script.commands if step.script is not None else ()
        installs = {
            id(operation.command)
            for operation in self._models.operations(step)
            if operation.manager.kind == "distribution"
            and all(package.name in FETCHING_PACKAGES for package in operation.packages)
        }
        return [command for command in commands if id(command) not in installs]

    def images(self) -> Iterator[Image]:
        """The images that needed stages are built from or copy from."""
        build = self._models.build
        arguments = {pair.key: pair for argument in build.global_args for pair in argument.pairs}
        for stage in build.stages:
            if not stage.needed:
                continue
            if stage.origin.image is not None:
                word = stage.instruction.image.value
                named = [pair for name, pair in arguments.items() if re.search(rf"\$\{{?{re.escape(name)}\b", word)]
                yield Image(stage.origin, None, named[0] if named else None, stage)
            for step in stage.steps:
                for origin in step.origins:
                    if origin.image is not None:
                        yield Image(origin, step, None, stage)

    def all(self, *, unneeded: bool = False) -> tuple[Input, ...]:
        """Every input, in the order of the file.

        Args:
            unneeded: those of stages that the target does not need as well.
        """
        return tuple(found for found in self._all if unneeded or found.needed)

    def of(self, step: Step) -> tuple[Input, ...]:
        """The inputs of a step."""
        return tuple(found for found in self._all if found.step is step)

    def scripts(self) -> tuple[str, ...]:
        """The files of the context that RUNs of needed stages call: what these fetch is not among the inputs."""
        from fairlead.analysis.called_scripts import called_scripts

        return called_scripts(self._models)

    @cached_property
    def _all(self) -> tuple[Input, ...]:
        # imported when they are asked for: a run of rules that ask for images alone needs none of it
        from fairlead.analysis.every_input import every_input

        return every_input(self._models)

    def remote_scripts(self, step: Step) -> Iterator[RemoteScript]:
        """Downloads of a RUN that go straight into an interpreter."""
        return remote_scripts(self._models, step)

    def unverified(self, step: Step) -> Iterator[UnverifiedDownload]:
        """Programs and archives that a step fetches and that nothing verifies."""
        return unverified(self._models, step)
