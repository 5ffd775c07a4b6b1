"""Images made to log in to, not to run a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Expose, Finding, Idle, Models, Profile, Related, Rule

_SUPERVISE = "give each program a container of its own, or end with a supervisor that runs them in the foreground"


class InteractiveImage(Rule):
    r"""A container is kept alive by `tail -f`, `sleep infinity` or a shell: its program runs unwatched, or not at all.

    A container lives as long as its first process. Where that process only waits, nobody notices that the server beside
    it has died: the container goes on "running", no restart policy steps in, the exit code is lost. `docker stop` sends
    SIGTERM to the waiting process, so the server gets no chance to finish and is killed after the grace period. The
    server's log goes where `docker logs` doesn't look.

    Start the program itself in the foreground as the last command: `exec nginx -g 'daemon off;'`, `apache2ctl -D
    FOREGROUND`, `exec php-fpm -F`, `exec java -jar app.jar`. Several programs are several containers, or children of a
    supervisor that runs in the foreground.

    Under the profile `strict` these are reported as well: a container that does nothing but wait for someone to log in,
    whose state is then made by hand and lives nowhere else; an image that exposes a port and starts a shell; and an SSH
    server beside an application, where `docker exec` needs no keys, no port and no second process.

    Nothing is said of dev containers and other images that are for developers by their names, of what lies in a
    directory of tests, examples or of what is used no more, or of scripts that `wait` for the program or follow it with
    `tail --pid`.
    """

    name = "mutable/interactive-image"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12
            RUN apt-get update && apt-get install -y nginx
            CMD service nginx start && tail -f /var/log/nginx/access.log
                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "goes on running when nginx has ended",
        ),
        Example(
            """
            FROM debian:12
            COPY start.sh /
            ENTRYPOINT ["/start.sh"]
                        ^^^^^^^^^^^
            """,
            "`sleep infinity` (start.sh:3)",
            files={"start.sh": "#!/bin/sh\n/opt/server/bin/start &\nsleep infinity\n"},
        ),
        Example(
            """
            FROM ubuntu:24.04
            CMD ["tail", "-f", "/dev/null"]
                 ^^^^^^  ^^^^  ^^^^^^^^^^^
            """,
            "waits for someone to log in",
        ),
        Example(
            """
            FROM python:3.13
            COPY . /app
            EXPOSE 8000
            CMD ["/bin/bash"]
                 ^^^^^^^^^^^
            """,
            "nothing listens at the exposed port",
        ),
        Example(
            """
            FROM node:22
            COPY . /app
            CMD service ssh start && exec node /app/server.js
                ^^^^^^^^^^^^^^^^^
            """,
            "an SSH server beside the application",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example('FROM nginx:1.27\nCMD ["nginx", "-g", "daemon off;"]\n'),
        Example('FROM debian:12\nCMD ["bash"]\n'),
        Example("FROM debian:12\nCMD service cron start && exec apache2ctl -D FOREGROUND\n"),
        Example("FROM debian:12\nCMD server start && tail --pid=$(cat /run/s.pid) -f /var/log/s.log\n"),
        Example("FROM debian:12\nCMD server & tail -f /var/log/s.log & wait\n"),
        Example("FROM debian:12\nCMD while true; do work; sleep 60; done\n"),
        Example("FROM debian:12\nCMD while pidof skype; do sleep 3; done\n"),
        Example('FROM debian:12 AS devcontainer\nCMD ["sleep", "infinity"]\n'),
        Example('FROM debian:12\nRUN apt-get install -y openssh-server\nCMD ["/usr/sbin/sshd", "-D"]\n'),
        Example('FROM alpine:3.22\nCMD ["sh", "-c", "echo ready; exec serve"]\n'),
        Example('FROM alpine:3.22\nENTRYPOINT ["sleep"]\nCMD ["30"]\n'),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the last command that runs when a container of the target starts."""
        startup = models.startup
        idle = startup.idle()
        server = startup.ssh_server()
        if (idle is None and server is None) or models.purpose.development:
            return
        if idle is not None and idle.waits:
            yield self._waits(idle)
        elif idle is not None and (port := _exposed(models)) is not None:
            yield self.finding(
                idle.at.place,
                f"a container starts `{idle.what}`: nothing listens at the exposed port unless someone starts it by hand",
                help="let CMD start the program in the foreground",
                related=(Related.at(port.rest, "exposed here"),),
                evidence={"command": idle.what},
                profile=Profile.STRICT,
            )
        if server is not None:
            yield self.finding(
                server.place,
                f"an SSH server beside the application{server.where}: one more process, port and set of keys to look after",
                help="log in with `docker exec` or `kubectl exec`",
                profile=Profile.STRICT,
            )

    def _waits(self, idle: Idle) -> Finding:
        at = idle.at
        if idle.service_at is None:
            message = f"`{idle.what}`{at.where} only waits for someone to log in: what is then made by hand lives nowhere else"
        else:
            message = (
                f"`{idle.what}`{at.where} keeps the container going: it goes on running when {idle.service} has ended"
            )
            message += ", and passes no SIGTERM on"
        return self.finding(
            at.place,
            message,
            help=_SUPERVISE if idle.several else "start the program in the foreground, with exec, as the last command",
            evidence={"command": idle.what, "service": idle.service, "line": at.line},
            profile=None if idle.sure else Profile.STRICT,
        )


def _exposed(models: Models) -> Expose | None:
    target = models.build.target
    for step in target.all_steps() if target is not None else ():
        if isinstance(step.instruction, Expose):
            return step.instruction
    return None
