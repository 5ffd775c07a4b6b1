"""The public names: the three lists of them agree, and none costs anything before it is asked for."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import fairlead

ROOT = Path(__file__).parent.parent.parent
TABLE: dict[str, str] = vars(fairlead)["_MODULES"]


def told_to_type_checkers() -> dict[str, str]:
    """Name to module, as the imports under `if TYPE_CHECKING:` say."""
    tree = ast.parse(Path(fairlead.__file__).read_text())
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_the_lists_of_public_names_agree() -> None:
    assert told_to_type_checkers() == TABLE
    assert set(fairlead.__all__) == {*TABLE, "__version__"}
    assert len(fairlead.__all__) == len(set(fairlead.__all__))
    assert list(TABLE) == [name for name in fairlead.__all__ if name in TABLE]


def test_every_public_name_is_that_of_its_module() -> None:
    for name, module in TABLE.items():
        assert getattr(fairlead, name) is getattr(importlib.import_module(module), name), name


def test_all_public_names_are_listed() -> None:
    assert set(fairlead.__all__) <= set(dir(fairlead))
    assert dir(fairlead) == sorted(dir(fairlead))


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match=r"^module 'fairlead' has no attribute 'Nonsense'$"):
        fairlead.Nonsense  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Nonsense' from 'fairlead'"):
        exec("from fairlead import Nonsense", {})


def loaded_by(code: str) -> set[str]:
    """The modules of Fairlead that a new process has loaded after a piece of code."""
    show = "import sys; print(*(name for name in sys.modules if name.partition('.')[0] == 'fairlead'))"
    path = [str(ROOT / "lint"), str(ROOT / "rules"), *sys.path]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{code}\n{show}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    assert loaded_by("import fairlead") == {"fairlead"}
    assert loaded_by("from fairlead import *") > {"fairlead.analysis.cache", "fairlead.rule"}


def test_one_name_loads_what_it_needs() -> None:
    loaded = loaded_by("from fairlead import DockerIgnore; DockerIgnore(['*.log']).ignores('a.log')")
    assert "fairlead.build.dockerignore" in loaded
    assert not [name for name in loaded if name.startswith("fairlead.analysis")]
