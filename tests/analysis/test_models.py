"""What the models say of a build; the rules' own examples test what is made of it."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.analysis.packages import Operation
from fairlead.build.builder import build
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def models(text: str, target: str | None = None) -> Models:
    dockerfile = parse(Source("Dockerfile", text.encode()))
    assert dockerfile.problems == ()
    return Models(build(dockerfile, {}, target))


def operations(run: str, head: str = "FROM debian:12\n") -> tuple[Operation, ...]:
    found = models(f"{head}RUN {run}\n")
    return found.operations(list(found.build.runs())[-1])


@pytest.mark.parametrize(
    ("run", "manager", "kind", "packages"),
    [
        ("apt-get update", "apt-get", "update", []),
        ("apt-get -qq -o A=b install -y --no-install-recommends a b=1", "apt-get", "install", ["a", "b"]),
        ("apt-get -t stable install -y a", "apt-get", "install", ["a"]),
        ("apt-get purge -y a", "apt-get", "remove", []),
        ("apk add --virtual .build -X https://e.com a b~=1", "apk", "install", ["a", "b"]),
        ("apk --no-cache add a", "apk", "install", ["a"]),
        ("dnf -y --setopt=x=y install a", "dnf", "install", ["a"]),
        ("pip3.12 install -r r.txt -c c.txt a 'b[x]>=1'", "pip", "install", ["a", "b"]),
        ("python3 -m pip install a", "pip", "install", ["a"]),
        ("npm i -g --registry https://e.com a@1 @b/c", "npm", "install", ["a", "@b/c"]),
        ("sudo -E env X=1 apt-get install a", "apt-get", "install", ["a"]),
        ("sh -c 'apt-get install a'", "apt-get", "install", ["a"]),
    ],
)
def test_operations_of_package_managers(run: str, manager: str, kind: str, packages: list[str]) -> None:
    (found,) = operations(run)
    assert (found.manager.name, found.kind) == (manager, kind)
    assert [package.name for package in found.packages] == packages


@pytest.mark.parametrize(
    "run", ["echo apt-get install a", "npm run install", "man apt-get", "./apt-get-wrapper update"]
)
def test_what_is_no_operation(run: str) -> None:
    assert [found.kind for found in operations(run) if found.kind in ("install", "update")] == []


@pytest.mark.parametrize(
    ("run", "paths"),
    [
        ("rm -rf /a b", ["/a", "/w/b"]),
        ("cd /x && rm -r y", ["/x/y"]),
        ("rm -rf /a/{b,c}", ["/a/b", "/a/c"]),
        ("rm -rf /var/lib/apt/lists/*", ["/var/lib/apt/lists/*"]),
        ("find /a -type f -delete", ["/a"]),
        ("find /a -exec rm {} +", ["/a"]),
        ("d=/a; rm -rf $d", ["/a"]),
        ("rm -rf $(a)", []),
        ("rm -rf ~/.cache", ["/root/.cache"]),
    ],
)
def test_removals(run: str, paths: list[str]) -> None:
    found = models(f"FROM debian:12\nWORKDIR /w\nRUN {run}\n")
    step = list(found.build.runs())[-1]
    assert [removal.path for removal in found.removals(step)] == paths


@pytest.mark.parametrize(
    ("run", "path", "to_stdout"),
    [
        ("curl -fsSL https://e.com/a", None, True),
        ("curl -o /x https://e.com/a", "/x", False),
        ("curl -fsSLO https://e.com/a.tgz", "/w/a.tgz", False),
        ("curl --output-dir /d -O https://e.com/a.tgz", "/d/a.tgz", False),
        ("curl https://e.com/a > b", "/w/b", False),
        ("wget https://e.com/a.tgz", "/w/a.tgz", False),
        ("wget -qO- https://e.com/a", None, True),
        ("wget -O /x https://e.com/a", "/x", False),
        ("wget -P /d https://e.com/a.tgz?x=1", "/d/a.tgz", False),
        ("curl -H 'X: y' -u a:b -o /x https://e.com/a", "/x", False),
    ],
)
def test_downloads(run: str, path: str | None, to_stdout: bool) -> None:
    found = models(f"FROM debian:12\nWORKDIR /w\nRUN {run}\n")
    (download,) = found.downloads(list(found.build.runs())[-1])
    assert (download.path, download.to_stdout) == (path, to_stdout)
    assert download.url.startswith("https://e.com/a")


@pytest.mark.parametrize(
    ("run", "left"),
    [
        ("apt-get update", True),
        ("apt-get update && rm -rf /var/lib/apt/lists/*", False),
        ("apt-get update && rm -rf /var/lib/apt", False),
        ("apt-get update; rm -rf /var/lib/apt/lists", False),
        ("apt-get update && rm -rf /tmp/*", True),
        ("rm -rf /var/lib/apt/lists/* && apt-get update", True),
        ("apt-get update && find /var/lib/apt/lists -type f -delete", False),
        ("apt-get update && apt-get clean", True),
        ("--mount=type=cache,target=/var/lib/apt/lists apt-get update", False),
        ("--mount=type=cache,target=/var/lib apt-get update", False),
        ("--mount=type=tmpfs,target=/var/lib/apt/lists apt-get update", False),
        ("--mount=type=cache,target=/root apt-get update", True),
        ("if x; then apt-get update; fi; rm -rf /var/lib/apt/lists/*", False),
        ("apt-get update && (rm -rf /var/lib/apt/lists/*)", False),
    ],
)
def test_the_index_that_stays(run: str, left: bool) -> None:
    assert bool(list(models(f"FROM debian:12\nRUN {run}\n").layers.index_left())) is left


def test_only_layers_of_the_target_count() -> None:
    text = "FROM debian:12 AS build\nRUN apt-get update\nFROM debian:12\nCOPY --from=build /a /a\n"
    assert list(models(text).layers.index_left()) == []
    assert len(list(models(text, target="build").layers.index_left())) == 1
    below = "FROM debian:12 AS base\nRUN apt-get update\nFROM base\n"
    assert len(list(models(below).layers.index_left())) == 1


def test_the_models_are_made_once() -> None:
    found = models("FROM debian:12\nRUN apt-get update\n")
    step = next(found.build.runs())
    assert found.operations(step) is found.operations(step)
    assert found.layers is found.layers
    assert found.cache is found.cache
    assert found.inputs is found.inputs
