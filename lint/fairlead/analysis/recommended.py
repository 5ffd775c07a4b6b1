"""What an apt install brings only because what it names recommends it."""

from __future__ import annotations

import re

from fairlead.analysis.packages import Operation
from fairlead.build.model import Step
from fairlead.knowledge.recommended import (
    CERTIFICATES,
    COMPILER_PACKAGES,
    MOSTLY_CERTIFICATES,
    OFTEN_NEEDED,
    RECOMMENDED_SIZES,
    RECOMMENDS_A_COMPILER,
    WITH_CERTIFICATES,
)
from fairlead.shell import UNKNOWN

_TRUE_RECOMMENDS = re.compile(
    r"APT::Install-(?:Recommends|Suggests)\s*=\s*[\"']?(?:0|false|no|off)[\"']?", re.IGNORECASE
)


def skips_recommended(operation: Operation) -> bool:
    """Whether an apt install leaves recommended packages out, by an option of its own."""
    if operation.options.has("--no-install-recommends", "--no-recommends", "--without-recommends", "-R"):
        return True
    settings = operation.options.values("-o", "--option")
    return any(_TRUE_RECOMMENDS.search(setting) for setting in settings)


def configures_no_recommends(step: Step) -> bool:
    """Whether a step writes apt's configuration so that recommended packages stay out from then on."""
    script = step.script
    text = script.token.text if script is not None else ""
    if "Recommends" not in text:
        return False
    return re.search(r"Install-Recommends[\s\"'\\]*[=\s][\s\"'\\]*(?:0|false|no)", text, re.IGNORECASE) is not None


def recommenders(operation: Operation) -> list[str]:
    """The packages of an apt install that may recommend others, as far as their names are known.

    The package nodejs of NodeSource recommends none; a local file is left out.
    """
    names = [package.name for package in operation.packages if not package.local and UNKNOWN not in package.name]
    if "nodejs" in names:
        texts = [step.instruction.token.text for step in operation.step.stage.all_steps()]
        if any("nodesource" in text for text in texts):
            names = [name for name in names if name != "nodejs"]
    return names


def recommended_sizes(operation: Operation) -> dict[str, int]:
    """Package to the bytes that its recommendations bring beside its dependencies in Debian 12, where known."""
    names = recommenders(operation)
    certified = _has_certificates(operation) or CERTIFICATES in names
    compiles = not COMPILER_PACKAGES.isdisjoint(names)
    sizes = {}
    for name in names:
        if name in MOSTLY_CERTIFICATES and certified:
            sizes[name] = 0
        elif name in RECOMMENDED_SIZES and not (compiles and name in RECOMMENDS_A_COMPILER):
            sizes[name] = RECOMMENDED_SIZES[name]
    return sizes


def needed_of_recommended(operation: Operation) -> tuple[str, ...]:
    """Packages that an apt install only gets because they are recommended, and that it is of little use without."""
    names = recommenders(operation)
    needed = dict.fromkeys(OFTEN_NEEDED[name] for name in names if name in OFTEN_NEEDED)
    there = {CERTIFICATES} if _has_certificates(operation) else set()
    if any(name.endswith("-dev") or name in COMPILER_PACKAGES - {"gcc"} for name in names):
        # headers depend on those of the C library
        there.add("libc6-dev")
    return tuple(name for name in needed if name not in names and name not in there)


def _has_certificates(operation: Operation) -> bool:
    """Whether the base image of an install is an official one that holds ca-certificates."""
    image = operation.step.stage.root.image
    if image is None:
        return False
    name = image.repository.rpartition("library/")[2]
    return name in WITH_CERTIFICATES or (name == "node" and "slim" not in image.tag)
