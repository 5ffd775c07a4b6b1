"""The advised order of steps: valid, worth it, and as good as it says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.repository import Repo

from fairlead.analysis.advice import Advice, advise
from fairlead.analysis.history import Replay
from fairlead.analysis.keys import BuildState, keys
from fairlead.analysis.timings import weigh
from fairlead.report.steps import one_line
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

FIXTURES = Path(__file__).parents[2] / "fixtures"
DOCKERFILES = sorted(
    path for path in FIXTURES.rglob("Dockerfile*") if path.is_file() and not path.name.endswith(".dockerignore")
)
# installs and build share a RUN there, or the install needs the whole project
NOTHING_TO_GAIN = ("java-maven", "node-app", "api", "web", "search-index", "message-board", "db")
NPM = {"package.json": '{"dependencies": {"a": "1"}}', "package-lock.json": "{}", "src/a.js": "1", "README.md": "1"}


def advice_on(root: Path, dockerfile: str = "Dockerfile", count: int = 50) -> Advice | None:
    replay = Replay(root, root / dockerfile, count)
    syntax = parse(Source(dockerfile, (root / dockerfile).read_bytes()))
    return advise(replay, syntax, weigh([key.step for key in keys(BuildState(replay.model(syntax)))]))


def grown(repo: Repo, files: dict[str, str], text: str) -> Repo:
    """A repository in which every file has changed once, a commit each, and the sources twice."""
    repo.commit({"Dockerfile": text, **files})
    for path in [*files, *(path for path in files if path.startswith("src"))]:
        repo.commit({path: (repo.root / path).read_text() + "\n"}, path)
    return repo


def test_split(repo: Repo) -> None:
    text = 'FROM node:22\nWORKDIR /app\n# all of it\nCOPY . .\nENV CI=1\nRUN npm ci\nRUN npm run build\nCMD ["x"]\n'
    advice = advice_on(grown(repo, NPM, text).root)
    assert advice is not None
    assert advice.text == (
        "FROM node:22\nWORKDIR /app\nCOPY package-lock.json package.json ./\nENV CI=1\nRUN npm ci\n# all of it\nCOPY . .\n"
        'RUN npm run build\nCMD ["x"]\n'
    )
    assert [(saved.line, saved.before, saved.after) for saved in advice.saved] == [(6, 5, 2)]
    assert advice.before.rebuilt == 15
    assert advice.after.rebuilt == 2 + 2 + 5 + 5


def test_a_copy_moves_below_what_does_not_need_it(repo: Repo) -> None:
    text = "FROM debian\nCOPY src /app/src\nRUN apt-get update && apt-get install -y git\nRUN /app/src/run.sh\n"
    advice = advice_on(grown(repo, {"src/run.sh": "1"}, text).root)
    assert advice is not None
    assert advice.text == (
        "FROM debian\nRUN apt-get update && apt-get install -y git\nCOPY src /app/src\nRUN /app/src/run.sh\n"
    )


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", {"package.json": '{"scripts": {"postinstall": "node src/a.js"}}'}),
        ("FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", {"package.json": '{"dependencies": {"a": "file:./src"}}'}),
        ("FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", {"package.json": '{"workspaces": ["src"]}'}),
        ("FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", {"package.json": "{}", "node_modules/a/x.js": ""}),
        ("FROM node\nWORKDIR /app\nCOPY . .\nRUN npm run setup\n", NPM),
        ("FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci && node src/a.js\n", NPM),
        ("FROM node\nCOPY . app/\nWORKDIR /app\nRUN npm ci\n", NPM),
        ("FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n", {"requirements.txt": "-e .\n"}),
        ("FROM python\nWORKDIR /app\nCOPY . .\nRUN poetry install\n", {"pyproject.toml": "", "poetry.lock": ""}),
        ("FROM golang\nWORKDIR /app\nCOPY . .\nRUN go mod download\n", {"go.mod": "replace a => ./src\n", "go.sum": ""}),
        ("FROM debian\nCOPY src /etc/apt\nRUN apt-get update && apt-get install -y git\n", {"src/sources.list": "a"}),
        ("FROM debian\nCOPY src /app\nRUN chown -R www-data /app\n", {}),
        ("FROM debian\nCOPY src /app\nRUN tar -xf /app/a.js -C /opt\n", {}),
        ("FROM debian\nWORKDIR /app\nCOPY src .\nRUN cat a.js > /out\n", {}),
        ("FROM debian\nWORKDIR /app\nCOPY src .\nRUN find . -name '*.js' -delete\n", {}),
        ("FROM debian\nCOPY src /app\nVOLUME /app\nRUN apt-get install -y git\n", {}),
        ("FROM debian\nARG D\nCOPY src /app\nENV D=/x\nRUN apt-get install -y /app/a.deb\n", {}),
        ("FROM debian\nSHELL [\"pwsh\", \"-c\"]\nCOPY src /app\nRUN Install-Module x\n", {}),
    ],
)  # fmt: skip
def test_nothing_moves_past_what_may_need_it(repo: Repo, text: str, files: dict[str, str]) -> None:
    assert advice_on(grown(repo, {"src/a.js": "1", **files}, text).root) is None


def test_requirement_files_include_others(repo: Repo) -> None:
    text = (
        "FROM python\nWORKDIR /app\nCOPY . /app\nRUN pip install -r requirements/prod.txt\nRUN python -m compileall .\n"
    )
    files = {"requirements/prod.txt": "-r base.txt\nx==1\n", "requirements/base.txt": "a==1\n", "src/a.py": "1"}
    advice = advice_on(grown(repo, files, text).root)
    assert advice is not None
    assert "COPY requirements/base.txt requirements/prod.txt /app/requirements/\nRUN pip" in advice.text


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_fixtures(tmp_path: Path, dockerfile: Path) -> None:
    """Applied to a fixture, the advice gives what it promises; an expert's file needs none."""
    project = FIXTURES / dockerfile.relative_to(FIXTURES).parts[0]
    files = {
        path.relative_to(project).as_posix(): path.read_text()
        for path in sorted(project.rglob("*"))
        if path.is_file() and path not in DOCKERFILES
    }
    name = dockerfile.relative_to(project).as_posix()

    def history(place: str, text: str) -> Path:
        (tmp_path / place).mkdir()
        repo = Repo(tmp_path / place)
        repo.commit({name: text, **files})
        for path, content in files.items():
            if ".dockerignore" not in path:
                repo.commit({path: content + "\n"}, path)
        return repo.root

    root = history("now", dockerfile.read_text())
    advice = advice_on(root, name)
    if name.endswith(".expert"):
        assert advice is None
        return
    if advice is None:
        assert dockerfile.parent.name in NOTHING_TO_GAIN
        return
    patched(root, name, advice)
    assert (root / name).read_bytes() == advice.text.encode()
    then = history("then", (root / name).read_text())
    now, better = (Replay(place, place / name, 50).history().steps for place in (root, then))
    assert sum(step.rebuilt for step in now) == advice.before.rebuilt
    assert sum(step.rebuilt for step in better) == advice.after.rebuilt
    costs = weigh([step.key.step for step in better])
    assert sum(step.rebuilt * costs[step.key.step] for step in better) == pytest.approx(advice.after.cost)
    counts = [{one_line(step.key.step.instruction): step.rebuilt for step in steps} for steps in (now, better)]
    for saved in advice.saved:
        assert [count[saved.instruction] for count in counts] == [saved.before, saved.after]
    assert advice_on(then, name) is None


def patched(root: Path, name: str, advice: Advice) -> None:
    """Apply a diff as somebody would who has copied it."""
    program = shutil.which("patch")
    if program is None:
        pytest.skip("patch is not installed")
    diff = "\n".join(advice.diff) + "\n"
    # only what stands behind the first two directories names the file: it was read by that name
    assert advice.diff[0] == f"--- a/{name}"
    done = subprocess.run(
        [program, "-p1", "--binary", "--fuzz=0"], input=diff.encode(), cwd=root, capture_output=True, check=True
    )
    assert done.stdout == f"patching file {name}\n".encode()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_diff_applies_to_any_lines(repo: Repo, end: str) -> None:
    text = "# \x0c \u2028\nFROM debian\nCOPY src /app\nRUN apt-get update && apt-get install -y git"
    text = text.replace("\n", "\r\n") + end if end == "\r\n" else text + end
    advice = advice_on(grown(repo, {"src/run.sh": "1"}, text).root)
    assert advice is not None
    patched(repo.root, "Dockerfile", advice)
    found = (repo.root / "Dockerfile").read_bytes()
    assert found == advice.text.encode()
    assert found.endswith(b"COPY src /app" + end.encode())
