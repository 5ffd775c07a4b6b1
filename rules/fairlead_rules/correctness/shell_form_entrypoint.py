"""ENTRYPOINT and CMD that a shell runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Cmd, CommandInstruction, Entrypoint, Example, Finding, Models, Rule, Script, Stage, Step

_SHELL_SYNTAX = frozenset("$`&|;<>(){}*?[]~'\"\\\n=")
_SHELLS = ("sh", "bash", "zsh", "ash", "dash", "fish")
_OVER_AT_ONCE = ("cat", "date", "echo", "env", "false", "ls", "printf", "pwd", "true", "uname", "whoami")


class ShellFormEntrypoint(Rule):
    """An ENTRYPOINT or CMD in shell form: a shell stands between the container's signals and the program.

    In shell form the builder stores `/bin/sh -c "..."`. Some shells replace themselves by a single command, others stay
    process 1 of the container, and all do where a variable assignment, a pipe or a second command follows. Such a shell
    does not pass SIGTERM on: `docker stop` and Kubernetes wait for the grace period (10 and 30 seconds) and then kill
    the program in the middle of its work. Besides, a shell-form ENTRYPOINT drops the arguments of CMD and `docker run`.

    Write the exec form, a JSON array: `ENTRYPOINT ["nginx", "-g", "daemon off;"]`. Where a shell is needed, for
    variables or several commands, let it hand over with `exec`: `CMD exec gunicorn --bind 0.0.0.0:$PORT app`, or name
    it openly: `CMD ["sh", "-c", "exec gunicorn --bind 0.0.0.0:$PORT app"]`.

    A JSON array with a mistake in it, such as a comma after the last element, is not an error to the builder: it falls
    back to the shell form and runs the brackets as a command. That is reported as malformed JSON.

    Nothing is said of a command that begins with `exec` or only prints its help, of an interactive shell, of a CMD that
    uses shell syntax, of a CMD below a SHELL instruction (the shell is meant), and of stages that are not in the final
    image.
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
            "drops the arguments of CMD (line 3)",
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
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the ENTRYPOINT and the CMD that count: the last of each in the image."""
        target = models.build.target
        if target is None:
            return
        entrypoint, command = _last(target, Entrypoint), _last(target, Cmd)
        for step in (entrypoint, command):
            if step is None or not isinstance(step.instruction, CommandInstruction) or step.instruction.json_form:
                continue
            text = step.instruction.rest
            if text.text.startswith("["):
                yield self.finding(
                    text,
                    f"malformed JSON: the builder takes {step.instruction.keyword} for shell form and runs the brackets"
                    " as a command",
                    help='a JSON array of strings in double quotes, without a comma at the end: ["program", "argument"]',
                )
            elif text.text and step.shell.instruction is None and not _hands_over(step.script):
                yield from self._shell_form(step, command)

    def _shell_form(self, step: Step, command: Step | None) -> Iterator[Finding]:
        text = step.instruction.rest
        plain = not _SHELL_SYNTAX & set(text.text)
        words = ", ".join(f'"{word}"' for word in text.text.split())
        exec_form = f"write {step.instruction.keyword} [{words}]" if plain else "write the exec form, a JSON array"
        if isinstance(step.instruction, Entrypoint):
            loses = f" and it drops the arguments of CMD (line {command.line})" if command else ""
            message = f"a shell starts this, and where it stays process 1 it passes no signal on{loses}"
        elif plain:
            message = "a shell starts this, and where it stays process 1 it passes no signal on"
        else:
            return
        yield self.finding(
            text, message, help=f"{exec_form}, or begin the command with `exec`", evidence={"command": text.text}
        )


def _last(target: Stage, kind: type[CommandInstruction]) -> Step | None:
    steps = [step for step in target.all_steps() if isinstance(step.instruction, kind)]
    return steps[-1] if steps else None


def _hands_over(script: Script | None) -> bool:
    """Whether no signal is lost: the shell replaces itself, is itself the program, or soon ends; or it is not known."""
    if script is None or not script.commands:
        return True
    last = script.commands[-1]
    name = (last.name or "").rpartition("/")[2]
    if last.args and last.args[-1].text in ("--help", "-h", "--version", "help", "version"):
        return True
    if len(script.commands) == 1 and (name in _OVER_AT_ONCE or (name in _SHELLS and not last.args)):
        return True
    return name == "exec" or name.endswith(".exe")
