"""What is said of a build context that may be another one."""

from __future__ import annotations

from pathlib import Path

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import directory_context
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def models(directory: Path) -> Models:
    dockerfile = parse(Source("Dockerfile", b"FROM node:22\nCOPY . .\nRUN npm ci\n"))
    return Models(build(dockerfile), lambda: directory_context(directory))


def test_a_directory_of_a_project_with_a_dockerignore_is_not_taken_for_the_context(tmp_path: Path) -> None:
    part = tmp_path / "apps" / "web"
    part.mkdir(parents=True)
    (part / "package.json").write_text("{}")
    found = models(part).context_use.whole_context()
    assert found is not None
    assert found.expected == ("node_modules",)
    (tmp_path / ".dockerignore").write_text("**/node_modules\n")
    assert models(part).context_use.whole_context() is None
    (tmp_path / "apps" / ".git").mkdir()
    assert models(part).context_use.whole_context() is not None, "another repository's file counts for nothing"
