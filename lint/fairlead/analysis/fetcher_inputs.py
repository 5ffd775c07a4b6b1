"""Inputs that the words of a call name, for programs that stand in the table of fetchers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.download_inputs import url_input
from fairlead.analysis.grades import Grade, Input
from fairlead.analysis.placement import context_path, working_directory
from fairlead.analysis.repository_inputs import repository_input
from fairlead.analysis.source_inputs import is_repository, source_input
from fairlead.analysis.version_grades import grade_version, step_input
from fairlead.build.model import Step
from fairlead.knowledge.fetchers import BY_PROGRAM, EXACT, Fetcher
from fairlead.shell import UNKNOWN, Command, Invocation, Options, OptionSpec, ShellWord, parse_options
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_LOCAL = re.compile(r"(?:\.{1,2})?/|~|.*\.(?:tgz|tar|nupkg|vsix|gem|rock|rockspec)$|file:")
_NPX = ("npx", "pnpx", "bunx")
# images that hold no packages of npm but its own
_WITHOUT_PACKAGES = frozenset(("node", "debian", "ubuntu", "alpine", "buildpack-deps", "oven/bun", "denoland/deno"))
# of a sequence with its version, of a run
_ACCESSION = re.compile(r"\b(?:[A-Z]{1,4}_?\d{5,}\.\d+|[SED]RR\d{5,})\b")
# what winetricks only sets: the version of Windows, options
_WINE_SETTING = re.compile(
    r"win(?:\d+|xp|me|vista|ver.*)|vista|nt\d+|\w+=.*|settings|sandbox|isolate_home|list.*|prefix.*"
)
_CHANNEL = re.compile(r"^channel://[^/]+/")
_NUMBERED = re.compile(r"(pecl|pear)\d+")


def fetcher_inputs(models: Models, step: Step, command: Command, invocation: Invocation) -> Iterator[Input]:
    """What a call of such a program brings in."""
    name = invocation.name or ""
    numbered = _NUMBERED.fullmatch(name)
    for fetcher in BY_PROGRAM.get(numbered[1] if numbered else name, ()):
        yield from _fetched(models, step, command, invocation, fetcher)


def _fetched(models: Models, step: Step, command: Command, invocation: Invocation, fetcher: Fetcher) -> Iterator[Input]:
    args = invocation.args
    if fetcher.program in (*_NPX, "uvx") or fetcher.subcommand in ("exec", "dlx", "tool run", "run"):
        args = _up_to_program(args, fetcher, len(fetcher.subcommand.split()))
    options = parse_options(args, OptionSpec(fetcher.valued))
    operands = _behind_subcommand(options, fetcher)
    if operands is None or not _installs(fetcher, options):
        return
    given = _explicit_packages(options, fetcher)
    if given:
        operands = given
    elif _is_of_project(models, step, command, fetcher, operands, options):
        return
    manager = fetcher.program
    if fetcher.style == "call":
        yield from _called(models, step, command, invocation, fetcher, operands, options)
        return
    if not operands:
        if fetcher.default and not options.has("-r", "--requirement", "-f", "--file"):
            version = "the program chooses the version" if fetcher.default == "browsers" else "no version"
            token = invocation.word.token if invocation.word is not None else command.token
            yield step_input(step, fetcher.kind, fetcher.default, "floating", version, token, manager)
        return
    for at, word in enumerate(operands if fetcher.several else operands[:1]):
        following = operands[at + 1] if at + 1 < len(operands) else None
        for field in _texts(word):
            text = _CHANNEL.sub("", field)
            if fetcher.program == "winetricks" and _WINE_SETTING.fullmatch(text):
                continue
            if _LOCAL.match(text) or text in ("none", "install", ".") or (text.startswith("-") and len(text) > 1):
                continue
            yield _one(models, step, fetcher, options, word, text, following)


def _called(
    models: Models,
    step: Step,
    command: Command,
    invocation: Invocation,
    fetcher: Fetcher,
    operands: tuple[ShellWord, ...],
    options: Options,
) -> Iterator[Input]:
    """What a program fetches that knows itself what that is."""
    if not (operands or fetcher.default) or options.has("-h"):
        return
    chosen = " ".join(word.pattern for word in operands)
    name = " ".join(filter(None, (fetcher.program, fetcher.subcommand, chosen)))
    version = options.value(*fetcher.option) or (UNKNOWN if options.has(*fetcher.option) else "")
    words = " ".join(word.text for option in fetcher.option for word in options.value_words.get(option, ()))
    grade, why = grade_version(version, version or chosen or name)
    if not version and UNKNOWN in chosen:
        grade, why = "unknown", "a variable decides"
    elif not version and _ACCESSION.search(chosen):
        grade, why = "versioned", "a version in the name"
    elif grade == "floating":
        why = "nothing names a version" if not version else why
    token = invocation.word.token if invocation.word is not None else command.token
    yield step_input(
        step, fetcher.kind, name, grade, why, token, fetcher.program, version, build=models.build, words=words
    )


def _behind_subcommand(options: Options, fetcher: Fetcher) -> tuple[ShellWord, ...] | None:
    """The operands behind the subcommand, None for another subcommand."""
    if fetcher.subcommand.startswith("-"):
        return options.operands if options.has(fetcher.subcommand) else None
    wanted = fetcher.subcommand.split()
    found = [word.value for word in options.operands[: len(wanted)]]
    return options.operands[len(wanted) + fetcher.skips :] if found == wanted else None


def _installs(fetcher: Fetcher, options: Options) -> bool:
    """Whether the program is called to install and not to ask, remove or set up."""
    if fetcher.program == "npm" and fetcher.subcommand == "init":
        return not options.has("-y", "--yes")
    if fetcher.program == "emerge":
        return not options.has("--sync", "--unmerge", "-C", "--depclean", "--info", "--config")
    return not options.has("--help") and not (options.has("--version") and "--version" not in fetcher.valued)


def _up_to_program(args: tuple[ShellWord, ...], fetcher: Fetcher, skip: int) -> tuple[ShellWord, ...]:
    """The arguments up to the program that is run: what follows it is its own."""
    at, seen = 0, 0
    while at < len(args):
        text = args[at].text
        if text == "--":
            at += 1
            continue
        if text.startswith("-"):
            at += 2 if text in fetcher.valued else 1
            continue
        seen += 1
        at += 1
        if seen > skip:
            break
    return args[:at]


def _explicit_packages(options: Options, fetcher: Fetcher) -> tuple[ShellWord, ...]:
    """What `npx --package X` and `uvx --from X` name."""
    if fetcher.program not in (*_NPX, "npm", "pnpm", "yarn", "uvx", "uv", "pipx"):
        return ()
    return tuple(
        word for option in ("-p", "--package", "--from", "--spec")
        if not (fetcher.program in ("uvx", "uv") and option == "-p")
        for word in options.value_words.get(option, ())
    )  # fmt: skip


def _is_of_project(
    models: Models, step: Step, command: Command, fetcher: Fetcher, operands: tuple[ShellWord, ...], options: Options
) -> bool:
    """Whether `npx tool` runs what the project has installed, as far as that can be told."""
    if fetcher.program not in _NPX and (fetcher.program, fetcher.subcommand) != ("npm", "exec"):
        return False
    if options.has("--no-install", "--no"):
        return True
    if not operands or "@" in operands[0].pattern[1:] or options.has("-y", "--yes"):
        return False
    name = operands[0].value
    cwd = working_directory(step, command.cwd)
    if name is None:
        return True
    if models.context is None or cwd is None:
        # most calls run what package.json asks for; nobody can tell
        return _has_installed(models, step, command)
    for directory in (cwd, posixpath.dirname(cwd)):
        for manifest in ("package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"):
            place = context_path(models, step, posixpath.join(directory, manifest))
            text = models.context.text(place, limit=32 << 20) if place is not None else None
            if text is not None and re.search(
                rf"['\"/]{re.escape(name)}['\"@:]|^{re.escape(name)}@", text, re.MULTILINE
            ):
                return True
    if context_path(models, step, posixpath.join(cwd, "package.json")) is not None:
        return False
    return _has_installed(models, step, command)


def _has_installed(models: Models, step: Step, command: Command) -> bool:
    """Whether packages of a project may be there when a command runs: an install or a copy of them stands before it."""
    for other in step.stage.all_steps():
        if isinstance(other.instruction, ast.Copy) and other.origin is not None:
            return True
        for operation in models.operations(other):
            if other is step and operation.command.token.spans[0].start > command.token.spans[0].start:
                break
            if operation.manager.name in ("npm", "yarn", "pnpm", "bun") and operation.kind == "install":
                return True
        if other is step:
            break
    image = step.stage.root.image
    return image is None or image.short_name not in _WITHOUT_PACKAGES


def _texts(word: ShellWord) -> list[str]:
    fields = word.fields()
    return [word.pattern] if fields is None else fields


def _one(
    models: Models,
    step: Step,
    fetcher: Fetcher,
    options: Options,
    word: ShellWord,
    text: str,
    following: ShellWord | None,
) -> Input:
    found = _addressed(models, step, fetcher, options, word, text, following)
    if found is not None:
        return found
    name, version = _version(fetcher, options, text, following)
    words = word.text + (following.text if following is not None and fetcher.style == "next" else "")
    if fetcher.style == "self":
        name = fetcher.note or text
    grade, why = _graded(fetcher, version, text)
    if not name.strip(UNKNOWN):
        name = word.text.strip("\"'")
    return step_input(
        step, fetcher.kind, name, grade, why, word.token, fetcher.program, version, build=models.build, words=words
    )


def _addressed(
    models: Models,
    step: Step,
    fetcher: Fetcher,
    options: Options,
    word: ShellWord,
    text: str,
    following: ShellWord | None,
) -> Input | None:
    """What is named by its address: a file, a repository of sources or of packages."""
    program = fetcher.program
    versioned = fetcher.style == "option" and options.has(*fetcher.option)
    if "://" in text and fetcher.kind != "repository" and not versioned:
        if is_repository(text) or (program == "helm" and "github.com/" in text):
            return source_input(models, step, word.token, text, "", manager=program)
        return url_input(models, step, word.token, text, manager=program)
    if following is None or "://" not in following.pattern:
        return None
    url = following.pattern
    if fetcher.kind == "repository":
        return repository_input(models, step, following.token, url, url, program)
    if fetcher.style != "next":
        return None
    if program == "asdf":
        return source_input(models, step, following.token, url, "", manager="asdf")
    return url_input(models, step, following.token, url, manager=program)


def _graded(fetcher: Fetcher, version: str, text: str) -> tuple[Grade, str]:
    """How firmly a version fixes what a program fetches, and why."""
    grade, why = grade_version(version, text)
    if grade == "floating" and fetcher.program in EXACT and re.fullmatch(r"v?\d[^*]*", version):
        grade, why = "versioned", "a version, no hash"
    elif fetcher.style == "self":
        if not version or version in ("stable", "lts", "latest", "node", "--lts"):
            grade, why = "floating", "an open version" if version else "no version"
    elif fetcher.style == "none" and fetcher.note.startswith("rust"):
        grade, why = "versioned", "comes with the version of the Rust toolchain"
    elif fetcher.kind == "repository":
        grade, why = "floating", "the repository moves"
    elif fetcher.kind == "data" and fetcher.style == "none" and UNKNOWN not in text:
        grade, why = "floating", "nothing names a version"
    elif fetcher.program == "corepack" and "+" in version:
        grade, why = "immutable", "a hash in the version, which corepack checks"
    elif fetcher.program in ("huggingface-cli", "hf") and version and grade == "floating":
        why = f"the branch {version} moves"
    if fetcher.kind == "data" and not version and grade == "floating":
        why = "no revision"
    return grade, why


def _version(fetcher: Fetcher, options: Options, text: str, following: ShellWord | None) -> tuple[str, str]:
    """Name and version of what an operand names."""
    match fetcher.style:
        case "at":
            head, _, version = text[1:].partition("@")
            name = text[:1] + head
            if "==" in name:
                name, _, version = name.partition("==")
            return name, version
        case "colon":
            name, _, version = text.partition(":")
            return name, version
        case "equals":
            name, _, version = text.partition("=")
            return name, version
        case "semicolon":
            name, _, version = text.rpartition(";")
            return (name, version) if name else (text, "")
        case "dash":
            found = re.fullmatch(rf"(.+?)[-@^:]((?:\d|{UNKNOWN}).*|stable|beta|devel)", text)
            return (found[1], found[2]) if found else (text, "")
        case "dot":
            found = re.fullmatch(r"([\w-]+?)[.=](\d.*)", text)
            return (found[1], found[2]) if found else (text, "")
        case "slash":
            name, _, version = text.partition("@")[0].partition("/")
            return name, version
        case "third":
            owner, _, rest = text.partition("/")
            name, _, version = rest.partition("/")
            return f"{owner}/{name}".rstrip("/"), version
        case "next":
            return text, following.pattern if following is not None else ""
        case "option":
            given = options.value(*fetcher.option)
            return text, given if given is not None else (UNKNOWN if options.has(*fetcher.option) else "")
        case "self":
            return text, text
    return text, ""
