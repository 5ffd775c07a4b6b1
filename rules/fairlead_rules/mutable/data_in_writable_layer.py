"""Databases whose files lie in the container's own layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Rule, UnkeptData


class DataInWritableLayer(Rule):
    r"""A database keeps its files in a directory that is no volume: they are gone with the container.

    What a container writes goes into a thin layer of its own, unless a volume is mounted there. `docker rm`, `docker
    compose up` with a new image, a rescheduled pod: each throws that layer away and the data with it. Until then every
    write goes through the storage driver, which copies a file before its first change.

    The images of database servers declare their data directory as a VOLUME, so that even `docker run` without options
    gives the data a life of its own. A variable or an option that moves the data elsewhere takes that away. Leave the
    data where the image expects it, or declare `VOLUME` for the new directory, and mount a named volume there.

    Under the profile `strict` these are reported as well: a database server that is installed as a package and started
    by CMD, and an SQLite file that a variable names, where no VOLUME covers the directory. There a volume may be
    mounted when the container is run, which the Dockerfile can't tell.

    Nothing is said of images that hold their data on purpose: those that fill the database in a RUN or copy it in; nor
    where a compose file, a fly.toml or a README of the build context mounts something there, or a file of the repository
    that says how containers run, such as a manifest of Kubernetes.
    """

    name = "mutable/data-in-writable-layer"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM postgres:17
            ENV PGDATA=/pgdata
                       ^^^^^^^
            """,
            "PostgreSQL keeps its data in /pgdata",
        ),
        Example(
            """
            FROM mongo:8
            CMD ["mongod", "--dbpath", "/srv/db"]
                                       ^^^^^^^^^
            """,
            "/data/db",
        ),
        Example(
            """
            FROM debian:12
            RUN apt-get update && apt-get install -y mariadb-server
            CMD ["mysqld_safe"]
                 ^^^^^^^^^^^^^
            """,
            "MariaDB keeps its data in /var/lib/mysql",
        ),
        Example(
            """
            FROM node:22
            WORKDIR /app
            ENV DATABASE_URL="file:./data/app.db"
                             ^^^^^^^^^^^^^^^^^^^^
            """,
            "/app/data/app.db",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM postgres:17\nENV POSTGRES_DB=app\n"),
        Example("FROM postgres:17\nENV PGDATA=/var/lib/postgresql/data/pgdata\n"),
        Example("FROM postgres:18\nENV PGDATA=/var/lib/postgresql/data\n"),
        Example("FROM postgres:17\nENV PGDATA=/pgdata\nVOLUME /pgdata\n"),
        Example('FROM postgres:17\nENV DIR=/d PGDATA=/d/x\nVOLUME ["$DIR"]\nVOLUME /d\n'),
        Example(
            "FROM postgres:17\nENV PGDATA=/seeded\nRUN docker-entrypoint.sh postgres & sleep 9; psql -f /seed.sql\n"
        ),
        Example("FROM postgres:17\nENV PGDATA=/seeded\nCOPY --chown=postgres data /seeded\n"),
        Example('FROM redis:8\nCMD ["redis-server", "--dir", "/tmp"]\n'),
        Example("FROM debian:12\nRUN apt-get install -y mariadb-server\nVOLUME /var/lib/mysql\nCMD mysqld_safe\n"),
        Example("FROM postgres:17\nENV PGDATA=/pg/data\n", files={"compose.yaml": "    volumes:\n      - pg:/pg\n"}),
        Example("FROM postgres:17\nENV PGDATA=/pg/data\n", files={"fly.toml": '[mounts]\n  destination = "/pg"\n'}),
        Example("FROM postgres:17\nENV PGDATA=/pg\n", files={"README.md": "`docker run -v $PWD/pg:/pg image`\n"}),
        Example("FROM debian:12\nRUN apt-get install -y mariadb-client\nCMD mysql -h db\n"),
        Example("FROM python:3.13\nENV DATABASE_URL=sqlite:////data/app.db\nVOLUME /data\n"),
        Example("FROM python:3.13\nENV DATABASE_URL=sqlite:///:memory:\n"),
        Example("FROM postgres:17 AS db\nENV PGDATA=/pgdata\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the volume model."""
        for data in models.volumes.unkept():
            if data.kind == "moved" or not models.purpose.development:
                yield self._finding(data)

    def _finding(self, data: UnkeptData) -> Finding:
        message = f"{data.name} keeps its data in {data.path}, which is no volume: it goes with the container"
        message += " unless one is mounted there"
        if data.kind == "moved":
            message += f" (the base image declares {data.volume})"
        parent = data.path.rpartition("/")[0] if data.kind == "file" else data.path
        return self.finding(
            data.token,
            message,
            help=f"declare `VOLUME {parent}` and mount a named volume there"
            if data.kind != "moved"
            else f"leave the data in {data.volume}, or declare `VOLUME {parent}`",
            evidence={"path": data.path},
            profile=None if data.kind == "moved" else Profile.STRICT,
        )
