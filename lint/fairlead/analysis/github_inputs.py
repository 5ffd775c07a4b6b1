"""Inputs that GitHub's own command line fetches: files of releases, checkouts.

Follows the manual of gh: `gh release download` without a tag takes the newest release.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.grades import Grade, Input
from fairlead.analysis.source_inputs import source_input
from fairlead.analysis.version_grades import step_input
from fairlead.build.model import Step
from fairlead.shell import UNKNOWN, Invocation, Options, OptionSpec, parse_options

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_VALUED = frozenset(("-R", "--repo", "-p", "--pattern", "-D", "--dir", "-O", "--output", "-A", "--archive"))


def github_inputs(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """What a call of `gh` brings in."""
    args = invocation.args
    split = next((at for at, word in enumerate(args) if word.text == "--"), len(args))
    options = parse_options(args[:split], OptionSpec(_VALUED))
    match [word.value for word in options.operands[:2]]:
        case ["release", "download"]:
            yield _release(models, step, options)
        case ["repo", "clone"] if len(options.operands) > 2:
            repository = options.operands[2]
            text = repository.pattern
            for_git = parse_options(args[split + 1 :], OptionSpec(frozenset(("-b", "--branch", "--depth"))))
            url = text if "://" in text or text.startswith("git@") else f"https://github.com/{text}"
            branch = for_git.value("-b", "--branch") or ""
            words = [word for option in ("-b", "--branch") for word in for_git.value_words.get(option, ())]
            names = " ".join(word.text for word in words)
            yield source_input(models, step, repository.token, url, branch, manager="gh", names=names)


def _release(models: Models, step: Step, options: Options) -> Input:
    tag = options.operands[2] if len(options.operands) > 2 else None
    repository = options.value("-R", "--repo") or (UNKNOWN if options.has("-R", "--repo") else "")
    patterns = " ".join(options.values("-p", "--pattern"))
    name = " ".join(part for part in (repository, patterns) if part) or "gh release download"
    version = tag.pattern if tag is not None else ""
    grade: Grade = "versioned"
    why = "the files of a release can be replaced"
    if tag is None or version == "latest":
        grade, why = "floating", "the newest release at that time"
    elif UNKNOWN in version:
        grade, why = "unknown", "a variable decides the version"
    where = tag if tag is not None else options.operands[1]
    return step_input(
        step, "download", name, grade, why, where.token, "gh", version, build=models.build, words=where.text
    )
