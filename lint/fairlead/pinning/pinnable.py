"""What of a Dockerfile can be pinned, to what it is pinned, and where a pin would stand.

A pin must stay true whatever the build arguments are. So it is written where the last part of a name is literal: in the
instruction or in the default of an ARG, never behind a variable of which it would hold for one value only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from fairlead.build.image import ImageReference, parse_image_reference
from fairlead.build.model import Build, Origin, Step
from fairlead.build.remote import RemoteReference, parse_remote
from fairlead.build.scope import UNKNOWN, Resolved, readable
from fairlead.pinning.download import ALGORITHMS, Download
from fairlead.pinning.registry import Manifest, is_valid, server_of
from fairlead.pinning.repository import Head, with_commit, without_user
from fairlead.pinning.transport import host_of
from fairlead.syntax import ast
from fairlead.syntax.source import Token

Kind = Literal["frontend", "image", "download", "repository"]
Question = ImageReference | Download | RemoteReference
Answer = Manifest | str | Head
"""A manifest for an image, a checksum for a download, a commit for a repository."""

_DIGEST_AT_END = re.compile(r"(?:^|@)([a-z0-9]+:[0-9a-f]{32,})$")
_VARIABLE = re.compile(r"\$(?:\{(\w+)|(\w+))")
_ENDS_IN_VARIABLE = re.compile(r"([^$]*)\$(?:(\w+)|\{(\w+)(?::?-([^${}]*))?\})")
_CHECKSUM = re.compile(r"([a-z0-9]+):[0-9a-f]{32,}")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_OFFICIAL = re.compile(r"(?:.*/)?docker/dockerfile(?:-upstream)?")
_CHECKSUM_SINCE, _GIT_CHECKSUM_SINCE = 6, 16


class Edit(NamedTuple):
    """A piece of text to put in place of what stands from `start` to `end` of a source's text."""

    start: int
    end: int
    text: str


@dataclass(eq=False)
class Input:
    """Something that a build takes from outside.

    Attributes:
        kind: what it is.
        token: the words that name it.
        name: what it is called, variables resolved, without a pin.
        pin: the digest, checksum or commit that it is pinned to; "" without one.
        question: what to ask to know what it is now; None where nothing can be asked.
        edit: makes of an answer the edits that write the pin; None where it can't be written.
        reason: why it can't be asked or written; "" where both can.
        known: whether it is known before the build what it is.
    """

    kind: Kind
    token: Token
    name: str
    pin: str = ""
    question: Question | None = None
    edit: Callable[[Answer], list[Edit]] | None = None
    reason: str = ""
    known: bool = True

    @property
    def line(self) -> int:
        """The line where it is named."""
        return self.token.start.line

    @property
    def server(self) -> str:
        """Who would be asked; "" where nobody can be."""
        match self.question:
            case ImageReference():
                return server_of(self.question)
            case Download():
                return host_of(self.question.url)
            case RemoteReference():
                return host_of(self.question.url) or without_user(self.question.url)
            case None:
                return ""


def find_inputs(build: Build, contexts: Collection[str] = ()) -> list[Input]:
    """Everything that can be pinned, in the order of the file.

    Args:
        build: a file without problems.
        contexts: names of named contexts, which are no images.
    """
    named = {_context_name(name) for name in contexts}
    found = list(_frontend(build))
    found += _Bases(build, named).inputs()
    for step in build.steps():
        if step.trigger is None:
            found += _of_step(build, step, named)
    return sorted(found, key=lambda entry: entry.token.spans[0].start)


def _of_step(build: Build, step: Step, contexts: set[str]) -> Iterator[Input]:
    instruction = step.instruction
    if isinstance(instruction, ast.Onbuild):
        yield from _deferred(instruction)
    elif isinstance(instruction, ast.Copy) and instruction.from_ is not None and step.origin is not None:
        yield from _literal_image(step.origin, instruction.from_.value or "", instruction.from_.value_token, contexts)
    elif isinstance(instruction, ast.Add):
        yield from _added(build, step, instruction)
    for mount in step.mounts:
        if mount.origin is not None:
            token = _mount_source(mount.syntax)
            yield from _literal_image(mount.origin, mount.syntax.from_, token, contexts)


# images


