"""What containers are started with: programs that only keep them alive, servers of developers, tools that fetch code."""

from __future__ import annotations

import re
from collections.abc import Sequence

RUNNERS: dict[tuple[str, ...], frozenset[str]] = {
    ("npx",): frozenset(("-y", "--yes")),
    ("npm", "exec"): frozenset(("-y", "--yes")),
    ("pnpm", "dlx"): frozenset(),
    ("yarn", "dlx"): frozenset(),
    ("uvx",): frozenset(),
    ("uv", "tool", "run"): frozenset(),
    ("pipx", "run"): frozenset(),
}
"""Commands that fetch a program and run it, each with the options of which one must be given (none: it always does).

From the references of npm exec, pnpm dlx, yarn dlx, uv tool run and pipx run. Without `--yes` npm exec asks first.
"""

RUNNER_VALUED = frozenset(
    "-p --package -c --call --from --with --with-requirements --python --index --index-url --spec --pip-args -w "
    "--workspace --registry".split()
)
"""Options of the `RUNNERS` with a value."""

COMPILERS: dict[tuple[str, ...], str] = {
    ("go", "run"): "compiles the program",
    ("go", "build"): "compiles the program",
    ("cargo", "run"): "compiles the program",
    ("cargo", "build"): "compiles the program",
    ("dotnet", "run"): "restores packages and compiles the program",
    ("dotnet", "build"): "restores packages and compiles the program",
    ("dotnet", "watch"): "restores packages and compiles the program",
    ("mvn", "spring-boot:run"): "downloads dependencies and compiles the program",
    ("mvn", "package"): "downloads dependencies and compiles the program",
    ("mvn", "install"): "downloads dependencies and compiles the program",
    ("mvnw", "spring-boot:run"): "downloads dependencies and compiles the program",
    ("gradle", "run"): "downloads dependencies and compiles the program",
    ("gradle", "bootRun"): "downloads dependencies and compiles the program",
    ("gradlew", "run"): "downloads dependencies and compiles the program",
    ("gradlew", "bootRun"): "downloads dependencies and compiles the program",
    ("sbt", "run"): "downloads dependencies and compiles the program",
    ("npm", "run", "build"): "builds the application",
    ("yarn", "build"): "builds the application",
    ("yarn", "run", "build"): "builds the application",
    ("pnpm", "build"): "builds the application",
    ("pnpm", "run", "build"): "builds the application",
    ("next", "build"): "builds the application",
}
"""First words of commands that build a program, and what they do."""

SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh"))
"""Programs that run the script that is their first operand."""

REPLS = SHELLS | frozenset(
    "fish csh tcsh pwsh powershell cmd python python3 ipython irb node R julia scala php iex ghci jshell mysql psql".split()
)
"""Programs that wait for someone who types when they are started without a script."""

WORKBENCH = frozenset(
    "sleep tail cat true false tmux screen vim emacs jupyter jupyter-lab jupyter-notebook start-notebook.sh "
    "start-notebook.py code-server sshd make cmake ninja bazel pytest tox nox rspec phpunit jest mocha git gcc g++ clang "
    "cargo rustc javac mvn gradle sbt lein mix go man tar cp mv ls rsync echo bazelisk cmp diff test".split()
)
"""Programs to work with, to build and to test with: an image that starts one is not there to run an application."""

FOR_PEOPLE = frozenset(
    "jupyter jupyter-lab jupyter-notebook ipython start-notebook.sh start-notebook.py code-server vim nvim emacs sshd".split()
)
"""Programs that are nothing without someone who types."""

BUILD_SCRIPT = re.compile(
    r"(?:.*/)?(?:(?:run|docker|do|start|ci)[-_])?(?:build|compile)(?:[-_](?:all|image|packages?|project|deb|rpm|release))?\.(?:sh|bash)"
)
"""Scripts that build: an image that starts one is there to build in."""

_SERVERS = re.compile(
    r"gunicorn|uvicorn|hypercorn|daphne|waitress-serve|uwsgi|celery|nginx|caddy|traefik|haproxy|envoy|varnishd|squid|httpd|"
    r"apache2|apachectl|apache2ctl|apache2-foreground|lighttpd|php-fpm[\d.]*|supervisord|mysqld(?:_safe)?|mariadbd|postgres|"
    r"mongod|redis-server|memcached|rabbitmq-server|consul|vault|etcd|prometheus|grafana-server|catalina\.sh|standalone\.sh|"
    r"dockerd|named|dnsmasq|unbound|postfix|dovecot|slapd|openvpn|crond?|puma|unicorn|thin|passenger|sidekiq|pm2|pm2-runtime|"
    r"serve|http-server|json-server|streamlit|rails|rackup"
)
_SERVED = re.compile(
    r"(?:.+[-_:])?(?:start|serve|server|runserver|prod|production)(?:[-_:].+)?|http\.server|.*\.jar|"
    r"(?:\w+[_-])?(?:app|main|server|worker|bot|wsgi|asgi|api|consumer|daemon|scheduler|listener)(?:\.(?:py|php))?"
)


