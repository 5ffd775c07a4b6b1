"""What ships though no container needs it: the parts that examples of rules do not show."""

from __future__ import annotations

import pytest

from fairlead.analysis.context_files import text_at
from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.knowledge.accounts import extends_logs
from fairlead.knowledge.base_images import has_compiler, is_debian, toolchain
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead_rules.bloat.sparse_user_log import SparseUserLog


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
    ("name", "tag", "extends"),
    [
        ("debian", "12-slim", False), ("debian", "11", True), ("debian", "11.6-slim", True), ("debian", "bookworm", False),
        ("debian", "bullseye-slim", True), ("debian", "latest", False), ("debian", "", False), ("debian", "sid", False),
        ("ubuntu", "22.04", True), ("ubuntu", "23.10", None), ("ubuntu", "24.04", False), ("ubuntu", "noble", False),
        ("ubuntu", "jammy-20240111", True), ("python", "3.13-slim-bookworm", False), ("python", "3.13", False),
        ("python", "3.11-slim-bullseye", True), ("node", "22", False), ("node", "16-buster", True), ("node", "22-alpine", False),
        ("buildpack-deps", "jammy", True), ("rockylinux", "9", None), ("fedora", "42", False), ("fedora", "37", None),
        ("alpine", "3.22", False), ("example.com/team/base", "1", None), ("example.com/mirror/debian", "11", True),
    ],
)  # fmt: skip
def test_images_whose_useradd_lengthens_the_logs(name: str, tag: str, extends: bool | None) -> None:
    assert extends_logs(name, tag, is_debian=is_debian(name, tag)) is extends


@pytest.mark.parametrize(
    ("image", "level"),
    [
        ("ubuntu:22.04", ("warning", "recommended")),
        ("python:3.13", ("info", "strict")),
        ("debian:latest", ("info", "strict")),
        ("debian", ("info", "strict")),
        ("node:20-bullseye", ("warning", "recommended")),
        ("registry.example.com/base:1", ("info", "strict")),
    ],
)
def test_a_sparse_log_is_a_warning_only_where_the_base_image_is_known_to_be_old(
    image: str, level: tuple[str, str]
) -> None:
    (found,) = SparseUserLog().check(models(f"FROM {image}\nRUN useradd -u 2000000000 app\n"))
    assert (found.severity.value, found.profile.value) == level


@pytest.mark.parametrize(
    "text",
    [
        "RUN useradd -u 2000000000 --no-log-init app",
        "RUN useradd -ml -u 2000000000 app",
        "RUN useradd -u 99999 app",
        "RUN useradd app 2000000000",
        "RUN usermod -u 2000000000 app",
    ],
)
def test_no_sparse_log(text: str) -> None:
    assert list(models(f"FROM ubuntu:22.04\n{text}\n").surplus.sparse_logs()) == []


def test_the_bytes_of_a_sparse_log() -> None:
    (log,) = models("FROM debian:11\nRUN useradd -u 100000 app\n").surplus.sparse_logs()
    assert (log.uid, log.bytes, log.extends) == (100_000, 100_001 * (292 + 32), True)


def test_images_with_compilers() -> None:
    assert has_compiler("python", "3.13")
    assert not has_compiler("python", "3.13-slim")
    assert not has_compiler("node", "22-alpine")
    assert toolchain("golang", "1.24") is not None
    assert toolchain("swift", "6.0-slim") is None
    assert toolchain("mcr.microsoft.com/dotnet/sdk", "9.0") is not None
    assert toolchain("mygolang", "1") is None
