"""Requirement files of pip, as pip and uv read them.

Follows pip's reference of the requirements file format and "Secure installs": one `--hash` switches hash checking on
for all requirements, and each then needs a hash and a version; includes (`-r`) and constraints (`-c`) are relative to
the file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fairlead.analysis.grades import Grade, Locked, grade_ref, is_commit, worst

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)
_HASH = re.compile(r"--hash[=\s]([A-Za-z0-9]+[:=][0-9A-Fa-f]+)")
_INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)[\s=]*(\S+)")
_EDITABLE = re.compile(r"(?:-e|--editable)[\s=]+(\S.*)")
_OPTION = re.compile(r"-")
_EXACT = re.compile(r"={2,3}\s*([^\s,;*]+)$")
_URL_HASH = re.compile(r"#.*?\b((?:sha\d+|md5)=[0-9a-f]{32,})")


@dataclass
class Requirements:
    """What a requirements file asks for, includes followed.

    Attributes:
        packages: the requirements in order, each with its grade.
        local: those that are projects of the context.
        missing: included files that are not in the context.
        require_hashes: whether the file itself says `--require-hashes`.
    """

    packages: list[Locked] = field(default_factory=list)
    local: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    require_hashes: bool = False

    @property
    def hashed(self) -> bool:
        """Whether pip checks hashes: one requirement with a hash switches that on for all."""
        return self.require_hashes or any(package.hashes for package in self.packages)

    @property
    def grade(self) -> Grade:
        """The loosest grade of all requirements."""
        return worst(package.grade for package in self.packages)


def read_requirements(
    path: str, read: Callable[[str], str | None], constraints: tuple[str, ...] = ()
) -> Requirements | None:
    """A requirements file with all that it includes.

    Args:
        path: the file, relative to the context.
        read: gives the text of a file of the context, None where there is none.
        constraints: constraint files that the command line names.

    Returns:
        None where the file itself is not there.
    """
    text = read(path)
    if text is None:
        return None
    found = Requirements()
    limits: dict[str, Locked] = {}
    _read(path, text, read, found, limits, {path})
    for constraint in constraints:
        more = read(constraint)
        if more is None:
            found.missing.append(constraint)
        else:
            _constrain(constraint, more, read, limits)
    found.packages = [_limited(package, limits) for package in found.packages]
    return found


def read_constraints(paths: tuple[str, ...], read: Callable[[str], str | None]) -> dict[str, Locked]:
    """The versions that constraint files say, by normalized name."""
    limits: dict[str, Locked] = {}
    for path in paths:
        text = read(path)
        if text is not None:
            _constrain(path, text, read, limits)
    return limits


def grade_requirement(text: str) -> Locked | None:
    """A requirement as a command line or a file has it; None for what is none.

    `name==1.2` is a version, anything else but a hash, a commit or a tag leaves it open.
    """
    hashes = tuple(_HASH.findall(text))
    text = re.split(r"\s--\w", text)[0].partition(" ;")[0].strip()
    name, at, url = text.partition("@")
    if at and ("://" in url or url.strip().startswith(("git+", "file:"))) and "://" not in name:
        return _remote(name.partition("[")[0].strip(), url.strip(), hashes)
    if "://" in text or text.startswith("git+"):
        egg = re.search(r"[#&]egg=([\w.-]+)", text)
        return _remote(egg[1] if egg else "", text, hashes)
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    wanted = match[2].partition(";")[0].strip().strip("()")
    exact = _EXACT.fullmatch(wanted)
    if exact is None:
        return Locked(match[1], wanted, hashes, "floating")
    return Locked(match[1], exact[1], hashes, "locked" if hashes else "versioned")


def normalized(name: str) -> str:
    """A project's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _remote(name: str, url: str, hashes: tuple[str, ...]) -> Locked:
    marker = url.partition(" ;")[0].strip()
    content = _URL_HASH.search(marker)
    address = marker.partition("#")[0]
    if marker.startswith("git+"):
        ref = address.rpartition("@")[2] if "@" in address.partition("://")[2].partition("/")[2] else ""
        return Locked(
            name or address, ref, (ref,) if is_commit(ref) else (), "locked" if is_commit(ref) else grade_ref(ref)[0]
        )
    if content is not None or hashes:
        return Locked(name or address, "", hashes or (content[1].replace("=", ":"),) if content else hashes, "locked")
    return Locked(name or address, "", (), "versioned" if re.search(r"\d+\.\d+|[0-9a-f]{40}", address) else "floating")


def _lines(text: str) -> list[str]:
    """Lines with continuations joined and comments taken off."""
    joined = re.sub(r"\\\r?\n", " ", text)
    return [line for raw in joined.splitlines() if (line := re.sub(r"(^|\s)#.*$", "", raw).strip())]


def _read(
    path: str,
    text: str,
    read: Callable[[str], str | None],
    found: Requirements,
    limits: dict[str, Locked],
    seen: set[str],
) -> None:
    for line in _lines(text):
        include = _INCLUDE.match(line)
        if include is not None:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), include[2]))
            more = read(other) if "://" not in include[2] else None
            if more is None:
                found.missing.append(other)
            elif include[1] in ("-c", "--constraint"):
                _constrain(other, more, read, limits)
            elif other not in seen:
                seen.add(other)
                _read(other, more, read, found, limits, seen)
            continue
        editable = _EDITABLE.match(line)
        wanted = editable[1] if editable is not None else line
        if line.startswith("--require-hashes"):
            found.require_hashes = True
        elif wanted.startswith((".", "/", "file:")) or re.search(r"@\s*(?:file:|\.)", wanted):
            found.local.append(wanted)
        elif editable is not None or not _OPTION.match(line):
            package = grade_requirement(wanted)
            if package is not None:
                found.packages.append(package)


def _constrain(path: str, text: str, read: Callable[[str], str | None], limits: dict[str, Locked]) -> None:
    inner = Requirements()
    _read(path, text, read, inner, {}, {path})
    for package in inner.packages:
        limits[normalized(package.name)] = package


def _limited(package: Locked, limits: dict[str, Locked]) -> Locked:
    limit = limits.get(normalized(package.name))
    if limit is None or package.grade != "floating" or limit.grade == "floating":
        return package
    return limit
