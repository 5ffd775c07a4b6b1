"""Servers that keep data: where their images keep it, what moves it, and which packages bring the same server.

From the Dockerfiles of the images: docker-library's postgres, mysql, mongo, rabbitmq, cassandra, wordpress and ghost,
MariaDB's, Redis', Valkey's, CouchDB's, InfluxData's, Neo4j's, Prometheus', Jenkins' and Distribution's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Server:
    """An image that declares its data directory as a VOLUME.

    Attributes:
        name: as people call it.
        images: without registry and `library/`.
        volumes: what it declares, in any of its versions.
        variables: environment variables that move the data.
        options: command line options that do.
    """

    name: str
    images: frozenset[str]
    volumes: tuple[str, ...]
    variables: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Daemon:
    """A database server that a package brings.

    Attributes:
        name: as people call it.
        packages: what the names of its packages look like.
        programs: the programs, and the names of the service.
        data: the directories that packages of the distributions use.
    """

    name: str
    packages: re.Pattern[str]
    programs: frozenset[str]
    data: tuple[str, ...]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# 18 and later declare the directory above, so that an upgrade finds the data of the version before
_POSTGRES = ("/var/lib/postgresql/data", "/var/lib/postgresql")
SERVERS = (
    Server(
        "PostgreSQL",
        _words("postgres postgis/postgis pgvector/pgvector timescale/timescaledb"),
        _POSTGRES,
        ("PGDATA",),
        ("-D",),
    ),
    Server("MySQL", _words("mysql"), ("/var/lib/mysql",), (), ("--datadir",)),
    Server("MariaDB", _words("mariadb"), ("/var/lib/mysql",), (), ("--datadir",)),
    Server("MongoDB", _words("mongo"), ("/data/db", "/data/configdb"), (), ("--dbpath",)),
    Server("Redis", _words("redis"), ("/data",), (), ("--dir",)),
    Server("Valkey", _words("valkey/valkey"), ("/data",), (), ("--dir",)),
    Server("RabbitMQ", _words("rabbitmq"), ("/var/lib/rabbitmq",), ("RABBITMQ_MNESIA_BASE", "RABBITMQ_MNESIA_DIR")),
    Server("Cassandra", _words("cassandra"), ("/var/lib/cassandra",)),
    Server("CouchDB", _words("couchdb apache/couchdb"), ("/opt/couchdb/data",)),
    Server(
        "InfluxDB",
        _words("influxdb"),
        ("/var/lib/influxdb", "/var/lib/influxdb2", "/etc/influxdb2"),
        ("INFLUXDB_DATA_DIR", "INFLUXD_ENGINE_PATH", "INFLUXD_BOLT_PATH"),
    ),
    Server(
        "Neo4j",
        _words("neo4j"),
        ("/data", "/logs"),
        ("NEO4J_server_directories_data", "NEO4J_dbms_directories_data"),
    ),
    Server("Prometheus", _words("prom/prometheus"), ("/prometheus",), (), ("--storage.tsdb.path",)),
    Server("the registry", _words("registry"), ("/var/lib/registry",), ("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY",)),
    Server("WordPress", _words("wordpress"), ("/var/www/html",)),
    Server("Ghost", _words("ghost"), ("/var/lib/ghost/content",)),
    Server("Jenkins", _words("jenkins/jenkins"), ("/var/jenkins_home",)),
)
"""Images with a VOLUME of their own."""

BY_IMAGE = {
    f"docker.io/{image if '/' in image else f'library/{image}'}": server
    for server in SERVERS
    for image in server.images
}
"""Full name of an image to what is known of it."""

DAEMONS = (
    Daemon(
        "PostgreSQL",
        re.compile(r"postgresql(?:-?\d[\d.]*)?(?:-server)?"),
        _words("postgres postgresql pg_ctl pg_ctlcluster"),
        ("/var/lib/postgresql", "/var/lib/pgsql"),
    ),
    Daemon(
        "MySQL",
        re.compile(r"(?:mysql(?:-community)?-server|default-mysql-server)(?:-[\d.]+)?|mysql"),
        _words("mysqld mysqld_safe mysql"),
        ("/var/lib/mysql",),
    ),
    Daemon(
        "MariaDB",
        re.compile(r"mariadb(?:-server)?(?:-[\d.]+)?"),
        _words("mysqld mysqld_safe mariadbd mariadbd-safe mariadb mysql"),
        ("/var/lib/mysql",),
    ),
    Daemon(
        "MongoDB",
        re.compile(r"mongodb(?:-org)?(?:-server)?"),
        _words("mongod mongodb"),
        ("/data/db", "/var/lib/mongodb"),
    ),
)
"""Database servers of packages."""

SEEDS = re.compile(
    r"\b(?:initdb|pg_ctl|pg_ctlcluster|psql|pg_restore|mysqld|mysqld_safe|mysql_install_db|mariadb-install-db|mysql|mongod|"
    r"mongorestore|redis-cli|neo4j-admin|docker-entrypoint(?:\.sh)?|docker-ensure-initdb\.sh)\b"
)
"""Programs that fill a database while the image is built."""
