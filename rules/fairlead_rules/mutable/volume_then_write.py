"""Files written below a directory after it was declared a volume."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Related, Rule, Severity, VolumeWrite


class VolumeThenWrite(Rule):
    r"""A RUN writes below a directory that is a VOLUME already: builders do not agree on whether that counts.

    BuildKit takes VOLUME for a note to whoever runs the image: what later instructions write there is kept. So do
    buildah from 1.37 on and podman from 5.2 on (2024). The legacy builder of Docker (`DOCKER_BUILDKIT=0`), earlier
    releases of these two, and `--compat-volumes` give each RUN a state of that directory that is thrown away
    afterwards: files are missing from the image without a word, and a `chown` has no effect.

    With any builder the content only reaches a volume that is new and empty when the container is first run. A bind
    mount, or a named volume that an older image filled, hides it: an update of the image does not update what lies
    there.

    Declare VOLUME after the last instruction that writes there. Keep what belongs to the release (code, configuration,
    plug-ins) outside, and let the entrypoint copy what a new volume should begin with.

    The volumes that the images of well-known servers declare count as well (`/var/lib/mysql`, `/var/jenkins_home`,
    WordPress's `/var/www/html`). What a COPY or ADD writes is kept by all builders; below such an inherited volume it
    is reported for information, since the volume of a container that exists already will not show it. So is another
    owner or mode there, which the entrypoints of these images give it anyway.
    """

    name = "mutable/volume-then-write"
    profile = Profile.STRICT
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12
            VOLUME /srv/data
            RUN mkdir -p /srv/data/cache && chown -R www-data /srv/data
                ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "VOLUME /srv/data in line 2",
        ),
        Example(
            """
            FROM jenkins/jenkins:2.504-jdk21
            COPY jobs /var/jenkins_home/jobs
                      ^^^^^^^^^^^^^^^^^^^^^^
            """,
            "a container whose volume exists already will not see it",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN mkdir -p /srv/data && chown www-data /srv/data\nVOLUME /srv/data\n"),
        Example("FROM debian:12\nVOLUME /srv/data\nCOPY seed /srv/data/\n"),
        Example("FROM debian:12\nVOLUME /srv/data\nRUN mkdir -p /srv/database\n"),
        Example("FROM debian:12 AS a\nVOLUME /srv\nFROM debian:12\nRUN mkdir /srv/x\n"),
        Example("FROM debian:12\nVOLUME /\nRUN mkdir /x\n"),
        Example(
            "FROM debian:12\nVOLUME /w\nWORKDIR /w\nRUN curl -o t.tgz https://e.com/t.tgz && tar -xf t.tgz -C /opt && rm t.tgz\n"
        ),
        Example("FROM postgres:17\nCOPY init.sql /docker-entrypoint-initdb.d/\n"),
        Example("FROM debian:12\nVOLUME /cache\nRUN --mount=type=cache,target=/cache mkdir -p /cache/x\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the volume model."""
        for write in models.volumes.late_writes():
            if write.kind == "run" or write.volume.step is None:
                yield self._finding(write)

    def _finding(self, write: VolumeWrite) -> Finding:
        volume = write.volume
        line = volume.step.line if volume.step is not None else None
        declared = f"VOLUME {volume.path}" + (f" in line {line}" if line else ", which the base image declares")
        if write.kind == "copy":
            message = f"{write.path} is below {declared}: a container whose volume exists already will not see it"
        else:
            message = f"{write.path} is below {declared}: BuildKit keeps it, the legacy builder throws it away"
        return self.finding(
            write.token,
            message,
            help=_advice(write, declared_here=line is not None),
            related=(Related.at(volume.token, f"declared here: {volume.path}"),),
            evidence={"path": write.path, "volume": volume.path},
            severity=Severity.INFO if write.kind == "copy" or (line is None and not write.content) else None,
        )


def _advice(write: VolumeWrite, *, declared_here: bool) -> str:
    if declared_here:
        return "write it before the VOLUME"
    if not write.content:
        return "leave it to the entrypoint, which meets the volume as it is mounted"
    return "put it elsewhere and let the entrypoint copy it"
