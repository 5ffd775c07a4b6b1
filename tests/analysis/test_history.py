"""Many commits: what is worked out from their changes is what each of them alone would say."""

from __future__ import annotations

import random
import re
import shutil

import pytest
from tests.repository import Repo

from fairlead.analysis.history import History, Replay
from fairlead.analysis.keys import BuildState, Cache
from fairlead.build.builder import build
from fairlead.build.context import Context, read_dockerignore
from fairlead.build.git import GitError, Repository
from fairlead.build.git_log import first_parent_log
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

DOCKERFILE = """\
FROM a AS build
COPY go.mod go.sum* /
RUN deps
COPY --exclude=**/*.md src /src
COPY conf/*.cfg conf/?.ini /etc/
COPY --parents src/./lib/*.x /p/
RUN build
FROM b
COPY --from=build /src/a.x /a
COPY link /l
COPY . /all
"""


def rebuilt(history: History) -> dict[int, tuple[int, int]]:
    return {step.key.line: (step.rebuilt, step.commits) for step in history.steps}


def test_counts_and_reasons(repo: Repo) -> None:
    text = "FROM a\nCOPY go.mod /\nRUN deps\nCOPY . /src\n"
    repo.commit({"Dockerfile": text, "go.mod": "1", "a.go": "1"}, "first")
    repo.commit({"a.go": "2"}, "second")
    repo.commit({"go.mod": "2"}, "third")
    repo.commit({"a.go": "3", "b.go": "3"}, "fourth")
    history = Replay(repo.root, repo.root / "Dockerfile", 10).history()
    assert rebuilt(history) == {2: (1, 3), 3: (1, 3), 4: (3, 3)}
    assert history.steps[2].files == {"a.go": 2, "b.go": 1, "go.mod": 1}
    assert history.steps[1].parts == {"parent": 1}
    assert [built.commit.subject for built in history.commits] == ["second", "third", "fourth"]
    assert rebuilt(Replay(repo.root, repo.root / "Dockerfile", 1).history()) == {2: (0, 1), 3: (0, 1), 4: (1, 1)}


def test_what_was_built_once_stays_in_the_cache(repo: Repo) -> None:
    repo.commit({"Dockerfile": "FROM a\nCOPY a /\n", "a": "1"})
    repo.commit({"a": "2"})
    repo.commit({"a": "1"}, "revert")
    assert rebuilt(Replay(repo.root, repo.root / "Dockerfile", 10).history()) == {2: (1, 2)}


def test_a_dockerfile_that_changes_along_the_way(repo: Repo) -> None:
    repo.commit({"Dockerfile": "FROM a\nRUN x\nCOPY a /\n", "a": "1"})
    repo.commit({"Dockerfile": "FROM a\nRUN x\nRUN new\nCOPY a /\n"})
    repo.commit({"Dockerfile": "NONSENSE\n"})
    repo.commit({"Dockerfile": "FROM a\nRUN x\nRUN new\nCOPY a /\n", "a": "2"})
    history = Replay(repo.root, repo.root / "Dockerfile", 10).history()
    assert rebuilt(history) == {2: (0, 2), 3: (0, 1), 4: (2, 2)}
    assert len(history.notes) == 1
    assert history.notes[0].endswith(": the builder refuses the file, the commit is passed over")


