"""Remote sources of ADD that rebuild the steps below them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import ChangingRemote, Example, Finding, Models, Profile, Related, Rule, Step, readable


class UnpinnedRemoteAdd(Rule):
    """An ADD takes a file or a branch from the network that can change: then all steps below are built again.

    The key of such a step is what the server gives. For a URL each build sends a HEAD with the ETag of the file that it
    has, and where the server has no ETag, or the builder is a new one, it fetches the file again. For a repository each
    build runs `git ls-remote`. When the answer is another one, the ADD and everything below it is built again although
    nothing in the repository has changed, on one machine today and on the other tomorrow; without network no build
    succeeds, even where everything is cached.

    With what it is to be in the Dockerfile, nobody is asked:

        ADD --checksum=sha256:24454f83... https://example.com/data-1.2.json /srv/data.json
        ADD https://github.com/example/tool.git#5b3f2d1c9e8a7f6054b3c2d1e0f9a8b7c6d5e4f3 /src

    A repository needs the full commit behind `#`. `--checksum=<commit>` with a branch does not keep the old state: the
    build fails as soon as the branch moves on. With a tag it is right, and says so when the tag is moved.

    Only sources that can change count: a URL without a version (or with `latest`, `main`, `master`), a branch, or no
    branch, which is the default one. Nothing is said of versions, tags and commits, of keys and certificates (they are
    reported under the profile `strict`), where no RUN, COPY or ADD is rebuilt, and of what is added in order to rebuild:
    a branch's state on `api.github.com`, or something below /tmp that no instruction names again.

    Of archives and programs at a URL without a version `mutable/unverified-download` speaks, since that nobody knows
    what runs is worse than a lost cache; here they are reported under the profile `strict`.
    """

    name = "cache/unpinned-remote-add"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM alpine:3.22 AS build
            ADD https://github.com/example/tool.git /src
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            RUN make -C /src
            """,
            "each new commit on its default branch rebuilds this step and line 3",
        ),
        Example(
            """
            FROM golang:1.24 AS build
            ADD --keep-git-dir=true git@git.example.com:team/tool.git#main:cmd /src
                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            WORKDIR /src
            RUN go mod download
            RUN go build -o /tool .
            """,
            "git@git.example.com:team/tool.git#<40 hexadecimal digits>",
        ),
        Example(
            """
            FROM scratch AS lists
            ADD https://raw.githubusercontent.com/example/lists/master/hosts.txt /lists/
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            FROM debian:12
            COPY --from=lists /lists /etc/lists
            RUN update-hosts /etc/lists/hosts.txt
            """,
            "a change there rebuilds this step, line 4 and line 5",
        ),
        Example(
            """
            FROM debian:12
            ADD https://example.com/releases/latest/tool.tar.gz /tmp/
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            RUN tar -xzf /tmp/tool.tar.gz -C /opt
            """,
            "--checksum=sha256:",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM alpine:3.22\nADD https://github.com/example/tool.git#" + "0a" * 20 + " /src\nRUN make -C /src\n"),
        Example("FROM alpine:3.22\nADD https://github.com/example/tool.git#v1.2.3:cmd /src\nRUN make -C /src\n"),
        Example("FROM alpine:3.22\nADD https://github.com/example/tool.git?tag=stable /src\nRUN make -C /src\n"),
        Example("FROM alpine:3.22\nADD --checksum=0a0a0a0 https://github.com/a/b.git#main /src\nRUN make -C /src\n"),
        Example("FROM alpine:3.22\nARG REF=main\nARG TAG\nADD https://github.com/a/b.git#${TAG} /s\nRUN make -C /s\n"),
        Example("FROM alpine:3.22\nADD https://example.com/data-1.2.json /srv/\nRUN import /srv/data-1.2.json\n"),
        Example(f"FROM alpine:3.22\nADD --checksum=sha256:{'ab' * 32} https://example.com/a.txt /srv/\nRUN import\n"),
        Example('FROM alpine:3.22\nRUN import\nADD https://example.com/motd.txt /etc/motd\nCMD ["serve"]\n'),
        Example("FROM alpine:3.22\nADD https://example.com/motd.txt /etc/motd\nCOPY --link site /srv/site\n"),
        Example("FROM alpine:3.22\nADD https://example.com/list.txt /srv/list.txt\nARG REV\nRUN echo $REV > /rev\n"),
        Example("FROM a AS unused\nADD https://example.com/data.json /srv/\nRUN import\nFROM debian:12\n"),
        Example(
            "FROM debian:12\nADD https://api.github.com/repos/a/b/git/refs/heads/main /tmp/head.json\nRUN git clone b\n"
        ),
        Example("FROM debian:12\nADD https://github.com/a/b.git#main /tmp/b-main\nRUN mvn -U package\n"),
        Example(
            "FROM alpine:3.22 AS a\nADD https://example.com/a.txt /a/\nFROM alpine:3.22\nCOPY --from=a /etc /x\nRUN y\n"
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask for the remote sources that can change."""
        for changing in models.remotes.changing():
            yield self._finding(changing)

    def _finding(self, changing: ChangingRemote) -> Finding:
        source = changing.source
        again = f"rebuilds this step{_lines(changing.rebuilt)}"
        if source.kind == "repository":
            branch = f"the branch {source.ref}" if source.ref else "its default branch"
            message = f"every build asks what its state is, and each new commit on {branch} {again}"
            advice = f"name a commit: {source.url}#<40 hexadecimal digits>"
        else:
            message = f"every build asks the server for it again, and a change there {again}"
            advice = "name a version or a commit in the URL, and what it gives: ADD --checksum=sha256:..."
        return self.finding(
            source.token,
            message,
            help=advice,
            related=tuple(Related.at(step.instruction.keyword_token, "rebuilt with it") for step in changing.rebuilt),
            evidence={
                "url": readable(source.url),
                "kind": source.kind,
                "rebuilt_lines": [step.line for step in changing.rebuilt],
            },
            profile=Profile.STRICT if source.seldom or source.unverified else Profile.RECOMMENDED,
        )


def _lines(steps: tuple[Step, ...]) -> str:
    if len(steps) > 3:
        return f" and {len(steps)} steps below it"
    named = [f"line {step.line}" for step in steps]
    return "".join(f", {line}" for line in named[:-1]) + f" and {named[-1]}"
