"""`fairlead layers`: what each layer of an image holds, and what of it is dead weight."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.analysis.contents import Layer
from fairlead.analysis.prediction import predict
from fairlead.analysis.sizes import readable_bytes
from fairlead.build.builder import UnknownTarget, build
from fairlead.build.context import directory_context
from fairlead.build.dockerignore import DockerIgnoreError
from fairlead.build.model import Build
from fairlead.cli.build_input import (
    directories,
    in_words,
    named_contexts,
    places,
    read_dockerfile,
    replaced_stages,
    root_of,
)
from fairlead.cli.terminal import Problem, print_errors, print_report, write_page
from fairlead.reading import RunError
from fairlead.report import layers as report
from fairlead.report.sizes import figure_words

_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(%|[kmgt]?i?b?)", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True)
class Limit:
    """How much dead weight is allowed.

    Attributes:
        text: as written.
        bytes: so many bytes; None for a share.
        share: so much of the image, 1 for all of it.
    """

    text: str
    bytes: int | None = None
    share: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read `10MB`, `10MiB`, `5%` or a number of bytes.

        Raises:
            ValueError: it is none of these.
        """
        match = _LIMIT.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r}: expected bytes such as 10MB or 10MiB, or a share such as 5%")
        number, unit = float(match[1]), match[2].lower()
        if unit == "%":
            return cls(text, share=number / 100)
        power = _POWERS[unit.rstrip("b").rstrip("i")]
        return cls(text, bytes=round(number * (1024 if "i" in unit else 1000) ** power))

    def allowed(self, total: int) -> float:
        """The bytes that an image of so many bytes may waste."""
        return self.share * total if self.bytes is None else self.bytes


@dataclass(frozen=True)
class LayersOptions:
    """What the command line of `fairlead layers` says.

    Attributes:
        dockerfile: the file; None with an image alone.
        image: a built image, a file or a directory.
        platform: which image of several, such as `linux/arm64`.
        context: the build context; None for the directory that fits the file.
        named: named contexts, name to a directory or `docker-image://REFERENCE`.
        build_args: build arguments.
        target: the stage that is built.
        tree: how many of the biggest paths to show; 0 for none.
        html: where to write the page.
        max_waste: the dead weight from which on the run fails.
        output_format: `text` or `json`.
        color: `auto`, `always` or `never`.
    """

    dockerfile: str | None = None
    image: str | None = None
    platform: str | None = None
    context: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    tree: int = 0
    html: str | None = None
    max_waste: Limit | None = None
    output_format: str = "text"
    color: str = "auto"


def layers(options: LayersOptions) -> int:
    """Answer, print, and give the exit status."""
    try:
        found = _answer(options)
        if options.html is not None:
            from fairlead.report.layers_page import page

            write_page(options.html, page(found))
        print_report(
            options.output_format,
            options.color,
            lambda: report.document(found),
            lambda width: report.render(found, paths=options.tree, width=width),
            found.notes,
        )
    except Problem as problem:
        print_errors([RunError(str(problem))])
        return 2
    return _status(found, options.max_waste)


def _status(found: report.Layers, limit: Limit | None) -> int:
    """1 for more dead weight than is allowed."""
    if limit is None:
        return 0
    weight = found.weight
    if weight.dead.bytes > limit.allowed(weight.total.bytes):
        of = f" of {figure_words(weight.total)}" if limit.bytes is None else ""
        print_errors((), [f"the dead weight is {figure_words(weight.dead)}{of}, more than --max-waste {limit.text}"])
        return 1
    if weight.dead.unknown or weight.total.unknown:
        print_errors((), [f"--max-waste {limit.text} is held by what is known; not all is"])
    return 0


def _answer(options: LayersOptions) -> report.Layers:
    predicted: Sequence[Layer] = ()
    base, notes = "", list[str]()
    model = None
    if options.dockerfile is not None:
        model, predicted, notes = _predicted(options, options.dockerfile)
        base = _base(model)
    if options.image is None:
        return report.Layers(predicted, options.dockerfile or "", base=base, notes=tuple(notes))
    measured, more = _measured(options.image, options.platform, model)
    estimates: Sequence[Layer | None] = ()
    if model is not None:
        estimates, missing = _beside(measured, predicted)
        notes += missing
    return report.Layers(
        measured, options.dockerfile or "", image=options.image, estimates=estimates, notes=(*notes, *more)
    )


def _predicted(options: LayersOptions, dockerfile: str) -> tuple[Build, Sequence[Layer], list[str]]:
    root, path = places(dockerfile, options.context, options.named)
    syntax = read_dockerfile(dockerfile)
    try:
        contexts = named_contexts(options.named)
        model = build(syntax, options.build_args, options.target, contexts)
        notes = replaced_stages(model, contexts)
        if options.context is None:
            root, taken = root_of(model, root)
            notes += taken
        context = directory_context(root, path)
        found = predict(model, context, directories(contexts))
    except (DockerIgnoreError, OSError, UnknownTarget) as error:
        raise Problem(in_words(error)) from None
    notes += [f"{path}: can't be read: {why}" for path, why in sorted(context.problems.items())]
    return model, found, notes


def _base(model: Build) -> str:
    """The image that the target is built on, "" for none."""
    if model.target is None or model.target.root.kind == "scratch":
        return ""
    return model.target.root.resolved.text or model.target.root.token.text


def _measured(image: str, platform: str | None, model: Build | None) -> tuple[Sequence[Layer], tuple[str, ...]]:
    """The layers of a built image, joined to the instructions of its Dockerfile, and what is odd about it."""
    from fairlead.analysis.image_history import join
    from fairlead.analysis.measured import ImageError, measure

    try:
        found = measure(Path(image), platform)
    except ImageError as error:
        raise Problem(f"{error}{_expected(image, str(error))}") from None
    except OSError as error:
        raise Problem(f"{image}: can't be read: {error.strerror or error}") from None
    return found.layers if model is None else join(found.layers, model), found.notes


def _expected(image: str, error: str) -> str:
    """What an image has to be, for a file that is nothing of the kind."""
    if not error.endswith("is not a tar archive"):
        return ""
    text = ": expected an image as `docker save` writes it, or an OCI layout, as a tar archive or a directory"
    with Path(image).open("rb") as file:
        starts_a_build = re.search(rb"^\s*FROM\s", file.read(65_536), re.MULTILINE | re.IGNORECASE)
    return f"{text}; it looks like a Dockerfile: name it without --image" if starts_a_build else text


def _beside(measured: Sequence[Layer], predicted: Sequence[Layer]) -> tuple[list[Layer | None], list[str]]:
    """For each layer of an image the one that was predicted for its instruction, and which of these found none."""
    waiting: dict[tuple[int | None, str], list[Layer]] = defaultdict(list)
    for layer in predicted:
        waiting[layer.line, layer.stage].append(layer)
    found: list[Layer | None] = []
    for layer in measured:
        guesses = waiting.get((layer.line, layer.stage)) if layer.line is not None else None
        found.append(guesses.pop(0) if guesses else None)
    left = [layer for layers_ in waiting.values() for layer in layers_ if layer.bytes]
    return found, [
        f"line {layer.line}: {readable_bytes(layer.bytes or 0)} predicted, "
        "but the image has no layer of this instruction"
        for layer in left
    ]