def test_a_dockerfile_that_comes_late(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.commit({"Dockerfile": "FROM a\nCOPY a /\n"})
    repo.commit({"a": "2"})
    history = Replay(repo.root, repo.root / "Dockerfile", 10).history()
    assert rebuilt(history) == {2: (1, 1)}
    assert "is not there, the commit is passed over" in history.notes[0]


def test_commits_that_are_passed_over_are_one_note(repo: Repo) -> None:
    for number in "123":
        repo.commit({"a": number})
    repo.commit({"Dockerfile": "FROM a\nCOPY a /\n"})
    [note] = Replay(repo.root, repo.root / "Dockerfile", 10).history().notes
    assert re.fullmatch(r"\w{10} to \w{10}: Dockerfile is not there, 3 commits are passed over", note)


def test_a_dockerignore_that_changes(repo: Repo) -> None:
    repo.commit({"Dockerfile": "FROM a\nCOPY . /\n", "docs/a": "1", ".dockerignore": ".dockerignore\n"})
    repo.commit({".dockerignore": ".dockerignore\ndocs\n"})
    repo.commit({"docs/a": "2"})
    repo.commit({".dockerignore": ".dockerignore\n"})
    assert rebuilt(Replay(repo.root, repo.root / "Dockerfile", 10).history()) == {2: (2, 3)}


def test_only_commits_that_touch_the_context_count(repo: Repo) -> None:
    repo.commit({"app/Dockerfile": "FROM a\nCOPY . /\n", "app/x": "1"})
    repo.commit({"other": "1"})
    repo.commit({"app/x": "2"})
    history = Replay(repo.root / "app", repo.root / "app" / "Dockerfile", 10).history()
    assert len(history.commits) == 1
    assert history.steps[0].files == {"x": 1}


def test_merges_count_as_one_commit(repo: Repo) -> None:
    repo.commit({"Dockerfile": "FROM a\nCOPY . /\n", "x": "1"})
    repo.git("checkout", "-qb", "side")
    repo.commit({"y": "1"})
    repo.commit({"y": "2"})
    repo.git("checkout", "-q", "main")
    repo.commit({"x": "2"})
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    history = Replay(repo.root, repo.root / "Dockerfile", 10).history()
    assert [built.commit.subject for built in history.commits] == ["x", "merge"]


def test_a_shallow_clone_is_noted(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> None:
    for number in range(4):
        repo.commit({"Dockerfile": "FROM a\nCOPY . /\n", "x": str(number)})
    clone = tmp_path_factory.mktemp("clone")
    repo.git("clone", "-q", "--depth", "2", f"file://{repo.root}", str(clone))
    history = Replay(clone, clone / "Dockerfile", 10).history()
    assert len(history.commits) == 1
    assert history.notes == ("the clone is shallow: older commits are not there",)


def test_no_commits(repo: Repo) -> None:
    with pytest.raises(GitError, match="the repository has no commit yet"):
        Replay(repo.root, repo.root / "Dockerfile", 10).history()


def test_a_dockerfile_that_is_renamed(repo: Repo) -> None:
    text = "FROM a\nCOPY src /src\nRUN make\nRUN " + "test " * 20 + "\n"
    own = {"Dockerfile.dockerignore": "src/b\n"}
    repo.commit({"Dockerfile": text, "src/a": "1", "src/b": "1", "odd name": "1", **own})
    repo.commit({"src/b": "2"})
    repo.commit({"Dockerfile": None, "Dockerfile.dockerignore": None, "build/app file": text})
    repo.commit({"src/b": "3"})
    repo.commit({"build/app file": None, "app.dockerfile": text})
    repo.commit({"src/a": "2"})
    history = Replay(repo.root, repo.root / "app.dockerfile", 10).history()
    # with its own .dockerignore gone the file src/b is there
    assert rebuilt(history) == {2: (3, 5), 3: (3, 5), 4: (3, 5)}
    assert [note.partition(": ")[2] for note in history.notes] == [
        "Dockerfile becomes build/app file",
        "build/app file becomes app.dockerfile",
    ]


def test_a_detached_head(repo: Repo) -> None:
    for number in range(4):
        repo.commit({"Dockerfile": "FROM a\nCOPY . /\n", "x": str(number)})
    repo.git("checkout", "-q", "--detach", "HEAD~1")
    assert rebuilt(Replay(repo.root, repo.root / "Dockerfile", 10).history()) == {2: (2, 2)}


VARIANTS = (
    DOCKERFILE,
    DOCKERFILE.replace("COPY go.mod go.sum* /", "COPY ./go.mod go.sum* /"),
    DOCKERFILE.replace("COPY link /l", "COPY other/go.mod /l"),
    DOCKERFILE.replace("go.mod go.sum* /", "other/go.mod go.sum* /"),
    DOCKERFILE.replace("COPY --exclude=**/*.md src", "COPY --exclude=**/*.md other/src"),
    DOCKERFILE.replace("COPY conf/*.cfg", "COPY co*/*.cfg"),
    DOCKERFILE.replace("COPY . /all", "COPY docs docs/keep /all/"),
)
IGNORES = ("docs\n!docs/keep\n", "docs\n!docs/keep\n**/*.md\n", "docs\n!docs/keep\nother\nsrc/lib\n")


@pytest.mark.parametrize("seed", range(12))
def test_every_commit_is_judged_as_if_it_were_read_alone(repo: Repo, seed: int) -> None:
    choose = random.Random(seed)
    paths = [
        "go.mod", "go.sum", "src/a.x", "src/b.md", "src/lib/c.x", "src/lib/d.md", "conf/e.cfg", "conf/f.ini", "conf/gg.ini",
        "other/go.mod", "other/src/a.x", "other/src/b.md", "docs/i.md", "docs/keep", "link",
    ]  # fmt: skip
    changing = seed >= 6
    repo.commit({"Dockerfile": DOCKERFILE, ".dockerignore": IGNORES[0], **dict.fromkeys(paths, "0")})
    for number in range(15):
        changes: dict[str, str | None] = {}
        for path in choose.sample(paths, choose.randint(1, 3)):
            there = (repo.root / path).exists() or (repo.root / path).is_symlink()
            gone = there and choose.random() < 0.3 and path not in ("go.mod", "src/a.x")
            changes[path] = None if gone else str(choose.randint(0, 3))
            if path == "link" and not gone and choose.random() < 0.7:
                (repo.root / path).unlink(missing_ok=True)
                (repo.root / path).symlink_to(choose.choice(["go.mod", "src/lib", "src/a.x"]))
                del changes[path]
            elif path == "link" and not gone:
                (repo.root / path).unlink(missing_ok=True)
        if changing and choose.random() < 0.5:
            changes["Dockerfile"] = choose.choice(VARIANTS)
        if changing and choose.random() < 0.3:
            changes[".dockerignore"] = choose.choice(IGNORES)
        repo.commit(changes, str(number))
    history = Replay(repo.root, repo.root / "Dockerfile", 100).history()
    repository = Repository(repo.root)
    cache = Cache()
    expected = []
    for commit in first_parent_log(repository, [""], 100):
        ignore = read_dockerignore(repository.read(commit.name, ".dockerignore") or b"")
        text = repository.read(commit.name, "Dockerfile") or b""
        model = build(parse(Source("Dockerfile", text)))
        steps = cache.build(BuildState(model, Context(repository.tree(commit.name, ""), ignore)))
        expected.append([(step.line, step.verdict) for step in steps])
    found = [[(step.line, step.verdict) for step in built.steps] for built in history.commits]
    assert len(found) >= 8
    assert found == expected[1:]
