"""Images of FROM, COPY --from, RUN --mount and the syntax directive, and where the digest of each would stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from fairlead.build.image import ImageReference, parse_image_reference
from fairlead.build.model import Build, Origin, Step
from fairlead.pinning.pinnable import (
    QUOTED,
    Answer,
    Edit,
    Kind,
    Pinnable,
    bare,
    decide,
    replacement,
    unknown,
    variables,
)
from fairlead.pinning.registry import Manifest, is_valid
from fairlead.syntax import ast
from fairlead.syntax.source import Token

_DIGEST_AT_END = re.compile(r"(?:^|@)([a-z0-9]+:[0-9a-f]{32,})$")
_ENDS_IN_VARIABLE = re.compile(r"([^$]*)\$(?:(\w+)|\{(\w+)(?::?-([^${}]*))?\})")
_ONE = "a digest would hold for one value only"


def images(build: Build, contexts: set[str]) -> Iterator[Pinnable]:
    """The images of a file.

    Args:
        build: the file.
        contexts: the named contexts, by `ImageReference.context_name`.
    """
    yield from _frontend(build)
    yield from _Bases(build, contexts).inputs()
    for step in build.steps():
        if step.trigger is None:
            yield from _of_step(step, contexts)


def _of_step(step: Step, contexts: set[str]) -> Iterator[Pinnable]:
    instruction = step.instruction
    if isinstance(instruction, ast.Onbuild):
        yield from _deferred(instruction)
    for origin in step.origins:
        yield from _literal_image(origin, contexts)


def _image(
    kind: Kind,
    token: Token,
    text: str,
    edit: Callable[[Answer], list[Edit]] | None,
    reason: str = "",
) -> Pinnable:
    image = parse_image_reference(text)
    name = text.removesuffix(f"@{image.digest}") if image.digest else text
    if not is_valid(image):
        return Pinnable(kind, token, name, image.digest, reason="no registry can have an image of this name")
    if image.digest and not image.tag:
        return Pinnable(kind, token, name, image.digest, reason="names no tag to compare with")
    plain = image._replace(tag=image.tag or "latest", digest="")
    return Pinnable(kind, token, name, image.digest, plain, edit, reason)


def _digest_edit(place: Token, image: ImageReference) -> Callable[[Answer], list[Edit]]:
    """Writes a digest: over the one that `place` is, or at its end."""

    def edit(answer: Answer) -> list[Edit]:
        assert isinstance(answer, Manifest)  # noqa: S101  # an image was asked about
        if image.digest:
            return replacement(place, answer.digest)
        end = place.source_offset(len(place))
        tag = "" if image.tag else ":latest"
        return [Edit(end, end, f"{tag}@{answer.digest}")]

    return edit


def _frontend(build: Build) -> Iterator[Pinnable]:
    token = build.dockerfile.frontend
    if token is None:
        return
    text = token.text
    image = parse_image_reference(text)
    place = token.slice(len(text) - len(image.digest)) if image.digest else token
    yield _image("frontend", token, text, _digest_edit(place, image))


def _literal_image(origin: Origin, contexts: set[str]) -> Iterator[Pinnable]:
    """An image named where no variables are: in `--from` and in the `from=` of a mount."""
    image, text = origin.image, origin.resolved.text or ""
    if image is None or image.context_name in contexts:
        return
    inner = bare(origin.token, text)
    if inner is None:
        yield _image("image", origin.token, text, None, QUOTED)
        return
    place = inner.slice(len(text) - len(image.digest)) if image.digest else inner
    yield _image("image", inner, text, _digest_edit(place, image))


def _deferred(onbuild: ast.Onbuild) -> Iterator[Pinnable]:
    """An ONBUILD means an image or a stage, as the file that builds on this one has it."""
    child = onbuild.child
    if isinstance(child, ast.Copy) and child.from_ is not None and not (child.from_.value or "").isdecimal():
        text = child.from_.value or ""
        if parse_image_reference(text).tag and not parse_image_reference(text).digest:
            yield Pinnable(
                "image", child.from_.value_token, text,
                reason="may name a stage of the file that builds on this one", known=False,
            )  # fmt: skip


class _Place(NamedTuple):
    """Where a name ends: the token whose end it is, or that is its digest; and the ARGs on the way there."""

    token: Token
    arguments: tuple[ast.Pair, ...]


class _Refused(Exception):
    """Why there is no place for a pin."""


@dataclass(eq=False)
class _Base:
    """A FROM of an image with the place for its pin."""

    origin: Origin
    text: str
    place: _Place | None
    reason: str = ""


class _Bases:
    """The images that stages are built from, with the ARGs that name them."""

    def __init__(self, build: Build, contexts: set[str]) -> None:
        self._build = build
        self._contexts = contexts
        self._arguments: dict[str, ast.Pair] = {}
        for argument in build.global_args:
            for pair in argument.pairs:
                if pair.value is not None:
                    self._arguments[pair.key] = pair
        self._bases: list[_Base] = []

    def inputs(self) -> Iterator[Pinnable]:
        undecided = []
        for stage in self._build.stages:
            origin = stage.origin
            if origin.image is not None and origin.image.context_name not in self._contexts:
                self._bases.append(self._base(origin))
            elif origin.kind == "unknown" and not origin.stages:
                undecided.append(unknown("image", origin.token, origin.resolved))
        for base in self._bases:
            if base.place is not None:
                base.reason = self._other_use(base)
        for base in self._bases:
            image = parse_image_reference(base.text)
            if base.place is None or base.reason:
                yield _image("image", base.origin.token, base.text, None, base.reason)
            else:
                yield _image("image", base.origin.token, base.text, _digest_edit(base.place.token, image))
        yield from undecided

    def _base(self, origin: Origin) -> _Base:
        text = origin.resolved.text or ""
        try:
            digest = parse_image_reference(text).digest
            place = self._place(origin.token.text, origin.token, bool(digest), ())
            if digest and place.token.text != digest:
                raise _Refused(QUOTED)
            return _Base(origin, text, place)
        except _Refused as refused:
            return _Base(origin, text, None, str(refused))

    def _place(self, word: str, token: Token, pinned: bool, passed: tuple[ast.Pair, ...]) -> _Place:
        """Where the name that a word is ends."""
        if word != token.text:
            raise _Refused(QUOTED)
        quotes = len(word) > 1 and word[0] == word[-1] and word[0] in "\"'"
        inner = token.slice(1, len(word) - 1) if quotes else token
        text = inner.text
        if any(character in text for character in "\"'" + self._build.dockerfile.escape):
            raise _Refused(QUOTED)
        digest = _DIGEST_AT_END.search(text)
        if digest is not None and pinned:
            return _Place(inner.slice(digest.start(1)), passed)
        if "$" not in text or (quotes and word[0] == "'"):
            return _Place(inner, passed)
        match = _ENDS_IN_VARIABLE.fullmatch(text)
        if match is None:
            raise _Refused(f"{decide(variables(text))} a part of the name: {_ONE}")
        before, name, default = match[1], match[2] or match[3], match[4]
        if before and before[-1] not in ":/@":
            raise _Refused(f"{decide([name])} a part of the name: {_ONE}")
        if name in self._build.build_args:
            raise _Refused(f"{name} is given with --build-arg, so there is nothing to write")
        pair = self._arguments.get(name)
        if pair is not None and (pair.value or "${" not in text):
            if pair in passed:
                raise _Refused(f"{name} is made of itself")
            return self._place(pair.value or "", pair.value_token, pinned, (*passed, pair))
        if default:
            end = match.end(4)
            return _Place(inner.slice(match.start(4), end), passed)
        raise _Refused(f"{name} has no value in the file")

    def _other_use(self, base: _Base) -> str:
        """Where a variable that the pin would go into is used for something else; "" where it is not."""
        assert base.place is not None  # noqa: S101  # the caller looked
        end = base.place.token.spans[-1].end
        for pair in base.place.arguments:
            for other in self._bases:
                same = other.place is not None and other.place.token.spans[-1].end == end and other.text == base.text
                if not same and self._reaches(other.origin.token.text, pair.key):
                    return _also(pair.key, other.origin.token)
            if parse_image_reference(base.text).digest:
                # whoever else uses it has the older digest
                continue
            for token in self._further_uses(pair.key):
                return _also(pair.key, token)
        return ""

    def _reaches(self, word: str, name: str, seen: tuple[str, ...] = ()) -> bool:
        """Whether a word is made with a variable, directly or through other ARGs."""
        for used in variables(word):
            pair = self._arguments.get(used)
            if used == name:
                return True
            if pair is not None and used not in seen and self._reaches(pair.value or "", name, (*seen, used)):
                return True
        return False

    def _further_uses(self, name: str) -> Iterator[Token]:
        """The places where a global ARG does something else than to name a base image."""
        images = [base.origin for base in self._bases]
        for stage in self._build.stages:
            if stage.origin not in images and self._reaches(stage.instruction.image.value, name):
                yield stage.instruction.image.token
            platform = stage.instruction.platform
            if platform is not None and self._reaches(platform.value or "", name):
                yield platform.token
            for step in stage.steps:
                if isinstance(step.instruction, ast.Arg) and step.trigger is None:
                    yield from (pair.token for pair in step.instruction.pairs if self._takes(pair, name))

    def _takes(self, pair: ast.Pair, name: str) -> bool:
        """Whether an ARG of a stage has its value from a global one, directly or through other global ones."""
        if pair.value is not None:
            return False
        return pair.key == name or (pair.key in self._arguments and self._reaches(f"${{{pair.key}}}", name))


def _also(name: str, token: Token) -> str:
    return f"{name} is also used in line {token.start.line}, which would change with it"
