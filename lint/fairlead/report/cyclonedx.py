"""What a build takes from outside as a CycloneDX bill of materials, made with the library of the CycloneDX project.

Every input is a component; the packages that a lockfile names are components below their own. What CycloneDX has no
field for stands in properties whose names begin with `fairlead:`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from fairlead import __version__
from fairlead.analysis.grades import Input, Locked
from fairlead.build.scope import readable
from fairlead.report.excerpt import printable
from fairlead.shell import UNKNOWN

_TYPES = {
    "frontend": ComponentType.CONTAINER,
    "image": ComponentType.CONTAINER,
    "context": ComponentType.DATA,
    "download": ComponentType.FILE,
    "script": ComponentType.FILE,
    "signature": ComponentType.FILE,
    "key": ComponentType.FILE,
    "data": ComponentType.DATA,
    "repository": ComponentType.DATA,
    "tool": ComponentType.APPLICATION,
    "upgrade": ComponentType.OPERATING_SYSTEM,
}
_PURL_TYPES = {
    "pip": "pypi", "pipx": "pypi", "uv": "pypi", "uvx": "pypi", "poetry": "pypi", "pipenv": "pypi", "pdm": "pypi",
    "npm": "npm", "yarn": "npm", "pnpm": "npm", "bun": "npm", "npx": "npm", "go": "golang", "cargo": "cargo",
    "gem": "gem", "bundler": "gem", "composer": "composer", "dotnet": "nuget", "nuget": "nuget", "conda": "conda",
    "mix": "hex", "pub": "pub", "maven": "maven", "gradle": "maven", "cpanm": "cpan", "luarocks": "luarocks",
}  # fmt: skip
_ALGORITHMS = {
    "md5": (HashAlgorithm.MD5, 32), "sha1": (HashAlgorithm.SHA_1, 40), "sha256": (HashAlgorithm.SHA_256, 64),
    "sha384": (HashAlgorithm.SHA_384, 96), "sha512": (HashAlgorithm.SHA_512, 128),
}  # fmt: skip
_BY_LENGTH = {length: algorithm for algorithm, length in _ALGORITHMS.values()}


def document(inputs: Sequence[Input], *, dockerfile: str) -> str:
    """The bill of materials, CycloneDX 1.6 as JSON.

    The serial number follows from the content, so that equal builds have equal documents; the time stamp is that of
    SOURCE_DATE_EPOCH where it is set.

    Args:
        inputs: the inputs of the build.
        dockerfile: the path of the file.
    """
    bom = Bom()
    bom.metadata.timestamp = _timestamp()
    bom.metadata.component = Component(name=_text(dockerfile), type=ComponentType.CONTAINER, bom_ref="dockerfile")
    bom.metadata.tools.components.add(Component(name="fairlead", version=__version__, type=ComponentType.APPLICATION))
    listed = []
    for number, one in enumerate(inputs):
        component = _component(one, f"input-{number}")
        bom.components.add(component)
        listed.append(component)
    bom.register_dependency(bom.metadata.component, listed)
    seed = "\n".join(f"{one.kind} {one.name} {one.version} {one.digest} {one.grade}" for one in inputs)
    bom.serial_number = uuid.UUID(bytes=hashlib.sha256(seed.encode("utf-8", "replace")).digest()[:16], version=4)
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2) + "\n"


def _timestamp() -> datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)


def _component(one: Input, ref: str) -> Component:
    properties = {
        "kind": one.kind,
        "grade": one.grade,
        "why": _text(one.why),
        "line": str(one.line),
        "stage": one.stage.label if one.stage is not None else "",
        "manager": one.manager,
        "verified": one.verified,
        "file": _text(one.file),
        "argument": one.argument.key if one.argument is not None else "",
    }
    return Component(
        name=_text(one.name) or "unknown",
        version=_text(one.version) or None,
        type=_TYPES.get(one.kind, ComponentType.LIBRARY),
        bom_ref=ref,
        purl=_purl(one),
        hashes=list(_hashes(one.digest)) if one.digest and one.kind != "source" else [],
        external_references=list(_references(one)),
        properties=[Property(name=f"fairlead:{name}", value=value) for name, value in properties.items() if value],
        components=[_locked(package, one.manager, f"{ref}-{at}") for at, package in enumerate(one.packages)],
    )


def _locked(package: Locked, manager: str, ref: str) -> Component:
    hashes = {(kind.alg, kind.content): kind for text in package.hashes for kind in _hashes(text)}
    return Component(
        name=_text(package.name),
        version=_text(package.version) or None,
        type=ComponentType.LIBRARY,
        bom_ref=ref,
        purl=_package_url(manager, package.name, package.version if package.grade != "floating" else ""),
        hashes=list(hashes.values()),
        properties=[Property(name="fairlead:grade", value=package.grade)],
    )


def _text(text: str) -> str:
    return printable(readable(text)).strip()


def _references(one: Input) -> Iterator[ExternalReference]:
    if UNKNOWN in one.name or "://" not in one.name:
        return
    kind = ExternalReferenceType.VCS if one.kind == "source" else ExternalReferenceType.DISTRIBUTION
    yield ExternalReference(type=kind, url=XsUri(_text(one.name)))


def _hashes(text: str) -> Iterator[HashType]:
    """Hashes as lockfiles and digests write them: `sha256:HEX`, `sha512-BASE64`, `h1:BASE64`, plain hexadecimal."""
    for part in text.split():
        name, _, value = (
            part.replace("=", ":", 1).partition(":") if re.match(r"[a-z0-9]+[:=]", part) else ("", "", part)
        )
        if re.match(r"sha\d+-", part):
            name, _, value = part.partition("-")
            try:
                value = base64.b64decode(value, validate=True).hex()
            except (binascii.Error, ValueError):
                continue
        if not re.fullmatch(r"[0-9a-fA-F]+", value):
            continue
        algorithm = _ALGORITHMS[name][0] if name in _ALGORITHMS and len(value) == _ALGORITHMS[name][1] else None
        algorithm = algorithm or (_BY_LENGTH.get(len(value)) if name in ("", "10c0") else None)
        if algorithm is not None:
            yield HashType(alg=algorithm, content=value.lower())


def _purl(one: Input) -> PackageURL | None:
    if UNKNOWN in one.name or UNKNOWN in one.version:
        return None
    if one.kind in ("image", "frontend"):
        return _image_url(one)
    if one.kind == "package":
        return _package_url(one.manager, one.name, one.version if one.grade != "floating" else "")
    if one.kind == "source":
        match = re.match(
            r"(?:git\+)?(?:https?|ssh|git)://(?:[^@/]+@)?github\.com/([^/]+)/([^/#?]+?)(?:\.git)?/?$", one.name
        )
        if match is not None:
            return PackageURL("github", match[1], match[2], one.version or None)
    return None


def _image_url(one: Input) -> PackageURL | None:
    from fairlead.build.image import parse_image_reference

    reference = parse_image_reference(one.name)
    if not reference.repository:
        return None
    registry, _, path = reference.name.partition("/")
    qualifiers = {} if registry == "docker.io" else {"repository_url": f"{registry}/{path}"}
    if reference.tag:
        qualifiers["tag"] = reference.tag
    name = path.rpartition("/")[2].lower()
    return PackageURL("oci", None, name, reference.digest or None, qualifiers)


def _package_url(manager: str, name: str, version: str) -> PackageURL | None:
    kind = _PURL_TYPES.get(manager)
    if kind is None or not name or UNKNOWN in name or "://" in name:
        return None
    name = name.partition("[")[0]
    namespace, _, last = name.rpartition(":" if kind == "maven" else "/")
    if not last:
        return None
    return PackageURL(kind, namespace or None, last, version or None)