def _image(
    kind: Kind,
    token: Token,
    text: str,
    edit: Callable[[Answer], list[Edit]] | None,
    reason: str = "",
) -> Input:
    image = parse_image_reference(text)
    name = text.removesuffix(f"@{image.digest}") if image.digest else text
    if not is_valid(image):
        return Input(kind, token, name, image.digest, reason="no registry can have an image of this name")
    if image.digest and not image.tag:
        return Input(kind, token, name, image.digest, reason="names no tag to compare with")
    plain = image._replace(tag=image.tag or "latest", digest="")
    return Input(kind, token, name, image.digest, plain, edit, reason)


def _digest_edit(place: Token, image: ImageReference) -> Callable[[Answer], list[Edit]]:
    """Writes a digest: over the one that `place` is, or at its end."""

    def edit(answer: Answer) -> list[Edit]:
        assert isinstance(answer, Manifest)  # noqa: S101  # an image was asked about
        if image.digest:
            return _replacement(place, answer.digest)
        end = place.source_offset(len(place))
        tag = "" if image.tag else ":latest"
        return [Edit(end, end, f"{tag}@{answer.digest}")]

    return edit


def _replacement(place: Token, text: str) -> list[Edit]:
    """The edits that put a text in place of a token, which may run across a line continuation."""
    first, *others = place.spans
    return [Edit(first.start, first.end, text), *(Edit(span.start, span.end, "") for span in others)]


def _frontend(build: Build) -> Iterator[Input]:
    directive = build.dockerfile.directive("syntax")
    if directive is None:
        return
    text = directive.value.split()[0]
    start = directive.token.text.rindex(directive.value)
    token = directive.token.slice(start, start + len(text))
    image = parse_image_reference(text)
    place = token.slice(len(text) - len(image.digest)) if image.digest else token
    yield _image("frontend", token, text, _digest_edit(place, image))


def _literal_image(origin: Origin, text: str, token: Token | None, contexts: set[str]) -> Iterator[Input]:
    """An image named where no variables are: in `--from` and in the `from=` of a mount."""
    if origin.kind != "image" or _context_name(text) in contexts:
        return
    bare = None if token is None else _bare(token, text)
    if bare is None:
        yield _image("image", token or origin.token, text, None, _QUOTED)
        return
    image = parse_image_reference(text)
    place = bare.slice(len(text) - len(image.digest)) if image.digest else bare
    yield _image("image", bare, text, _digest_edit(place, image))


def _bare(token: Token, text: str) -> Token | None:
    """The part of a token that is a text, quotes around it left out; None where it is written in another way."""
    if token.text == text:
        return token
    return token.slice(1, len(token) - 1) if token.text in (f'"{text}"', f"'{text}'") else None


def _mount_source(mount: ast.Mount) -> Token | None:
    """The place of the value of a mount's `from`; None where quotes make it hard to say."""
    token = mount.flag.value_token
    found = list(re.finditer(r"(?:^|,)from=([^,]*)", token.text, re.IGNORECASE))
    if '"' in token.text or "'" in token.text or not found:
        return None
    return token.slice(found[-1].start(1), found[-1].end(1))


def _deferred(onbuild: ast.Onbuild) -> Iterator[Input]:
    """An ONBUILD means an image or a stage, as the file that builds on this one has it."""
    child = onbuild.child
    if isinstance(child, ast.Copy) and child.from_ is not None and not (child.from_.value or "").isdecimal():
        text = child.from_.value or ""
        if parse_image_reference(text).tag and not parse_image_reference(text).digest:
            yield Input(
                "image", child.from_.value_token, text,
                reason="may name a stage of the file that builds on this one", known=False,
            )  # fmt: skip


def _context_name(name: str) -> str:
    """An image's name as named contexts are looked up by it."""
    return parse_image_reference(name).short_name + _tag_and_digest(name)


