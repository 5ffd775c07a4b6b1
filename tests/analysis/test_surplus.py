"""What ships though no container needs it: the parts that examples of rules do not show."""

from __future__ import annotations

import pytest

from fairlead.analysis.context_files import text_at
from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.knowledge.accounts import writes_no_hole
from fairlead.knowledge.base_images import has_compiler, toolchain
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def models(text: str, files: dict[str, str] | None = None, path: str = "Dockerfile") -> Models:
    context = Context(MemoryTree(files or {}))
    return Models(build(parse(Source(path, text.encode()))), lambda: context)


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("COPY . /app\nRUN x", "/app/a/b.txt", "b"),
        ("COPY a/b.txt /etc/c.txt\nRUN x", "/etc/c.txt", "b"),
        ("COPY a/b.txt /etc/\nRUN x", "/etc/b.txt", "b"),
        ("COPY a/*.txt /etc/\nRUN x", "/etc/b.txt", "b"),
        ("COPY . /app\nRUN x", "/srv/a/b.txt", None),
        ("COPY . .\nRUN x", "a/b.txt", "b"),
        ("RUN --mount=type=bind,source=a,target=/m x", "/m/b.txt", "b"),
        ("RUN x\nCOPY . /app", "/app/a/b.txt", None),
        ("COPY <<E /b.txt\nt\nE\nRUN x", "/b.txt", None),
    ],
)
def test_a_file_of_the_context_is_found_by_its_path_in_the_image(text: str, path: str, found: str | None) -> None:
    model = models(f"FROM debian:12\n{text}\n", {"a/b.txt": "b"})
    assert text_at(model, next(model.build.runs()), path) == found


def test_a_file_is_followed_through_stages() -> None:
    text = "FROM debian:12 AS a\nCOPY . /src\nFROM debian:12\nCOPY --from=a /src/a /app\nRUN x\n"
    model = models(text, {"a/b.txt": "b"})
    assert text_at(model, next(model.build.runs()), "/app/b.txt") == "b"


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ('CMD ["/app/server", "-v"]', "server"),
        ("CMD exec gunicorn app", "gunicorn"),
        ('ENTRYPOINT ["tini", "-g", "--", "node", "a.js"]', "node"),
        ('ENTRYPOINT ["docker-entrypoint.sh"]\nCMD ["nginx"]', "nginx"),
        ("ENTRYPOINT dumb-init node a.js", "node"),
    ],
)
def test_the_program_that_a_container_starts(text: str, program: str) -> None:
    started = models(f"FROM debian:12\n{text}\n").startup.started
    assert started is not None
    assert started.program == program


def test_an_entrypoint_resets_the_command_of_the_parent_stage() -> None:
    text = 'FROM debian:12 AS a\nCMD ["a"]\nFROM a\nENTRYPOINT ["b"]\n'
    started = models(text).startup.started
    assert started is not None
    assert started.words == ("b",)


@pytest.mark.parametrize(
    ("text", "path", "workplace"),
    [
        ('CMD ["bash"]', "Dockerfile", True),
        ('CMD ["bash", "-c", "server"]', "Dockerfile", False),
        ('CMD ["sleep", "infinity"]', "Dockerfile", True),
        ('CMD ["python", "a.py"]', "Dockerfile", False),
        ('CMD ["python"]', "Dockerfile", True),
        ('CMD ["server"]', "Dockerfile.dev", True),
        ('CMD ["server"]', ".devcontainer/Dockerfile", True),
        ('CMD ["server"]', "services/device/Dockerfile", False),
    ],
)
def test_images_to_work_in(text: str, path: str, workplace: bool) -> None:
    assert models(f"FROM debian:12\n{text}\n", path=path).startup.workplace is workplace


@pytest.mark.parametrize(
    ("name", "tag", "newer"),
    [
        ("debian", "12-slim", True), ("debian", "11", False), ("debian", "bookworm", True), ("debian", "latest", True),
        ("ubuntu", "22.04", False), ("ubuntu", "24.04", True), ("ubuntu", "noble", True), ("python", "3.13-slim-bookworm", True),
        ("rockylinux", "9", False), ("fedora", "42", True), ("alpine", "3.22", True), ("python", "3.13", False),
    ],
)  # fmt: skip
def test_images_whose_useradd_leaves_the_logs_alone(name: str, tag: str, newer: bool) -> None:
    assert writes_no_hole(name, tag) is newer


def test_images_with_compilers() -> None:
    assert has_compiler("python", "3.13")
    assert not has_compiler("python", "3.13-slim")
    assert not has_compiler("node", "22-alpine")
    assert toolchain("golang", "1.24") is not None
    assert toolchain("swift", "6.0-slim") is None
    assert toolchain("mcr.microsoft.com/dotnet/sdk", "9.0") is not None
    assert toolchain("mygolang", "1") is None
