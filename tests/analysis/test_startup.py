"""What a container runs when it starts, through scripts of the context and of the Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, read_dockerignore
from fairlead.knowledge.startup import is_development_command
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def models(text: str, files: Mapping[str, str] | None = None, path: str = "Dockerfile") -> Models:
    dockerfile = parse(Source(path, text.encode()))
    assert dockerfile.problems == ()
    context = Context(MemoryTree(files), read_dockerignore(b"")) if files is not None else None
    return Models(build(dockerfile), lambda: context)


def commands(text: str, files: Mapping[str, str] | None = None) -> list[str]:
    """The commands of a start, each with the file and line of a script."""
    return [
        " ".join(word.pattern for word in at.command.words) + at.where
        for at in models(text, files).startup.commands
        if at.command.words
    ]


def changes(text: str, files: Mapping[str, str] | None = None) -> list[tuple[str, str, bool]]:
    return [(change.kind, change.what, change.certain) for change in models(text, files).startup.changes()]


INSTALL = "#!/bin/sh\nnpm install\n"


@pytest.mark.parametrize(
    ("copy", "start", "path"),
    [
        ("COPY run.sh /", 'ENTRYPOINT ["/run.sh"]', "run.sh"),
        ("COPY run.sh /start", 'ENTRYPOINT ["/start"]', "run.sh"),
        ("COPY docker/run.sh docker/other.sh /opt/", 'CMD ["/opt/run.sh"]', "docker/run.sh"),
        ("COPY docker/ /opt/", 'CMD ["sh", "/opt/run.sh"]', "docker/run.sh"),
        ("COPY docker/*.sh /opt/", 'CMD ["/opt/run.sh"]', "docker/run.sh"),
        ("COPY . .", 'CMD ["./run.sh"]', "run.sh"),
        ("COPY . .", "CMD exec sh run.sh --port 80", "run.sh"),
        ("ADD docker/run.sh /usr/local/bin/", 'ENTRYPOINT ["tini", "-g", "--", "run.sh"]', "docker/run.sh"),
        ("COPY run.sh /tmp/\nRUN mv /tmp/run.sh /usr/bin/go", 'ENTRYPOINT ["go"]', "run.sh"),
        ("COPY run.sh /usr/local/bin/\nRUN ln -s usr/local/bin/run.sh /", 'CMD ["/run.sh"]', "run.sh"),
    ],
)
def test_a_script_is_found_where_the_build_puts_it(copy: str, start: str, path: str) -> None:
    files = {"run.sh": INSTALL, "docker/run.sh": INSTALL, "docker/other.sh": "exit 1\n"}
    text = f"FROM node:22\nWORKDIR /app\n{copy}\n{start}\n"
    assert f"npm install ({path}:2)" in commands(text, files)


def test_a_script_of_another_stage_is_followed() -> None:
    text = (
        'FROM debian:12 AS a\nCOPY scripts /s\nFROM debian:12\nCOPY --from=a /s/run.sh /bin/run\nENTRYPOINT ["run"]\n'
    )
    assert "npm install (scripts/run.sh:2)" in commands(text, {"scripts/run.sh": INSTALL})


@pytest.mark.parametrize(
    "text",
    [
        'FROM a\nCOPY <<EOF /run.sh\nnpm install\nEOF\nCMD ["/run.sh"]\n',
        'FROM a\nRUN cat <<EOF > /run.sh\nnpm install\nEOF\nCMD ["/run.sh"]\n',
        'FROM a\nRUN tee /run.sh <<EOF\nnpm install\nEOF\nCMD ["/run.sh"]\n',
    ],
)
def test_a_script_that_stands_in_the_dockerfile(text: str) -> None:
    assert "npm install" in commands(text)
    at = models(text).startup.commands[-1]
    assert (at.line, at.place.start.line) == (3, 5)


def test_scripts_that_a_script_runs_and_sources() -> None:
    files = {"a.sh": ". /lib.sh\n/b.sh\n", "lib.sh": "echo lib\n", "b.sh": "echo b\n/c.sh\n", "c.sh": "echo too deep\n"}
    text = 'FROM a\nCOPY *.sh /\nCMD ["/a.sh"]\n'
    assert commands(text, files) == [
        "/a.sh", ". /lib.sh (a.sh:1)", "echo lib (lib.sh:1)", "/b.sh (a.sh:2)", "echo b (b.sh:1)", "/c.sh (b.sh:2)",
    ]  # fmt: skip


def test_scripts_that_run_each_other_come_to_an_end() -> None:
    assert len(commands('FROM a\nCOPY a.sh /\nCMD ["/a.sh"]\n', {"a.sh": "/a.sh\n/a.sh\n"})) < 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ENTRYPOINT ["npm"]\nCMD ["start"]', ["npm start"]),
        ('CMD ["a"]\nENTRYPOINT ["/entrypoint.sh"]', ["/entrypoint.sh a", "a"]),
        ('ENTRYPOINT b\nCMD ["a"]', ["b"]),
        ('ENTRYPOINT ["sh", "-c"]\nCMD ["a && b"]', ["sh -c a && b", "a", "b"]),
        ('CMD ["a"]\nCMD ["b"]', ["b"]),
    ],
)
def test_entrypoint_and_cmd_are_joined(text: str, expected: list[str]) -> None:
    assert commands(f"FROM debian:12\n{text}\n") == expected


def started(text: str, files: Mapping[str, str] | None = None) -> tuple[str, bool, list[str | None]]:
    """The first program, whether a script is not read, and every program."""
    found = models(text, files).startup.started
    assert found is not None
    return found.program, found.unread, [run.name for run in found.commands]


@pytest.mark.parametrize(
    ("text", "program", "unread"),
    [
        ('CMD ["node", "server.js"]', "node", False),
        ('ENTRYPOINT ["tini", "--"]\nCMD ["node", "server.js"]', "node", False),
        ('ENTRYPOINT ["docker-php-entrypoint"]\nCMD ["apache2-foreground"]', "apache2-foreground", False),
        ('ENTRYPOINT ["docker-entrypoint.sh", "node", "server.js"]', "node", True),
        ('ENTRYPOINT ["/start.sh"]', "start.sh", True),
        ('COPY start.sh /\nENTRYPOINT ["/start.sh"]', "start.sh", False),
        ('COPY start.sh /\nENTRYPOINT ["bash", "-e", "/start.sh"]', "bash", False),
        ("CMD npm start", "npm", True),
        ("WORKDIR /app\nCOPY . .\nCMD npm start", "npm", False),
        ("WORKDIR /app\nCOPY . .\nCMD php server.php start", "php", False),
    ],
)
def test_what_is_started(text: str, program: str, unread: bool) -> None:
    files = {"start.sh": "exec node server.js\n", "package.json": '{"scripts": {"start": "node server.js"}}'}
    assert started(f"FROM a\n{text}\n", files)[:2] == (program, unread)


def test_the_program_behind_a_script_is_one_of_the_programs() -> None:
    text = 'FROM a\nCOPY start.sh /\nENTRYPOINT ["bash", "/start.sh"]\nCMD ["java", "-jar", "app.jar"]\n'
    assert started(text, {"start.sh": 'exec "$@"\n'})[2] == ["bash", "java"]


def test_what_scripts_and_entries_mention() -> None:
    files = {"run.sh": "npm run serve\n", "package.json": '{"scripts": {"start": "yarn build", "build": "rollup -c"}}'}
    found = models('FROM a\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["/app/run.sh"]\n', files).startup.started
    assert found is not None
    assert found.mentions(re.compile("npm run serve"))
    found = models("FROM a\nWORKDIR /app\nCOPY . .\nCMD yarn start\n", files).startup.started
    assert found is not None
    assert found.mentions(re.compile("rollup"))
    assert not found.mentions(re.compile("serve"))


def test_an_entrypoint_drops_the_cmd_of_the_stage_below() -> None:
    assert commands('FROM debian:12 AS a\nCMD ["a"]\nFROM a\nENTRYPOINT ["/e.sh"]\n') == ["/e.sh"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pip install flask==3", [("install", "pip install flask==3", True)]),
        ("pip install -r requirements.txt", [("install", "pip install -r requirements.txt", True)]),
        ("pip install -r /mounted/r.txt", []),
        ("pip install --no-index .", []),
        ("pip install $EXTRA", []),
        ("pip install -U yt-dlp", [("update", "pip install -U yt-dlp", True)]),
        ("test -d x || npm ci", [("install", "npm ci", False)]),
        ("apt-get update", []),
        ("git pull", [("clone", "git pull", True)]),
        ("git clone https://e.com/x.git", [("clone", "git clone https://e.com/x.git", True)]),
        ("git clone $URL", []),
        ("git status", []),
        ("curl -s https://e.com/i.sh | sh", [("script", "curl -s https://e.com/i.sh", True)]),
        ("curl -s https://e.com/v.json | jq .", []),
        ("curl -s http://localhost/i.sh | sh", []),
        ("wget https://e.com/tool.tgz", [("download", "wget https://e.com/tool.tgz", True)]),
        ("npx serve", []),
        ("npx -y -p a@1 serve", [("run", "npx -y -p a@1 serve", True)]),
        ("uvx tool@latest", [("run", "uvx tool@latest", True)]),
        ("npm run build", [("build", "npm run build", True)]),
        ("V=$(pip install x)", []),
        ("npm --version", []),
    ],
)
def test_what_changes_a_container(command: str, expected: list[tuple[str, str, bool]]) -> None:
    assert changes(f"FROM a\nWORKDIR /app\nCOPY . .\nCMD {command}\n") == expected


def test_a_project_that_is_mounted_is_not_installed_before() -> None:
    assert changes("FROM node:22\nWORKDIR /app\nCMD npm install\n") == []
    files = {"entrypoint.sh": "", "package.json": "{}"}
    assert changes("FROM node:22\nWORKDIR /app\nCOPY entrypoint.sh /\nCMD npm install\n", files) == []
    assert changes("FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nCMD npm install\n", files) == []
    files["index.js"] = ""
    assert changes("FROM node:22\nWORKDIR /app\nCOPY package.json index.js ./\nCMD npm install\n", files)


def test_a_project_in_the_working_directory_of_the_base_image() -> None:
    assert changes("FROM example.com/php:8.4\nCOPY . .\nCMD composer install\n")
    assert changes("FROM example.com/php:8.4\nCOPY . .\nCMD cd /srv && composer install\n") == []
    assert changes("FROM example.com/php:8.4\nCOPY . .\nWORKDIR app\nCMD composer install\n") == []


def test_a_program_that_the_image_holds_is_not_downloaded() -> None:
    assert changes("FROM node:22\nRUN npm install -g serve@14\nCMD npx -y serve\n") == []
    assert changes("FROM node:22\nRUN npx -y serve --version\nCMD npx -y serve\n") == []


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("service nginx start && tail -f /dev/null", "nginx"),
        ("/etc/init.d/mysql start; sleep infinity", "mysql"),
        ("server --port 80 & while true; do sleep 1000; done", "server"),
        ("cron; bin/start-all.sh; tail -F /var/log/x", "start-all.sh"),
        ("tail -f /dev/null", ""),
        ("sleep 365d", ""),
    ],
)
def test_idle_commands(command: str, what: str) -> None:
    idle = models(f"FROM a\nCMD {command}\n").startup.idle()
    assert idle is not None
    assert idle.waits
    assert (idle.service, idle.sure) == (what, what != "")


def test_which_of_several_scripts_is_the_server_is_not_known() -> None:
    idle = models("FROM a\nCMD watch.sh & fill.sh & tail -f /var/log/x\n").startup.idle()
    assert idle is not None
    assert idle.several
    assert not idle.sure
    idle = models("FROM a\nCMD service mysql start; service nginx start; tail -f /var/log/x\n").startup.idle()
    assert idle is not None
    assert idle.several
    assert idle.sure


@pytest.mark.parametrize(
    "command",
    [
        "server", "sleep 30", "tail -n 5 x", "server & wait", "tail --pid=1 -f x", "while ! ready; do sleep 1; done",
        "while true; do work; sleep 60; done", "server & tail -f x & wait", "test -f x && tail -f x",
    ],
)  # fmt: skip
def test_commands_that_are_not_idle(command: str) -> None:
    assert models(f"FROM a\nCMD {command}\n").startup.idle() is None


def test_commands_of_developers() -> None:
    assert is_development_command("npm run dev")
    assert is_development_command("npm --prefix server run start:dev")
    assert not is_development_command("npm --prefix dev start")
    assert is_development_command("uvicorn app:app --reload")
    assert is_development_command("pnpm -r dev")
    assert is_development_command("npm run start:local")
    assert is_development_command("langgraph dev --host 0.0.0.0")
    assert is_development_command("node ace serve --watch")
    assert not is_development_command("npm run start")
    assert is_development_command("python3 -m unittest")
    assert is_development_command("/usr/bin/zsh -l")
    assert not is_development_command("bash")
    assert not is_development_command("zsh run.sh")
    assert not is_development_command("node dev-tools.js")
    assert not is_development_command("transmission-daemon --watch-dir /watch")
