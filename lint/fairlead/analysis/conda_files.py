"""Environment files of conda: specifications, explicit lists, lockfiles of conda-lock."""

from __future__ import annotations

import re

from fairlead.analysis.grades import Grade, Locked
from fairlead.analysis.lockfiles import LockfileError, grade_lock, read_lockfile


def grade_environment(name: str, text: str) -> tuple[Grade, str, tuple[Locked, ...]]:
    """Grade, reason and packages of an environment file."""
    if "@EXPLICIT" in text:
        lines = [line.strip() for line in text.splitlines() if "://" in line and not line.lstrip().startswith("#")]
        packages = tuple(
            Locked(line.rpartition("/")[2].partition("#")[0], "", (line.partition("#")[2],) if "#" in line else (),
                   "locked" if "#" in line else "versioned") for line in lines
        )  # fmt: skip
        bare = sum(package.grade != "locked" for package in packages)
        if bare:
            return "versioned", f"an explicit list, {bare} of {len(packages)} packages without a hash", packages
        return "locked", f"an explicit list of {len(packages)} packages with hashes", packages
    if name in ("conda-lock.yml", "conda-lock.yaml"):
        try:
            packages = read_lockfile("conda-lock.yml", text)
        except LockfileError as error:
            return "unknown", f"can't be read: {error}", ()
        return grade_lock(packages), f"{len(packages)} packages of conda-lock", packages
    found = []
    for line in text.splitlines():
        match = re.match(
            r"\s*-\s+['\"]?([\w.-]+(?:::[\w.-]+)?(?:\[[^\]]*\])?)\s*([=<>~!][^'\"#]*)?['\"]?\s*(?:#.*)?$", line
        )
        if match is None:
            match_line = re.match(r"^([\w.-]+)\s*([=<>~!].*)?$", line)
            if match_line is None or ":" in line or "dependencies" in text:
                continue
            match = match_line
        wanted = (match[2] or "").strip()
        exact = re.fullmatch(r"={1,2}\s*\d[\w.]*(?:=[\w.]+)?", wanted) is not None and (
            wanted.count(".") > 1 or "==" in wanted or wanted.count("=") > 1
        )
        if (
            match[1]
            not in ("defaults", "conda-forge", "bioconda", "pytorch", "nvidia", "nodefaults", "pip", "anaconda", "main")
            or wanted
        ):
            found.append(Locked(match[1], wanted.lstrip("="), (), "versioned" if exact else "floating"))
    open_ = [package.name for package in found if package.grade == "floating"]
    if open_:
        return (
            "floating",
            f"{len(open_)} of {len(found)} without a fixed version, such as {open_[0]}",
            tuple(found),
        )
    return "versioned", "versions without hashes", tuple(found)
