"""How often the last commits would have repeated a step, read from the log alone."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from tests.repository import Repo

from fairlead.analysis.cache import CommitCount
from fairlead.analysis.commits import COMMITS, context_commits, takes
from fairlead.analysis.early_installs import count_commits
from fairlead.analysis.history import Replay
from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import directory_context
from fairlead.build.model import Build
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NODE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n"


def opened(text: str) -> Build:
    return build(parse(Source("Dockerfile", text.encode())))


def models(root: Path, text: str = NODE) -> Models:
    return Models(opened(text), lambda: directory_context(root))


def project(repo: Repo, commits: int = 20) -> None:
    """Every fourth commit after the first changes the manifest, the others the source."""
    repo.commit(
        {"Dockerfile": NODE, "package.json": "{}", "package-lock.json": "{}", "app.js": "", ".dockerignore": ".git\n"}
    )
    for number in range(1, commits):
        repo.commit({"package.json" if number % 4 == 0 else "app.js": str(number)})


def test_installs_are_counted(repo: Repo) -> None:
    project(repo)
    found = models(repo.root)
    [early] = found.cache.early_installs(found.build.stages[0])
    assert early.commits is not None
    # the first commit brings them all
    assert (early.commits.commits, early.commits.rebuilt, early.commits.needed) == (20, 20, 5)


def test_steps_above_have_their_own_reasons(repo: Repo) -> None:
    text = "FROM node:22\nWORKDIR /app\nCOPY lib lib\nCOPY . .\nRUN npm ci\n"
    repo.commit(
        {"Dockerfile": text, "package.json": "{}", "package-lock.json": "{}", "lib/a": "", ".dockerignore": ".git\n"}
    )
    for number in range(19):
        repo.commit({("lib/a", "app.js", "package.json", "b.js")[number % 4]: str(number)})
    found = models(repo.root, text)
    [early] = found.cache.early_installs(found.build.stages[0])
    assert early.commits == CommitCount(20, 20, 6, 11)


def test_nothing_is_said_where_little_would_be_saved(repo: Repo) -> None:
    project(repo, commits=12)
    for number in range(38):
        repo.commit({"package.json": str(number)})
    found = models(repo.root)
    assert found.cache.early_installs(found.build.stages[0]) == []


def test_what_is_left_out_does_not_count(repo: Repo) -> None:
    project(repo)
    for number in range(5):
        repo.commit({"docs/a.md": str(number)})
    (repo.root / ".dockerignore").write_text(".git\ndocs\n")
    found = models(repo.root)
    [early] = found.cache.early_installs(found.build.stages[0])
    assert early.commits is not None
    assert (early.commits.commits, early.commits.rebuilt) == (25, 20)


def test_nothing_is_said_where_each_commit_changes_the_manifest(repo: Repo) -> None:
    repo.commit({"Dockerfile": NODE, "package.json": "{}", ".dockerignore": ".git\nDockerfile\n.dockerignore\n"})
    for number in range(20):
        repo.commit({"package.json": str(number)})
    found = models(repo.root)
    assert found.cache.early_installs(found.build.stages[0]) == []


def test_too_few_commits_say_nothing(repo: Repo) -> None:
    project(repo, commits=9)
    found = models(repo.root)
    [early] = found.cache.early_installs(found.build.stages[0])
    assert early.commits is None


def test_no_repository(tmp_path: Path) -> None:
    assert context_commits(directory_context(tmp_path)) is None


def test_a_repository_without_commits(repo: Repo) -> None:
    assert context_commits(directory_context(repo.root)) is None


def test_a_broken_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    assert context_commits(directory_context(tmp_path)) is None


def test_a_part_of_a_project_has_no_commits_of_its_own(repo: Repo) -> None:
    for number in range(12):
        repo.commit({"web/a": str(number), "api/a": str(number // 2)})
    web = context_commits(directory_context(repo.root / "web"))
    api = context_commits(directory_context(repo.root / "api"))
    assert web is not None
    assert len(web) == 12
    assert set().union(*web.changed) == {"a"}
    assert api is None, "six commits are too few"
    (repo.root / ".dockerignore").write_text("x\n")
    assert context_commits(directory_context(repo.root / "web")) is None, "the directory above may be the context"


def test_not_more_commits_than_are_to_be_looked_at(repo: Repo) -> None:
    for number in range(COMMITS + 5):
        repo.commit({"a": str(number)})
    found = context_commits(directory_context(repo.root))
    assert found is not None
    assert len(found) == COMMITS


def test_a_commit_more_is_seen_at_once(repo: Repo) -> None:
    for number in range(12):
        repo.commit({"a": str(number)})
    first = context_commits(directory_context(repo.root))
    repo.commit({"b": ""})
    second = context_commits(directory_context(repo.root))
    assert first is not None
    assert second is not None
    assert (len(first), len(second)) == (12, 13)


@pytest.mark.parametrize(
    ("instruction", "taken", "not_taken"),
    [
        ("COPY . .", ["a", "b/c"], []),
        ("COPY src/ x*.cfg /s/", ["src/a", "src/b/c", "xy.cfg"], ["srcs", "x/y.cfg", "y.cfg"]),
        ("COPY --exclude=**/*.md src /s", ["src/a"], ["src/a.md", "src/b/c.md"]),
        ("ADD https://example.com/a.txt src /s/", ["src/a"], ["a.txt"]),
        ("COPY <<a src /s/\nx\na", ["src/a"], ["a"]),
        ("RUN --mount=type=bind,source=src,target=/s make", ["src/a"], ["a"]),
        ("RUN --mount=type=bind,target=/s make", ["src/a", "a"], []),
        ("RUN make", [], ["a"]),
    ],
)
def test_what_a_step_takes(instruction: str, taken: list[str], not_taken: list[str]) -> None:
    is_taken = takes(opened(f"FROM a\n{instruction}\n").stages[0].steps)
    assert is_taken is not None
    assert [path for path in taken if not is_taken(path)] == []
    assert [path for path in not_taken if is_taken(path)] == []


def test_a_source_that_is_not_known() -> None:
    assert takes(opened("FROM a\nARG X\nCOPY $X /s\n").stages[0].steps) is None


@pytest.mark.parametrize("seed", range(2))
def test_the_counts_are_those_of_the_replayed_builds(repo: Repo, seed: int) -> None:
    """Contents never come back here, so that both ways of counting have to agree."""
    choose = random.Random(seed)
    paths = ["package.json", "package-lock.json", "app.js", "lib/a.js", "docs/a.md"]
    better = "FROM node:22\nWORKDIR /app\nCOPY lib ./\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"
    text = "FROM node:22\nWORKDIR /app\nCOPY lib ./\nCOPY . .\nRUN npm ci\n"
    repo.commit({"Dockerfile": text, "Better": better, ".dockerignore": "docs\n", **dict.fromkeys(paths, "first")})
    for number in range(25):
        repo.commit(dict.fromkeys(choose.sample(paths, choose.randint(1, 2)), f"{number}"))
    found = models(repo.root, text)
    copy, install = (step for step in found.build.stages[0].steps if step.line in (4, 5))
    [operation] = found.operations(install)
    counted = count_commits(found, copy, operation)
    assert counted is not None
    for file, count in (("Dockerfile", counted.rebuilt), ("Better", counted.left)):
        history = Replay(repo.root, repo.root / file, 100).history()
        # the first commit fills the cache of the replay
        assert count == next(step for step in history.steps if step.key.line == 5).rebuilt + 1


def test_a_copy_that_may_stand_below_an_install(repo: Repo) -> None:
    text = (
        "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nCOPY lib lib\nCOPY conf conf\n"
        "RUN apt-get update && apt-get install -y git\nRUN npm ci\n"
    )
    manifests = {"package.json": "{}", "package-lock.json": "{}"}
    repo.commit({"Dockerfile": text, **manifests, "lib/a.js": "", "conf/a": "", ".dockerignore": ".git\n"})
    for number in range(19):
        repo.commit({"package.json" if number % 5 == 0 else "lib/a.js": f'{{"version": "{number}"}}'})
    found = models(repo.root, text)
    npm, apt = found.cache.movable_copies(found.build.stages[0])
    assert (npm.install.manager.name, npm.copy.line, [step.line for step in npm.others]) == ("npm", 4, [5])
    assert npm.commits == CommitCount(20, 20, 0, 5)
    assert (apt.install.manager.name, apt.copy.line) == ("apt-get", 3)
    for needs in (
        "RUN lib/a.js",
        "COPY --from=busybox:1 /bin/a lib/a.js",
        "RUN cat /app/lib/a.js > /x",
        "ENV A=1\nRUN make",
    ):
        between = text.replace("RUN apt-get", f"{needs}\nRUN apt-get").replace("COPY conf conf\n", "")
        found = models(repo.root, between)
        assert not [late for late in found.cache.movable_copies(found.build.stages[0]) if late.copy.line == 4], needs


def test_a_copy_that_seldom_changes_may_stand_above_an_install(repo: Repo) -> None:
    text = "FROM debian:12\nCOPY start.sh /srv/\nRUN apt-get update && apt-get install -y git\n"
    repo.commit({"Dockerfile": text, "start.sh": "", ".dockerignore": ".git\n"})
    for number in range(19):
        repo.commit({"a": str(number)})
    found = models(repo.root, text)
    assert list(found.cache.movable_copies(found.build.stages[0])) == []


def test_a_part_of_a_workspace_needs_more_than_its_manifest(repo: Repo) -> None:
    part = repo.root / "apps" / "web"
    part.mkdir(parents=True)
    (part / "package.json").write_text("{}")
    (part / "app.js").touch()
    found = models(part, "FROM node:22\nCOPY . .\nRUN npm install\n")
    assert [early.is_workspace for early in found.cache.early_installs(found.build.stages[0])] == [False]
    (repo.root / "package.json").write_text('{"workspaces": ["apps/*"]}')
    (repo.root / "package-lock.json").write_text("{}")
    found = models(part, "FROM node:22\nCOPY . .\nRUN npm install\n")
    assert [early.is_workspace for early in found.cache.early_installs(found.build.stages[0])] == [True]
    (part / "package-lock.json").write_text("{}")
    found = models(part, "FROM node:22\nCOPY . .\nRUN npm install\n")
    assert [early.is_workspace for early in found.cache.early_installs(found.build.stages[0])] == [False]


BUILT = (
    "FROM node:22 AS build\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"
    "FROM node:22\nWORKDIR /app\nCOPY --from=build /app/package*.json ./\nCOPY --from=build /app/dist ./dist\n"
    "RUN npm ci --omit=dev\n"
)


def test_what_another_stage_builds_changes_with_its_sources(repo: Repo) -> None:
    project(repo)
    found = models(repo.root, BUILT)
    [late] = found.cache.late_installs(found.build.stages[1])
    # every fourth changes the manifests, which stay above
    assert late.commits == CommitCount(20, 20, 0, 5)
    text = BUILT.replace("COPY --from=build /app/dist ./dist\n", "")
    found = models(repo.root, text)
    [detoured] = found.cache.detoured_files(found.build.stages[1])
    assert detoured.commits == (20, 20)


def test_another_stage_is_left_alone_where_its_sources_never_change(repo: Repo) -> None:
    repo.commit({"package.json": "{}", "package-lock.json": "{}", ".dockerignore": ".git\nold\n", "old/a.js": ""})
    for number in range(20):
        repo.commit({"package.json": str(number)})
    found = models(repo.root, BUILT)
    assert list(found.cache.late_installs(found.build.stages[1])) == []


def test_files_may_take_a_detour_through_a_stage_that_never_changes(repo: Repo) -> None:
    text = "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm run build\nFROM node:22\nWORKDIR /app\n"
    text += "COPY --from=build /app/package.json ./\nRUN npm ci\n"
    repo.commit({"package.json": "{}", "app.js": "", ".dockerignore": ".git\ndocs\n"})
    for number in range(60):
        repo.commit({"docs/a": str(number), "other": ""} if number == 0 else {"docs/a": str(number)})
    found = models(repo.root, text)
    assert list(found.cache.detoured_files(found.build.stages[1])) == []
    (repo.root / ".dockerignore").write_text(".git\n")
    found = models(repo.root, text)
    [detoured] = found.cache.detoured_files(found.build.stages[1])
    assert detoured.commits == (50, 50)
