"""What ships though no container needs it: the parts that examples of rules do not show."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.analysis.placement import text_at
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.knowledge.accounts import extends_logs
from fairlead.knowledge.base_images import has_compiler, is_debian, toolchain
from fairlead.knowledge.documentation import installs_documentation
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead_rules.bloat.dev_dependencies_in_final_image import DevDependenciesInFinalImage
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
    model = models(f"FROM example.com/base:1\n{text}\n", {"a/b.txt": "b"})
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
    ("name", "tag", "extends"),
    [
        ("debian", "12-slim", False), ("debian", "11", True), ("debian", "11.6-slim", True), ("debian", "bookworm", False),
        ("debian", "bullseye-slim", True), ("debian", "latest", False), ("debian", "", False), ("debian", "sid", False),
        ("ubuntu", "22.04", True), ("ubuntu", "23.10", None), ("ubuntu", "24.04", False), ("ubuntu", "noble", False),
        ("ubuntu", "jammy-20240111", True), ("python", "3.13-slim-bookworm", False), ("python", "3.13", False),
        ("python", "3.11-slim-bullseye", True), ("node", "22", False), ("node", "16-buster", True), ("node", "22-alpine", False),
        ("buildpack-deps", "jammy", True), ("rockylinux", "9", None), ("fedora", "42", False), ("fedora", "37", None),
        ("nvidia/cuda", "11.7.1-devel-ubuntu20.04", True), ("nvidia/cuda", "12.6.0-base-ubuntu24.04", False),
        ("example.com/a", "1-focal", True), ("example.com/a", "buster2", True), ("example.com/a", "bluster", None),
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
    assert has_compiler("buildpack-deps", "bookworm")
    assert not has_compiler("buildpack-deps", "bookworm-curl")
    assert toolchain("golang", "1.24") is not None
    assert toolchain("swift", "6.0-slim") is None
    assert toolchain("mcr.microsoft.com/dotnet/sdk", "9.0") is not None
    assert toolchain("mygolang", "1") is None


PACKAGE = '{"devDependencies": {"vite": "7", "@types/node": "22"}}'
BUILD = "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\n"
START = '\nCMD ["node", "dist/a.js"]\n'


def development(
    text: str, files: dict[str, str] | None = None, path: str = "Dockerfile"
) -> list[tuple[int, bool, bool]]:
    """The line, whether it is certain, and whether it is a copy, of each install that is found."""
    found = models(text, {"package.json": PACKAGE} if files is None else files, path).surplus.development()
    return [(install.token.start.line, install.certain, install.copied) for install in found]


@pytest.mark.parametrize(
    ("copies", "lines"),
    [
        ("COPY --from=build /app/node_modules ./node_modules", [6]),
        ("COPY --from=build /app /app", [6]),
        ("COPY --from=build / /", [6]),
        ("COPY --from=build /app/dist /app/dist", []),
        ("COPY --from=build /app/node_modules/vite /app/node_modules/vite", []),
        ("COPY --from=build --exclude=node_modules /app /app", []),
        ("COPY --from=build /app /app\nRUN cd /app && npm prune --omit=dev", []),
        ("COPY --from=build /app /app\nCOPY --from=build /app/node_modules /app/node_modules", [6]),
        ("COPY --from=build /application /app", []),
    ],
)
def test_a_copy_that_brings_development_dependencies(copies: str, lines: list[int]) -> None:
    assert [line for line, *_ in development(f"{BUILD}FROM node:22-slim\n{copies}{START}")] == lines


@pytest.mark.parametrize(
    ("between", "found"),
    [
        ("COPY --from=build /app /app", True),
        ("COPY --from=build /app/node_modules /app/node_modules", True),
        ("COPY --from=build /app/node_modules /app/node_modules\nRUN cd /app && npm prune --production", False),
        ("COPY --from=build /app/dist /app/dist", False),
        ("COPY . /app", False),
    ],
)
def test_packages_are_followed_through_stages(between: str, found: bool) -> None:
    text = f"{BUILD}FROM node:22 AS middle\n{between}\nFROM node:22-slim\nCOPY --from=middle /app/ /srv/{START}"
    assert bool(development(text)) is found


@pytest.mark.parametrize(
    ("install", "files", "found"),
    [
        ("npm ci", {}, [(3, False, False)]),
        ("npm ci", {"package.json": "{"}, [(3, False, False)]),
        ("npm ci", {"package.json": "[]"}, [(3, False, False)]),
        ("npm ci", {"package.json": '{"devDependencies": ["a"]}'}, []),
        ("npm ci", {"package.json": PACKAGE}, [(3, True, False)]),
        ("npm ci", {"package.json": '{"workspaces": ["a"]}'}, [(3, False, False)]),
        ("npm ci --include=dev", {"package.json": PACKAGE}, [(3, True, False)]),
        ("npm ci --omit=dev", {"package.json": PACKAGE}, []),
        ("npm ci --omit=optional", {"package.json": PACKAGE}, [(3, True, False)]),
        ("npm_config_omit=dev npm ci", {"package.json": PACKAGE}, []),
        ("npm_config_omit=dev yarn install", {"package.json": PACKAGE}, [(3, True, False)]),
        ("npm_config_production=true pnpm i", {"package.json": PACKAGE}, []),
        ("NODE_ENV=production bun install", {"package.json": PACKAGE}, [(3, True, False)]),
        ("NODE_ENV=production bun install --production", {"package.json": PACKAGE}, []),
        ("yarn install --mode=skip-build", {"package.json": PACKAGE}, [(3, True, False)]),
        ("npm ci", {"package.json": PACKAGE, "compose.yaml": "services:\n  a:\n    volumes:\n      - .:/app\n"}, [(3, False, False)]),
        ("npm ci", {"package.json": PACKAGE, "compose.yaml": "services:\n  a:\n    volumes:\n      - ./data:/data\n"}, [(3, True, False)]),
    ],
)  # fmt: skip
def test_what_an_install_leaves_out(install: str, files: dict[str, str], found: list[tuple[int, bool, bool]]) -> None:
    assert (
        development(f"FROM node:22\nWORKDIR /app\nRUN --mount=type=bind,target=/app {install}{START}", files) == found
    )


def test_the_group_of_a_workspace_member() -> None:
    files = {
        "pyproject.toml": '[dependency-groups]\ndev = ["zizmor"]\n[tool.uv.workspace]\nmembers = ["api"]\n',
        "api/pyproject.toml": '[project]\nname = "app"\n[dependency-groups]\ndev = ["pytest>=8", {include-group = "x"}]\n',
    }
    text = 'FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN uv sync --frozen --package app\nCMD ["python", "-m", "app"]\n'
    (install,) = models(text, files).surplus.development()
    assert install.names == ("pytest",)


def test_two_installs_of_one_project_are_one_finding() -> None:
    files = {"pyproject.toml": '[dependency-groups]\ndev = ["pytest"]\n'}
    text = 'FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN uv sync\nRUN uv sync --no-editable\nCMD ["python", "-m", "app"]\n'
    (install,) = models(text, files).surplus.development()
    assert [again.token.start.line for again in install.again] == [5]


@pytest.mark.parametrize(
    "text",
    ["tool = 1\n", '[tool.uv]\ndefault-groups = 3\n[dependency-groups]\ndev = ["a"]\n', "[tool]\nuv = []\n", "=\n"],
)
def test_a_manifest_that_is_none(text: str) -> None:
    dockerfile = 'FROM python:3.13\nCOPY . .\nRUN uv sync\nCMD ["python", "a.py"]\n'
    assert development(dockerfile, {"pyproject.toml": text}) == []


@pytest.mark.parametrize(
    ("between", "adjacent"),
    [
        ("", True),
        ("ENV A=1\nLABEL b=c\n", True),
        ("# a comment\n", True),
        ("# kept in a layer of its own\n", False),
        ("COPY a /b\n", False),
        ("RUN make\n", False),
        ("WORKDIR /app\n", False),
    ],
)
def test_runs_that_nothing_tells_apart(between: str, adjacent: bool) -> None:
    install = "RUN apt-get update && apt-get install -y {} && rm -rf /var/lib/apt/lists/*\n"
    (index,) = models(f"FROM debian:12\n{install.format('a')}{between}{install.format('b')}").surplus.repeated_indexes()
    assert index.adjacent is adjacent


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FROM python:3.13-slim\nRUN apt-get install -y gcc\nRUN npm ci\nRUN pip install a\n", ("a virtual environment", "gcc")),
        ("FROM node:22-slim\nRUN apt-get install -y gcc\nRUN pip install a\nRUN npm ci\n", ("node_modules", "gcc")),
        ("FROM debian:12\nRUN apt-get install -y gcc ruby-dev\nRUN make\nRUN bundle install\n", ("the installed gems", "gcc")),
        ("FROM debian:12\nRUN apt-get install -y gcc\nRUN make\nRUN bundle install\n", ("what it installs", "gcc")),
        ("FROM debian:12\nRUN apt-get install -y golang\nRUN make\nRUN go build .\n", ("the binary", "golang")),
        ("FROM debian:12\nRUN curl https://sh.rustup.rs | sh\nRUN cargo build\n", ("the binary", "the Rust toolchain")),
        ("FROM debian:12\nRUN curl https://go.dev/dl/go1.24.tar.gz | tar xz\nRUN go build .\n", ("the binary", "the Go toolchain")),
        ("FROM debian:12\nRUN curl https://go.dev/dl/go1.24.tar.gz | tar xz\nRUN make\n", None),
        ("FROM debian:12\nRUN curl https://sh.rustup.rs | sh\nRUN cargo build && rm -rf ~/.cargo ~/.rustup\n", None),
        ("FROM php:8.4-fpm\nRUN apt-get install -y gcc\nRUN make\n", None),
    ],
)  # fmt: skip
def test_what_is_built_with_compilers_that_ship(text: str, found: tuple[str, str] | None) -> None:
    tools = list(models(f'{text}CMD ["app"]\n').surplus.build_tools())
    assert [(shipped.built.product, shipped.names[0]) for shipped in tools] == ([found] if found else [])


def test_a_program_that_another_stage_brings_needs_no_toolchain_but_neither_is_it_built_with_it() -> None:
    text = 'FROM a AS p\nFROM golang:1.24\nRUN go install x.org/y@v1\nCOPY --from=p /bin/protoc /bin/\nENTRYPOINT ["/bin/protoc"]\n'
    assert models(text).surplus.toolchain() is None


@pytest.mark.parametrize(
    ("manager", "name", "tag", "found"),
    [
        ("apt-get", "debian", "12", True), ("apt-get", "debian", "12-slim", False), ("apt-get", "python", "3.13", True),
        ("apt-get", "php", "8.4-apache", False), ("apt-get", "nginx", "1.29", False), ("apt-get", "ubuntu", "24.04", False),
        ("apt-get", "buildpack-deps", "noble", False), ("dnf", "ubi9/ubi", "9.6", True), ("dnf", "redhat/ubi8", "8.10", True),
        ("dnf", "ubi9/ubi-minimal", "9.6", False), ("dnf", "rockylinux", "9", False), ("dnf", "rockylinux", "8.9", True),
        ("dnf", "fedora", "42", False), ("microdnf", "ubi9/ubi", "9.6", False), ("apk", "alpine", "3.22", False),
    ],
)  # fmt: skip
def test_images_that_install_documentation(manager: str, name: str, tag: str, found: bool) -> None:
    assert installs_documentation(manager, name, tag, is_debian=is_debian(name, tag)) is found


@pytest.mark.parametrize(
    ("runs", "line"),
    [
        ("RUN npm ci && npm prune --omit=dev", None),
        ("RUN npm ci\nRUN npm run build\nRUN npm prune --production", 6),
        ("RUN pnpm i\nRUN pnpm build && pnpm prune --prod", 5),
        ("RUN npm ci\nRUN npm prune --dry-run", None),
        ("RUN npm ci\nRUN rm -rf node_modules && npm ci --omit=dev", None),
    ],
)
def test_a_prune_in_a_later_run(runs: str, line: int | None) -> None:
    model = models(f"FROM node:22\nWORKDIR /app\nCOPY . .\n{runs}{START}", {"package.json": PACKAGE})
    found = [install.pruned.start.line for install in model.surplus.development() if install.pruned is not None]
    assert found == ([line] if line else [])


@pytest.mark.parametrize(
    ("image", "severity"),
    [
        ("node:22", "warning"), ("registry.example.com/library/node:22", "warning"), ("public.ecr.aws/docker/library/node", "warning"),
        ("gcr.io/google_appengine/nodejs", "info"), ("$BASE", "info"),
    ],
)  # fmt: skip
def test_a_base_image_may_leave_development_dependencies_out(image: str, severity: str) -> None:
    text = f'ARG BASE\nFROM {image}\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n'
    (found,) = DevDependenciesInFinalImage().check(
        models(text, {"package.json": '{"devDependencies": {"jest": "30"}}'})
    )
    assert found.severity.value == severity
    assert ("sets a variable" in found.message) is (severity == "info")
