"""Containers that install, download or build when they start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Related, Rule, StartupChange

_MESSAGES = {
    "install": "installs packages",
    "update": "updates packages",
    "clone": "fetches source code",
    "script": "runs a script from the network",
    "download": "downloads a program",
    "run": "downloads a program and runs it",
}
_HELP = "do it in a RUN, so that the image holds the result and every container runs the same"
_UV_HELP = "give it `--no-sync`, or set `ENV UV_NO_SYNC=1`: then it runs what the image holds"


class InstallAtStartup(Rule):
    r"""A container installs packages, fetches code or builds when it starts: what runs is not what was built and tested.

    What ENTRYPOINT or CMD installs goes into the container's own layer, which is thrown away with it. Each container
    does it again, in whatever versions there are at that moment: two replicas of one image differ, a rollback does not
    bring back what ran before, and no scan of the image sees what it runs. A start takes minutes instead of seconds,
    and fails on the day the registry or the network does, often the day on which a container is moved. Besides, it
    needs a writable root and a user who may install.

    Do it in a RUN: then the image holds the result, and a start only starts.

    `uv run` brings the environment up to date first, development dependencies included, even where `uv sync --no-dev`
    left them out: give it `--no-sync`, or set `UV_NO_SYNC=1`.

    The script that ENTRYPOINT or CMD names is read, too, where the build brings it into the image (COPY, a heredoc,
    `cat <<EOF > start.sh`), and the scripts that it runs or sources.

    Nothing is said of what the build can't know: packages or repositories that a variable names, a requirements file or
    a project that is mounted, a settings file that is filled in with sed or envsubst. Under the profile `strict` these
    are reported as well: what stands in a branch of the script; images that are for developers or tests by their names,
    their environment or what they start; packages that are updated on purpose (`pip install -U`); source code and
    programs that are downloaded, or compiled, at the start.
    """

    name = "mutable/install-at-startup"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim
            WORKDIR /app
            COPY . .
            CMD pip install -r requirements.txt && gunicorn app:app
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "`pip install -r requirements.txt` installs packages each time a container starts",
        ),
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY . .
            COPY docker/entrypoint.sh /usr/local/bin/
            ENTRYPOINT ["tini", "--", "entrypoint.sh"]
                                      ^^^^^^^^^^^^^^^
            CMD ["node", "server.js"]
            """,
            "`npm install` (docker/entrypoint.sh:3) installs packages",
            files={"docker/entrypoint.sh": '#!/bin/sh\nset -e\nnpm install\nexec "$@"\n', "package.json": "{}"},
        ),
        Example(
            """
            FROM alpine:3.22
            COPY --chmod=755 <<EOF /start.sh
            #!/bin/sh
            curl -fsSL https://get.example.com/agent.sh | sh
            exec agent
            EOF
            CMD ["/start.sh"]
                 ^^^^^^^^^^^
            """,
            "runs a script from the network",
        ),
        Example(
            """
            FROM node:22-slim
            CMD ["npx", "-y", "@example/server@latest"]
                 ^^^^^  ^^^^  ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "downloads a program and runs it",
        ),
        Example(
            """
            FROM python:3.13
            WORKDIR /app
            COPY . .
            RUN uv sync --locked --no-dev
            CMD ["uv", "run", "app"]
                 ^^^^  ^^^^^  ^^^^^
            """,
            "installs the development dependencies that `uv sync --no-dev` left out",
            files={"pyproject.toml": '[dependency-groups]\ndev = ["pytest"]\n', "uv.lock": "version = 1\n"},
        ),
        Example(
            """
            FROM golang:1.24
            WORKDIR /src
            COPY . .
            CMD ["go", "run", "."]
                 ^^^^  ^^^^^  ^^^
            """,
            "compiles the program",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example('FROM python:3.13\nCOPY . .\nRUN pip install -r requirements.txt\nCMD ["gunicorn", "app:app"]\n'),
        Example(
            "FROM python:3.13\nWORKDIR /app\nCOPY . .\nENTRYPOINT pip install $EXTRA_PACKAGES; exec gunicorn app\n"
        ),
        Example("FROM debian:12\nENV FONTS='fonts-noto fonts-dejavu'\nCMD apt-get install -y ${FONTS}\n"),
        Example("FROM node:22\nWORKDIR /app\nCMD npm install && npm run dev\n"),
        Example("FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCMD npm install && npm start\n"),
        Example('FROM node:22\nRUN npm install -g serve@14\nCMD ["npx", "-y", "serve"]\n'),
        Example('FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["npx", "serve"]\n'),
        Example(
            'FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN uv sync --no-dev\nENV UV_NO_SYNC=1\nCMD ["uv", "run", "app"]\n',
            files={"pyproject.toml": '[dependency-groups]\ndev = ["pytest"]\n'},
        ),
        Example('FROM alpine/git:2.49\nENTRYPOINT ["git"]\nCMD ["clone"]\n'),
        Example("FROM alpine:3.22\nENTRYPOINT git clone $REPOSITORY /work && exec /serve\n"),
        Example(
            'FROM nginx:1.27\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n',
            files={
                "start.sh": '#!/bin/sh\nsed -i "s/PORT/$PORT/" /etc/nginx/nginx.conf\nexec nginx -g "daemon off;"\n'
            },
        ),
        Example(
            'FROM apache/superset:4\nCOPY boot.sh /\nENTRYPOINT ["/boot.sh"]\n',
            files={
                "boot.sh": "#!/bin/bash\nif [ -f /mounted/r.txt ]; then pip install -r /mounted/r.txt; fi\nexec run\n"
            },
        ),
        Example('FROM python:3.13 AS dev\nCMD pip install x==1\nFROM python:3.13\nCMD ["python", "app.py"]\n'),
        Example('FROM debian:12\nCMD ["apt-get", "--version"]\n'),
        Example('FROM node:22\nENTRYPOINT ["npm"]\nCMD ["install"]\n'),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at what a container of the target runs when it starts; each command is said once."""
        seen: set[tuple[str, int]] = set()
        for change in models.startup.changes():
            key = (change.what, change.at.place.spans[0].start)
            if key not in seen:
                seen.add(key)
                yield self._finding(change)

    def _finding(self, change: StartupChange) -> Finding:
        at = change.at
        script = at.script
        in_dockerfile = script is not None and not script.path
        effect = change.effect or _MESSAGES[change.kind]
        sure = change.certain and not change.development and change.kind in ("install", "script", "run")
        return self.finding(
            at.place,
            f"`{change.what}`{at.where} {effect} each time a container starts"
            + ("" if change.certain else ", where its condition holds"),
            help=_UV_HELP if change.effect and change.what.startswith("uv run") else _HELP,
            related=(Related.at(at.command.token, "runs when a container starts"),) if in_dockerfile else (),
            evidence={"command": change.what, "file": script.path if script else "", "line": at.line},
            profile=None if sure else Profile.STRICT,
        )
