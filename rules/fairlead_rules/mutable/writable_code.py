"""Code that the user who runs it may change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, OwnedCode, Profile, Related, Rule, owned_code


class WritableCode(Rule):
    r"""The user that the container runs as owns the application's code: whoever takes over the process can change it.

    A process that is taken over can do what its user can. Where that user owns the code, an attacker edits it, and the
    change stays for as long as the container lives: the next request runs the attacker's code. The owner may do so
    whatever the mode of the files is, since an owner can change the mode.

    COPY gives files to root unless it is told otherwise, and root's files are readable for all. So leave `--chown` away
    for code and dependencies, and give the user only what must be written: a directory for uploads or caches. Run with
    `--read-only` or `readOnlyRootFilesystem: true` where you can.

    Reported once an image, where USER is set to someone other than root and a COPY of a directory, or a recursive chown
    of one that a COPY filled, gives it to the same user; not in images for developers or tests, by their names or what
    they start. Many guides do just that, hence this rule is part of the profile `all` only.
    """

    name = "mutable/writable-code"
    profile = Profile.ALL
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY --chown=node:node . .
                         ^^^^^^^^^
            USER node
            CMD ["node", "server.js"]
            """,
            "node runs the container and owns /app",
        ),
        Example(
            """
            FROM python:3.13-slim
            RUN useradd app
            COPY . /srv/app
            RUN chown -R app:app /srv/app
                ^^^^^^^^^^^^^^^^^^^^^^^^^
            USER app
            """,
            "app runs the container and owns /srv/app",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM node:22\nWORKDIR /app\nCOPY . .\nUSER node\n"),
        Example("FROM node:22\nWORKDIR /app\nCOPY --chown=node . .\n"),
        Example("FROM node:22\nWORKDIR /app\nCOPY --chown=node . .\nUSER node\nCMD npm run dev\n"),
        Example("FROM node:22\nWORKDIR /app\nCOPY --chown=root:node . .\nUSER node\n"),
        Example("FROM node:22\nWORKDIR /app\nCOPY --chown=node config.json .\nUSER node\n"),
        Example("FROM node:22\nCOPY . /app\nCOPY --chown=node uploads /app/uploads\nUSER node\n"),
        Example("FROM node:22\nCOPY . /app\nRUN mkdir /app/cache && chown -R node /app/cache\nUSER node\n"),
        Example(
            "FROM node:22 AS build\nCOPY --chown=node . /app\nUSER node\nFROM nginx:1.27\nCOPY --from=build /app /www\n"
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the startup model for what its user owns."""
        owned = owned_code(models) if not models.purpose.development else None
        if owned is not None:
            yield self._finding(owned)

    def _finding(self, owned: OwnedCode) -> Finding:
        return self.finding(
            owned.token,
            f"{owned.user} runs the container and owns {owned.path}: a process that is taken over can change its own code",
            help="leave the code to root, who owns what COPY brings, and give the user only what must be written",
            related=(
                *(Related.at(token, "given to the same user") for token in owned.others),
                Related.at(owned.user_at.instruction.rest, "runs as this user"),
            ),
            evidence={"user": owned.user, "path": owned.path},
        )
