"""What the final image holds that nothing needs, as data; `image_content` finds it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Literal

from fairlead.analysis.sizes import Size
from fairlead.build.model import Stage, Step
from fairlead.knowledge.files import MODEL_ENDINGS, is_small_download
from fairlead.syntax.source import Token


@dataclass(eq=False)
class KeptArchive:
    """An archive or package file that is unpacked or installed and stays in the image.

    Attributes:
        path: absolute.
        unpacked: the command that unpacks it.
        step: the step that brought it.
        token: the words that brought it.
        source: how; `remote` for an ADD from the network.
        same_layer: whether it is brought and unpacked in one step.
        size: its own.
    """

    path: str
    unpacked: Token
    step: Step
    token: Token
    source: Literal["copy", "remote", "download"]
    same_layer: bool
    size: Size

    @property
    def is_small(self) -> bool:
        """Whether it is too small to matter, by its size or, where that is not known, by its name."""
        return self.size.is_small or (self.size.known is None and is_small_download(self.path))


@dataclass(eq=False)
class KeptRepository:
    """The `.git` of a clone, or of a project that was copied, that is in the image.

    Attributes:
        path: of the `.git`, absolute.
        step: the step that put it into the image.
        token: the words.
        source: how it got there; `stage` for a COPY from another stage, `move` for a clone that another step moved.
        shallow: the clone has little history.
        size: of all that is in it.
        needs_history: whether the step goes to another commit after the clone.
    """

    path: str
    step: Step
    token: Token
    source: Literal["clone", "move", "context", "stage"]
    shallow: bool
    size: Size
    needs_history: bool = False


@dataclass(eq=False)
class Noise:
    """What a COPY of a directory takes that is there for developers only.

    Attributes:
        step: the COPY or ADD.
        token: the source.
        parts: directories of the build context with the bytes that are copied of them, the largest first.
        patterns: lines for a .dockerignore that leave them out, in the same order.
    """

    step: Step
    token: Token
    parts: tuple[tuple[str, int], ...]
    patterns: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Of all of them."""
        return sum(size for _, size in self.parts)


@dataclass(eq=False)
class LargeFile:
    """A large file of the build context that is in the image.

    Attributes:
        step: the COPY or ADD.
        token: the source that takes it.
        path: in the image, absolute.
        source: in the build context.
        bytes: its size.
        along: the source is the whole context, and the file comes along; else its name or its directory is named.
    """

    step: Step
    token: Token
    path: str
    source: str
    bytes: int
    along: bool

    @property
    def is_model(self) -> bool:
        """Whether it is by its name a trained model, so that the program hardly does without it."""
        return posixpath.splitext(self.source)[1].lower() in MODEL_ENDINGS


@dataclass(eq=False)
class WholeStage:
    """A COPY from a stage of much more than the stage has made.

    Attributes:
        step: the COPY.
        token: the source.
        stage: the stage.
        path: what is copied of it, absolute.
        what: what comes along, in words.
        sources: the source files among it, 0 where that is not what it is about.
        size: of these.
        line: where these were brought into the stage, None where that is not what it is about.
    """

    step: Step
    token: Token
    stage: Stage
    path: str
    what: str
    sources: int = 0
    size: Size = field(default_factory=Size)
    line: int | None = None
