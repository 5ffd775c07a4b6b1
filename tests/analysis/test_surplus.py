"""What ships though no container needs it: the parts that examples of rules do not show."""

from __future__ import annotations

import json

import pytest

from fairlead.analysis.models import Models
from fairlead.analysis.placement import text_at
from fairlead.analysis.recommended import needed_of_recommended, recommended_sizes
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.knowledge.accounts import extends_logs
from fairlead.knowledge.base_images import has_compiler, is_debian, toolchain
from fairlead.knowledge.documentation import installs_documentation
from fairlead.rule import Rule
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead_rules.bloat.dev_dependencies_in_final_image import DevDependenciesInFinalImage
from fairlead_rules.bloat.package_cache_left import PackageCacheLeft
from fairlead_rules.bloat.package_index_left import PackageIndexLeft
from fairlead_rules.bloat.recommended_packages import RecommendedPackages
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
        ("FROM debian:12\nRUN apt-get install -y gcc ruby-dev\nRUN make\nRUN bundle install\n", ("what is built", "gcc")),
        ("FROM debian:12\nRUN apt-get install -y gcc\nRUN make\nRUN bundle install\n", ("what is built", "gcc")),
        ("FROM debian:12\nRUN apt-get install -y gcc\nRUN ./configure && make && make install\n", ("what it installs", "gcc")),
        ("FROM debian:12\nRUN apt-get install -y default-jdk gcc\nRUN make\n", ("what it makes", "gcc")),
        ("FROM debian:12\nRUN apt-get install -y default-jdk libfoo-dev\nRUN make\n", None),
        ("FROM debian:12\nRUN d='gcc make' && apt-get install -y $d && make install && apt-get autoremove -y $d\n", None),
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
    assert [(shipped.product, shipped.names[0]) for shipped in tools] == ([found] if found else [])


def test_what_runs_java_is_no_tool_of_a_build() -> None:
    text = 'FROM alpine:3.22\nRUN apk add maven openjdk21\nRUN mvn package\nCMD ["java", "-jar", "a.jar"]\n'
    (tools,) = models(text).surplus.build_tools()
    assert (tools.names, tools.runs_java, tools.has_jre) == (("maven",), True, False)
    (tools,) = models(text.replace("maven ", "").replace("mvn", "./mvnw")).surplus.build_tools()
    assert (tools.names, tools.runs_java, tools.has_jre) == (("openjdk21",), True, True)
    (tools,) = models(
        'FROM alpine:3.22\nRUN apk add gcc\nRUN pip install a\nCMD ["java", "-jar", "a.jar"]\n'
    ).surplus.build_tools()
    assert not tools.runs_java


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


