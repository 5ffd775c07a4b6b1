"""Commands that only keep a container alive, and SSH servers beside its program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from fairlead.analysis.startup import StartupCommand, command_words, in_short, script_word
from fairlead.knowledge.environment import QUIET_COMMANDS
from fairlead.knowledge.startup import SHELLS, sleeps_for_ever, starts_service
from fairlead.shell import Command

_SERVER = re.compile(r"start|serve|daemon|boot|launch|supervisor", re.IGNORECASE)
_PREPARE = ("cat", "exec", "env", "tmux", "screen", "ssh-keygen", "mysql", "psql", "expr", "dirname")


@dataclass(eq=False)
class Idle:
    """The last command of a start, which only keeps the container from ending.

    Attributes:
        at: the command: `tail -f`, `sleep infinity`, or a shell of which nobody tells it what to run.
        what: the command in short.
        service: what was started before, "" where nothing was.
        service_at: the command that started it.
        waits: it waits; a shell ends at once unless it has a terminal.
        several: more than one program was started before.
        sure: what runs beside it is a server by all signs.
    """

    at: StartupCommand
    what: str
    service: str
    service_at: StartupCommand | None
    waits: bool
    several: bool
    sure: bool


def idle(commands: tuple[StartupCommand, ...]) -> Idle | None:
    """The last command of a start, where it only keeps the container from ending; None for any other."""
    run = [at for at in commands if at.command.words and not at.command.substitution]
    if not run or run[-1].command.conditional != run[-1].command.loop:
        return None
    last = run[-1]
    words = command_words(last.command)
    loop = last.command.loop
    if loop and (sum(at.command.loop for at in run) > 1 or not _is_endless(run)):
        # there is work in it, or it waits for something
        return None
    waits = sleeps_for_ever(words, loop)
    shell = words[0] in SHELLS and all(word in ("-i", "-l", "--login", "-li", "-il", "-it") for word in words[1:])
    if not waits and not (shell and last.script is None):
        return None
    before = [at for at in run[:-1] if not at.command.condition and script_word(at.command) is not None]
    started = [
        (at, name)
        for at, following in pairwise(run)
        if not at.command.conditional and (name := _started(at.command, following.command)) is not None
    ]
    # what was started last is what the image is for; a login beside it is not
    started.sort(key=lambda found: found[1] not in ("ssh", "sshd", "cron", "rsyslog"))
    at, name = started[-1] if started else (None, "")
    several = len({other for _, other in started}) > 1
    # of several scripts in the background nobody knows which one is the server
    sure = at is not None and not (several and name.endswith(".sh"))
    if at is None and waits:
        at = next((other for other in reversed(before) if not _is_trivial(other, last)), None)
        if at is not None:
            word = script_word(at.command)
            name = (word.pattern if word is not None else "").rpartition("/")[2]
            sure = _SERVER.search(" ".join(word.pattern for word in at.command.words)) is not None
    return Idle(last, in_short(words), name, at, waits, several, sure)


def ssh_server(commands: tuple[StartupCommand, ...]) -> StartupCommand | None:
    """The command that starts an SSH server before the program of the image; None where there is none."""
    run = [at for at in commands if at.command.words and not at.command.substitution]
    for at in run:
        words = command_words(at.command)
        in_init = at.command.words[0].pattern.startswith("/etc/init.d/")
        service = starts_service(words) or (words[0] if in_init and len(words) > 1 else "")
        if words[0] != "sshd" and service not in ("ssh", "sshd"):
            continue
        after = [other for other in run[run.index(at) + 1 :] if not other.command.condition]
        programs = [
            other for other in after if not _is_trivial(other, other) and script_word(other.command) is not None
        ]
        waits = programs and sleeps_for_ever(command_words(programs[-1].command), in_loop=False)
        return at if programs and not waits and words[1:2] != ("-t",) else None
    return None


def _started(command: Command, following: Command) -> str | None:
    """The name of what a command leaves running in the background; None where it leaves nothing, as far as is known."""
    words = command_words(command)
    program = command.words[0].pattern
    if following.operator == "&" and words[0] not in ("tail", "sleep"):
        return words[0]
    if program.startswith("/etc/init.d/") and len(words) > 1 and words[1] in ("start", "restart"):
        return words[0]
    return starts_service(words)


def _is_endless(run: list[StartupCommand]) -> bool:
    """Whether the condition of the loop that ends a script always holds."""
    conditions = [at.command for at in run[:-1] if at.command.condition]
    return bool(conditions) and command_words(conditions[-1])[0] in ("true", ":")


def _is_trivial(other: StartupCommand, last: StartupCommand) -> bool:
    """Whether a command before the last one prepares something and is over, or only leads to the last one."""
    words = command_words(other.command)
    leads = (words[0] in SHELLS and "-c" in words) or (last.script is not None and other.script is not last.script)
    joined = last.command.words[0].pattern in words[1:]
    return leads or joined or words[0] in QUIET_COMMANDS or words[0] in _PREPARE
