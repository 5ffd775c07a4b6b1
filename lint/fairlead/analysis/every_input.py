"""All inputs of a build, put together from the modules that know one kind each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from fairlead.analysis.code_inputs import code_inputs
from fairlead.analysis.dependency_inputs import Fetched, dependency_inputs
from fairlead.analysis.download_inputs import PLACEHOLDER, download_inputs
from fairlead.analysis.grades import Input
from fairlead.analysis.image_inputs import image_inputs
from fairlead.analysis.package_inputs import package_inputs
from fairlead.analysis.repository_inputs import repository_inputs
from fairlead.analysis.source_inputs import source_inputs
from fairlead.analysis.tool_inputs import tool_inputs
from fairlead.analysis.windows_inputs import is_windows, windows_inputs
from fairlead.build.model import Step
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


def every_input(models: Models) -> tuple[Input, ...]:
    """Every input of a build, those of stages that the target does not need included, in the order of the file."""
    found = list(image_inputs(models.build, models.named))
    fetched = Fetched()

    def of_script(step: Step) -> Iterator[Input]:
        yield from package_inputs(models, step)
        yield from dependency_inputs(models, step, fetched)
        yield from tool_inputs(models, step)
        yield from code_inputs(models, step)
        yield from repository_inputs(models, step)
        yield from source_inputs(models, step)
        yield from download_inputs(models, step)

    for step in models.build.steps():
        match step.instruction:
            case ast.Run() if step.is_offline:
                continue
            case ast.Run() if is_windows(step):
                found += windows_inputs(models, step, of_script)
            case ast.Run():
                found += of_script(step)
            case ast.Add():
                found += source_inputs(models, step)
                found += download_inputs(models, step)
                found += repository_inputs(models, step)
            case ast.Copy():
                found += repository_inputs(models, step)
    unique: dict[tuple[object, ...], Input] = {}
    for one in found:
        # the script of a `sh -c` is read as a word and as commands; the first reading counts
        unique.setdefault((one.kind, one.name, one.token.spans, one.stage), _filled_in(one))
    return tuple(sorted(unique.values(), key=lambda one: one.token.spans[0].start))


def _filled_in(one: Input) -> Input:
    """An input whose name a template engine has yet to write: nobody can tell what it will be."""
    if one.grade == "immutable" or not PLACEHOLDER.search(f"{one.name} {one.version}"):
        return one
    return replace(one, grade="unknown", why="a placeholder of a template stands in it")
