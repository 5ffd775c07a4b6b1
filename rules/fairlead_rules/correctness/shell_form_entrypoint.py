"""ENTRYPOINT and CMD that a shell runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Cmd,
    CommandInstruction,
    Example,
    Finding,
    Models,
    Profile,
    Related,
    Rule,
    Severity,
    ShellForm,
    Step,
    shell_forms,
)  # fmt: skip

_SHELL_SYNTAX = frozenset("$`&|;<>(){}*?[]~'\"\\\n=")


class ShellFormEntrypoint(Rule):
    """An ENTRYPOINT or CMD in shell form: a shell stands between the container's signals and the program.

    In shell form the builder stores `/bin/sh -c "..."`. dash, which is /bin/sh of Debian and Ubuntu, stays process 1 of
    the container, and so does every shell before a pipe. Such a shell does not pass SIGTERM on: `docker stop` and
    Kubernetes wait for the grace period (10 and 30 seconds) and then kill the program in the middle of its work.
    Besides, an ENTRYPOINT in shell form drops the arguments of CMD and `docker run`; and a CMD in shell form gives an
    ENTRYPOINT in exec form the words `/bin/sh`, `-c` and the text.

    Write the exec form, a JSON array: `ENTRYPOINT ["nginx", "-g", "daemon off;"]`. Where a shell is needed, for
    variables or several commands, let it hand over with `exec`: `CMD exec gunicorn --bind 0.0.0.0:$PORT app`, or name
    it openly: `CMD ["sh", "-c", "exec gunicorn --bind 0.0.0.0:$PORT app"]`.

    A JSON array with a mistake in it, such as a comma after the last element, is not an error to the builder: it falls
    back to the shell form and runs the brackets as a command. That is reported as malformed JSON.

    Nothing is said of a command that begins with `exec` or only prints its help, of an interactive shell, of a start that
    only waits (`tail -f`), of a CMD that uses shell syntax, of a CMD below a SHELL instruction (the shell is meant), and
    of stages that are not in the final image.

    bash and BusyBox's shell replace themselves by a single command, so nothing is said of a CMD in images of Alpine,
    Fedora, CentOS and the like. Where it is not known which shell an image has, a finding is for information, and so it
    is of a program of which nothing tells that it runs until it is stopped: the file exposes no port, and it is known as
    no server. Images for developers and tests are for the profile `strict`.
    """

    name = "correctness/shell-form-entrypoint"
    aliases = ("DL3025", "JSONArgsRecommended")
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM nginx:1.27
            ENTRYPOINT nginx -g "daemon off;"
                       ^^^^^^^^^^^^^^^^^^^^^^
            CMD ["-c", "/etc/nginx/site.conf"]
            """,
            "drops the arguments of CMD (line 3), and it passes",
        ),
        Example(
            """
            FROM node:22-slim
            CMD node server.js
                ^^^^^^^^^^^^^^
            """,
            '["node", "server.js"]',
        ),
        Example(
            """
            FROM python:3.13-slim
            CMD ["python", "app.py",]
                ^^^^^^^^^^^^^^^^^^^^^
            """,
            "malformed JSON",
        ),
        Example(
            """
            FROM python:3.13-slim
            CMD ["gunicorn", "--bind", $PORT]
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "malformed JSON",
        ),
        Example(
            """
            FROM python:3.13-slim
            ENTRYPOINT ["python", "-m", "tool"]
            CMD serve
                ^^^^^
            """,
            "is given `/bin/sh`, `-c` and this text",
        ),
        Example(
            """
            FROM ubuntu:24.04
            COPY start.sh /start.sh
            EXPOSE 8080
            CMD /start.sh
                ^^^^^^^^^
            """,
            "stays process 1",
            files={"start.sh": "#!/bin/sh\nprepare\nserver\n"},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example('FROM nginx:1.27\nENTRYPOINT ["nginx", "-g", "daemon off;"]\n'),
        Example("FROM python:3.13\nCMD exec gunicorn --bind 0.0.0.0:$PORT app\n"),
        Example("FROM python:3.13\nCMD gunicorn --bind 0.0.0.0:$PORT app\n"),
        Example("FROM redis:7\nENTRYPOINT exec redis-server\n"),
        Example("FROM debian:12\nCMD /bin/bash\n"),
        Example("FROM debian:12\nCMD tool --help\n"),
        Example("FROM debian:12\nCMD echo 'choose a target'\n"),
        Example("FROM mcr.microsoft.com/dotnet/framework/runtime:4.8\nENTRYPOINT App.exe\n"),
        Example('FROM debian:12\nSHELL ["/bin/bash", "-lc"]\nCMD start-everything\n'),
        Example("FROM node:22 AS build\nCMD node test.js\nFROM nginx:1.27\n"),
        Example('FROM node:22\nCMD node old.js\nCMD ["node", "server.js"]\n'),
        Example("FROM node:22-alpine\nCMD node server.js\n"),
        Example("FROM fedora:43\nCMD /usr/sbin/sshd -D\n"),
        Example("FROM registry.example.com/base:1\nRUN apk add nodejs\nCMD node server.js\n"),
        Example("FROM debian:12\nCMD tail -f /var/log/app.log\n"),
        Example('FROM debian:12\nENTRYPOINT ["tini", "--"]\nCMD exec server\n'),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the ENTRYPOINT and the CMD that count: the last of each in the image."""
        malformed = [step for step in models.startup.processes if step is not None and _is_malformed(step)]
        for step in malformed:
            yield self.finding(
                step.instruction.rest,
                f"malformed JSON: the builder takes {step.instruction.keyword} for shell form and runs the brackets as a"
                " command",
                help='a JSON array of strings in double quotes, without a comma at the end: ["program", "argument"]',
            )
        for found in shell_forms(models):
            if found.step not in malformed:
                yield from self._shell_form(models, found)

    def _shell_form(self, models: Models, found: ShellForm) -> Iterator[Finding]:
        instruction = found.step.instruction
        plain = not _SHELL_SYNTAX & set(instruction.rest.text)
        related: tuple[Related, ...] = ()
        if found.given_to is not None:
            message = f"ENTRYPOINT (line {found.given_to.line}) is given `/bin/sh`, `-c` and this text as its arguments"
            message += ", and its script looks at none" if found.ignored else ""
            related = (Related.at(found.given_to.instruction.rest, "the ENTRYPOINT"),)
        elif found.drops is not None:
            message = f"a shell starts this and drops the arguments of CMD (line {found.drops.line})"
            message += ", and it passes no signal on" if found.stays else ""
        elif found.stays is False or found.idle or (isinstance(instruction, Cmd) and not plain):
            return
        elif found.stays:
            message = "a shell starts this and stays process 1: it passes no signal on"
        else:
            message = "a shell starts this, and where it stays process 1 it passes no signal on"
        purpose = models.purpose
        for_work = purpose.development or purpose.for_developers
        unknown = found.given_to is None and found.drops is None and found.stays is None
        certain = found.serves or found.given_to is not None or found.drops is not None
        yield self.finding(
            instruction.rest,
            message,
            help=_advice(found, plain=plain),
            related=related,
            evidence={"command": instruction.rest.text},
            severity=Severity.INFO if unknown or purpose.is_aside or not certain else None,
            profile=Profile.STRICT if for_work else None,
        )


def _advice(found: ShellForm, *, plain: bool) -> str:
    instruction = found.step.instruction
    if found.ignored:
        return "leave it away: nothing runs it"
    if found.several:
        return "move the commands to a script that ends with `exec` and the program, and start it in exec form"
    words = ", ".join(f'"{word}"' for word in instruction.rest.text.split())
    exec_form = f"write {instruction.keyword} [{words}]" if plain else "write the exec form, a JSON array"
    if found.given_to is not None:
        return exec_form
    script = ", and begin the last command of the script with `exec`" if found.forks else ""
    return f"{exec_form}, or begin the command with `exec`{script}"


def _is_malformed(step: Step) -> bool:
    instruction = step.instruction
    return (
        isinstance(instruction, CommandInstruction)
        and not instruction.json_form
        and instruction.rest.text.startswith("[")
    )
