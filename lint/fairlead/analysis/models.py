"""What rules ask: the build and the models over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from fairlead.analysis.cache import CacheModel
from fairlead.analysis.context_use import ContextModel
from fairlead.analysis.effects import Download, Removal, Write, downloads, removals, writes
from fairlead.analysis.inputs import InputModel
from fairlead.analysis.layers import LayerModel
from fairlead.analysis.packages import Operation, operations
from fairlead.analysis.remotes import RemoteModel
from fairlead.analysis.startup import StartupModel
from fairlead.analysis.surplus import SurplusModel
from fairlead.analysis.volumes import VolumeModel
from fairlead.build.model import Build, Step
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.commits import ContextCommits
    from fairlead.analysis.prediction import Prediction
    from fairlead.analysis.purpose import PurposeModel
    from fairlead.build.context import Context


class Models:
    """A build and the models over it, each computed when it is first asked for, and once.

    Args:
        build: the build model.
        open_context: gives the build context, None where it is not known.
        named: named contexts that the command line of the build gives: `ImageReference.context_name` to a directory,
            `docker-image://REFERENCE` or a URL.
    """

    def __init__(
        self,
        build: Build,
        open_context: Callable[[], Context | None] | None = None,
        named: Mapping[str, str] | None = None,
    ) -> None:
        self.build = build
        self.named = named or {}
        self._open_context = open_context
        self._operations: dict[Step, tuple[Operation, ...]] = {}
        self._removals: dict[Step, tuple[Removal, ...]] = {}
        self._writes: dict[Step, tuple[Write, ...]] = {}
        self._downloads: dict[Step, tuple[Download, ...]] = {}

    def operations(self, step: Step) -> tuple[Operation, ...]:
        """What the package managers of a RUN do."""
        if step not in self._operations:
            self._operations[step] = operations(step) if _is_run(step) else ()
        return self._operations[step]

    def removals(self, step: Step) -> tuple[Removal, ...]:
        """What a RUN deletes."""
        if step not in self._removals:
            self._removals[step] = removals(step, self.operations(step)) if _is_run(step) else ()
        return self._removals[step]

    def writes(self, step: Step) -> tuple[Write, ...]:
        """What a RUN writes, as far as its commands say so."""
        if step not in self._writes:
            self._writes[step] = writes(step, self.downloads(step)) if _is_run(step) else ()
        return self._writes[step]

    def downloads(self, step: Step) -> tuple[Download, ...]:
        """What a RUN downloads."""
        if step not in self._downloads:
            self._downloads[step] = downloads(step) if _is_run(step) else ()
        return self._downloads[step]

    @cached_property
    def context(self) -> Context | None:
        """The build context; None where it is not known."""
        return self._open_context() if self._open_context is not None else None

    @cached_property
    def commits(self) -> ContextCommits | None:
        """What the last commits changed of the build context; None where there is no history that says anything.

        It takes three calls of git, so it is for who has something to say already.
        """
        if self.context is None or self.context.root is None:
            return None
        from fairlead.analysis.commits import context_commits

        return context_commits(self.context)

    @cached_property
    def cache(self) -> CacheModel:
        """Which steps a change rebuilds."""
        return CacheModel(self)

    @cached_property
    def layers(self) -> LayerModel:
        """What each layer adds and what a later layer makes dead weight."""
        return LayerModel(self)

    @cached_property
    def prediction(self) -> Prediction:
        """The layers that the build will make, with every file that is known."""
        from fairlead.analysis.prediction import Prediction

        return Prediction(self)

    @cached_property
    def inputs(self) -> InputModel:
        """What the build takes from outside."""
        return InputModel(self)

    @cached_property
    def remotes(self) -> RemoteModel:
        """What an ADD takes from the network."""
        return RemoteModel(self)

    @cached_property
    def startup(self) -> StartupModel:
        """What a container runs when it starts."""
        return StartupModel(self)

    @cached_property
    def purpose(self) -> PurposeModel:
        """What the final image is for: an application, or people who develop, test and build with it."""
        from fairlead.analysis.purpose import PurposeModel

        return PurposeModel(self)

    @cached_property
    def volumes(self) -> VolumeModel:
        """Which directories are volumes, and what is written where none is."""
        return VolumeModel(self)

    @cached_property
    def context_use(self) -> ContextModel:
        """What the build takes of its context."""
        return ContextModel(self)

    @cached_property
    def surplus(self) -> SurplusModel:
        """What ships though no container needs it."""
        return SurplusModel(self)


def _is_run(step: Step) -> bool:
    """Whether a step runs in the build: the commands of a CMD, an ENTRYPOINT or a HEALTHCHECK do not."""
    return isinstance(step.instruction, ast.Run)