@pytest.mark.parametrize(
    ("start", "package", "more", "found"),
    [
        ('CMD ["npm", "run", "go"]', {"npm-run-all": "4"}, {}, False),
        ('CMD ["npm", "run", "other"]', {"npm-run-all": "4"}, {}, True),
        ('CMD ["node", "a.js"]', {"@babel/node": "7"}, {}, True),
        ('CMD ["npx", "next", "start"]', {"typescript": "5"}, {"next.config.ts": ""}, False),
        ('CMD ["npx", "next", "start"]', {"typescript": "5"}, {"next.config.js": ""}, True),
        ('CMD ["npx", "next", "start"]', {"eslint": "9"}, {"next.config.ts": ""}, True),
        ('CMD ["pm2-runtime", "start", "pm2.config.js"]', {"eslint": "9"}, {"pm2.config.js": "script: 'dist/a.js'"}, True),
        ('CMD ["pm2-runtime", "start", "pm2.config.js"]', {"eslint": "9"}, {"pm2.config.js": "args: 'run dev'"}, False),
        ('CMD ["pm2-runtime", "start", "pm2.config.js"]', {"eslint": "9"}, {"pm2.config.js": "script: 'eslint'"}, False),
        ('CMD ["node", "a.js"]\nONBUILD RUN npm test', {"eslint": "9"}, {}, False),
    ],
)  # fmt: skip
def test_what_a_start_needs_of_development_dependencies(
    start: str, package: dict[str, str], more: dict[str, str], found: bool
) -> None:
    scripts = {"go": "run-s one two", "other": "node a.js"}
    files = {"package.json": json.dumps({"devDependencies": package, "scripts": scripts}), **more}
    installs = development(f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n{start}\n", files)
    assert installs == ([(4, True, False)] if found else [])


def test_a_file_of_processes_that_nobody_knows_may_need_anything() -> None:
    text = 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["pm2-runtime", "/etc/pm2.config.js"]\n'
    assert development(text) == [(4, False, False)]


def test_a_build_in_exec_form_is_one_too() -> None:
    text = f'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN ["npm", "ci"]\nRUN ["npm", "run", "build"]{START}'
    (install,) = models(text, {"package.json": PACKAGE}).surplus.development()
    assert install.build is not None and install.build.start.line == 5


@pytest.mark.parametrize(
    ("base", "environment", "path"),
    [
        ("node:22", "", "/root/.npm"), ("docker.io/library/node:22", "", "/root/.npm"), ("example.com/base:1", "", "~/.npm"),
        ("nvidia/cuda:12.8.0-base", "", "/root/.npm"), ("registry.access.redhat.com/ubi9/ubi:9.6", "", "/root/.npm"),
        ("example.com/base:1", "ENV HOME=/home/me", "/home/me/.npm"), ("node:22", "USER node", "/home/node/.npm"),
        ("node:22", "ENV HOME=/srv/\nUSER node", "/srv/.npm"),
    ],
)  # fmt: skip
def test_where_a_cache_in_the_home_directory_lies(base: str, environment: str, path: str) -> None:
    (left,) = models(f"FROM {base}\n{environment}\nRUN npm ci\n").layers.caches_left()
    assert left.shown == path


@pytest.mark.parametrize(
    ("runs", "here", "later"),
    [
        ("RUN apt-get update && apt-get install -y a", True, []),
        ("RUN apt-get update\nRUN apt-get install -y a", False, [3]),
        ("RUN apt-get update\nRUN apt-get upgrade -y\nRUN apt-get install -y a && apt-get install -y b", False, [3, 4]),
        ("RUN apt-get update && apt-get install -y a\nRUN apt-get install -y b", True, [3]),
        ("RUN apt-get update && apt-get install -y a\nRUN apt-get update && apt-get install -y b\nRUN apt-get install c", True, []),
        ("RUN apt-get update && apt-get upgrade -y\nENV A=b\nRUN x\nRUN apt-get install -y b", True, [5]),
        ("RUN apt-get install -y a && apt-get update\nRUN x", False, []),
        ("RUN apt-get update && apt-get install -y curl\nRUN curl https://deb.nodesource.com/setup_22.x | bash -\n"
         "RUN apt-get install -y nodejs", True, []),
    ],
)  # fmt: skip
def test_what_installs_from_an_index_that_stays(runs: str, here: bool, later: list[int]) -> None:
    left = next(models(f"FROM debian:12\n{runs}\n").layers.index_left())
    assert left.used_here is here
    assert [use.token.start.line for use in left.used_later] == later


@pytest.mark.parametrize(
    ("base", "packages", "bytes_", "needed"),
    [
        ("debian:12", "curl", {"curl": 3_800_000}, ("ca-certificates",)),
        ("python:3.13-slim", "curl", {"curl": 0}, ()),
        ("debian:12", "curl ca-certificates", {"curl": 0, "ca-certificates": 0}, ()),
        ("node:22", "curl", {"curl": 0}, ()),
        ("node:22-slim", "curl", {"curl": 3_800_000}, ("ca-certificates",)),
        ("debian:12", "gcc", {"gcc": 88_400_000}, ("libc6-dev",)),
        ("debian:12", "gcc libfoo-dev", {"gcc": 88_400_000}, ()),
        ("debian:12", "$A ./b.deb", {}, ()),
    ],
)  # fmt: skip
def test_what_recommendations_bring(base: str, packages: str, bytes_: dict[str, int], needed: tuple[str, ...]) -> None:
    model = models(f"FROM {base}\nARG A\nRUN apt-get install -y {packages}\n")
    (install,) = model.operations(next(model.build.runs()))
    assert recommended_sizes(install) == bytes_
    assert needed_of_recommended(install) == needed


@pytest.mark.parametrize(
    ("rule", "runs", "help_"),
    [
        (PackageIndexLeft, "RUN apt-get update", "leave the update out, or install in its RUN and end that with"),
        (PackageIndexLeft, "RUN apt-get update && apt-get install -y a\nRUN apt-get install -y b", "update again in line 3"),
        (PackageIndexLeft, "RUN apt-get update\nRUN apt-get install -y a\nRUN apt-get install -y b", "in those of lines 3 and 4"),
        (PackageIndexLeft, "RUN sudo apt-get update && sudo apt-get install -y a", "`&& sudo rm -rf /var/lib/apt/lists/*`"),
        (PackageIndexLeft, "RUN apk upgrade", "use `apk upgrade --no-cache`"),
        (PackageCacheLeft, "RUN sudo yum install -y a", "end the RUN with `&& sudo yum clean all`"),
    ],
)  # fmt: skip
def test_what_to_do_about_leftovers(rule: type[Rule], runs: str, help_: str) -> None:
    (found,) = rule().check(models(f"FROM example.com/base:1\n{runs}\n"))
    assert help_ in (found.help or "")


def test_what_goes_again_brings_nothing() -> None:
    text = "FROM debian:12\nRUN apt-get install -y python3-pip git && apt-get purge -y python3-pip && apt-get autoremove -y\n"
    (found,) = RecommendedPackages().check(models(text))
    assert (
        found.message == "whatever is recommended with git is installed too: about 15 MB for git on a minimal Debian 12"
    )
