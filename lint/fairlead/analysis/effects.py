"""What a RUN writes, deletes and downloads, as far as its commands say so for certain."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fairlead.analysis.packages import Operation, home
from fairlead.build.model import Step
from fairlead.knowledge.package_managers import CLEANED_BY
from fairlead.knowledge.programs import CURL_VALUED, GIT_CLONE_VALUED, WGET_VALUED
from fairlead.shell import UNKNOWN, Command, Options, OptionSpec, ShellWord, parse_options, unwrap
from fairlead.syntax.source import Token

_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_URL = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_TAR_FLAGS = re.compile(r"-?[A-Za-z]+")


@dataclass(eq=False)
class Removal:
    """A deletion.

    Attributes:
        path: absolute, without a final slash; may hold `*`, `?` and `[`.
        token: the word that names it.
        command: the command.
        certain: it happens whenever the step succeeds.
        empties: only what is below the directory goes (a package manager's clean command).
    """

    path: str
    token: Token
    command: Command
    certain: bool
    empties: bool = False


@dataclass(eq=False)
class Write:
    """Something that a command writes.

    Attributes:
        path: absolute; None where it is not known.
        kind: how it gets there.
        token: the words that say so.
        command: the command.
        is_directory: files below the path, not the path itself.
    """

    path: str | None
    kind: Literal["download", "clone", "extract", "output"]
    token: Token
    command: Command
    is_directory: bool = False


@dataclass(eq=False)
class Download:
    """A file fetched by curl or wget.

    Attributes:
        url: with `UNKNOWN` for parts that are not known.
        token: the word that names it.
        command: the command.
        path: the file it is written to, absolute; None where it is not known or it goes to standard output.
        to_stdout: it goes to standard output.
    """

    url: str
    token: Token
    command: Command
    path: str | None
    to_stdout: bool


def absolute(step: Step, command: Command, path: str) -> str | None:
    """A path of a command made absolute and cleaned; None where the directory is not known."""
    if path.startswith("~/") or path == "~":
        path = home(step) + path[1:]
    path = path.replace("$HOME", home(step))
    if not path.startswith("/"):
        if command.cwd is None:
            return None
        path = f"{command.cwd}/{path}"
    return "/" + posixpath.normpath(path).lstrip("/")


def expand_braces(text: str) -> list[str]:
    """The words of a brace expansion, at most 64."""
    words = [text]
    for _ in range(6):
        grown: list[str] = []
        for word in words:
            match = _BRACES.search(word)
            if match is None:
                grown.append(word)
            else:
                grown.extend(word[: match.start()] + part + word[match.end() :] for part in match[1].split(","))
        if grown == words or len(grown) > 64:
            break
        words = grown
    return words


def _texts(step: Step, word: ShellWord) -> list[str]:
    """The known texts of a word: braces expanded, an unquoted variable split. `$HOME` is the user's home."""
    pattern = word.pattern
    if UNKNOWN in pattern:
        homes = [part for part in word.parts if part.text is None]
        if not all(part.name == "HOME" for part in homes):
            return []
        pattern = "".join(home(step) if part.text is None else part.text for part in word.parts)
        return expand_braces(pattern)
    fields = word.fields()
    texts = [] if fields is None else fields
    return texts if word.quoted else [text for field in texts for text in expand_braces(field)]


def removals(step: Step, operations: tuple[Operation, ...]) -> tuple[Removal, ...]:
    """What a RUN deletes; the clean commands of package managers count as deleting the content of their caches."""
    script = step.script
    if script is None:
        return ()
    found: list[Removal] = []
    for command in script.commands:
        found.extend(_removals_of(step, command))
    found.extend(_cleanups(step, operations))
    return tuple(found)


def _removals_of(step: Step, command: Command) -> Iterator[Removal]:
    invocation = unwrap(command)
    certain = not command.conditional and not command.condition
    words: tuple[ShellWord, ...] = ()
    if invocation.name in ("rm", "unlink", "rmdir", "shred"):
        words = parse_options(invocation.args, OptionSpec(frozenset())).operands
    elif invocation.name == "find" and _find_deletes(invocation.args):
        words = _find_roots(invocation.args)
        certain = certain and not _find_selects(invocation.args)
    for word in words:
        for text in _texts(step, word):
            path = absolute(step, command, text)
            if path is not None and path != "/":
                yield Removal(path, word.token, command, certain)


def _find_roots(args: tuple[ShellWord, ...]) -> tuple[ShellWord, ...]:
    roots = []
    for word in args:
        if word.text.startswith(("-", "(", "!", "\\(")):
            break
        roots.append(word)
    return tuple(roots)


def _find_deletes(args: tuple[ShellWord, ...]) -> bool:
    texts = [word.text for word in args]
    if "-delete" in texts:
        return True
    return any(texts[at] in ("-exec", "-execdir") and texts[at + 1] == "rm" for at in range(len(texts) - 1))


def _find_selects(args: tuple[ShellWord, ...]) -> bool:
    """Whether find deletes only some of the files; depth and file type do not count."""
    return any(
        word.text in ("-name", "-iname", "-path", "-regex", "-mtime", "-size", "-newer", "-perm", "!") for word in args
    )


def _cleanups(step: Step, operations: tuple[Operation, ...]) -> Iterator[Removal]:
    for operation in operations:
        if operation.kind != "clean":
            continue
        if operation.subcommand == "cache" and not _cleans(operation):
            continue
        certain = not operation.command.conditional
        for path in CLEANED_BY.get((operation.manager.name, operation.subcommand), ()):
            full = home(step) + path[1:] if path.startswith("~") else path
            yield Removal(full, operation.token, operation.command, certain, empties=True)


def _cleans(operation: Operation) -> bool:
    """Whether `NAME cache WORD` really empties the cache."""
    words = {word.value for word in operation.options.operands}
    if operation.manager.name == "npm":
        # without --force npm refuses
        return bool(words & {"clean", "clear", "rm"}) and operation.options.has("--force", "-f")
    return bool(words & {"purge", "clean", "clear", "prune", "clear-all", "rm"})


def covers(removal: Removal, path: str) -> bool:
    """Whether a removal deletes everything below the directory `path`."""
    removed = removal.path
    if removed == path or path.startswith(f"{removed}/"):
        return True
    if removed == f"{path}/*" or re.fullmatch(re.escape(path) + r"/\*(?:/\*)?", removed):
        return True
    # `/var/cache/*` covers /var/cache/apk
    parent = posixpath.dirname(removed)
    pattern = posixpath.basename(removed)
    if set(pattern) & set("*?[") and path.startswith(f"{parent}/"):
        import fnmatch

        return fnmatch.fnmatchcase(path[len(parent) + 1 :].partition("/")[0], pattern)
    return False


def downloads(step: Step) -> tuple[Download, ...]:
    """What a RUN fetches with curl and wget."""
    script = step.script
    if script is None:
        return ()
    return tuple(download for command in script.commands for download in downloads_of(step, command))


def downloads_of(step: Step, command: Command) -> Iterator[Download]:
    """What a command fetches, where it is curl or wget.

    Args:
        step: the step whose user holds for it.
        command: a command of the step, or of a script that the step starts.
    """
    invocation = unwrap(command)
    if invocation.name == "curl":
        yield from _curl(step, command, parse_options(invocation.args, OptionSpec(CURL_VALUED)))
    elif invocation.name == "wget":
        yield from _wget(step, command, parse_options(invocation.args, OptionSpec(WGET_VALUED)))


def _redirected_to(step: Step, command: Command) -> str | None:
    for redirection in command.redirections:
        if redirection.writes and redirection.fd in (None, 1) and redirection.target is not None:
            value = redirection.target.value
            return absolute(step, command, value) if value is not None else None
    return None


def _writes_stdout_to_file(command: Command) -> bool:
    return any(redirection.writes and redirection.fd in (None, 1) for redirection in command.redirections)


def _urls(words: tuple[ShellWord, ...]) -> list[ShellWord]:
    return [
        word
        for word in words
        if _URL.match(word.pattern)
        or UNKNOWN in word.pattern
        or "." in word.pattern
        or ("/" in word.pattern and word.text.lstrip('"').startswith("$"))
    ]


def _curl(step: Step, command: Command, options: Options) -> Iterator[Download]:
    words = _urls((*options.operands, *options.value_words.get("--url", ())))
    remote_name = options.has("-O", "--remote-name", "--remote-name-all", "-J")
    output = options.value("-o", "--output")
    named = options.has("-o", "--output")
    directory = options.value("--output-dir")
    for word in words:
        path = None
        if named and output is not None and output != "-":
            path = absolute(step, command, f"{directory}/{output}" if directory else output)
        elif remote_name:
            path = _named_after(step, command, word.pattern, directory)
        elif not named and _writes_stdout_to_file(command):
            path = _redirected_to(step, command)
        to_stdout = not named and not remote_name and not _writes_stdout_to_file(command)
        yield Download(word.pattern, word.token, command, path, to_stdout or output == "-")


def _wget(step: Step, command: Command, options: Options) -> Iterator[Download]:
    output = options.value("-O", "--output-document")
    named = options.has("-O", "--output-document")
    directory = options.value("-P", "--directory-prefix")
    for word in _urls(options.operands):
        path = None
        to_stdout = output == "-" and not _writes_stdout_to_file(command)
        if output == "-":
            path = _redirected_to(step, command)
        elif named:
            path = absolute(step, command, output) if output is not None else None
        else:
            path = _named_after(step, command, word.pattern, directory)
        yield Download(word.pattern, word.token, command, path, to_stdout)


def _named_after(step: Step, command: Command, url: str, directory: str | None) -> str | None:
    name = posixpath.basename(url.partition("?")[0].rstrip("/"))
    if not name or UNKNOWN in name:
        return None
    return absolute(step, command, f"{directory}/{name}" if directory else name)


def writes(step: Step, downloaded: tuple[Download, ...]) -> tuple[Write, ...]:
    """What a RUN writes: downloads, clones, unpacked archives, redirections."""
    script = step.script
    if script is None:
        return ()
    found = [Write(d.path, "download", d.token, d.command) for d in downloaded if not d.to_stdout]
    for command in script.commands:
        invocation = unwrap(command)
        if invocation.name == "git":
            found.extend(_clone(step, command, invocation.args))
        elif invocation.name in ("tar", "bsdtar"):
            found.extend(_tar(step, command, invocation.args))
        elif invocation.name == "unzip":
            options = parse_options(invocation.args, OptionSpec(frozenset(("-d", "-x", "-P"))))
            directory = options.value("-d") or "."
            found.append(Write(absolute(step, command, directory), "extract", command.words[0].token, command, True))
        for redirection in command.redirections:
            target = redirection.target
            if redirection.writes and target is not None and target.value and not target.value.startswith("/dev/"):
                found.append(Write(absolute(step, command, target.value), "output", redirection.token, command))
    return tuple(found)


_GIT_VALUED = frozenset(("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--exec-path"))


def _clone(step: Step, command: Command, args: tuple[ShellWord, ...]) -> Iterator[Write]:
    at = next((at for at, word in enumerate(args) if word.text == "clone"), None)
    if at is None:
        return
    operands = parse_options(args[at + 1 :], OptionSpec(GIT_CLONE_VALUED)).operands
    if not operands:
        return
    if len(operands) > 1:
        directory = operands[1].value
    else:
        directory = posixpath.basename(operands[0].pattern.rstrip("/")).removesuffix(".git")
    # `git -C /opt clone URL` clones into /opt
    for above in parse_options(args[:at], OptionSpec(_GIT_VALUED)).values("-C")[::-1]:
        directory = posixpath.join(above, directory) if directory is not None else None
    if directory is None or UNKNOWN in directory:
        yield Write(None, "clone", operands[0].token, command, True)
    else:
        yield Write(absolute(step, command, directory), "clone", operands[0].token, command, True)


def _tar(step: Step, command: Command, args: tuple[ShellWord, ...]) -> Iterator[Write]:
    options = parse_options(
        args, OptionSpec(frozenset(("-C", "--directory", "-f", "--file", "--strip-components", "-T")))
    )
    first = args[0].text if args else ""
    extracts = options.has("-x", "--extract", "--get") or (
        _TAR_FLAGS.fullmatch(first) is not None and "x" in first and not first.startswith("--")
    )
    if not extracts:
        return
    directory = options.value("-C", "--directory")
    if directory is None and not options.has("-C", "--directory"):
        directory = "."
    path = absolute(step, command, directory) if directory is not None else None
    yield Write(path, "extract", command.words[0].token, command, True)