def _tag_and_digest(name: str) -> str:
    image = parse_image_reference(name)
    tag = f":{image.tag}" if image.tag not in ("", "latest") else ""
    return tag + (f"@{image.digest}" if image.digest else "")


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

    def inputs(self) -> Iterator[Input]:
        unknown = []
        for stage in self._build.stages:
            origin = stage.origin
            if origin.kind == "image" and _context_name(origin.resolved.text or "") not in self._contexts:
                self._bases.append(self._base(origin))
            elif origin.kind == "unknown" and not origin.stages:
                unknown.append(_unknown("image", origin.token, origin.resolved))
        for base in self._bases:
            if base.place is not None:
                base.reason = self._other_use(base)
        for base in self._bases:
            image = parse_image_reference(base.text)
            if base.place is None or base.reason:
                yield _image("image", base.origin.token, base.text, None, base.reason)
            else:
                yield _image("image", base.origin.token, base.text, _digest_edit(base.place.token, image))
        yield from unknown

    def _base(self, origin: Origin) -> _Base:
        text = origin.resolved.text or ""
        try:
            digest = parse_image_reference(text).digest
            place = self._place(origin.token.text, origin.token, bool(digest), ())
            if digest and place.token.text != digest:
                raise _Refused(_QUOTED)
            return _Base(origin, text, place)
        except _Refused as refused:
            return _Base(origin, text, None, str(refused))

    def _place(self, word: str, token: Token, pinned: bool, passed: tuple[ast.Pair, ...]) -> _Place:
        """Where the name that a word is ends."""
        if word != token.text:
            raise _Refused(_QUOTED)
        quotes = len(word) > 1 and word[0] == word[-1] and word[0] in "\"'"
        inner = token.slice(1, len(word) - 1) if quotes else token
        text = inner.text
        if any(character in text for character in "\"'" + self._build.dockerfile.escape):
            raise _Refused(_QUOTED)
        digest = _DIGEST_AT_END.search(text)
        if digest is not None and pinned:
            return _Place(inner.slice(digest.start(1)), passed)
        if "$" not in text or (quotes and word[0] == "'"):
            return _Place(inner, passed)
        match = _ENDS_IN_VARIABLE.fullmatch(text)
        if match is None:
            raise _Refused(f"{_decides(_variables(text))} a part of the name: {_ONE}")
        before, name, default = match[1], match[2] or match[3], match[4]
        if before and before[-1] not in ":/@":
            raise _Refused(f"{_decides([name])} a part of the name: {_ONE}")
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
            for token in self._further_uses(pair.key):
                return _also(pair.key, token)
        return ""

    def _reaches(self, word: str, name: str, seen: tuple[str, ...] = ()) -> bool:
        """Whether a word is made with a variable, directly or through other ARGs."""
        for used in _variables(word):
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


def _variables(word: str) -> list[str]:
    """The names of the variables in a word, each once."""
    return list(dict.fromkeys(first or second for first, second in _VARIABLE.findall(word)))


def _decides(names: Sequence[str]) -> str:
    return f"{' and '.join(names) or 'a variable'} {'decides' if len(names) < 2 else 'decide'}"


_QUOTED = "is written with quotes or escapes in its name"
_ONE = "a digest would hold for one value only"


def _also(name: str, token: Token) -> str:
    return f"{name} is also used in line {token.start.line}, which would change with it"


def _unknown(kind: Kind, token: Token, resolved: Resolved) -> Input:
    names = list(resolved.names) or _variables(token.text)
    reason = resolved.error
    if not reason and names:
        reason = f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'} no value before the build"
    return Input(kind, token, without_user(token.text), reason=reason or "is not known before the build", known=False)


# sources of ADD


def _added(build: Build, step: Step, add: ast.Add) -> Iterator[Input]:
    for source in add.sources:
        if source.heredoc is not None:
            continue
        resolved = step.resolve(source.word.value)
        text = resolved.pattern
        remote = parse_remote(text)
        if remote is None:
            continue
        kind: Kind = "repository" if remote.kind == "repository" else "download"
        name, pin, reason = (
            without_user(readable(remote.url)),
            _pin(step, add),
            _obstacle(build, add, source.word, kind),
        )
        if remote.kind == "repository":
            pin = pin or remote.checksum or (remote.ref if remote.is_commit else "")
            name += f"#{readable(remote.ref)}" if remote.ref not in ("", pin) else ""
        if UNKNOWN in text:
            unknown = _unknown(kind, source.word.token, resolved)
            yield Input(kind, source.word.token, name, pin, reason="" if pin else unknown.reason, known=bool(pin))
        elif remote.kind == "repository":
            yield _repository(build, step, add, source.word, remote, name, pin, reason)
        else:
            yield _download(add, source.word.token, Download(text), name, pin, reason)


def _pin(step: Step, add: ast.Add) -> str:
    return (step.resolve(add.checksum).text or "?") if add.checksum else ""


