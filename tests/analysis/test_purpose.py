"""What an image is for: an application, or people who develop, test and build with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.knowledge.purpose import is_beside_product, is_example, is_for_development, is_workshop
from fairlead.rule import Rule
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead_rules.bloat.metadata_change_copies_files import MetadataChangeCopiesFiles
from fairlead_rules.bloat.package_cache_left import PackageCacheLeft
from fairlead_rules.bloat.package_index_left import PackageIndexLeft
from fairlead_rules.bloat.recommended_packages import RecommendedPackages

START = '\nCMD ["node", "a.js"]\n'


def models(text: str, path: str = "Dockerfile", files: dict[str, str] | None = None) -> Models:
    context = Context(MemoryTree(files or {}))
    return Models(build(parse(Source(path, text.encode()))), lambda: context)


@pytest.mark.parametrize(
    ("text", "path", "for_work"),
    [
        (f"FROM node:22{START}", "Dockerfile", False),
        (f"FROM node:22{START}", "Dockerfile.dev", True),
        (f"FROM node:22{START}", ".devcontainer/Dockerfile", True),
        (f"FROM node:22{START}", "services/device/Dockerfile", False),
        (f"FROM node:22{START}", "compose/local/django/Dockerfile", True),
        (f"FROM node:22{START}", "services/locale/Dockerfile", False),
        (f"FROM node:22 AS development\nRUN a\nFROM development AS unittests{START}", "Dockerfile", True),
        (f"FROM node:22\nENV NODE_ENV=development{START}", "Dockerfile", True),
        (f"FROM python:3.13\nRUN pip install notebook{START}", "Dockerfile", True),
        ('FROM node:22\nCMD ["pnpm", "--filter", "web", "run", "dev"]\n', "Dockerfile", True),
        ('FROM node:22\nCMD ["pnpm", "--filter", "web", "run", "start"]\n', "Dockerfile", False),
        ('FROM node:22\nCMD ["npx", "next", "dev"]\n', "Dockerfile", True),
        ("FROM node:22 AS builder\nRUN npm ci\n", "Dockerfile", True),
        ("FROM node:22 AS builder\nRUN npm ci\nFROM builder AS release\n", "Dockerfile", False),
        ('FROM a\nCMD ["bash"]\n', "Dockerfile", True),
        ('FROM a\nCMD ["bash", "-c", "server"]\n', "Dockerfile", False),
        ('FROM a\nCMD ["sleep", "infinity"]\n', "Dockerfile", True),
        ('FROM a\nCMD ["python", "a.py"]\n', "Dockerfile", False),
        ('FROM a\nCMD ["python"]\n', "Dockerfile", True),
        ("FROM a\nCMD make all\n", "Dockerfile", True),
    ],
)
def test_images_for_work(text: str, path: str, for_work: bool) -> None:
    assert models(text, path).purpose.for_work is for_work


def test_env_says_that_an_image_is_for_development() -> None:
    assert models("FROM a\nENV NODE_ENV=development\nCMD run\n").purpose.development
    assert not models("FROM a\nARG NODE_ENV=development\nCMD run\n").purpose.development
    assert not models("FROM a\nENV NODE_ENV=production\nCMD run\n").purpose.development


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("images/builder/Dockerfile", True),
        ("docker/build-env/Dockerfile", True),
        ("build/Dockerfile", False),
        ("page-builder/Dockerfile", False),
    ],
)
def test_images_to_build_others_in(path: str, expected: bool) -> None:
    text = "FROM debian:13\nRUN apt-get update && apt-get install -y make\n"
    assert models(text, path).purpose.for_developers is expected
    assert not models(f"{text}CMD serve\n", path).purpose.for_developers


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Dockerfile", False),
        (".devcontainer/Dockerfile", True),
        ("docker/dev/Dockerfile", True),
        ("app-dev.dockerfile", True),
        ("dev/project/app/Dockerfile", False),
        ("device/Dockerfile", False),
        ("Dockerfile.tilt", True),
        ("createTestDB/Dockerfile", True),
        ("latestDB/Dockerfile", False),
        ("integration/testdata/Dockerfile", True),
        ("__fixtures__/2.Dockerfile", True),
        (".github/actions/notify/Dockerfile", True),
    ],
)
def test_places_of_development(path: str, expected: bool) -> None:
    assert models("FROM a\nCMD run\n", path).purpose.development is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM company/develop:3\nCMD run\n", True),
        ("FROM company/dev-ubuntu:3\nCMD run\n", False),
        ("FROM a AS dev\nFROM dev\nCMD run\n", True),
        ("FROM a\nCMD npm run dev\n", True),
        ("FROM a\nCMD java -jar /usr/share/jenkins.war\n", True),
        ("FROM a\nCMD /usr/sbin/sshd -D\n", True),
        ("FROM a\nCMD bash\n", True),
        ("FROM a\nCMD bash run.sh\n", False),
        ("FROM a\nCMD sleep infinity\n", True),
        ("FROM a\nCOPY run_build.sh /\nCMD bash /run_build.sh\n", True),
        ("FROM a\nCOPY build-and-serve.sh /\nCMD /build-and-serve.sh\n", False),
        ("FROM a\nCMD nginx && sleep infinity\n", False),
        ('FROM a\nCMD if [ "$DEBUG" ]; then flask run --debug; else gunicorn app; fi\n', False),
        ('FROM a\nCOPY run.sh /\nENTRYPOINT ["/run.sh"]\n', False),
        ('FROM a\nCOPY serve.sh /\nENTRYPOINT ["/serve.sh"]\n', True),
        ("FROM mcr.microsoft.com/devcontainers/base:trixie\nRUN make\n", True),
        ("FROM example/actions-runner\nRUN make\n", True),
        ("FROM jenkins/inbound-agent:1\nRUN make\n", True),
        ("FROM jenkinsci/jnlp-slave:1\nRUN make\n", True),
        ('FROM a\nCMD ["strapi", "develop"]\n', True),
        ("FROM jenkinsci/blueocean\nRUN make\n", False),
        ("FROM debian:13\nRUN apt-get install -y build-essential\n", False),
        ("FROM debian:13\nRUN apt-get install -y gcc-aarch64-linux-gnu\n", True),
        ("FROM debian:13\nRUN apt-get install -y gdb\n", True),
        ("FROM debian:13\nRUN apt-get install -y gdb\nCMD a\n", False),
        ("FROM debian:13\nRUN apt-get install -y gdb\nCOPY . /src\n", False),
        ("FROM golang:1.25\nRUN go install example.com/a@v1\n", True),
        ("FROM quay.io/pypa/manylinux2014_x86_64\nRUN pip install cffi\n", True),
        ("FROM php:8.4-fpm\nRUN apt-get install -y build-essential\n", False),
    ],
)
def test_images_for_developers(text: str, expected: bool) -> None:
    scripts = {"run.sh": "case $1 in\ndev) npm run dev ;;\n*) npm start ;;\nesac\n", "serve.sh": "exec npm run dev\n"}
    assert models(text, files=scripts).purpose.for_developers is expected


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("pecl install xdebug-3.4.2 && docker-php-ext-enable xdebug", True),
        ('if [ "$ENV" = dev ]; then pecl install xdebug; fi', False),
        ("rm -f /usr/local/etc/php/conf.d/xdebug.ini", False),
        ("apt-get install -y php8.4-xdebug", True),
        ("apt-get install -y php8.4-intl", False),
        ("git clone https://example.com/ohmyzsh.git ~/.oh-my-zsh", True),
        ("git clone https://example.com/surround.git ~/.vim/bundle/surround", True),
        ('mv "$PHP_INI_DIR/php.ini-development" "$PHP_INI_DIR/php.ini"', True),
        ('mv "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini"', False),
    ],
)
def test_what_only_people_need(run: str, expected: bool) -> None:
    found = models(f"FROM php:8.4-fpm AS app\nENV PHP_INI_DIR=/usr/local/etc/php\nRUN {run}\n")
    assert found.purpose.for_developers is expected
    assert found.purpose.wants_newest(found.build.stages[0]) is expected


MOUNTED = "services:\n  db:\n    image: postgres:18\n\n  app:\n    build: .\n    volumes:\n      - {}\n"


@pytest.mark.parametrize(
    ("text", "volume", "expected"),
    [
        ("FROM php:8.4-fpm\n", "./:/var/www/html", True),
        ("FROM php:8.4-fpm\nWORKDIR /var/www/public\n", "./:/var/www", True),
        ("FROM php:8.4-fpm\n", "./php.ini:/usr/local/etc/php/php.ini", False),
        ("FROM php:8.4-fpm\n", "data:/var/www/html", False),
        ("FROM php:8.4-fpm\nCOPY php.ini /usr/local/etc/php/\n", '".:/var/www/html:cached"', True),
        ("FROM php:8.4-fpm\nCOPY --from=composer:2 /usr/bin/composer /usr/bin/\n", "./src:/var/www/html", True),
        ("FROM php:8.4-fpm\nCOPY . .\n", "./:/var/www/html", False),
        ("FROM php:8.4-fpm\nCOPY index.php .\n", "./:/var/www/html", False),
        ("FROM nginx:1.29\nWORKDIR /srv\n", "./:/srv", False),
        ("FROM node:24\n", "./:/", False),
    ],
)
def test_images_that_compose_fills(tmp_path: Path, text: str, volume: str, expected: bool) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "compose.yaml").write_text(MOUNTED.format(volume))
    assert models(text, str(tmp_path / "Dockerfile")).purpose.for_developers is expected


def test_the_service_that_mounts_is_another_one(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docker").mkdir()
    service = "  {}:\n    build:\n      context: .\n      dockerfile: docker/{}\n    volumes:\n      - .:{}\n"
    text = (
        "services:\n" + service.format("a", "a.Dockerfile", "/x") + service.format("b", "b.Dockerfile", "/var/www/html")
    )
    (tmp_path / "docker-compose.yml").write_text(text)
    assert not models("FROM php:8.4-fpm\n", str(tmp_path / "docker" / "a.Dockerfile")).purpose.for_developers
    assert models("FROM php:8.4-fpm\n", str(tmp_path / "docker" / "b.Dockerfile")).purpose.for_developers


@pytest.mark.parametrize(
    "text",
    [
        "services:\n",
        "services: {}\n# build:\n",
        "services:\n\n\n#build:\n",
        "services:\n  a:\n    build: .\n",
        " a: build: [",
    ],
)
def test_compose_files_that_say_little(tmp_path: Path, text: str) -> None:
    directory = tmp_path / "app"
    directory.mkdir()
    (directory / "compose.yaml").write_text(text)
    assert not models("FROM php:8.4-fpm\n", str(directory / "Dockerfile")).purpose.for_developers


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        (("Dockerfile.prod",), True),
        (("production.Dockerfile",), True),
        (("Dockerfile.prod", "Dockerfile.dev"), False),
        (("Dockerfile.product",), False),
        ((), False),
    ],
)
def test_a_dockerfile_beside_that_of_production(tmp_path: Path, beside: tuple[str, ...], expected: bool) -> None:
    directory = tmp_path / "app"
    directory.mkdir()
    for name in beside:
        (directory / name).touch()
    text = "FROM node:24\nCMD node a.js\n"
    assert models(text, str(directory / "Dockerfile")).purpose.for_developers is expected
    assert not models(text, str(directory / "Dockerfile.prod")).purpose.for_developers
    assert models(text, str(directory / "Dockerfile.old")).purpose.for_developers


@pytest.mark.parametrize(
    ("name", "expected"), [("test", True), ("latest", False), ("e2e-runner", True), ("prod", False)]
)
def test_names_of_development(name: str, expected: bool) -> None:
    assert is_for_development(name) is expected


def test_places() -> None:
    assert is_beside_product("tests/gpu/misc/Dockerfile")
    assert is_beside_product("vendor/github.com/a/b/Dockerfile")
    assert not is_beside_product("services/api/Dockerfile")
    assert not is_beside_product("test")
    assert not is_beside_product("/home/me/test/app/Dockerfile")
    assert is_example("examples/app/Dockerfile")
    assert not is_example("example.Dockerfile")
    assert is_example("courses/one/app/Dockerfile")
    assert is_example("golang-hello/Dockerfile")
    assert is_beside_product("hack/dockerfiles/lint.Dockerfile")
    assert is_workshop("FrameworkBenchmarks")
    assert not is_workshop("workbench")
    assert is_beside_product("my-dev/nginx/Dockerfile")
    assert is_beside_product("archive/app/Dockerfile")
    assert is_beside_product("unmaintained/app/Dockerfile")
    assert is_beside_product("loadtester/database/Dockerfile")
    assert not is_beside_product("archiver/app/Dockerfile")
    assert is_workshop("vscode-dev-containers")
    assert is_workshop("build-images")
    assert not is_workshop("form-builder")
    assert not is_workshop("test-infra")


@pytest.mark.parametrize("rule", [PackageCacheLeft, PackageIndexLeft])
@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("Dockerfile", "warning"),
        ("build/Dockerfile", "warning"),
        ("Dockerfile.dev", "info"),
        (".devcontainer/Dockerfile", "info"),
        (".github/test/Dockerfile", "info"),
    ],
)
def test_leftovers_in_images_for_work_are_information(rule: type[Rule], path: str, severity: str) -> None:
    text = "FROM python:3.13\nRUN apt-get update && apt-get install -y git && pip install a\n"
    (found,) = rule().check(models(text, path=path))
    assert found.severity.value == severity


@pytest.mark.parametrize(
    ("start", "severity"), [("node a.js", "warning"), ("npx playwright test", "info"), ("npm run dev", "info")]
)
def test_leftovers_below_a_developers_start_are_information(start: str, severity: str) -> None:
    (found,) = PackageCacheLeft().check(models(f"FROM node:22\nRUN npm ci\nCMD {start}\n"))
    assert found.severity.value == severity


@pytest.mark.parametrize(("path", "severity"), [("Dockerfile", "warning"), ("tests.Dockerfile", "info")])
def test_changed_owners_in_images_for_work_are_information(path: str, severity: str) -> None:
    text = "FROM python:3.13\nCOPY . /app\nRUN chown -R 1000 /app\n"
    (found,) = MetadataChangeCopiesFiles().check(models(text, path, {"a": "a" * 1_000_000}))
    assert found.severity.value == severity


@pytest.mark.parametrize(("stage", "profile"), [("app", "recommended"), ("test", "strict"), ("builder", "strict")])
def test_recommended_packages_of_images_for_work(stage: str, profile: str) -> None:
    (found,) = RecommendedPackages().check(models(f"FROM debian:12 AS {stage}\nRUN apt-get install -y git\n"))
    assert found.profile.value == profile


def test_images_on_those_of_jupyter_are_to_try_things_in() -> None:
    found = models("ARG BASE\nFROM $BASE\nUSER root\nRUN apt-get install -y gdal-bin\nUSER ${NB_UID}\n")
    assert found.purpose.wants_newest(found.build.stages[0])
    found = models("ARG BASE\nFROM $BASE\nUSER root\nRUN apt-get install -y gdal-bin\nUSER ${APP_UID}\n")
    assert not found.purpose.wants_newest(found.build.stages[0])


def test_what_lies_beside_the_product() -> None:
    assert is_beside_product(".agents/skills/deploy/templates/Dockerfile")
    assert is_beside_product("unmaintained/web/Dockerfile")
    assert not is_beside_product("templates/web/Dockerfile")
    assert is_for_development("test-runner.Dockerfile")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Dockerfile.latest", True),
        ("tool/latest/Dockerfile", True),
        ("tool/latest/web/Dockerfile", False),
        ("tool/master-2024/Dockerfile", True),
        ("cluster/master/Dockerfile", False),
        ("cluster/master-node/Dockerfile", False),
    ],
)
def test_directories_of_the_newest(path: str, expected: bool) -> None:
    found = models("FROM debian\nCOPY . .\nCMD serve\n", path)
    assert found.purpose.wants_newest(found.build.stages[0]) is expected
