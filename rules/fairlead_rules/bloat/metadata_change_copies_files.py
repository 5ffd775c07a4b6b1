"""chown and chmod that store files twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import DeadWeight, Example, Finding, Models, Related, Rule, Severity


class MetadataChangeCopiesFiles(Rule):
    """A chown or chmod stores files of an earlier layer a second time.

    A layer can't change the owner or the mode of a file alone: it holds a whole new copy of every file that differs.
    `RUN chown -R app /app` after `COPY . /app` makes the image larger by the size of `/app`.

    Set owner and mode where the files come in: `COPY --chown=app:app . /app`, `COPY --chmod=755 entrypoint.sh /`. For
    what a RUN creates, change the owner in that same RUN, or switch to the user before it.

    Only changes that change something count: `chown -R root` after a plain COPY does not, and neither does a chmod that
    gives what files have anyway (`a+r`, `a+rX`). A single file counts from 1 MB on, or where a download or a program
    may well be as large; below that a recursive change is information, and so is every one in images for developers and
    tests by the name of file or stage or by what they start. Nothing is said of stages whose layers are not in the final image.
    """

    name = "bloat/metadata-change-copies-files"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY . .
            RUN chown -R node:node /app
                ^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "COPY --chown=node:node",
        ),
        Example(
            """
            FROM debian:12-slim
            COPY scripts/ /opt/scripts/
            RUN useradd app && chmod -R 755 /opt/scripts
                               ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "COPY --chmod=755",
        ),
        Example(
            """
            FROM debian:12-slim
            WORKDIR /app
            COPY package.json .
            COPY --from=build /src/node_modules node_modules
            RUN useradd app && chown -R app /app
                               ^^^^^^^^^^^^^^^^^
            """,
            "create the user above line 3 and use COPY --chown=app in lines 3 and 4",
        ),
        Example(
            """
            FROM debian:12-slim
            ADD https://example.com/tool-1.2 /usr/local/bin/tool
            RUN chmod +x /usr/local/bin/tool
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "/usr/local/bin/tool, copied in line 2, a second time",
        ),
        Example(
            """
            FROM debian:12-slim
            COPY server /usr/bin/server
            COPY tool.jar /opt/tool.jar
            RUN chmod 755 /usr/bin/server /opt/tool.jar
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "/opt/tool.jar and 1 more (3.50 MB), copied in lines 2 and 3, a second time",
            files={"server": 1_500_000, "tool.jar": 2_000_000},
        ),
        Example(
            """
            FROM node:22
            WORKDIR /app
            COPY package.json yarn.lock ./
            COPY dist ./dist
            RUN chown -R node:node /app
                ^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "use COPY --chown=node:node in lines 3 and 4",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN git clone --depth 1 https://example.com/a/b.git /srv/b
            RUN chown -R www-data:www-data /srv
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "cloned in line 2",
        ),
        Example(
            """
            FROM node:22
            WORKDIR /app
            COPY . .
            RUN chown -R node /app/uploads
                ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "use COPY --chown=node for /app/uploads/a.mp4 alone",
            files={"uploads/a.mp4": 2_000_000, "index.js": "1"},
        ),
        Example(
            """
            FROM debian:12-slim
            ADD https://example.com/wp-cli.phar /usr/local/bin/wp
            RUN ["chmod", "755", "/usr/local/bin/wp"]
                 ^^^^^^^  ^^^^^  ^^^^^^^^^^^^^^^^^^^
            """,
            "use ADD --chmod=755 in line 2",
        ),
        Example(
            """
            FROM php:8.4-apache
            COPY src assets /var/www/
            RUN find /var/www -type f -exec chmod 640 {} +
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "set their mode before they are copied",
            files={"src/index.php": "1", "assets/a.jpg": 2_000_000},
        ),
        Example(
            """
            FROM debian:12-slim
            COPY --chown=www-data site /srv
            RUN chmod -R 550 /srv && chmod 750 /srv
                ^^^^^^^^^^^^^^^^^
            """,
            "--chmod=550",
            files={"site/a.bin": 2_000_000},
        ),
        Example(
            """
            FROM debian:12-slim
            USER app
            RUN curl -fsSL https://example.com/data.tar.gz | tar -xz -C /home/app
            USER root
            RUN chown -R app:0 /home/app
                ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "run chown in the RUN of line 3, as root",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM node:22\nCOPY --chown=node:node . /app\nUSER node\n"),
        Example("FROM postgres:17\nRUN mv /a.conf /etc/a.conf\nRUN chown postgres /etc/a.conf\n"),
        Example("FROM node:22\nCOPY --chown=node:node . /app\nRUN chown -R node:node /app\n"),
        Example("FROM debian:12\nRUN git clone https://example.com/a.git /srv/a && chown -R www-data /srv/a\n"),
        Example("FROM debian:12\nCOPY . /app\nRUN chown -R root:root /app && chmod -R a+rX /app\n"),
        Example("FROM debian:12\nCOPY --chown=app . /app\nRUN chown --from root:root -R app /app\n"),
        Example("FROM debian:12\nCOPY run.sh /run.sh\nRUN chmod +x /run.sh\n"),
        Example("FROM debian:12\nCOPY . /app\nRUN mkdir /data && chown -R app /data\n"),
        Example(
            "FROM debian:12\nCOPY tool-2.4.1 /opt/tool-2.4.1\n"
            "RUN echo a >> /opt/tool-2.4.1/a.conf\nRUN chown app /opt/tool-2.4.1\n"
        ),
        Example("FROM debian:12\nRUN curl -fo /init https://e.com/dumb-init_1.2.5_x86_64\nRUN chmod +x /init\n"),
        Example(
            "FROM debian:12\nWORKDIR /a\nRUN curl -fsSL https://e.com/a.tgz | tar -xz -C /a/parts\n"
            "RUN mv /a/parts/*/* /srv/\nRUN chown -R app /a\n"
        ),
        Example(
            "FROM debian:12 AS build\nCOPY . /src\nRUN chown -R app /src\nFROM debian:12\nCOPY --from=build /src/a /a\n"
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the layer model."""
        for weight in models.layers.dead_weight:
            if weight.how == "re-owned" and (weight.is_recursive or not weight.is_small):
                yield self._finding(weight, small=weight.is_small or models.purpose.for_developers)

    def _finding(self, weight: DeadWeight, *, small: bool) -> Finding:
        size = weight.size.text
        paths = len(weight.paths)
        if paths == 1 and not weight.paths[0].endswith("*"):
            what = f"{weight.place}{f' ({size})' if size else ''}, {weight.brought},"
        elif weight.place == "/":
            what = f"{weight.held[0].paths[0]} and {paths - 1} more{f' ({size})' if size else ''}, {weight.brought},"
        else:
            what = f"{weight.size.with_article or 'the files'} below {weight.place} that were {weight.brought}"
        return self.finding(
            weight.token,
            f"this stores {what} a second time",
            help=weight.instead,
            related=tuple(Related.at(held.token, "these files") for held in weight.held),
            evidence={"paths": list(weight.paths[:20]), "lines": list(weight.lines), "bytes": weight.size.known},
            severity=Severity.INFO if small else None,
        )