def _obstacle(build: Build, add: ast.Add, word: ast.Word, kind: Kind) -> str:
    """Why a checksum can't be written, "" where it can."""
    if len(add.sources) > 1:
        return "has other sources beside it, and --checksum takes one only"
    names = _variables(word.value)
    if names:
        what = "a checksum" if kind == "download" else "a commit"
        return f"{_decides(names)} a part of the URL: {what} would hold for one value only"
    if kind == "download" and not _frontend_has(build, _CHECKSUM_SINCE, otherwise=True):
        return f"the file's frontend does not know --checksum, which came with docker/dockerfile:1.{_CHECKSUM_SINCE}"
    return ""


def _download(add: ast.Add, token: Token, download: Download, name: str, pin: str, reason: str) -> Input:
    algorithm = pin.partition(":")[0]
    if pin and (algorithm not in ALGORITHMS or _CHECKSUM.fullmatch(pin) is None):
        return Input("download", token, name, pin, reason="has a checksum that can't be compared")
    question = download._replace(algorithm=algorithm or "sha256")
    flag = add.flag("checksum")
    if flag is None and reason:
        return Input("download", token, name, pin, question, None, reason)
    if flag is not None and flag.value_token.text != pin:
        return Input("download", token, name, pin, question, None, "its checksum is made with a variable")

    def edit(answer: Answer) -> list[Edit]:
        assert isinstance(answer, str)  # noqa: S101  # a download was asked about
        return _replacement(flag.value_token, answer) if flag is not None else _new_flag(add, answer)

    return Input("download", token, name, pin, question, edit)


def _repository(
    build: Build, step: Step, add: ast.Add, word: ast.Word, remote: RemoteReference, name: str, pin: str, reason: str
) -> Input:
    token, flag = word.token, add.flag("checksum")
    if pin and (flag is None or remote.checksum or remote.is_commit or _COMMIT.fullmatch(pin) is None):
        return Input("repository", token, name, pin, reason="names a commit, nothing to compare with")
    address = step.resolve(word.value).pattern
    bare = _bare(token, address)
    if flag is None:
        if bare is None:
            reason = reason or _QUOTED
        elif with_commit(address, "") is None:
            reason = reason or "names its branch twice"
    elif flag.value_token.text != pin:
        reason = "its commit is made with a variable"
    if reason and (flag is None or flag.value_token.text != pin):
        return Input("repository", token, name, pin, remote, None, reason)

    def edit(answer: Answer) -> list[Edit]:
        assert isinstance(answer, Head)  # noqa: S101  # a repository was asked about
        if flag is not None:
            return _replacement(flag.value_token, answer.commit)
        if answer.is_tag and _frontend_has(build, _GIT_CHECKSUM_SINCE, otherwise=False):
            return _new_flag(add, answer.commit)
        return _replacement(bare or token, with_commit(address, answer.commit) or address)

    return Input("repository", token, name, pin, remote, edit)


def _new_flag(add: ast.Add, value: str) -> list[Edit]:
    at = add.rest.source_offset(0)
    return [Edit(at, at, f"--checksum={value} ")]


def _frontend_has(build: Build, minor: int, *, otherwise: bool) -> bool:
    """Whether the frontend that the file asks for is docker/dockerfile 1.MINOR or later.

    Args:
        build: the file.
        minor: the version.
        otherwise: the answer for a file that asks for none or for one of somebody else.
    """
    directive = build.dockerfile.directive("syntax")
    if directive is None:
        return otherwise
    image = parse_image_reference(directive.value.split()[0])
    if _OFFICIAL.fullmatch(image.name) is None:
        return otherwise
    version = re.match(r"(\d+)(?:\.(\d+))?", image.tag)
    if version is None:
        return image.tag in ("", "latest", "labs")
    return version[1] == "1" and (version[2] is None or int(version[2]) >= minor)


def sources_changed(before: Sequence[Input], after: Sequence[Input]) -> bool:
    """Whether two readings of a file differ in more than in pins: what edits must never bring about."""
    return [(entry.kind, _unpinned_name(entry)) for entry in before] != [
        (entry.kind, _unpinned_name(entry)) for entry in after
    ]


def _unpinned_name(entry: Input) -> str:
    """The name without what a pin may add to it or take from it."""
    if entry.kind == "repository":
        return entry.name.partition("#")[0]
    return re.sub(r":latest$", "", entry.name)
