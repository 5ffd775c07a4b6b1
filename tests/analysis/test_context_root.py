"""Which directory is taken for the build context of a Dockerfile."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.analysis.context_root import context_place, context_root, is_part, says_above
from fairlead.build.builder import build
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

READMES = ("top/README.md", "top/deploy/docker/README.md")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "top" / ".git").mkdir(parents=True)
    (tmp_path / "top" / "deploy" / "docker").mkdir(parents=True)
    for path in ("top/package.json", "top/src", "above.txt", "top/deploy/docker/start.sh", *READMES):
        (tmp_path / path).touch()
    return tmp_path / "top"


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        ("COPY package.json src ./", "."),
        ("COPY package.json .\nCOPY . .", "."),
        ("COPY package.json start.sh .", "deploy/docker"),
        ("COPY package.json not-there .", "deploy/docker"),
        ("COPY package.json README.md .", "."),
        ("COPY README.md start.sh .", "deploy/docker"),
        ("COPY above.txt .", "deploy/docker"),
        ("COPY . .", "deploy/docker"),
        ("COPY *.json .", "."),
        ("COPY *.json .\nCOPY . .", "."),
        ("COPY *.sh .\nCOPY . .", "deploy/docker"),
        ("COPY *.toml .\nCOPY . .", "deploy/docker"),
        ("COPY docker/start.sh .", "deploy"),
        ("COPY --from=x package.json .", "deploy/docker"),
        ("ADD https://example.com/package.json .", "deploy/docker"),
    ],
)
def test_it_is_where_the_sources_are(tree: Path, copies: str, expected: str) -> None:
    model = build(parse(Source("Dockerfile", f"FROM x AS y\nFROM a\n{copies}\n".encode())))
    assert context_root(model, tree / "deploy" / "docker") == tree / expected


def test_a_pattern_that_matches_in_two_places_tells_nothing(tree: Path) -> None:
    model = build(parse(Source("Dockerfile", b"FROM a\nCOPY package*.json .\nCOPY . .\n")))
    assert context_root(model, tree / "deploy" / "docker") == tree
    (tree / "services" / "docker").mkdir(parents=True)
    (tree / "services" / "docker" / "package.json").touch()
    assert context_root(model, tree / "deploy" / "docker") == tree / "deploy" / "docker"


def test_stages_that_are_not_built_do_not_count(tree: Path) -> None:
    model = build(parse(Source("Dockerfile", b"FROM a AS x\nCOPY start.sh .\nFROM a\nCOPY package.json .\n")))
    assert context_root(model, tree / "deploy" / "docker") == tree


COMPOSE = """\
services:
  db:
    image: a
  app:
    ports: ["1:1"]
    build:
      context: {context}  # the top
      args:
        context: elsewhere
      dockerfile: '{dockerfile}'
  other:
    build:
      context: .
"""
WORKFLOW = """\
jobs:
  a:
    steps:
      - uses: x
        with:
          context: deploy
      - uses: docker/build-push-action@v6
        with:
          context: .
          file: ./deploy/docker/Dockerfile
          push: true
"""


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "deploy/docker/docker-compose.yml",
            COMPOSE.format(context="../..", dockerfile="deploy/docker/Dockerfile"),
            ".",
        ),
        ("deploy/compose.prod.yaml", COMPOSE.format(context="./", dockerfile="docker/Dockerfile"), "deploy"),
        ("compose.yml", COMPOSE.format(context=".", dockerfile="deploy/docker/Dockerfile.dev"), "deploy/docker"),
        ("compose.yml", COMPOSE.format(context="$TOP", dockerfile="deploy/docker/Dockerfile"), "deploy/docker"),
        ("compose.yml", COMPOSE.format(context="https://x/y.git", dockerfile="Dockerfile"), "deploy/docker"),
        ("compose.yml", COMPOSE.format(context="gone", dockerfile="../deploy/docker/Dockerfile"), "deploy/docker"),
        (".github/workflows/a.yml", WORKFLOW, "."),
        (".github/workflows/a.yml", WORKFLOW.replace("context: .", "tags: ."), "deploy/docker"),
        ("compose.yml", "\0[{: - \n- - context:\n", "deploy/docker"),
    ],
)
def test_another_file_may_say_it(tree: Path, file: str, text: str, expected: str) -> None:
    (tree / file).parent.mkdir(parents=True, exist_ok=True)
    (tree / file).write_text(text)
    model = build(parse(Source("deploy/docker/Dockerfile", b"FROM a\nCOPY . .\n")))
    place, why = context_place(model, tree / "deploy" / "docker")
    assert place == tree / expected
    assert why.endswith(f"{Path(file).name} says" if expected != "deploy/docker" else "")
    # the sources say more
    model = build(parse(Source("deploy/docker/Dockerfile", b"FROM a\nCOPY start.sh .\nCOPY . .\n")))
    assert context_root(model, tree / "deploy" / "docker") == tree / "deploy" / "docker"


def test_a_file_of_another_repository_says_nothing(tree: Path) -> None:
    (tree.parent / "compose.yml").write_text(COMPOSE.format(context=".", dockerfile="top/deploy/docker/Dockerfile"))
    model = build(parse(Source("Dockerfile", b"FROM a\nCOPY . .\n")))
    assert context_root(model, tree / "deploy" / "docker") == tree / "deploy" / "docker"


def test_a_part_of_a_project(tree: Path) -> None:
    part = tree / "deploy" / "docker"
    (tree.parent / ".dockerignore").touch()
    assert not is_part(part), "that of another repository counts for nothing"
    (tree / ".dockerignore").touch()
    assert is_part(part)
    assert not is_part(tree)


def test_a_file_of_a_directory_above(tree: Path) -> None:
    (tree.parent / "a.yaml").write_text("x")
    part = tree / "deploy" / "docker"
    assert not says_above(part, "*.yaml", "")
    (tree / "a.yaml").write_text("parts: 1")
    assert says_above(part, "*.yaml", "")
    assert says_above(part, "a.yaml", r"parts:")
    assert not says_above(part, "a.yaml", r"^other")
    assert not says_above(tree, "a.yaml", "")


def test_the_root_of_the_machine_is_no_context(tmp_path: Path) -> None:
    model = build(parse(Source("Dockerfile", b"FROM a\nCOPY proc /app\n")))
    assert context_root(model, tmp_path) == tmp_path
