"""Inputs that are package repositories which a step adds, and the keys that packages are verified with."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.download_inputs import url_input
from fairlead.analysis.grades import Grade, Input, deciding_pair
from fairlead.analysis.tracing import traced
from fairlead.build.context import has_wildcard
from fairlead.build.dockerignore import inside
from fairlead.build.model import Step
from fairlead.knowledge.environment import is_platform_variable
from fairlead.shell import UNKNOWN, Command, Invocation, OptionSpec, ShellWord, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_VARIABLE = re.compile(r"\$\{?(\w+)")
_SOURCES = re.compile(
    r"/etc/apt/sources\.list|/etc/apk/repositories|/etc/yum\.repos\.d/|/etc/zypp/repos\.d/|/etc/pacman\.conf"
)
_SOURCE_FILE = re.compile(r"\.(?:list|sources|repo)$|(?:^|/)repositories$")
# `lsb_release -cs` and the like have spaces of their own
_COMMAND = r"\$\([^)]*\)|`[^`]*`|\$(?!\()"
_DEB = re.compile(
    rf"\bdeb(?:-src)?\s+(?:\[[^\]]*\]\s*)?(?P<url>(?:https?|ftp|mirror\+\w+|s3|tor\+https?)://(?:{_COMMAND}|[^\s`$])+?)/?\s+"
    rf"(?P<suite>(?:{_COMMAND}|[^\s;'\"`$])+)"
)
# printf writes the ends of lines as `\n`
_DEB822 = re.compile(r"(?:^|\\n)[ \t'\"]*URIs:[ \t]*(?P<url>[^\s\\'\"]+)", re.MULTILINE)
_YUM = re.compile(r"\b(?:baseurl|mirrorlist|metalink)\s*=\s*(?P<url>[^\s\\'\"]+)")
_YUM_KEY = re.compile(r"\bgpgkey\s*=\s*(?P<url>https?://[^\s\\'\"]+)")
_PLAIN = re.compile(r"(?P<url>https?://[^\s'\"]+)")
_MOVING = re.compile(
    r"\b(?:edge|sid|unstable|testing|rawhide|stable|latest|nightly|tumbleweed|current|rolling|any|main)\b"
)
_VERSION = re.compile(
    r"\d+\.\d+|\d{8}|/v\d|[-/_]\d+(?:[-/_.\s]|$)|\d{4}/\d\d/\d\d|el\d|fc\d+|(?:ubuntu|debian|fedora|rhel|centos)\d+"
)
# of a distribution: newer packages come within it, as within one with a name
_RELEASE = re.compile(
    r"/(?:debian|x?ubuntu|fedora|rhel|redhat|centos|rocky|almalinux|amazonlinux|opensuse|sles|el|fc)[-_/]?\d+(?:\.\d+)?(?=/|\s|$)|"
    r"(?<=/alpine)/v\d+\.\d+(?=/|\s|$)",
    re.IGNORECASE,
)
_CODENAME = re.compile(
    r"\b(?:wheezy|jessie|stretch|buster|bullseye|bookworm|trixie|forky|trusty|xenial|bionic|focal|jammy|noble|oracular|plucky|questing)\b"
)
_FINGERPRINT = re.compile(r"(?:0x)?[0-9A-Fa-f]{40}")
_KEY_ID = re.compile(r"(?:0x)?(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40})")


def repository_inputs(models: Models, step: Step) -> Iterator[Input]:
    """The repositories that a RUN or a file of a COPY adds, and the keys that a RUN fetches by their names."""
    if isinstance(step.instruction, ast.FileInstruction):
        if _SOURCES.search(step.destination or ""):
            for source in step.instruction.sources:
                if source.heredoc is not None:
                    yield from _in_text(models, step, source.heredoc.body, step.destination or "")
                elif step.origin is None:
                    yield from _in_file(models, step, source.word)
        return
    script = step.script
    if script is None:
        return
    for command in script.commands:
        invocation = unwrap(command)
        name = invocation.name or ""
        yield from _written(models, step, command)
        if name in ("add-apt-repository", "apt-add-repository"):
            yield from _apt_repository(models, step, invocation)
        elif name in ("dnf", "dnf5", "yum", "yum-config-manager", "microdnf", "dnf-3"):
            yield from _dnf(models, step, invocation)
        elif name == "zypper":
            yield from _zypper(models, step, invocation)
        elif name == "apk":
            yield from _apk(models, step, invocation)
        elif name == "rpm" or name == "rpmkeys":
            yield from _rpm(models, step, invocation)
        elif name in ("apt-key", "gpg", "gpg2"):
            yield from _received(models, step, invocation)


def repository_input(models: Models, step: Step, token: Token, url: str, said: str, manager: str) -> Input:
    """The input that a repository is; `said` is the text that may name a release or a snapshot."""
    grade: Grade
    version = ""
    path = re.sub(r"^[a-z+]+://[^/\s]*", "", said)
    moving = _MOVING.search(path.replace(UNKNOWN, " ").partition(" ")[2] if " " in path else path)
    host = re.match(r"[a-z+]+://[^/\s]*", said)
    frozen = host is not None and "snapshot" in host[0]
    dated = re.search(r"\d{8}T\d{6}Z|\d{4}/\d{2}/\d{2}|/\d{8}(?:/|$)", path)
    known = path.replace(UNKNOWN, " ")
    series = _RELEASE.sub("/", known)
    if dated:
        grade, why, version = "versioned", f"a snapshot, {dated[0].strip('/')}", dated[0].strip("/")
    elif frozen:
        grade, why = "versioned", "a snapshot"
    elif _VERSION.search(series) and not re.search(r"\b(?:edge|sid|unstable|rawhide|nightly)\b", known):
        grade, why = "versioned", "one release series"
    elif series != known or (_CODENAME.search(known) and not _MOVING.search(known)):
        grade, why = "floating", "packages move within the release"
    elif moving:
        grade, why = "floating", f"{moving[0]} moves on with each release"
    elif UNKNOWN in url and any(not is_platform_variable(name) for name in _VARIABLE.findall(token.text)):
        grade, why = "unknown", "a variable decides which repository"
    else:
        grade, why = "floating", "names no release"
    argument = deciding_pair(models.build, step.stage, step, _VARIABLE.findall(token.text))
    return Input(
        "repository", url, grade, why, token, step.stage, step, manager=manager, version=version, argument=argument,
        needed=step.stage.needed,
    )  # fmt: skip


def _written(models: Models, step: Step, command: Command) -> Iterator[Input]:
    """Source lines that a command writes: `echo "deb ..." > FILE`, `... | tee FILE`, a heredoc, `sed -i` with `deb`."""
    path = _target(command)
    invocation = unwrap(command)
    texts: list[tuple[Token, str]] = [(word.token, word.pattern) for word in invocation.args]
    texts += [(r.body, r.body.text) for r in command.redirections if r.body is not None and r.body.text]
    if invocation.name == "sed" and not any("deb " in text for _, text in texts):
        return
    joined = " ".join(text for _, text in texts)
    if not path and not re.search(r"\bdeb(?:-src)?\s+(?:\[|https?:)", joined):
        return
    if invocation.name not in ("echo", "printf", "cat", "tee", "sed", "bash", "sh", "apt-add-repository") and not any(
        r.body is not None for r in command.redirections
    ):
        return
    if invocation.name in ("bash", "sh"):
        # what it is given to run is read as commands of its own
        return
    for token, _ in _joined_words(command, texts):
        yield from _in_text(models, step, token, path)


def _joined_words(command: Command, texts: list[tuple[Token, str]]) -> list[tuple[Token, str]]:
    """`echo deb https://host suite main` is one line in several words."""
    if len(texts) > 1 and texts[0][1] in ("deb", "deb-src", "-e", "-n", "-ne", "-en"):
        return [(command.token, command.token.text)]
    return texts


def _target(command: Command) -> str:
    """The sources file that the output of a command ends in, "" for none."""
    for redirection in command.redirections:
        if redirection.writes and redirection.target is not None and _SOURCES.search(redirection.target.pattern):
            return redirection.target.pattern
    after = command.pipeline.after(command) if command.pipeline is not None else ()
    for other in (command, *after):
        if unwrap(other).name == "tee" or other is not command:
            for word in unwrap(other).args:
                if _SOURCES.search(word.pattern):
                    return word.pattern
            for redirection in other.redirections:
                if (
                    redirection.writes
                    and redirection.target is not None
                    and _SOURCES.search(redirection.target.pattern)
                ):
                    return redirection.target.pattern
    return ""


def _in_file(models: Models, step: Step, word: ast.Word) -> Iterator[Input]:
    """The repositories that a file of the context names which is copied to where package managers look for them."""
    path = step.resolve(word.value).text
    destination = step.destination or ""
    if path is None or "://" in path or not _SOURCE_FILE.search(path if destination.endswith("/") else destination):
        return
    text = models.context.text(inside(path)) if models.context is not None and not has_wildcard(path) else None
    if text is not None:
        yield from _in_text(models, step, word.token, posixpath.join(destination, path), text)
    else:
        why = "the build context is not known" if models.context is None else "not in the build context"
        yield Input("repository", path, "unknown", why, word.token, step.stage, step, needed=step.stage.needed)


def _in_text(models: Models, step: Step, token: Token, path: str, content: str | None = None) -> Iterator[Input]:
    """The repositories that a text names.

    Args:
        models: the models.
        step: the step that writes the text.
        token: the text, or where it is the content of a file, the word that names the file.
        path: the file that it goes to.
        content: the content of a file.
    """
    text = token.text if content is None else re.sub(r"^\s*#.*$", "", content, flags=re.MULTILINE)

    def place(match: re.Match[str]) -> Token:
        return token.slice(match.start("url"), match.end("url")) if content is None else token

    resolved = _resolver(step)
    edits = content is None and text.lstrip("'\"").startswith("s")
    # an edit that names the same repository on both sides adds none
    debs = [match for match in _DEB.finditer(text) if not edits or text.count(match["url"]) == 1]
    listed: set[str] = set()
    for match in debs:
        if match["url"] in listed:
            # the same repository once for packages and once for their sources
            continue
        listed.add(match["url"])
        url = resolved(match["url"])
        where = token.slice(match.start("url"), match.end("url"))
        yield repository_input(models, step, where, url, f"{url} {resolved(match['suite'])}", "apt-get")
    if debs:
        return
    if ".sources" in path or "URIs:" in text:
        suites = re.search(r"(?:^|\\n)[ \t'\"]*Suites:[ \t]*([^\n\\]+)", text, re.MULTILINE)
        for match in _DEB822.finditer(text):
            url = resolved(match["url"])
            said = f"{url} {resolved(suites[1]) if suites else ''}"
            yield repository_input(models, step, place(match), url, said, "apt-get")
        return
    if "yum.repos.d" in path or "zypp" in path:
        for match in _YUM.finditer(text):
            url = resolved(match["url"])
            yield repository_input(models, step, place(match), url, url, "dnf")
        for match in _YUM_KEY.finditer(text):
            url = resolved(match["url"])
            yield url_input(models, step, place(match), url, kind="key", manager="dnf")
        return
    if "apk/repositories" in path:
        for match in _PLAIN.finditer(text):
            url = resolved(match["url"].removesuffix("\\n"))
            yield repository_input(models, step, place(match), url, url, "apk")


def _resolver(step: Step) -> Callable[[str], str]:
    """A function that puts variables in, and `UNKNOWN` for those and the commands that are not known."""
    env = step.env

    def resolve(text: str) -> str:
        text = re.sub(r"\$\([^)]*\)?|`[^`]*`?", UNKNOWN, text)
        return re.sub(r"\$\{?(\w+)\}?", lambda match: env.get(match[1]) or UNKNOWN, text).strip("\"'")

    return resolve


def _apt_repository(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    options = parse_options(
        invocation.args, OptionSpec(frozenset(("-c", "-p", "-s", "-k", "--component", "--pocket", "-S", "-U")))
    )
    if options.has("-r", "--remove"):
        return
    words = [*options.operands]
    for option in ("-S", "--sourceslist", "-P", "--ppa", "-U", "--uri"):
        words += [word for word in options.value_words.get(option, ()) if not word.text.startswith("-")]
    for word in words:
        text = traced(step.script, word)
        deb = re.search(r"(https?://[^\s\"']+?)/?(?:\s+(\S+)|$)", text)
        if text.startswith("ppa:"):
            yield repository_input(models, step, word.token, text, "", "apt-get")
        elif deb is not None:
            yield repository_input(models, step, word.token, deb[1], f"{deb[1]} {deb[2] or ''}", "apt-get")
        elif text in ("universe", "multiverse", "restricted", "main", "contrib", "non-free", "non-free-firmware"):
            # a part of the distribution's own repository
            continue
        elif text.strip():
            yield repository_input(models, step, word.token, text, text, "apt-get")


def _dnf(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    texts = [word.value for word in invocation.args]
    if invocation.name != "yum-config-manager" and "config-manager" not in texts:
        for word in _values(invocation.args, "--repofrompath"):
            yield repository_input(
                models, step, word.token, word.pattern.rpartition(",")[2], word.pattern, invocation.name or ""
            )
        return
    for word in [*_values(invocation.args, "--add-repo"), *_values(invocation.args, "--from-repofile")]:
        url = word.pattern.partition("=")[2] if word.text.startswith("--") else word.pattern
        if "://" in url or url.startswith(UNKNOWN):
            yield repository_input(models, step, word.token, url, url, "dnf")
    if "addrepo" in texts:
        for word in invocation.args:
            match = re.match(r"--from-repofile=(.+)|--set=baseurl=(.+)", word.pattern)
            if match:
                url = match[1] or match[2]
                yield repository_input(models, step, word.token, url, url, "dnf")


def _values(args: tuple[ShellWord, ...], option: str) -> list[ShellWord]:
    """The words that give an option its value: the next one, or its own."""
    found = []
    for at, word in enumerate(args):
        if word.text == option and at + 1 < len(args):
            found.append(args[at + 1])
        elif word.text.startswith(f"{option}=") and option != "--from-repofile":
            found.append(word)
    return found


def _zypper(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    options = parse_options(
        invocation.args, OptionSpec(frozenset(("-p", "--priority", "-t", "--type", "-n", "--name", "-r", "--repo")))
    )
    operands = options.operands
    texts = [word.value for word in operands]
    for name in ("addrepo", "ar"):
        if name in texts:
            behind = operands[texts.index(name) + 1 :]
            word = next(
                (
                    w
                    for w in [*behind, *options.value_words.get("-r", ()), *options.value_words.get("--repo", ())]
                    if "://" in w.pattern or UNKNOWN in w.pattern
                ),
                None,
            )
            if word is not None:
                yield repository_input(models, step, word.token, word.pattern, word.pattern, "zypper")


def _apk(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    for word in (*_values(invocation.args, "-X"), *_values(invocation.args, "--repository")):
        url = word.pattern.removeprefix("--repository=")
        if "://" in url or url.startswith(UNKNOWN):
            yield repository_input(models, step, word.token, url, url, "apk")


def _rpm(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    imports = any(word.text == "--import" for word in invocation.args)
    installs = any(re.fullmatch(r"-[A-Za-z]*[iUF][A-Za-z]*|--install|--upgrade", word.text) for word in invocation.args)
    queries = any(
        re.fullmatch(r"-[A-Za-z]*[qeVE][A-Za-z]*|--eval|--query|--erase", word.text) for word in invocation.args
    )
    if not imports and (not installs or queries):
        return
    for word in invocation.args:
        if re.match(r"(?:https?|ftp)://", word.pattern):
            yield url_input(
                models, step, word.token, word.pattern, kind="key" if imports else "download", manager="rpm"
            )


def _received(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """Keys that a key server sends."""
    receiving = False
    for word in invocation.args:
        text = word.pattern
        if text in ("--recv-keys", "--recv-key", "--recv", "--receive-keys"):
            receiving = True
            continue
        if text == "--fetch-keys":
            receiving = False
        if re.match(r"--recv(?:-keys?)?=", text):
            text = text.partition("=")[2]
        elif not receiving:
            if re.match(r"https?://", text) and any(w.text in ("--fetch-keys", "--fetch-key") for w in invocation.args):
                yield url_input(models, step, word.token, text, kind="key", manager=invocation.name or "")
            continue
        elif text.startswith("-"):
            receiving = False
            continue
        # a fingerprint may be written in groups
        compact = text.replace(" ", "")
        for part in [compact] if _FINGERPRINT.fullmatch(compact) else text.split():
            yield _key(models, step, word, part)


def _key(models: Models, step: Step, word: ShellWord, text: str) -> Input:
    grade: Grade
    digest = ""
    compact = text.replace(" ", "")
    if _FINGERPRINT.fullmatch(compact):
        grade, why, digest = "immutable", "a full fingerprint", compact.removeprefix("0x").upper()
    elif _KEY_ID.fullmatch(compact):
        grade, why = "versioned", "a short key id, which another key can have"
    elif UNKNOWN in text:
        hexes = _fingerprints(step, word)
        if hexes:
            grade, why = "immutable", "full fingerprints"
        else:
            grade, why = "unknown", "a variable decides which key"
    else:
        grade, why = "unknown", "no fingerprint names the key"
    argument = deciding_pair(models.build, step.stage, step, word.variables())
    name = text if text.strip(UNKNOWN) else word.text.strip("\"'")
    return Input(
        "key", name, grade, why, word.token, step.stage, step, manager="gpg", digest=digest, argument=argument,
        needed=step.stage.needed,
    )  # fmt: skip


def _fingerprints(step: Step, word: ShellWord) -> list[str]:
    """The fingerprints that the variable of a loop runs through, as far as they stand in the script."""
    script = step.script
    text = script.token.text if script is not None else ""
    for name in word.variables():
        loop = re.search(rf"\bfor\s+{re.escape(name)}\s+in\b(.*?)(?:;|\bdo\b)", text, re.DOTALL)
        if loop is None:
            value = re.search(rf"\b{re.escape(name)}=['\"]?([0-9A-F ]{{40,}})", text)
            if value is not None:
                return re.findall(r"[0-9A-Fa-f]{40}", value[1].replace(" ", ""))
            continue
        found = re.findall(r"[0-9A-Fa-f]{40}", loop[1])
        for variable in _VARIABLE.findall(loop[1]):
            found += re.findall(r"[0-9A-Fa-f]{40}", step.env.get(variable) or "")
        if found:
            return found
    return []
