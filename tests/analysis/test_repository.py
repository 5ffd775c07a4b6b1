"""What the files of a repository tell: its owner, the images it makes, the arguments it gives, what its places are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.analysis.repository import Repository
from fairlead.build.image import parse_image_reference
from fairlead.knowledge.base_images import has_versions, names_release, tags_releases
from fairlead.knowledge.secrets import is_of_another_service, is_placeholder, is_public_password, is_secret_name


def repository(directory: Path, *, remote: str = "", files: dict[str, str] | None = None) -> Repository:
    (directory / ".git").mkdir()
    config = "[core]\n\tbare = false\n" + (f'[remote "origin"]\n\turl = {remote}\n' if remote else "")
    (directory / ".git" / "config").write_text(config)
    for name, text in (files or {}).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return Repository(str(directory / "images" / "app" / "Dockerfile"))


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/Example-Org/tool.git",
        "https://user@git.example.com/example-org/tool",
        "git@github.com:example-org/tool.git",
        "ssh://git@gitlab.com:22/example-org/group/tool.git/",
    ],
)
def test_the_owner(tmp_path: Path, remote: str) -> None:
    found = repository(tmp_path, remote=remote)
    assert [name.lower() for name in found.names()] == ["example-org", "tool"]
    assert found.owns(parse_image_reference("ghcr.io/example/base"))
    assert found.owns(parse_image_reference("example-org/base:latest"))
    assert found.is_of_owner("https://github.com/Example-Org/other.git")
    assert not found.is_of_owner("https://github.com/another/other.git")
    assert not found.is_of_owner("https://github.com/example-org/tool")
    assert found.is_of_owner("https://github.com/example-org/packages/raw/main/x-1.2.rpm")
    assert found.is_namesake("https://github.com/another/tool.git")
    assert found.is_namesake("https://github.com/Tool/plugins")
    assert not found.is_namesake("https://github.com/example-org/tool")
    assert not found.is_namesake("https://github.com/another/other")
    assert found.is_itself("https://github.com/example-org/tool")
    assert not found.is_itself("https://github.com/example-org/other")
    assert not found.owns(parse_image_reference("other/base"))
    assert not found.owns(parse_image_reference("example"))


def test_the_images_of_a_project(tmp_path: Path) -> None:
    found = repository(tmp_path, remote="https://github.com/example-project/tool")
    assert found.owns(parse_image_reference("tool/base:latest"))
    assert not found.owns(parse_image_reference("tool/tool"))


@pytest.mark.parametrize(
    ("name", "text", "replaced"),
    [
        ("docker-bake.hcl", '  contexts = {\n    alpine = "docker-image://alpine:3.22"\n  }\n', True),
        ("compose.yaml", "      additional_contexts:\n        - alpine=docker-image://alpine:3.22\n", True),
        ("compose.yaml", "      additional_contexts:\n        alpine: service:base\n", True),
        ("Makefile", "image:\n\tdocker build --build-context alpine=../alpine .\n", True),
        ("compose.yaml", "services:\n  alpine:\n    image: alpine\n", False),
        ("Makefile", "image:\n\tdocker build --build-context alpine-lint=../alpine .\n", False),
    ],
)
def test_images_in_whose_place_a_context_is(tmp_path: Path, name: str, text: str, *, replaced: bool) -> None:
    assert repository(tmp_path, files={name: text}).replaces(parse_image_reference("alpine")) is replaced


def test_without_a_remote(tmp_path: Path) -> None:
    found = repository(tmp_path)
    assert found.names() == (tmp_path.name,)
    assert not found.owns(parse_image_reference("example/base"))
    assert found.owns(parse_image_reference("example/base"), "https://github.com/example/tool")
    assert found.path == "images/app/Dockerfile"


def test_in_no_repository(tmp_path: Path) -> None:
    found = Repository(str(tmp_path / "Dockerfile"))
    assert found.top is None or found.top in tmp_path.parents
    assert not found.makes(parse_image_reference("example/base"))


def test_a_further_worktree(tmp_path: Path) -> None:
    main, other = tmp_path / "main" / ".git", tmp_path / "other"
    (main / "worktrees" / "other").mkdir(parents=True)
    (main / "config").write_text('[remote "origin"]\n\turl = git@github.com:example/tool.git\n')
    (main / "worktrees" / "other" / "commondir").write_text("../..\n")
    other.mkdir()
    (other / ".git").write_text(f"gitdir: {main / 'worktrees' / 'other'}\n")
    assert Repository(str(other / "Dockerfile")).names() == ("example", "tool")


@pytest.mark.parametrize(
    ("name", "text", "made"),
    [
        ("Makefile", "base:\n\tdocker build -t someone/base:latest base\n", True),
        ("Makefile", "base:\n\tdocker build --tag=someone/base base\n", True),
        ("Makefile", "base:\n\tdocker build -t gcr.io/$(PROJECT)/base:1 base\n", True),
        ("Makefile", "run:\n\tdocker run someone/base\n", False),
        ("Makefile", "base:\n\tdocker build -t someone/base-other base\n", False),
        ("images/build.sh", "docker push someone/base\n", True),
        ("docker-bake.hcl", 'target "base" {\n  tags = ["someone/base:latest"]\n}\n', True),
        (".github/workflows/ci.yml", "        with:\n          tags: someone/base:latest\n", True),
        ("docker-compose.yml", "services:\n  base:\n    build: base\n    image: someone/base\n", True),
        ("docker-compose.yml", "services:\n  base:\n    image: someone/base\n    build: base\n", True),
        ("docker-compose.yml", "services:\n  a:\n    image: someone/base\n  b:\n    build: b\n", False),
    ],
)
def test_images_that_a_file_builds(tmp_path: Path, name: str, text: str, *, made: bool) -> None:
    assert repository(tmp_path, files={name: text}).makes(parse_image_reference("someone/base")) is made


@pytest.mark.parametrize(
    ("name", "text", "given"),
    [
        ("Makefile", "ARGS := --build-arg GO_VERSION=$(GO_VERSION)\n", True),
        ("Makefile", "GO_VERSION := 1.26\n", False),
        ("compose.yaml", "services:\n  a:\n    build:\n      args:\n        GO_VERSION: 1.26\n", True),
        (".github/workflows/ci.yml", "          build-args: |\n            GO_VERSION=1.26\n", True),
        ("compose.yaml", "services:\n  a:\n    environment:\n      GO_VERSION: 1.26\n", False),
    ],
)
def test_arguments_that_a_file_gives(tmp_path: Path, name: str, text: str, *, given: bool) -> None:
    assert repository(tmp_path, files={name: text}).gives("GO_VERSION") is given


def test_names_of_images() -> None:
    assert names_release("redhat/ubi9-minimal")
    assert names_release("gcr.io/distroless/static-debian12")
    assert not names_release("gcr.io/distroless/static")
    assert not names_release("amd64/ubuntu")
    assert not names_release("python")
    assert not has_versions("gcr.io/cloud-builders/gcloud")
    assert has_versions("gcr.io/distroless/static")
    assert tags_releases("docker.io/grafana/grafana")
    assert tags_releases("mcr.microsoft.com/dotnet/sdk")
    assert not tags_releases("docker.io/example/base")
    assert not tags_releases("registry.example.com/grafana/grafana")


@pytest.mark.parametrize("name", ["API_KEY", "STRIPE_API_KEY", "apiKey", "SECRET_KEY", "DB_PASS"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


def test_values_that_are_no_secrets() -> None:
    assert is_placeholder("collectstatic-build-placeholder")
    assert is_placeholder("{your key}")
    assert is_placeholder("**None**")
    assert is_placeholder("ollama")
    assert is_placeholder("DEMO_KEY")
    assert is_placeholder("NOT_SET")
    assert not is_secret_name("SEALED_SECRETS_COMMIT")
    assert is_public_password("CLICKHOUSE_PASSWORD", "clickhouse")
    assert is_public_password("AUTH_KEY", "changemelater")
    assert not is_public_password("AUTH_KEY", "exchangemelons")
    assert not is_placeholder("abc123def456")
    assert is_placeholder("bearer_token", "BEARER_TOKEN")
    assert is_placeholder("<api-key>", "API_KEY")
    assert not is_placeholder("password", "PASSWORD")
    for value in ("root", "test123", "benchmarkdbpass", "rootpassword", "pass123", "passw0rd_1", "shop"):
        assert is_public_password("DB_PASSWORD", value, ("shop",))
    assert not is_public_password("DB_PASSWORD", "hunter22", ("shop",))
    assert not is_public_password("DB_PASSWORD", "someprodpass")
    assert not is_public_password("API_KEY", "test123")
    assert is_public_password("SESSION_SECRET", "please-change-me")


@pytest.mark.parametrize(
    ("name", "about", "other"),
    [
        ("DB_PASSWORD", "python services/api/Dockerfile", True),
        ("POSTGRES_PASSWORD", "python services/api/Dockerfile", True),
        ("POSTGRES_PASSWORD", "postgres docker/db/Dockerfile", False),
        ("DB_PASSWORD", "postgis/postgis docker/Dockerfile", False),
        ("MYSQL_PASSWORD", "mariadb docker/Dockerfile", False),
        ("BROKER_PASSWORD", "java images/activemq/Dockerfile", True),
        ("ACTIVEMQ_PASSWORD", "java images/activemq/Dockerfile", False),
        ("ADMIN_PASSWORD", "python services/api/Dockerfile", False),
        ("HTTPS_KEYSTORE_PASSWORD", "tomcat Dockerfile", True),
    ],
)
def test_whose_account_a_password_is_for(name: str, about: str, *, other: bool) -> None:
    assert is_of_another_service(name, about) is other
