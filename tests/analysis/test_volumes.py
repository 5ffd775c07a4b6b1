"""Which directories are volumes, and what is written where none is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def models(text: str) -> Models:
    dockerfile = parse(Source("Dockerfile", text.encode()))
    assert dockerfile.problems == ()
    return Models(build(dockerfile))


def test_volumes_of_the_image_and_of_the_lineage() -> None:
    text = 'FROM redis:8 AS a\nENV D=/d\nVOLUME ["/x", "$D/"]\nFROM a\nVOLUME /y /z\n'
    found = [(volume.path, volume.step is None) for volume in models(text).volumes.volumes()]
    assert found == [("/data", True), ("/x", False), ("/d", False), ("/y", False), ("/z", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM postgres:17\nENV PGDATA=/x", [("moved", "/x")]),
        ("FROM docker.io/library/postgres\nENV PGDATA=/x\nENV PGDATA=/y", [("moved", "/y")]),
        ("FROM postgis/postgis:17-3.5\nENV PGDATA=/var/lib/postgresql/data/x", []),
        ("FROM example.com/postgres:17\nENV PGDATA=/x", []),
        ("FROM postgres:17\nARG PGDATA=/x", []),
        ("FROM postgres:17\nENV PGDATA=$WHERE", []),
        ("FROM postgres:17 AS a\nENV PGDATA=/x\nFROM a\nVOLUME /x", []),
        ("FROM mysql:9\nCMD [\"mysqld\", \"--datadir=/srv/mysql\"]", [("moved", "/srv/mysql")]),
        ("FROM prom/prometheus:v3\nCMD [\"--storage.tsdb.path=/x\"]", [("moved", "/x")]),
        ("FROM debian:12\nRUN apt-get install -y mysql-server\nCMD mysqld --datadir=/x", []),
        ("FROM debian:12\nRUN apt-get install -y postgresql-15\nCMD service postgresql start && app", [("installed", "/var/lib/postgresql")]),
        ("FROM debian:12\nRUN apt-get install -y postgresql-client\nCMD psql", []),
        ("FROM python:3.13\nENV URL=sqlite:////data/a.db", [("file", "/data/a.db")]),
        ("FROM python:3.13\nENV URL=sqlite:////tmp/a.db", []),
        ("FROM example.com/python:3.13\nENV URL=sqlite:///a.db", []),
            ("FROM python:3.13\nENV URL=sqlite:///a.db", [("file", "/a.db")]),
        ("FROM python:3.13\nWORKDIR /w\nENV URL=sqlite+aiosqlite:///a.db", [("file", "/w/a.db")]),
    ],
)  # fmt: skip
def test_data_without_a_volume(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(data.kind, data.path) for data in models(text + "\n").volumes.unkept()] == expected


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("compose.yaml", "services:\n  db:\n    build: ./db\n    volumes:\n      - db:/x/data\n", True),
        ("deploy/k8s/db.yaml", "volumeMounts:\n  - name: db\n    mountPath: /x\n", True),
        ("charts/db/values.yml", "mountPath: /x/data/sub\n", False),
        ("node_modules/a/compose.yaml", "  - db:/x/data\n", False),
    ],
)
def test_data_that_the_repository_mounts(tmp_path: Path, name: str, text: str, *, kept: bool) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    (tmp_path / "db").mkdir()
    source = Source(str(tmp_path / "db" / "Dockerfile"), b"FROM postgres:17\nENV PGDATA=/x/data\n")
    assert [data.path for data in Models(build(parse(source))).volumes.unkept()] == ([] if kept else ["/x/data"])


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("RUN touch /v/x", [("run", "/v/x")]),
        ("RUN cd /v && echo a > f && echo b > g", [("run", "/v/f")]),
        ("RUN chown -R app /v", [("run", "/v")]),
        ("RUN test -d /v || mkdir /v", []),
        ("RUN curl -o /v/t.tgz https://e.com/t.tgz && tar -xf /v/t.tgz -C /opt && rm /v/t.tgz", []),
        ("RUN rm -rf /v/x && mkdir /v/x", [("run", "/v/x")]),
        ("RUN mkdir /vault", []),
        ("COPY a /v/", [("copy", "/v")]),
        ("WORKDIR /v", []),
    ],
)
def test_writes_below_a_volume(step: str, expected: list[tuple[str, str]]) -> None:
    found = models(f"FROM debian:12\nRUN mkdir /v\nVOLUME /v\n{step}\n").volumes.late_writes()
    assert [(write.kind, write.path) for write in found] == expected


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("compose.yaml", "volumes:\n  - pg:/x/y\n", True),
        ("docker-compose.prod.yml", "volumes:\n  - type: volume\n    target: /x\n", True),
        ("README.md", "docker run --mount type=volume,src=pg,dst=/x/y image\n", True),
        ("README.md", "docker run -v $PWD:/x/y:z image\n", True),
        ("README.md", "see https://example.com/x/y\n", False),
        ("compose.yaml", "volumes:\n  - pg:/x/y2\n", False),
        ("compose.yaml", "volumes:\n  - /x/y:/somewhere\n", False),
        ("notes.txt", "pg:/x/y\n", False),
    ],
)
def test_a_mount_that_is_written_down(name: str, text: str, kept: bool) -> None:
    dockerfile = parse(Source("Dockerfile", b"FROM postgres:17\nENV PGDATA=/x/y\n"))
    context = Context(MemoryTree({name: text}))
    found = list(Models(build(dockerfile), lambda: context).volumes.unkept())
    assert (found == []) is kept
