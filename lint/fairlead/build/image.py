"""Image references, as container engines read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fairlead.syntax import ast

_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
# distribution/reference: lower-case words joined by one separator
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_FRONTEND = re.compile(r"(?:.*/)?docker/dockerfile(?:-upstream)?")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


class ImageReference(NamedTuple):
    """An image reference in its parts.

    Attributes:
        registry: the host, with port; "" where the default registry is meant.
        repository: the path without registry, as written.
        tag: "" where none is given.
        digest: "" where none is given.
    """

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """Registry and repository in full: `docker.io/library/debian` for `debian`."""
        registry = self.registry or "docker.io"
        if registry in ("docker.io", "index.docker.io"):
            path = self.repository if "/" in self.repository else f"library/{self.repository}"
            return f"docker.io/{path}"
        return f"{registry}/{self.repository}"

    @property
    def short_name(self) -> str:
        """As people write it: without the default registry and its `library/`."""
        return self.name.removeprefix("docker.io/library/").removeprefix("docker.io/")

    @property
    def context_name(self) -> str:
        """As named contexts are looked up: without the default registry and tag (frontend/dockerui/namedcontext.go)."""
        tag = f":{self.tag}" if self.tag not in ("", "latest") else ""
        return self.short_name + tag + (f"@{self.digest}" if self.digest else "")


def parse_image_reference(text: str) -> ImageReference:
    """Split an image reference; a part that is not well-formed stays in the repository.

    The first component is a registry when it has a dot or a colon or is `localhost`, as in the distribution
    reference grammar; so the colon of `localhost:5000/img` is a port, not a tag.
    """
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        name, digest = text, ""
    tag = ""
    head, colon, last = name.rpartition(":")
    if colon and "/" not in last and _TAG.fullmatch(last):
        name, tag = head, last
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return ImageReference(first, rest, tag, digest)
    return ImageReference("", name, tag, digest)


def foreign_frontend(dockerfile: ast.Dockerfile) -> str:
    """The frontend that the file's `# syntax=` names, as written, where it is not Docker's own or a mirror's; else "".

    Such a frontend may know instructions that Docker's does not: dockerfile-plus and dockerfile-x have `INCLUDE`.
    """
    frontend = dockerfile.frontend
    if frontend is None or is_official_frontend(parse_image_reference(frontend.text)):
        return ""
    return frontend.text


def is_official_frontend(image: ImageReference) -> bool:
    """Whether an image is one of Docker's frontends, from whatever registry."""
    return _FRONTEND.fullmatch(image.name) is not None


def is_repository_name(name: str) -> bool:
    """Whether a repository may have a name: lower-case components joined by slashes, as in the reference grammar."""
    return all(_COMPONENT.fullmatch(component) for component in name.split("/"))


def context_name(text: str) -> str:
    """The name under which the builder looks for a named context that takes the place of a stage or an image.

    Source: BuildKit's frontend/dockerui/config.go (NamedContext).
    """
    reference = parse_image_reference(text.lower())
    tag = f":{reference.tag}" if reference.tag and reference.tag != "latest" else ""
    return f"{reference.short_name}{tag}" + (f"@{reference.digest}" if reference.digest else "")