def is_server(name: str, args: Sequence[str]) -> bool:
    """Whether a command runs until it is stopped, by its program or by what it is told to do: `npm start`, `java -jar`.

    Args:
        name: the program, without directories.
        args: its arguments.
    """
    if _SERVERS.fullmatch(name) or _SERVED.fullmatch(name):
        return True
    words = [word.rpartition("/")[2] for word in args]
    if name in ("npm", "yarn", "pnpm", "bun", "java", "python", "python3", "php", "flask", "django-admin"):
        return any(map(_SERVED.fullmatch, words))
    return name in ("node", "nodejs") and bool(words)


SCRIPT_NAMES = re.compile(r"\.(?:sh|bash)$|(?:^|/)(?:docker-)?entry-?point$|(?:^|/)(?:start|run|init)$")
"""Paths of shell scripts that start a container."""

SCRIPT_RUNNERS = ("npm", "yarn", "pnpm", "bun")
"""Programs that run an entry of `package.json`."""

MANIFEST_NAMES = re.compile(
    r"package(?:-lock|\*)?\.json|package\*\.json|npm-shrinkwrap\.json|\.(?:npm|yarn)rc(?:\.yml)?|yarn\.(?:lock|\*)|yarn\*|\*\.lock|"
    r"pnpm-(?:lock|workspace)\.yaml|bun\.lockb?|composer[.*]\S*|Gemfile\S*|\S*requirements\S*\.(?:txt|in)|pyproject\.toml|"
    r"uv\.lock|poetry\.\S+|Pipfile\S*|go\.(?:mod|sum|\*)|environment\.ya?ml|Cargo\.\S+"
)
"""Names and patterns of the files that say which packages a project needs."""

_STARTS_ANOTHER = re.compile(r"entry-?point|^s6-svscan$")
# compiled when it is first asked for: it takes longer than a whole check
_DEVELOPMENT_COMMAND = (
    # `npm --prefix server run dev`, `yarn workspace web dev`
    r"\b(?:npm|yarn|pnpm|bun)(?: (?:--(?:prefix|cwd|filter|dir)|-[CwF]|workspace) \S+|"
    r" -(?!(?:-prefix|-cwd|-filter|-dir|[CwF]) )\S+)*(?: run)? (?:dev|develop|watch|(?:serve|start):(?:dev|local)|dev:\w+)\b|"
    r"--(?:hot-)?reload(?![\w-])|--watch(?![\w-])|\bnodemon\b|\bmanage\.py runserver\b|\bng serve\b|\bwebpack(?:-dev-server| serve)\b|"
    r"\b(?:npx )?vite(?: dev)?(?:$| -)|\b(?:dotnet|cargo|tsx) watch\b|\bphp artisan serve\b|"
    r"\bstrapi develop\b|\b(?:next|nuxt|astro|fastapi|langgraph|mastra|wrangler|vercel|netlify) dev\b|\bflask(?: --\S+)* run\b.*--debug|"
    r"\bbin/dev\b|\bts-node-dev\b|(?:^|[ /])air(?:$| -c)|\b(?:npm|yarn|pnpm)(?: run)? test\b|\bpytest\b|"
    r"\bjest\b|\bvitest\b|\bplaywright test\b|\bgo test\b|\b(?:mkdocs|jekyll|hugo) serve\b|"
    # the entrypoint of Laravel Sail
    r"\bpython[\d.]* -m (?:unittest|doctest|nose2?|tox)\b|^start-container$|\bjenkins\.war\b|"
    r"\b(?:watchmedo|ptw|debugpy|jupyter(?:-?lab|-notebook)?)\b|\bipython notebook\b|"
    # alone: a shell that no system starts by itself, or an editor
    r"^(?:\S*/)?(?:zsh|fish|tmux|screen|n?vim?|emacs|nano|ipython3?|pry|code-server)(?: -[il]+)?$"
)


def starts_another(name: str) -> bool:
    """Whether a program starts another one, which its arguments name."""
    return _STARTS_ANOTHER.search(name) is not None


def is_development_command(text: str) -> bool:
    """Whether a command line starts a server that reloads the code that a developer changes, or tests."""
    return re.search(_DEVELOPMENT_COMMAND, text) is not None


def starts_service(words: tuple[str, ...]) -> str | None:
    """The service that a command starts in the background, None where it starts none.

    Args:
        words: the program without directory, and its arguments.
    """
    name, args = words[0], words[1:]
    if name in ("service", "rc-service", "invoke-rc.d") and len(args) > 1 and args[1] in ("start", "restart"):
        return args[0]
    if name == "systemctl" and len(args) > 1 and args[0] in ("start", "restart"):
        return args[1]
    if name == "pm2" and args[:1] == ("start",) and "--no-daemon" not in args:
        return "pm2"
    return None


def sleeps_for_ever(words: tuple[str, ...], in_loop: bool) -> bool:
    """Whether a command only waits: `tail -f` of a file, `sleep infinity`, a sleep in an endless loop.

    Args:
        words: the program without directory, and its arguments.
        in_loop: whether it is the body of a loop.
    """
    name, args = words[0], words[1:]
    if name == "tail":
        # with `--pid` it ends when the program does
        follows = any(re.fullmatch(r"-[A-Za-z0-9]*[fF]|--follow(?:=.*)?", word) for word in args)
        return follows and not any(word.startswith("--pid") for word in args)
    if name != "sleep" or not args:
        return False
    return (
        in_loop
        or args[0] in ("infinity", "inf", "Inf")
        or re.fullmatch(r"\d{5,}s?|\d{3,}d|9{4,}\w?", args[0]) is not None
    )
