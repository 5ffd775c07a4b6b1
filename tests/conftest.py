from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

# A run gives what the last one gave; `--hypothesis-profile=search` looks for counter-examples that nobody has seen.
settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", settings.get_profile("default"), derandomize=False, max_examples=1000)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write what the commands print now")


@pytest.fixture(scope="session")
def truth() -> Path:
    """The folder of expected results."""
    return ROOT / "tests" / "truth"


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of fixture projects."""
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def real_dockerfiles() -> list[Path]:
    """Every file below the directory that FAIRLEAD_DOCKERFILES names, none where it is not set."""
    root = os.environ.get("FAIRLEAD_DOCKERFILES")
    return sorted(path for path in Path(root).rglob("*") if path.is_file()) if root else []
