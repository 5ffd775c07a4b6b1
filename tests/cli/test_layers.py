"""`fairlead layers`: what the layers hold and waste, predicted and measured."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fairlead.cli.layers import Limit
from fairlead.report.layers import SCHEMA

from .conftest import ROOT, Run

DOCKERFILE = """\
FROM debian:12
WORKDIR /app
COPY . .
RUN rm -rf data
RUN chown 1000:1000 main.py
"""
FIXTURES = sorted(
    path.relative_to(ROOT / "fixtures").as_posix()
    for path in (ROOT / "fixtures").rglob("Dockerfile*")
    if not path.name.endswith(".dockerignore")
)


@pytest.fixture
def app(project: Path) -> Path:
    (project / "context" / "data").mkdir(parents=True)
    (project / "Dockerfile").write_text(DOCKERFILE)
    (project / "context" / "main.py").write_bytes(b"x" * 3000)
    (project / "context" / "data" / "a.bin").write_bytes(b"x" * 50_000)
    return project


def document(run: Run, *arguments: str | Path) -> dict[str, Any]:
    status, out, err = run("layers", *arguments, "--output-format", "json")
    assert (status, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    return found


def saved(path: Path, *layers: tuple[str, dict[str, bytes]]) -> Path:
    """An archive as `docker save` writes it, of layers that are each told by their history and their files."""
    with tarfile.open(path, "w") as archive:

        def add(name: str, data: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))

        parts, digests, history = [], [], []
        for number, (created_by, files) in enumerate(layers):
            buffer = io.BytesIO()
            with tarfile.open(fileobj=buffer, mode="w") as part:
                for name, data in files.items():
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    member.mode = 0o644
                    part.addfile(member, io.BytesIO(data))
            parts.append(f"{number}/layer.tar")
            digests.append("sha256:" + hashlib.sha256(buffer.getvalue()).hexdigest())
            history.append({"created_by": created_by})
            add(parts[-1], buffer.getvalue())
        rootfs = {"type": "layers", "diff_ids": digests}
        add(
            "config.json",
            json.dumps({"os": "linux", "architecture": "amd64", "rootfs": rootfs, "history": history}).encode(),
        )
        add("manifest.json", json.dumps([{"Config": "config.json", "RepoTags": ["app:1"], "Layers": parts}]).encode())
    return path


@pytest.fixture
def image(project: Path) -> Path:
    return saved(
        project / "image.tar",
        ("/bin/sh -c #(nop) ADD file:0123abcd in / ", {"etc/passwd": b"x" * 1000}),
        ("WORKDIR /app", {}),
        ("COPY . . # buildkit", {"app/main.py": b"x" * 3000, "app/data/a.bin": b"x" * 50_000}),
        ("RUN /bin/sh -c rm -rf data # buildkit", {"app/.wh.data": b""}),
        ("RUN /bin/sh -c chown 1000:1000 main.py # buildkit", {"app/main.py": b"x" * 3000}),
    )  # fmt: skip


def test_a_prediction(run: Run, app: Path) -> None:
    status, out, err = run("layers", "Dockerfile", "--context", "context")
    assert (status, err) == (0, "")
    assert out == (
        "line        adds                    dead  step\n"
        "   2         0 B  ..........              WORKDIR /app\n"
        "   3     53.0 kB  xxxxxxxxxx     53.0 kB  COPY . .\n"
        f"{'':42}50.0 kB deleted at line 4: app/data/ (1 file)\n"
        f"{'':42}3.00 kB changed, so stored again at line 5: app/main.py\n"
        "   4         0 B  ..........              RUN rm -rf data\n"
        "   5     3.00 kB  #.........              RUN chown 1000:1000 main.py\n"
        "\n"
        "x in a bar is dead weight\n"
        "\n"
        "4 layers add 56.0 kB, on top of debian:12.\n"
        "Dead weight: 53.0 kB (95%), stored and never seen.\n"
    )


def test_the_document(run: Run, app: Path) -> None:
    found = document(run, "Dockerfile", "--context", "context")
    assert (found["dockerfile"], found["image"], found["base"]) == ("Dockerfile", None, "debian:12")
    assert [(layer["line"], layer["bytes"], layer["confidence"]) for layer in found["layers"]] == [
        (2, 0, "exact"), (3, 53_000, "exact"), (4, 0, "exact"), (5, 3_000, "exact"),
    ]  # fmt: skip
    assert found["layers"][1]["wasted"] == [
        {"path": "app/data/a.bin", "bytes": 50_000, "by_line": 4, "by_layer": 3, "how": "deleted"},
        {"path": "app/main.py", "bytes": 3_000, "by_line": 5, "by_layer": 4, "how": "changed"},
    ]
    assert [(entry["path"], entry["change"]) for entry in found["layers"][2]["entries"]] == [("app/data", "deleted")]
    assert found["summary"]["saving"] == {"bytes": 53_000, "confidence": "exact"}


def test_the_biggest_paths(run: Run, app: Path) -> None:
    tree = (
        "\nThe biggest paths\n"
        "     bytes        dead  path\n"
        "   56.0 kB     53.0 kB  app/  lines 3 and 5\n"
        "   50.0 kB     50.0 kB    data/a.bin  line 3, deleted at line 4\n"
        "   6.00 kB     3.00 kB    main.py  lines 3 and 5, stored again at line 5\n"
    )
    assert tree in run("layers", "Dockerfile", "--context", "context", "--tree").out
    assert tree in run("layers", "--tree", "Dockerfile", "--context", "context").out
    short = run("layers", "--tree", "2", "Dockerfile", "--context", "context").out
    assert "data/a.bin" in short
    assert "main.py  " not in short
    assert run("layers", "--tree=2", "Dockerfile", "--context", "context").out == short
    assert run("layers", "--tree", "0", "Dockerfile").status == 2


def test_the_page(run: Run, app: Path) -> None:
    status, out, err = run("layers", "Dockerfile", "--context", "context", "--html", "page.html")
    assert (status, err) == (0, "")
    assert "4 layers add" in out
    assert 'data-p="app/data/a.bin"' in (app / "page.html").read_text()


def test_the_build_is_as_the_options_say(run: Run, project: Path) -> None:
    (project / "tools").mkdir()
    (project / "tools" / "tool").write_bytes(b"x" * 700)
    (project / "a").write_bytes(b"x" * 10)
    (project / "b").write_bytes(b"x" * 200)
    (project / "Dockerfile").write_text(
        "FROM scratch AS one\nARG WHICH=a\nCOPY $WHICH /f\nFROM one AS two\nCOPY --from=tools tool /t\nFROM two\n"
    )

    def counts(*arguments: str) -> list[int]:
        return [layer["bytes"] for layer in document(run, "Dockerfile", *arguments)["layers"]]

    assert counts("--build-context", "tools=tools") == [10, 700]
    assert counts("--build-context", "tools=tools", "--build-arg", "WHICH=b") == [200, 700]
    assert counts("--target", "one") == [10]


def test_a_context_above_the_dockerfile(run: Run, project: Path) -> None:
    """As `check` has it: `docker build -f docker/Dockerfile .` is the only way to build such a file."""
    (project / ".git").mkdir()
    (project / "docker").mkdir()
    (project / "src").mkdir()
    (project / "src" / "a").write_bytes(b"x" * 30)
    (project / "docker" / "Dockerfile").write_text("FROM scratch\nCOPY src /\n")
    result = run("layers", "docker/Dockerfile")
    assert "1 layer adds 30 bytes.\n" in result.out
    assert result.err == (
        "note: the build context is taken to be ., where the sources of COPY are; --context says otherwise\n"
    )
    result = run("layers", "docker/Dockerfile", "--context", "docker")
    assert "src is not in the build context" in result.out
    assert result.err == ""


def test_an_image(run: Run, image: Path) -> None:
    found = document(run, "--image", image)
    assert (found["dockerfile"], found["image"], found["base"]) == (None, str(image), None)
    assert [layer["bytes"] for layer in found["layers"]] == [1_000, 0, 53_000, 0, 3_000]
    assert {layer["line"] for layer in found["layers"]} == {None}
    assert found["layers"][3]["instruction"] == "RUN rm -rf data"
    assert [(waste["path"], waste["by_layer"]) for waste in found["layers"][2]["wasted"]] == [
        ("app/data/a.bin", 4),
        ("app/main.py", 5),
    ]
    out = run("layers", "--image", image, "--tree", "1").out
    assert "50.0 kB deleted by layer 4: app/data/ (1 file)\n" in out
    assert "\n5 layers hold 57.0 kB.\nDead weight: 53.0 kB (93%), stored and never seen.\n" in out


def test_an_image_beside_its_dockerfile(run: Run, app: Path, image: Path) -> None:
    arguments = ("--image", image, "--context", "context")
    found = document(run, "Dockerfile", *arguments)
    assert found == document(run, *arguments, "--dockerfile", "Dockerfile")
    assert [layer["line"] for layer in found["layers"]] == [None, 2, 3, 4, 5]
    guesses = [layer["predicted"] for layer in found["layers"]]
    assert guesses[0] is None
    assert [(guess["bytes"], guess["confidence"]) for guess in guesses[1:]] == [
        (0, "exact"), (53_000, "exact"), (0, "exact"), (3_000, "exact"),
    ]  # fmt: skip
    out = run("layers", "Dockerfile", *arguments).out
    assert out.splitlines()[0] == "line       holds   predicted                    dead  step"
    assert "\nbase     1.00 kB              #.........              ADD" in out
    assert "\n   3     53.0 kB     53.0 kB  xxxxxxxxxx     53.0 kB  COPY . .\n" in out
    assert "Of the layers that the Dockerfile makes: 56.0 kB measured, 56.0 kB predicted from it.\n" in out


@pytest.mark.parametrize(
    ("limit", "status"), [("53kB", 0), ("52999", 1), ("0", 1), ("51KiB", 1), ("52KiB", 0), ("95%", 0), ("94.5%", 1)]
)
def test_a_limit(run: Run, app: Path, limit: str, status: int) -> None:
    result = run("layers", "Dockerfile", "--context", "context", "--max-waste", limit)
    assert result.status == status
    assert "Dead weight: 53.0 kB" in result.out
    said = f"the dead weight is 53.0 kB{' of 56.0 kB' if '%' in limit else ''}, more than --max-waste {limit}\n"
    assert result.err == (f"note: {said}" if status else "")


def test_a_limit_says_when_not_all_is_known(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM debian:12\nRUN ./configure\n")
    result = run("layers", "Dockerfile", "--max-waste", "1MB")
    assert result.status == 0
    assert result.err == "note: --max-waste 1MB is held by what is known; not all is\n"


@pytest.mark.parametrize(
    ("text", "count", "share"),
    [
        ("10MB", 10_000_000, 0),
        ("10 mb", 10_000_000, 0),
        ("10M", 10_000_000, 0),
        ("10MiB", 10_485_760, 0),
        ("1.5GiB", 1_610_612_736, 0),
        ("7", 7, 0),
        ("7B", 7, 0),
        ("2TB", 2 * 10**12, 0),
        ("5%", None, 0.05),
    ],
)
def test_limits(text: str, count: int | None, share: float) -> None:
    assert Limit.parse(text) == Limit(text, count, share)


@pytest.mark.parametrize("name", FIXTURES)
def test_the_fixture_projects(run: Run, snapshot: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    project = name.partition("/")[0]
    monkeypatch.chdir(ROOT / "fixtures" / project)
    path = name.partition("/")[2]
    status, out, err = run("layers", path, "--context", ".", "--tree", "8")
    assert (status, err) == (0, "")
    snapshot(f"layers/{name.replace('/', '-')}.txt", out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "error: missing: can't be read: No such file or directory\n"),
        (["Dockerfile", "--context", "missing"], "error: missing: the build context is no directory\n"),
        (["Dockerfile", "--build-context", "x=missing"], "error: missing: the named context x is no directory\n"),
        (["Dockerfile", "--build-context", "x"], "expected NAME=DIRECTORY"),
        (["Dockerfile", "--target", "nope"], "error: target stage 'nope' could not be found"),
        (["Dockerfile", "--html", "no/page.html"], "error: no/page.html: can't be written: "),
        (["Dockerfile", "--max-waste", "much"], "'much': expected bytes such as 10MB or 10MiB, or a share such as 5%"),
        (["Dockerfile", "--max-waste", "-1"], "expected bytes such as"),
        (["Dockerfile", "--max-waste", "10QB"], "expected bytes such as"),
        (["Dockerfile", "--platform", "linux/arm64"], "needs --image"),
        (["Dockerfile", "--dockerfile", "Dockerfile"], "can't be used together with --dockerfile"),
        (["--image", "Dockerfile"], "it looks like a Dockerfile: name it without --image"),
        (["--image", "image.tar", "--context", "."], "needs a Dockerfile"),
        (["--image", "image.tar", "--target", "x"], "needs a Dockerfile"),
        ([], "name a Dockerfile, or a built image with --image"),
        (["bad"], "error: bad:2: the builder refuses the file: "),
        (["ignored/Dockerfile"], "ignored/.dockerignore"),
        (["--image", "missing.tar"], "error: missing.tar: "),
        (["--image", "Dockerfile"], "error: Dockerfile"),
        (["--image", "context"], "error: context: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input(run: Run, app: Path, arguments: list[str], message: str) -> None:
    (app / "bad").write_text("FROM a\nNOPE\n")
    (app / "ignored").mkdir()
    (app / "ignored" / "Dockerfile").write_text("FROM a\nCOPY . .\n")
    (app / "ignored" / ".dockerignore").write_text("[\n")
    status, out, err = run("layers", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("rror: ") == 1
    assert "Traceback" not in err
