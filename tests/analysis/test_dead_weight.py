"""What later layers make of earlier ones, and who did it."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.analysis.sizes import Size
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def models(dockerfile: str, files: dict[str, int] | None = None) -> Models:
    context = Context(MemoryTree({path: bytes(size) for path, size in files.items()})) if files is not None else None
    return Models(build(parse(Source("Dockerfile", dockerfile.encode()))), lambda: context)


def found(dockerfile: str, files: dict[str, int] | None = None) -> list[tuple[str, str, list[int], int | None]]:
    weights = models(dockerfile, files).layers.dead_weight
    return [(weight.how, weight.token.text, weight.lines, weight.size.known) for weight in weights]


CASES: dict[str, tuple[str, list[tuple[str, str, list[int], int | None]]]] = {
    "rm": ("COPY a /a\nRUN rm /a", [("deleted", "/a", [2], 5)]),
    "rm of two": ("COPY a b /x/\nRUN rm /x/a /x/b", [("deleted", "/x/a/x/b", [2], 12)]),
    "two rm": ("COPY a b /x/\nRUN rm /x/a && rm /x/b", [("deleted", "/x/a", [2], 5), ("deleted", "/x/b", [2], 7)]),
    "rm of a directory": ("COPY a /x/a\nCOPY b /x/b\nRUN rm -r /x", [("deleted", "/x", [2, 3], 12)]),
    "rm in a loop": ("COPY a b /x/\nRUN for f in a b; do rm /x/$f; done", [("deleted", "/x/$f", [2], 12)]),
    "rm in sh -c": ("COPY a /a\nRUN sh -c 'rm /a'", [("deleted", "/a", [2], 5)]),
    "find -delete": ("COPY a b /x/\nRUN find /x -name a -delete", [("deleted", "find /x -name a -delete", [2], 5)]),
    "mv": ("COPY a /a\nRUN mv /a /b", [("moved", "/a", [2], 5)]),
    "gunzip": ("COPY a /a.gz\nRUN gunzip /a.gz", [("deleted", "/a.gz", [2], 5)]),
    "chown": ("COPY a /a\nRUN chown 7 /a", [("re-owned", "chown 7 /a", [2], 5)]),
    "chmod -R": ("COPY a b /x/\nRUN chmod -R 700 /x", [("re-owned", "chmod -R 700 /x", [2], 12)]),
    "chmod to what it is": ("COPY a /a\nRUN chmod 644 /a", []),
    "append": ("COPY a /a\nRUN echo x >> /a", [("overwritten", ">> /a", [2], 5)]),
    "COPY over it": ("COPY a /a\nCOPY b /a", [("overwritten", "b", [2], 5)]),
    "the same COPY": ("COPY a /a\nCOPY a /a", []),
    "in one RUN": ("RUN echo x > /a && mv /a /b && rm /b", []),
    "moved, then deleted": ("COPY a /a\nRUN mv /a /b\nRUN rm /b", [("moved", "/a", [2], 5), ("deleted", "/b", [3], 5)]),
    "perhaps": ("COPY a /a\nRUN if x; then rm /a; fi", []),
    "put back": ("COPY a /a\nRUN rm /a && cp /etc/x /a", [("overwritten", "cp /etc/x /a", [2], 5)]),
    "caches are for other rules": ("RUN apt-get update\nRUN rm -rf /var/lib/apt/lists/*", []),
    "what npm installs": ("WORKDIR /w\nRUN npm ci\nRUN rm -rf node_modules", [("deleted", "node_modules", [3], None)]),
    "a download": ("RUN curl -o /t https://e.com/t\nRUN rm /t", [("deleted", "/t", [2], None)]),
    "a download, then chmod": ("RUN curl -o /t https://e.com/t && chmod +x /t\nRUN rm /t", [("deleted", "/t", [2], None)]),
    "the history of a clone": ("RUN git clone https://e.com/r /r\nRUN rm -rf /r/.git", [("deleted", "/r/.git", [2], None)]),
    "a pattern of what is not listed": ("COPY missing /x/\nRUN rm /x/*.c", []),
    "all of what is not listed": ("COPY missing /x/\nRUN rm -r /x/*", [("deleted", "/x/*", [2], None)]),
    "touched": ("RUN touch /var/log/x\nRUN chown 5 /var/log/x", []),
    "a test stage": ("COPY a /a\nFROM base AS test\nRUN rm /a", []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_dead_weight(name: str) -> None:
    lines, expected = CASES[name]
    assert found(f"FROM debian:12 AS base\n{lines}\n", {"a": 5, "b": 7}) == expected


def test_a_stage_that_does_not_ship() -> None:
    assert found("FROM debian:12 AS b\nCOPY a /a\nRUN rm /a\nFROM debian:12\nCOPY --from=b /x /x\n", {"a": 5}) == []


def test_without_a_context_names_do() -> None:
    text = "FROM debian:12\nCOPY app.jar run.sh src/ /x/\nRUN rm /x/app.jar && rm /x/run.sh\nRUN chown -R 5 /x\n"
    weights = models(text).layers.dead_weight
    assert [(weight.how, weight.token.text, weight.is_small) for weight in weights] == [
        ("deleted", "/x/app.jar", False),
        ("deleted", "/x/run.sh", True),
        ("re-owned", "chown -R 5 /x", False),
    ]


@pytest.mark.parametrize(
    ("bring", "path", "is_small"),
    [
        ("ADD https://e.com/schema.sql /x/template1", "/x/template1", True),
        ("ADD https://e.com/tool /x/template1", "/x/template1", False),
        ("COPY a.conf /tmp/\nRUN mv /tmp/a.conf /srv/a.conf", "/srv/a.conf", True),
        ("RUN curl -o /x/go https://e.com/go.sh", "/x/go", True),
        ("RUN curl -o /x/go.sh https://e.com/Miniconda3-Linux-x86_64.sh", "/x/go.sh", False),
        ("RUN curl -o /x/get-pip.py https://e.com/get-pip.py", "/x/get-pip.py", False),
        ("RUN curl -o /x/all.json https://e.com/all", "/x/all.json", False),
        ("COPY --from=b /app/.next /x/.next", "/x/.next", False),
        ("COPY --from=b /app/.npmrc /x/.npmrc", "/x/.npmrc", True),
        ("COPY --from=b /usr/bin/install-php-extensions /usr/bin/", "/usr/bin/install-php-extensions", True),
    ],
)
def test_what_is_small_by_its_name(bring: str, path: str, is_small: bool) -> None:
    text = f"FROM debian:12 AS b\nRUN make\nFROM debian:12\n{bring}\nRUN rm -r {path}\n"
    weight = models(text).layers.dead_weight[-1]
    assert (weight.how, weight.is_small) == ("deleted", is_small)


@pytest.mark.parametrize(
    ("make", "line"),
    [("RUN adduser -D app", 3), ("RUN groupadd app && useradd -g app x", 3), ("RUN useradd other", 0)],
)
def test_where_the_owner_is_made(make: str, line: int) -> None:
    (weight,) = models(f"FROM debian:12\nCOPY app.jar /x/\n{make}\nRUN chown app:app /x/app.jar\n").layers.dead_weight
    assert weight.account_line == line


def test_what_may_be_the_same_owner_is_left_alone() -> None:
    text = "FROM debian:12\nCOPY --chown=1000 a /a\nRUN chown app /a\n"
    assert found(text, {"a": 5}) == []
    _, layer = models(text, {"a": 5}).prediction.layers
    assert layer.confidence == "unknown"


def test_how_it_was_brought_in() -> None:
    text = "FROM debian:12\nCOPY a /x/a\nRUN curl -o /x/t https://e.com/t\nRUN curl -o /x/u https://e.com/u\nRUN rm -r /x\n"
    (weight,) = models(text, {"a": 5}).layers.dead_weight
    assert weight.brought == "put there in lines 2, 3 and 4"
    assert weight.those_layers == "these layers"
    assert [held.token.text for held in weight.held] == ["https://e.com/t", "https://e.com/u", "a"]
    assert (weight.size.bytes, weight.size.complete) == (5, False)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (Size(48_300_000), "48.3 MB"),
        (Size(0), "0 bytes"),
        (Size(1), "1 byte"),
        (Size(1_254), "1.25 kB"),
        (Size(3_000_000_000), "3.00 GB"),
        (Size(19_900_000, source="Debian 12"), "about 20 MB"),
        (Size(2_000_000, complete=False), "more than 2.00 MB"),
        (Size(2_000, complete=False), ""),
    ],
)
def test_sizes(size: Size, text: str) -> None:
    assert size.text == text


def test_a_temporary_file_is_nothing_before_something_is_written_into_it() -> None:
    text = "FROM debian:12\nRUN mktemp -t x.XXXX && make\nRUN rm -rf /tmp/*\n"
    assert not list(models(text).layers.dead_weight)


@pytest.mark.parametrize(
    ("command", "has_more"),
    [
        ("chown -R app /x", False),
        ("cd /x && chown -R app .", False),
        ("chown -R app /x/a", True),
        ("chown app /x/a /x/b", False),
        ("chown app /x/*", False),
        ("chown -R app $SOMEWHERE /x/a", False),
        ("find /x -name a -exec chown app {} +", False),
    ],
)
def test_whether_a_copy_brings_more_than_is_changed(command: str, has_more: bool) -> None:
    weights = models(f"FROM debian:12\nCOPY . /x\nRUN {command}\n", {"a": 5, "b": 6}).layers.dead_weight
    assert [held.has_more for weight in weights for held in weight.held] == [has_more]


@pytest.mark.parametrize(
    ("command", "program", "how"),
    [
        ("find /x -type f -exec chmod 640 {} +", "chmod", "re-owned"),
        ("find /x -type f -exec sed -i s/a/b/ {} +", "sed", "overwritten"),
        ("find /x -type f -delete", "find", "deleted"),
        ("mv /x/a /y", "mv", "moved"),
        ("mv /x/a /y && rm /y", "mv", "deleted"),
        ("mv /x/a /y && chown app /y", "mv", "moved"),
    ],
)
def test_what_is_done_to_files(command: str, program: str, how: str) -> None:
    (weight,) = models(f"FROM debian:12\nCOPY a /x/a\nRUN {command}\n", {"a": 5}).layers.dead_weight
    assert (weight.program, weight.how) == (program, how)


def test_an_owner_of_a_directory_that_was_taken_for_a_file_stores_nothing_again() -> None:
    text = "FROM debian:12\nCOPY tool-1.2 /opt/tool\nRUN echo a > /opt/tool/a\nRUN chown app /opt/tool\n"
    assert not list(models(text).layers.dead_weight)


def test_the_words_that_changed_a_directory_alone_are_not_those_that_changed_its_files() -> None:
    text = "FROM debian:12\nCOPY a /x/a\nRUN chmod -R 500 /x && chmod 700 /x\n"
    (weight,) = models(text, {"a": 5}).layers.dead_weight
    assert weight.token.text == "chmod -R 500 /x"


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("RUN curl -O https://e.com/a.phar\nRUN chmod +x a.phar && mv a.phar /usr/bin/a", "moved"),
        ("COPY a /x/y/a\nRUN mv /x/y /z && mv /z /w", "moved"),
        ("COPY a /x/y/a\nRUN mv /x/y /z && rm -r /z", "deleted"),
    ],
)
def test_what_is_moved_stays_or_not(text: str, how: str) -> None:
    (weight,) = models(f"FROM debian:12\nWORKDIR /o\n{text}\n", {"a": 5}).layers.dead_weight
    assert weight.how == how


def test_a_step_that_unpacks_may_move_what_it_has_unpacked() -> None:
    get = "curl -fLo /tmp/t.zip https://e.com/dist.zip && cd /tmp && unzip t.zip"
    assert not [
        one for one in models(f"FROM a\nRUN {get}\nRUN {get} && mv dist /d\n").layers.dead_weight if one.how == "moved"
    ]


def test_owner_and_mode_that_one_run_gives_the_same_files() -> None:
    text = "FROM debian:13\nCOPY a /app/\nRUN chown -R www-data /app && chmod -R 755 /app\n"
    advice = [
        weight.instead for weight in models(text, {"a": 5_000_000}).layers.dead_weight if weight.how == "re-owned"
    ]
    assert advice == ["use COPY --chmod=755 --chown=www-data in line 2"] * len(advice)
    assert advice
