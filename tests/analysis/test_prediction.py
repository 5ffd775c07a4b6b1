"""What each layer will hold: as the real builder made it, and as the manuals of the programs say."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import zstandard

from fairlead.analysis.models import Models
from fairlead.analysis.prediction import PredictedLayer, Prediction
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, read_dockerignore
from fairlead.build.dockerignore import DockerIgnore
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

TRUTH = Path(__file__).parent.parent / "truth" / "layers.jsonl"
CASES = [json.loads(line) for line in TRUTH.read_text("utf-8").splitlines()]


def predicted(
    dockerfile: str, files: dict[str, bytes | int], *, ignore: str = "", modes: dict[str, int] | None = None
) -> list[PredictedLayer]:
    data = {path: b"x" * given if isinstance(given, int) else given for path, given in files.items()}
    patterns = read_dockerignore(ignore.encode()) if ignore else DockerIgnore(())
    context = Context(MemoryTree(data, modes), patterns)
    model = build(parse(Source("Dockerfile", dockerfile.encode())))
    return list(Prediction(Models(model, lambda: context)).layers)


def entries(layer: PredictedLayer) -> list[list[object]]:
    return sorted(
        [c.path, "deleted" if c.change == "deleted" else "kept", c.bytes]
        for c in layer.changes
        if c.type != "dir" or c.change == "deleted"
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_truth(case: dict[str, Any]) -> None:
    files = {
        path: given if isinstance(given, int) else base64.b64decode(given["base64"])
        for path, given in case["files"].items()
    }
    layers = [
        layer
        for layer in predicted(case["dockerfile"], files, ignore=case["dockerignore"] or "")
        if layer.stage != "base"
    ]
    found = [{"line": layer.line, "bytes": layer.bytes, "entries": entries(layer)} for layer in layers]
    assert found == [{**layer, "entries": sorted(layer["entries"])} for layer in case["layers"]]
    assert {layer.confidence for layer in layers} == {"exact"}


def archive(*, compressed: bool = True) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, size in (("in/a", 700), ("in/deep/b", 30)):
            info = tarfile.TarInfo(name)
            info.size = size
            info.uid = 7
            file.addfile(info, io.BytesIO(b"y" * size))
    return gzip.compress(out.getvalue()) if compressed else out.getvalue()


T = len(archive())
RUNS: dict[str, tuple[str, list[list[object]]]] = {
    # one RUN below `COPY data /data` (a.bin 300, b.txt 20, sub/c 5, 0644 each, of root)
    "rm -r of all": ("rm -r /data", [["data", "deleted", 0]]),
    "rm of a pattern": ("rm /data/*.bin", [["data/a.bin", "deleted", 0]]),
    "rm of a directory without -r": ("rm -f /data", []),
    "rm of what is not there": ("rm -f /nothing", []),
    "rm and write again": ("rm /data/a.bin && echo x > /data/a.bin", [["data/a.bin", "kept", 2]]),
    "touch": ("touch /data/b.txt", [["data/b.txt", "kept", 20]]),
    "append": ("echo abc >> /data/b.txt", [["data/b.txt", "kept", 24]]),
    "mv within a directory": ("mv /data/a.bin /data/z", [["data/a.bin", "deleted", 0], ["data/z", "kept", 300]]),
    "mv into a directory": (
        "mv /data/a.bin /data/sub",
        [["data/a.bin", "deleted", 0], ["data/sub/a.bin", "kept", 300]],
    ),
    "mv there and back": ("mv /data/a.bin /x && mv /x /data/a.bin", []),
    "mv of a directory": (
        "mv /data /moved",
        [["data", "deleted", 0], ["moved/a.bin", "kept", 300], ["moved/b.txt", "kept", 20], ["moved/sub/c", "kept", 5]],
    ),
    "cp -r": ("cp -r /data/sub /new", [["new/c", "kept", 5]]),
    "cp -r into": ("mkdir /new && cp -r /data/sub /new", [["new/sub/c", "kept", 5]]),
    "cp -a of the content": ("mkdir /new && cp -a /data/sub/. /new/", [["new/c", "kept", 5]]),
    "cp -t": ("mkdir /n && cp -t /n /data/a.bin /data/b.txt", [["n/a.bin", "kept", 300], ["n/b.txt", "kept", 20]]),
    "cp over": ("cp /data/b.txt /data/a.bin", [["data/a.bin", "kept", 20]]),
    "chmod to what it is": ("chmod 644 /data/a.bin", []),
    "chmod": ("chmod 600 /data/a.bin", [["data/a.bin", "kept", 300]]),
    "chmod -R with X leaves files": ("chmod -R u+X /data", []),
    "chmod -R of one kind": ("chmod -R o-r /data/sub", [["data/sub/c", "kept", 5]]),
    "chown to what it is": ("chown -R root:root /data", []),
    "chown": ("chown 5 /data/a.bin", [["data/a.bin", "kept", 300]]),
    "chown of a directory alone": ("chown 5:5 /data", []),
    "chgrp": ("chgrp -R 5 /data/sub", [["data/sub/c", "kept", 5]]),
    "loop": (
        "for f in a.bin b.txt; do rm /data/$f; done",
        [["data/a.bin", "deleted", 0], ["data/b.txt", "deleted", 0]],
    ),
    "loop with a modifier": ("for f in a.x b.x; do echo y > /${f%.x}; done", [["a", "kept", 2], ["b", "kept", 2]]),
    "variable": ("F=/data/a.bin; rm $F", [["data/a.bin", "deleted", 0]]),
    "subshell": ("(cd /data && rm b.txt) && touch here", [["data/b.txt", "deleted", 0], ["here", "kept", 0]]),
    "sh -c": ("sh -c 'rm /data/b.txt'", [["data/b.txt", "deleted", 0]]),
    "find -delete": ("find /data -type f -name '*.t?t' -delete", [["data/b.txt", "deleted", 0]]),
    "find -exec": (
        "find /data -type f -exec rm {} +",
        [["data/a.bin", "deleted", 0], ["data/b.txt", "deleted", 0], ["data/sub/c", "deleted", 0]],
    ),
    "find and xargs": ("find /data -name '*.bin' | xargs rm", [["data/a.bin", "deleted", 0]]),
    "find with a choice": (
        "find /data \\( -name a.bin -o -name c \\) -delete",
        [["data/a.bin", "deleted", 0], ["data/sub/c", "deleted", 0]],
    ),
    "tee": ("echo 12345 | tee /t /u >/dev/null", [["t", "kept", 6], ["u", "kept", 6]]),
    "tee -a": ("echo 1 | tee -a /data/b.txt", [["data/b.txt", "kept", 22]]),
    "printf": ("printf '%s=%d\\n' a 1 b 2 > /p", [["p", "kept", 8]]),
    "cat of several": ("cat /data/a.bin /data/b.txt > /all", [["all", "kept", 320]]),
    "here-document": ("cat > /h <<EOF\nhello\nEOF", [["h", "kept", 6]]),
    "dd with a suffix": ("dd if=/dev/urandom of=/d bs=1M count=2", [["d", "kept", 2 << 20]]),
    "dd of a file": ("dd if=/data/a.bin of=/d bs=100 count=2", [["d", "kept", 200]]),
    "head -c": ("head -c 1k /dev/zero > /z", [["z", "kept", 1024]]),
    "truncate": ("truncate -s 2K /t && truncate -s +1 /t", [["t", "kept", 2049]]),
    "fallocate": ("fallocate -l 3M /f", [["f", "kept", 3 << 20]]),
    "sed -i": ("sed -i 's/x/yyy/g' /data/b.txt", [["data/b.txt", "kept", 60]]),
    "sed -i of one": ("sed -i -e '1s|x|long|' /data/b.txt", [["data/b.txt", "kept", 23]]),
    "sed -i.bak": ("sed -i.bak s/q/r/ /data/b.txt", [["data/b.txt", "kept", 20], ["data/b.txt.bak", "kept", 20]]),
    "sed -i that deletes": ("sed -i /x/d /data/b.txt", [["data/b.txt", "kept", 0]]),
    "ln": ("ln /data/a.bin /data/0", [["data/0", "kept", 300], ["data/a.bin", "kept", 0]]),
    "ln of what is new": ("echo ab > /n && ln /n /m", [["m", "kept", 3], ["n", "kept", 0]]),
    "ln -s": ("ln -s /data/a.bin /data/sub/", [["data/sub/a.bin", "kept", 0]]),
    "through a link": ("ln -s /data /l && echo n > /l/new", [["data/new", "kept", 2], ["l", "kept", 0]]),
    "install": ("install -D -m 755 /data/a.bin /opt/bin/tool", [["opt/bin/tool", "kept", 300]]),
    "install -d": ("install -d -o 5 /var/x /var/y", []),
    "gunzip": ("gunzip /t.tar.gz", [["t.tar", "kept", 10240], ["t.tar.gz", "deleted", 0]]),
    "tar into the working directory": ("tar xzf /t.tar.gz", [["in/a", "kept", 700], ["in/deep/b", "kept", 30]]),
    "tar -C": ("mkdir /o && tar -C /o -xf /t.tar.gz in/deep", [["o/in/deep/b", "kept", 30]]),
    "tar --strip": (
        "mkdir /o && tar --strip-components=1 -xzf t.tar.gz -C /o",
        [["o/a", "kept", 700], ["o/deep/b", "kept", 30]],
    ),
    "a test that holds": ("[ -f /data/a.bin ] && rm /data/a.bin", [["data/a.bin", "deleted", 0]]),
    "a test that fails": ("test -d /nothing && rm -r /data || echo no > /no", [["no", "kept", 3]]),
    "if": ("if [ -e /data/a.bin ]; then echo y > /y; else rm -r /data; fi", [["y", "kept", 2]]),
    "elif": (
        "if [ a = b ]; then rm -r /data; elif [ ! -f /no ]; then echo 1 > /x; else rm -r /data; fi",
        [["x", "kept", 2]],
    ),
    "else": ("if [ -n '' ]; then rm -r /data; elif [ -d /no ]; then :; else touch /x; fi", [["x", "kept", 0]]),
    "in case that it fails": ("rm -f /data/b.txt || true", [["data/b.txt", "deleted", 0]]),
    "true and false": (
        "false || echo a > /a; true && echo b > /b; ! false && echo c > /c",
        [
            ["a", "kept", 2],
            ["b", "kept", 2],
            ["c", "kept", 2],
        ],
    ),
    "nothing that writes": ("set -eux; ls -l /data; test -f /data/a.bin; true", []),
    "sudo": ("sudo rm /data/b.txt", [["data/b.txt", "deleted", 0]]),
    "a file that the builder mounts": ("echo 1.2.3.4 x >> /etc/hosts", []),
    "devices": ("echo x > /dev/stderr; cat /data/a.bin > /dev/null", []),
    "rmdir": ("mkdir /e && rmdir /e", []),
    "tar and delete": (
        "tar xf t.tar.gz && rm -r t.tar.gz in/deep",
        [["in/a", "kept", 700], ["t.tar.gz", "deleted", 0]],
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_run(name: str) -> None:
    command, expected = RUNS[name]
    files: dict[str, bytes | int] = {"data/a.bin": 300, "data/b.txt": 20, "data/sub/c": 5, "t.tar.gz": archive()}
    # `\\` at the end of a heredoc's lines would go on: a RUN heredoc takes any script as it is
    dockerfile = f"FROM scratch\nCOPY . /\nRUN <<SCRIPT\n{command}\nSCRIPT\n"
    *_, layer = predicted(dockerfile, files)
    assert entries(layer) == sorted(expected), layer.notes
    assert layer.confidence == "exact", layer.notes


COPIES: dict[str, tuple[str, list[list[object]]]] = {
    "a file to a name": ("COPY data/a.bin /x", [["x", "kept", 300]]),
    "a file into a directory": ("COPY data/a.bin /x/", [["x/a.bin", "kept", 300]]),
    "a pattern": ("COPY data/*.bin /x/", [["x/a.bin", "kept", 300]]),
    "a pattern that matches a directory": ("COPY dat* /x/", [["x/a.bin", "kept", 300], ["x/b.txt", "kept", 20], ["x/sub/c", "kept", 5]]),
    "a pattern below": ("COPY data/s*/* /x/", [["x/c", "kept", 5]]),
    "--parents": ("COPY --parents data/sub/c /x/", [["x/data/sub/c", "kept", 5]]),
    "--parents with a pivot": ("COPY --parents data/./sub/c /x/", [["x/sub/c", "kept", 5]]),
    "--parents with a pattern": ("COPY --parents data/**/*.txt /x/", [["x/data/b.txt", "kept", 20]]),
    "--exclude": ("COPY --exclude=**/c --exclude=*.bin data /x", [["x/b.txt", "kept", 20]]),
    "a heredoc": ("COPY <<EOF /x/\nhello $HOME\nEOF", [["x/EOF", "kept", 7]]),
    "a heredoc in quotes": ("COPY <<'EOF' /x\na $b\nEOF", [["x", "kept", 5]]),
    "a heredoc with tabs": ("COPY <<-EOF /x\n\t\tab\n\tEOF", [["x", "kept", 3]]),
    "an archive": ("ADD t.tar.gz /x/", [["x/in/a", "kept", 700], ["x/in/deep/b", "kept", 30]]),
    "an archive to a name": ("ADD t.tar.gz /x", [["x/in/a", "kept", 700], ["x/in/deep/b", "kept", 30]]),
    "an archive that COPY leaves alone": ("COPY t.tar.gz /x/", [["x/t.tar.gz", "kept", T]]),
    "--unpack=false": ("ADD --unpack=false t.tar.gz /x/", [["x/t.tar.gz", "kept", T]]),
    "relative to the working directory": ("WORKDIR /w\nCOPY data/a.bin b", [["w/b", "kept", 300]]),
    "what .dockerignore leaves": ("COPY . /x", [["x/data/a.bin", "kept", 300], ["x/data/b.txt", "kept", 20], ["x/data/sub/c", "kept", 5], ["x/t.tar.gz", "kept", T]]),
    "the same once more": ("COPY data/a.bin /x\nCOPY data/a.bin /x", []),
    "the same once more with --link": ("COPY data/a.bin /x\nCOPY --link data/a.bin /x", [["x", "kept", 300]]),
    "--chmod to another": ("COPY data/a.bin /x\nCOPY --chmod=755 data/a.bin /x", [["x", "kept", 300]]),
    "another stage": ("RUN mkdir /o && echo hi > /o/f\nFROM scratch\nCOPY --from=0 /o /x", [["x/f", "kept", 3]]),
    "a file of another stage": ("RUN echo hi > /f\nFROM scratch\nCOPY --from=first /f /x/", [["x/f", "kept", 3]]),
    "several": ("COPY data/a.bin data/b.txt /x/", [["x/a.bin", "kept", 300], ["x/b.txt", "kept", 20]]),
    "a bind mount": ("RUN --mount=type=bind,source=data,target=/m cp /m/a.bin /x", [["x", "kept", 300]]),
    "a bind mount of the context": ("RUN --mount=target=/m cp -r /m/data/sub /x", [["x/c", "kept", 5]]),
    "a bind mount of a stage": ("RUN echo hi > /f\nFROM scratch\nRUN --mount=from=first,target=/m cp /m/f /x", [["x", "kept", 3]]),
    "a cache mount": ("RUN --mount=type=cache,target=/c/d echo x > /c/d/f", []),
    "a mount over files": ("COPY data /x\nRUN --mount=type=tmpfs,target=/x rm -rf /x/a.bin; echo y > /x/f", []),
    "an ONBUILD trigger": ("ONBUILD COPY data/a.bin /x\nFROM first", [["x", "kept", 300]]),
    "a variable": ("ARG D=/x\nCOPY data/a.bin ${D}/y", [["x/y", "kept", 300]]),
    "exec form": ('COPY data /x\nRUN ["rm", "-r", "/x/sub"]', [["x/sub", "deleted", 0]]),
}  # fmt: skip


@pytest.mark.parametrize("name", COPIES)
def test_copy(name: str) -> None:
    lines, expected = COPIES[name]
    files: dict[str, bytes | int] = {
        "data/a.bin": 300, "data/b.txt": 20, "data/sub/c": 5, "t.tar.gz": archive(), "left/out": 9, ".dockerignore": 5,
    }  # fmt: skip
    *_, layer = predicted(f"FROM scratch AS first\n{lines}\n", files, ignore="left\n.dockerignore\n")
    found = entries(layer)
    if name == "a heredoc":
        assert layer.confidence == "exact"
    assert found == sorted(expected), layer.notes
    assert layer.confidence == "exact", layer.notes


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress, zstandard.compress])
def test_archives_of_every_compression(compress: Callable[[bytes], bytes]) -> None:
    files: dict[str, bytes | int] = {
        "t": compress(archive(compressed=False)),
        "broken.tar": 2000,
        "cut": archive()[:60],
    }
    *_, first, second = predicted("FROM scratch\nADD t /x\nADD broken.tar cut /y/\n", files)
    assert entries(first) == [["x/in/a", "kept", 700], ["x/in/deep/b", "kept", 30]]
    assert entries(second) == [["y/broken.tar", "kept", 2000], ["y/cut", "kept", 60]]


def test_owners_and_modes() -> None:
    dockerfile = (
        "FROM scratch\nCOPY --chown=5:6 --chmod=750 f /f\nUSER 9\nRUN echo x > /g\nCOPY f /h\nADD t.tar /t\n"
        "RUN mkdir -m 700 /m && cp -p /f /m/f && cp /f /m/g"
    )
    layers = predicted(dockerfile, {"f": 3, "t.tar": archive(compressed=False)}, modes={"f": 0o755})
    found = {c.path: (c.mode, c.uid, c.gid) for layer in layers for c in layer.changes}
    assert found["f"] == (0o750, 5, 6)
    assert found["g"] == (0o644, 9, 0)
    assert found["h"] == (0o755, 0, 0)
    assert found["t/in/a"] == (0o644, 7, 0)
    assert found["m"] == (0o700, 9, 0)
    # nobody but root gives files away
    assert found["m/f"] == (0o750, 9, 0)
    assert found["m/g"] == (0o750, 9, 0)


def test_what_is_wasted_and_by_which_words() -> None:
    dockerfile = "FROM scratch\nCOPY data /data\nRUN rm /data/a && mv /data/b /b\nRUN chmod -R 600 /data /b\n"
    first, second, third = predicted(dockerfile, {"data/a": 10, "data/b": 20, "data/c": 30})
    assert [(waste.path, waste.bytes, waste.by, waste.how) for waste in first.wasted] == [
        ("data/a", 10, 1, "deleted"), ("data/b", 20, 1, "deleted"), ("data/c", 30, 2, "changed"),
    ]  # fmt: skip
    assert [(waste.path, waste.bytes, waste.by) for waste in second.wasted] == [("b", 20, 2)]
    assert second.cause("data/a").text == "/data/a"
    assert second.cause("b").text == "mv /data/b /b"
    assert third.cause("data/c").text == "chmod -R 600 /data /b"
    assert first.cause("data/c").text == "data"


UNKNOWN: dict[str, tuple[str, str]] = {
    "a program that is not known": ("RUN make install", "make"),
    "a variable of the base image": ("RUN rm -rf $THING", "deleted"),
    "a package": ("RUN apt-get install -y curl", "apt-get"),
    "a download": ("RUN curl -o /x https://example.com/x", "downloaded"),
    "a branch": ("RUN if uname -m | grep -q arm; then echo x > /x; fi", "branch"),
    "another shell": ('SHELL ["powershell"]\nRUN rm x', "powershell"),
    "a remote source": ("ADD https://example.com/x /x", "server"),
    "another image": ("COPY --from=nginx /etc/nginx /x", "nginx"),
    "a missing source": ("COPY nothing /x", "not in the build context"),
    "what the base image has": ("RUN chown -R 5 /etc", "/etc"),
    "a copy of what the base image has": ("RUN cp -r /etc/ssl /x", "/x"),
    "a script with errors": ("RUN if then", "read"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_said(name: str) -> None:
    line, note = UNKNOWN[name]
    *_, layer = predicted(f"FROM debian:12\n{line}\n", {})
    assert layer.confidence == "unknown"
    assert any(note in said for said in layer.notes), layer.notes


def test_the_known_part_of_what_is_not_known() -> None:
    dockerfile = "FROM debian:12\nCOPY big /opt/big\nRUN make && rm -rf /opt/big && echo x > /opt/x\n"
    first, second = predicted(dockerfile, {"big": 1000})
    assert first.confidence == "exact"
    assert (second.confidence, second.bytes) == ("unknown", 2)
    assert [(waste.path, waste.bytes) for waste in first.wasted] == [("opt/big", 1000)]


def test_estimates_say_where_they_come_from() -> None:
    dockerfile = "FROM debian:12\nRUN apt-get update\nRUN rm -rf /var/lib/apt/lists/*\n"
    first, second = predicted(dockerfile, {})
    assert (first.confidence, second.confidence) == ("about", "exact")
    assert any("Debian 12" in change.source for change in first.changes)
    assert [(waste.path, waste.by) for waste in first.wasted] == [("var/lib/apt/lists/*", 1)]


def test_a_second_install_replaces_nothing() -> None:
    dockerfile = "FROM python:3.13\nRUN apt-get install -y gcc\nRUN pip install flask\nRUN pip install gunicorn\n"
    layers = predicted(dockerfile, {})
    assert [layer.wasted for layer in layers] == [(), (), ()]


def test_directories_of_unknown_content_are_laid_over_each_other() -> None:
    dockerfile = (
        "FROM node AS b\nRUN npm run build\nFROM node\nWORKDIR /app\nCOPY public ./public\nCOPY --from=b /s ./\n"
    )
    *_, second, third = predicted(dockerfile, {"public/a": 9})
    assert (second.bytes, second.wasted) == (9, ())
    assert third.confidence == "unknown"


def test_after_a_program_that_is_not_known_nothing_is_said_to_be_missing() -> None:
    *_, copied, owned = predicted("FROM maven\nWORKDIR /w\nRUN mvn package\nRUN cp t/a.jar /a\nRUN chown -R 5 /w\n", {})
    assert (copied.bytes, copied.confidence) == (None, "unknown")
    assert owned.confidence == "unknown"


def test_a_directory_of_the_base_image_that_is_supposed_to_be_empty() -> None:
    _, layer = predicted("FROM debian:12\nCOPY data /app\nRUN chown -R 5:5 /app\n", {"data/a": 10})
    assert (layer.confidence, layer.bytes) == ("about", 10)


def test_a_file_goes_into_a_directory_that_base_images_have() -> None:
    (layer,) = predicted("FROM debian:12\nCOPY tool /usr/local/bin\n", {"tool": 10})
    assert entries(layer) == [["usr/local/bin/tool", "kept", 10]]


def test_steps_of_the_stages_below() -> None:
    layers = predicted("FROM scratch AS a\nCOPY f /f\nFROM a AS b\nRUN rm /f\nFROM b\nENV x=y\n", {"f": 7})
    assert [(layer.line, layer.stage, layer.bytes, layer.wasted_bytes) for layer in layers] == [
        (2, "a", 7, 7), (4, "b", 0, 0),
    ]  # fmt: skip


def test_many_files_take_little_time_and_no_recursion_error() -> None:
    deep = "/".join(["d"] * 500)
    (layer,) = predicted("FROM scratch\nCOPY . /\n", {f"{deep}/f": 1, **{f"n/{i}": 1 for i in range(1000)}})
    assert layer.bytes == 1001


def test_a_script_of_the_image_is_read() -> None:
    script = b"#!/bin/sh\nset -e\nhere=$(pwd)\nrm -r /data/old\necho done > result\n"
    dockerfile = "FROM scratch\nCOPY . /data/\nWORKDIR /w\nRUN /data/setup.sh\nRUN sh -x /data/more.sh && true\n"
    files: dict[str, bytes | int] = {"old/a": 10, "setup.sh": script, "more.sh": b"truncate -s 5 $1 /w/x\n"}
    *_, first, second = predicted(dockerfile, files)
    assert entries(first) == [["data/old", "deleted", 0], ["w/result", "kept", 5]]
    assert first.confidence == "exact"
    assert first.cause("data/old").text == "/data/setup.sh"
    assert ["w/x", "kept", 5] in entries(second)
    assert second.confidence == "unknown"


def test_a_script_that_doubles_its_files_again_and_again_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.analysis.filesystem.MAX_COPIED", 5_000)
    doubling = "\n".join(f"RUN cp -r /d /e{i} && mv /e{i} /d/" for i in range(40))
    layers = predicted(f"FROM scratch\nCOPY f /d/\n{doubling}\n", {"f": 1})
    assert layers[5].confidence == "exact"
    assert layers[-1].confidence == "unknown"
    assert "more files are copied than are followed here" in layers[-1].notes


@pytest.mark.parametrize("script", ["s/x*x*y/z/", "s/\\(x*\\)*y/z/", "/x*x*x*y/d"])
def test_a_pattern_that_takes_its_time_is_not_tried(script: str) -> None:
    *_, layer = predicted(f"FROM scratch\nCOPY f /f\nRUN sed -i '{script}' /f\n", {"f": 100_000})
    assert (layer.bytes, layer.confidence) == (100_000, "about")


COMMANDS: dict[str, tuple[str, str, str, bool]] = {
    # base image, script of a RUN, its confidence, whether something is left of which the size is not known
    "a download that goes again": ("debian:12", "curl -fO https://e.com/t.tgz && rm t.tgz", "exact", False),
    "a download that stays": ("debian:12", "curl -fO https://e.com/t.tgz", "unknown", True),
    "a clone that goes again": ("debian:12", "git clone https://e.com/x /x && rm -rf /x", "exact", False),
    "an unpacked download": ("python:3.13", "wget https://e.com/t.tgz && tar xf t.tgz -C /opt && rm t.tgz", "unknown", True),
    "accounts": ("debian:12", "groupadd -g 5 g && usermod -aG g www-data && passwd -d root", "about", False),
    "certificates": ("debian:12", "update-ca-certificates", "unknown", True),
    "the loader's cache": ("debian:12", "ldconfig", "about", False),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_known_of_a_command(name: str) -> None:
    image, script, confidence, is_left = COMMANDS[name]
    *_, layer = predicted(f"FROM {image}\nRUN {script}\n", {})
    assert layer.confidence == confidence, layer.notes
    assert any(change.bytes is None for change in layer.changes) is is_left


def test_what_a_package_manager_prunes_later_is_not_known() -> None:
    text = "FROM node:22\nWORKDIR /app\nRUN npm ci\nRUN npm prune --omit=dev\nRUN npm cache clean --force\n"
    _, install, prune, clean = predicted(text, {})
    assert (prune.confidence, prune.deletes_unknown) == ("unknown", True)
    assert [(waste.path, waste.bytes, waste.how) for waste in install.wasted] == [("root/.npm/*", None, "deleted")]
    assert [(change.path, change.change) for change in clean.changes] == [("root/.npm/*", "deleted")]


def test_a_later_clean_frees_nothing_of_the_layer_below() -> None:
    text = (
        "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN apt-get clean && rm -rf /var/lib/apt/lists/*\n"
    )
    install, clean = predicted(text, {})
    assert [waste.path for waste in install.wasted] == ["var/lib/apt/lists/*"]
    assert (clean.bytes, clean.confidence) == (0, "exact")


def test_an_exit_ends_its_own_script() -> None:
    files: dict[str, bytes | int] = {
        "a.sh": b"#!/bin/sh\necho 1 > /a\nexit 0\necho 2 > /b\n",
        "b.sh": b'#!/bin/sh\nif [ -f "$UNKNOWN" ]; then exit 0; fi\n',
    }
    *_, layer = predicted("FROM scratch\nCOPY . /\nRUN sh /a.sh && sh /b.sh && echo 3 > /c\n", files)
    assert entries(layer) == [["a", "kept", 2], ["c", "kept", 2]]
    assert layer.confidence == "exact", layer.notes


class _Listed(MemoryTree):
    """Remembers which directories were listed."""

    def __init__(self, files: dict[str, bytes | str]) -> None:
        super().__init__(files)
        self.listed: set[str] = set()

    def names(self, path: str) -> Sequence[str]:
        self.listed.add(path)
        return super().names(path)


@pytest.mark.parametrize(
    ("copied", "listed"),
    [
        # nothing of the stage is needed but what a program makes
        ("/bin/out", set()),
        # the way to what is copied, and nothing beside it
        ("/src/a/x", {"", "a"}),
        ("/src/a", {"", "a", "a/deep"}),
    ],
)
def test_a_directory_of_the_context_is_listed_when_something_looks_into_it(copied: str, listed: set[str]) -> None:
    tree = _Listed({"a/x": "1", "a/deep/y": "2", "b/z": "3"})
    text = f"FROM scratch AS one\nWORKDIR /src\nCOPY . .\nFROM scratch\nCOPY --from=one {copied} /o\n"
    model = build(parse(Source("Dockerfile", text.encode())))
    assert Prediction(Models(model, lambda: Context(tree, DockerIgnore(())))).layers
    assert tree.listed == listed


def test_a_program_fails_over_a_file_that_is_not_there() -> None:
    text = "FROM scratch\nCOPY bin /bin\nRUN chmod 600 /none && touch /a || cat /none || touch /b; rmdir /bin || touch /c\n"
    (_, layer) = predicted(text, {"bin/sh": 3})
    assert entries(layer) == [["b", "kept", 0], ["c", "kept", 0]]


def test_a_copy_of_all_into_itself_ends() -> None:
    """Each copy would make the next one twice as large, if it took what the copies before have made."""
    copies = " && ".join(["rsync -aq / /r/"] * 40)
    model = Models(build(parse(Source("Dockerfile", f"FROM scratch\nRUN mkdir -p /r /a/b && {copies}\n".encode()))))
    paths = [change.path for layer in model.prediction.layers for change in layer.changes]
    assert "r/a/b" in paths
    assert not any(path.startswith("r/r") for path in paths)


def test_what_rsync_is_told_to_take_is_not_known() -> None:
    text = "FROM scratch\nRUN mkdir /r && touch /a && ls | rsync -aq --files-from=- / /r/\n"
    (layer,) = Models(build(parse(Source("Dockerfile", text.encode())))).prediction.layers
    assert layer.confidence == "unknown"
    assert "r/a" not in [change.path for change in layer.changes]
