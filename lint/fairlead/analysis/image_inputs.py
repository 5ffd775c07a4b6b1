"""Inputs that are images: bases, images that COPY and mounts take from, the frontend, named contexts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fairlead.analysis.grades import Grade, Input, deciding_pair
from fairlead.analysis.source_inputs import is_repository
from fairlead.build.image import ImageReference, is_repository_name, parse_image_reference
from fairlead.build.model import Build, Origin, Stage, Step
from fairlead.knowledge.base_images import floating_tag
from fairlead.shell import UNKNOWN
from fairlead.syntax import ast

_VARIABLE = re.compile(r"\$\{?(\w+)")
_IMAGE_SCHEME = "docker-image://"


def image_inputs(build: Build, named: Mapping[str, str]) -> Iterator[Input]:
    """The images of a build.

    Args:
        build: the build.
        named: named contexts by `ImageReference.context_name`: what the command line of the build gives.
    """
    frontend = build.dockerfile.frontend
    if frontend is not None:
        reference = parse_image_reference(frontend.text)
        grade, why = grade_reference(reference)
        yield Input("frontend", frontend.text, grade, why, frontend, version=reference.tag, digest=reference.digest)
    for stage in build.stages:
        if stage.origin.kind in ("image", "unknown") and not stage.origin.stages:
            yield _base(build, stage, named)
        for step in stage.steps:
            for origin in step.origins:
                if origin.image is not None:
                    yield _named_or_image(stage, step, origin, named)


def grade_reference(reference: ImageReference) -> tuple[Grade, str]:
    """How firmly a reference names an image, and why."""
    if reference.digest:
        return "immutable", "a digest"
    if not reference.tag:
        return "floating", "no tag, so it is latest"
    if floating_tag(reference.short_name, reference.tag):
        return "floating", f"the tag {reference.tag} names no version"
    return "versioned", "the tag can be moved"


def _base(build: Build, stage: Stage, named: Mapping[str, str]) -> Input:
    origin = stage.origin
    word = stage.instruction.image.value
    argument = deciding_pair(build, stage, None, _VARIABLE.findall(word))
    text = origin.resolved.text
    if origin.image is not None and origin.image.context_name in named:
        return _context(stage, None, origin, named[origin.image.context_name])
    if origin.image is None:
        return _unknown(stage, origin, argument)
    grade, why = grade_reference(origin.image)
    if not is_repository_name(origin.image.repository):
        grade, why = "unknown", "no name of an image: something else is put in its place"
    return Input(
        "image", text or origin.token.text, grade, why, origin.token, stage, version=origin.image.tag,
        digest=origin.image.digest, argument=argument, needed=stage.needed,
    )  # fmt: skip


def _unknown(stage: Stage, origin: Origin, argument: ast.Pair | None) -> Input:
    """An image that a variable decides; what is known of it may yet say enough."""
    pattern = origin.resolved.pattern
    names = origin.resolved.names
    who = " and ".join(names) if names else "a variable"
    grade: Grade = "unknown"
    why = f"{who} has no value before the build"
    if origin.resolved.error:
        why = origin.resolved.error
    digest = re.search(r"@(sha256:[0-9a-f]{64})$", pattern)
    if digest:
        grade, why = "immutable", "a digest"
    tag = pattern.rpartition("/")[2].partition(":")[2]
    return Input(
        "image", pattern if pattern.strip(UNKNOWN) else origin.token.text, grade, why, origin.token, stage, version=tag,
        digest=digest[1] if digest else "", argument=argument, needed=stage.needed,
    )  # fmt: skip


def _named_or_image(stage: Stage, step: Step, origin: Origin, named: Mapping[str, str]) -> Input:
    assert origin.image is not None  # noqa: S101  # the caller looked
    name = origin.image.context_name
    if name in named:
        return _context(stage, step, origin, named[name])
    grade, why = grade_reference(origin.image)
    return Input(
        "image", origin.resolved.text or origin.token.text, grade, why, origin.token, stage, step,
        version=origin.image.tag, digest=origin.image.digest, needed=stage.needed,
    )  # fmt: skip


def _context(stage: Stage, step: Step | None, origin: Origin, value: str) -> Input:
    """What the command line of the build gives for a name."""
    name = origin.resolved.text or origin.token.text
    if value.startswith(_IMAGE_SCHEME):
        text = value.removeprefix(_IMAGE_SCHEME)
        reference = parse_image_reference(text)
        grade, why = grade_reference(reference)
        return Input(
            "image", text, grade, f"the named context {name}: {why}", origin.token, stage, step, version=reference.tag,
            digest=reference.digest, needed=stage.needed,
        )  # fmt: skip
    if is_repository(value):
        from fairlead.analysis.grades import grade_ref

        address, _, fragment = value.partition("#")
        ref = fragment.partition(":")[0]
        grade, why = grade_ref(ref)
        return Input(
            "source", address, grade, f"the named context {name}: {why}", origin.token, stage, step, version=ref,
            needed=stage.needed,
        )  # fmt: skip
    digest = re.search(r"@(sha256:[0-9a-f]{64})$", value)
    if digest:
        why = f"the named context {name}: a digest"
        return Input(
            "context", value, "immutable", why, origin.token, stage, step, digest=digest[1], needed=stage.needed
        )
    why = f"the named context {name}, whose files are not part of the build context"
    return Input("context", value, "unknown", why, origin.token, stage, step, needed=stage.needed)
