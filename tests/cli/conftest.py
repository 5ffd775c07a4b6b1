"""Running command lines as a user does, and comparing what they print with what is on file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from fairlead.cli.main import main

ROOT = Path(__file__).parent.parent.parent
SNAPSHOTS = Path(__file__).parent / "snapshots"
GOOD = "FROM debian:12.11\nUSER nobody\n"
BAD = "FROM debian\nRUN curl https://example.com/install.sh | sh\n"


class Result(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to work in, with a plain terminal's environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run(project: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process."""

    def run_(*arguments: str | Path) -> Result:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        return Result(status, *capfd.readouterr())

    return run_


@pytest.fixture
def program(project: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a command line as a program of its own."""

    def run_(
        *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        code = "from fairlead.cli.main import run; run()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            input=stdin,
            capture_output=True,
            env={**os.environ, **(env or {})},
            check=False,
        )

    return run_


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name; `pytest --update-snapshots` writes the files."""

    def compare(name: str, text: str) -> None:
        path = SNAPSHOTS / name
        if request.config.getoption("--update-snapshots"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        assert text == path.read_text("utf-8"), f"{path.name} differs; look, then run pytest --update-snapshots"

    return compare
