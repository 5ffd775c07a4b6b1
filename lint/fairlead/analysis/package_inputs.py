"""Inputs that are packages which an install names, and upgrades of all that is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.grades import Grade, Input, deciding_pair, is_commit
from fairlead.analysis.packages import Operation, Package, operation_of
from fairlead.analysis.python_inputs import remote_constraints
from fairlead.analysis.requirements import grade_requirement, normalized, read_constraints
from fairlead.analysis.runners import run_by
from fairlead.analysis.source_inputs import remote_reference, source_input
from fairlead.build.model import Step
from fairlead.knowledge.package_managers import BY_COMMAND
from fairlead.shell import UNKNOWN, ShellWord, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_SNAPSHOT = re.compile(
    r"snapshot\.(?:debian|ubuntu)\.(?:org|com)/[\w./-]*\d{8}T\d{6}Z|APT::Snapshot|--snapshot[= ]\d{8}|"
    r"archive\.archlinux\.org/repos/\d{4}/\d{2}/\d{2}|--snapshottime[= ]\d+|--releasever[= ]\d{4}\.\d+\.\d{8}|"
    r"snapshots?[./-][\w./-]*\d{8}"
)
_EXACT_SEMVER = re.compile(r"[v=]?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")
_RPM_VERSION = re.compile(r"(.+?)-((?:\d+:)?\d[\w.+~^]*(?:-\d[\w.+~^]*)?)")
_SHORTHAND = re.compile(r"(?:github:|gitlab:|bitbucket:|gist:)?[\w.-]+/[\w.-]+(?:#.*)?")
_VARIABLE = re.compile(r"\$\{?(\w+)")
_GIT = re.compile(r"git\+|git@|git://|ssh://|github:|gitlab:|bitbucket:|https?://[^#]*\.git(?:[@#]|$)")


def package_inputs(models: Models, step: Step) -> Iterator[Input]:
    """The packages that the commands of a RUN name, and the upgrades that they make."""
    commands = step.script.commands if step.script is not None else ()
    inner = (operation_of(step, found) for command in commands if (found := run_by(command)) is not None)
    for operation in (*models.operations(step), *(found for found in inner if found is not None)):
        if _fetches_nothing(operation):
            continue
        if operation.kind == "upgrade":
            yield from _upgrade(step, operation)
        elif operation.kind == "install":
            yield from _named(models, step, operation)
        elif operation.manager.name == "go" and operation.subcommand in ("run", "tool"):
            yield from _run_module(models, step, operation)
    for command in commands:
        if unwrap(command).name == "xargs":
            yield from _handed_over(step, unwrap(command).args)


def _handed_over(step: Step, words: tuple[ShellWord, ...]) -> Iterator[Input]:
    """`xargs apt-get install -y < packages.txt`: another command, or a file, says which packages."""
    at = next((at for at, word in enumerate(words) if (word.value or "").rpartition("/")[2] in BY_COMMAND), None)
    if at is None:
        return
    manager = BY_COMMAND[(words[at].value or "").rpartition("/")[2]]
    if any(word.value in manager.install for word in words[at + 1 :]):
        yield Input(
            "package", "what xargs reads", "unknown", "a file or a command decides which packages", words[at].token,
            step.stage, step, manager=manager.name, needed=step.stage.needed,
        )  # fmt: skip


def is_snapshot(step: Step) -> bool:
    """Whether packages come from the state of a repository at a certain time, which stays as it is."""
    for other in (step, *step.stage.steps_before(step)):
        if isinstance(other.instruction, ast.Run | ast.Copy | ast.Env | ast.Arg):
            text = other.instruction.token.text + "".join(heredoc.content for heredoc in other.instruction.heredocs)
            if _SNAPSHOT.search(text):
                return True
    return False


def is_options(operation: Operation, package: Package) -> bool:
    """Whether a word is rather options that a command works out: `composer install $(test ... || echo --no-dev)`."""
    return operation.manager.project and all(part.kind == "command" for part in package.word.parts)


def _fetches_nothing(operation: Operation) -> bool:
    return operation.options.has("--no-index", "--offline", "--dry-run", "--no-download", "--local", "--no-network")


def _upgrade(step: Step, operation: Operation) -> Iterator[Input]:
    name = f"{operation.invocation.name} {operation.subcommand}"
    if operation.manager.kind == "distribution" and is_snapshot(step):
        grade: Grade = "versioned"
        why = "everything as in a snapshot"
    elif operation.manager.name == "composer":
        # what the project needs, newly worked out: see dependency_inputs
        return
    else:
        grade, why = "floating", "the newest of everything"
    yield Input(
        "upgrade", name, grade, why, operation.token, step.stage, step, manager=operation.manager.name,
        needed=step.stage.needed,
    )  # fmt: skip


def _named(models: Models, step: Step, operation: Operation) -> Iterator[Input]:
    manager = operation.manager
    if manager.name == "cargo" and operation.options.has("--git", "--path"):
        yield from _cargo_git(models, step, operation)
        return
    if manager.name == "uv" and operation.subcommand in ("sync", "pip sync"):
        return
    if manager.name == "conda" and operation.subcommand.startswith("env "):
        return
    snapshot = manager.kind == "distribution" and bool(operation.packages) and is_snapshot(step)
    for package in operation.packages:
        if is_options(operation, package):
            continue
        if (package.local and "://" not in package.word.pattern) or package.name in ("", "\\"):
            continue
        found = _input(models, step, operation, package)
        if found is not None:
            yield _from_snapshot(found) if snapshot and found.kind == "package" and found.grade == "floating" else found
    if manager.name == "conda" and operation.subcommand == "update" and operation.options.has("--all"):
        yield from _upgrade(step, operation)
    if operation.options.has("-f", "--fix-broken") and manager.name == "apt-get" and not operation.packages:
        why = "what installed packages lack, as no version"
        yield Input(
            "package", "missing dependencies", "floating", why, operation.token, step.stage, step, manager=manager.name,
            needed=step.stage.needed,
        )  # fmt: skip
    for word in operation.editable:
        if _GIT.match(word.pattern) or "://" in word.pattern:
            yield _remote(models, step, word, word.pattern, manager.name)


def _run_module(models: Models, step: Step, operation: Operation) -> Iterator[Input]:
    """`go run MODULE@VERSION`: only the first operand is a module."""
    word = next(iter(operation.options.operands), None)
    if word is not None and "@" in word.pattern:
        found = _input(models, step, operation, Package(word, word.pattern, pinned=False, local=False, remote=False))
        if found is not None:
            yield found


def _from_snapshot(found: Input) -> Input:
    from dataclasses import replace

    return replace(found, grade="versioned", why="from a snapshot")


def _input(models: Models, step: Step, operation: Operation, package: Package) -> Input | None:
    manager = operation.manager
    word = package.word
    fields = word.fields()
    text = word.pattern if fields is None else _field(fields, package)
    if manager.name == "go" and not _is_module(text):
        return None
    if package.remote or (manager.name in ("npm", "yarn", "pnpm", "bun") and _is_shorthand(text)):
        return _remote(models, step, word, text, manager.name)
    name, version, grade, why = _graded(operation, text)
    if manager.name in ("pip", "uv") and grade == "floating":
        limit = _constraint(models, step, operation, name)
        if limit:
            version, grade, why = limit, "versioned", "a version in a constraints file"
        elif any(True for _ in remote_constraints(operation)):
            grade, why = "unknown", "a file of constraints behind a URL may say the version"
    if not name.strip(UNKNOWN):
        name = word.text.strip("\"'")
    argument = deciding_pair(models.build, step.stage, step, _VARIABLE.findall(word.text))
    return Input(
        "package", name, grade, why, word.token, step.stage, step, manager=manager.name, version=version,
        digest=version if is_commit(version) else "", argument=argument, needed=step.stage.needed,
    )  # fmt: skip


def _field(fields: list[str], package: Package) -> str:
    """The field of a word that a package was read from: its name stands at the beginning."""
    return next((field for field in fields if field.startswith(package.name)), package.name)


def _is_module(text: str) -> bool:
    """Whether a Go argument is a module path rather than a package of the project."""
    path = text.partition("@")[0]
    return "@" in text or (not path.startswith((".", "/")) and "." in path.partition("/")[0] and "/" in path)


def _is_shorthand(text: str) -> bool:
    return not text.startswith("@") and _SHORTHAND.fullmatch(text) is not None


def _graded(operation: Operation, text: str) -> tuple[str, str, Grade, str]:
    """Name, version, grade and reason of a package as an install names it."""
    name, version, exact = _split(operation, text)
    if not text.strip(UNKNOWN):
        return name, "", "unknown", "a variable decides which packages"
    if UNKNOWN in version:
        # a part that is known may fix it yet
        return name, version, "unknown", "a variable decides the version"
    if UNKNOWN in name and not version:
        return name, "", "unknown", "a variable decides which packages"
    if is_commit(version):
        return name, version, "immutable", "a full commit"
    if not version:
        return name, "", "floating", "no version"
    if exact:
        return name, version, "versioned", "a version, no hash"
    return name, version, "floating", "an open version"


def _split(operation: Operation, text: str) -> tuple[str, str, bool]:
    """Name, version and whether the version is one and not several."""
    manager = operation.manager
    options = operation.options
    match manager.name:
        case "npm" | "yarn" | "pnpm" | "bun":
            head, _, version = text[1:].partition("@")
            version = version.removeprefix("npm:").rpartition("@")[2]
            return text[:1] + head, version, _EXACT_SEMVER.fullmatch(version) is not None
        case "uv" if operation.subcommand == "tool install" and re.fullmatch(r"[\w.-]+(?:\[[^]]*\])?@[\w.]+", text):
            return _python(text.replace("@", "=="))
        case "pip" | "uv" | "pipenv":
            return _python(text)
        case "go":
            name, _, version = text.partition("@")
            # a prefix such as v1 is a series, as the tag of an image is
            exact = re.fullmatch(r"v\d+(?:\.\d+){0,2}(?:[-+].*)?|[0-9a-f]{7,40}", version) is not None
            return name, version, exact
        case "gem":
            name, _, version = text.partition(":")
            version = version or options.value("-v", "--version") or (UNKNOWN if options.has("-v", "--version") else "")
            return name, version, re.fullmatch(r"=?\s*\d[\w.]*", version) is not None
        case "cargo":
            name, _, version = text.partition("@")
            given = options.has("--version", "--vers")
            version = version or options.value("--version", "--vers") or (UNKNOWN if given else "")
            return name, version, re.fullmatch(r"=?\d+\.\d+\.\d+(?:[-+].*)?", version) is not None
        case "conda":
            match = re.match(r"(?:[\w.-]+::)?([\w.*-]+)\s*(.*)", text)
            name, wanted = (match[1], match[2]) if match else (text, "")
            exact = re.fullmatch(r"==[^*|,<>]+|=\d+\.\d+\.[\w.]+|=[^=*]+=[^=*]+", wanted) is not None
            return name, wanted.lstrip("=") if exact else wanted, exact
        case "composer":
            name, _, version = text.replace("=", ":").partition(":")
            return name, version, re.fullmatch(r"v?\d+(?:\.\d+){1,3}(?:-[\w.]+)?", version) is not None
        case "apk":
            match = re.match(r"([^=~<>@]+)(.*)", text)
            name, wanted = (match[1], match[2]) if match else (text, "")
            exact = re.fullmatch(r"=[^*~<>]+", wanted) is not None
            return name, wanted.removeprefix("=") if exact else wanted, exact
        case "dnf" | "microdnf" | "tdnf":
            return _rpm(text)
    match = re.match(r"([^=<>/]+)([=<>/].*)?$", text)
    name, wanted = (match[1], match[2] or "") if match else (text, "")
    exact = wanted.startswith("=") and not set(wanted) & set("*<>")
    return name, wanted.removeprefix("=") if exact else wanted, exact


def _rpm(text: str) -> tuple[str, str, bool]:
    match = _RPM_VERSION.fullmatch(text)
    if match is not None and "." in match[2]:
        return match[1], match[2], "*" not in text
    unknown = re.fullmatch(rf"(.+?)-({UNKNOWN}.*)", text)
    if unknown is not None:
        return unknown[1], unknown[2], False
    wild = re.fullmatch(r"(.+?)-(\d[\w.]*\*)", text)
    if wild is not None:
        return wild[1], wild[2], False
    if ":" in text and re.fullmatch(r"[\w.-]+:[\w./-]+", text):
        name, _, stream = text.partition(":")
        return name, stream, False
    return text, "", False


def _python(text: str) -> tuple[str, str, bool]:
    if UNKNOWN in text:
        match = re.match(r"([A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(.*)", text, re.DOTALL)
        name, wanted = (match[1], match[2]) if match else (text, "")
        if not name:
            return text, "", False
        return name, wanted.lstrip("=~<>!") or UNKNOWN, False
    package = grade_requirement(text)
    if package is None:
        return text, "", False
    return package.name, package.version, package.grade != "floating"


def _constraint(models: Models, step: Step, operation: Operation, name: str) -> str:
    """The version that the constraint files of an install say, "" for none."""
    from fairlead.analysis.placement import context_path, working_directory

    words = [
        w for option in ("-c", "--constraint", "--constraints") for w in operation.options.value_words.get(option, ())
    ]
    cwd = working_directory(step, operation.command.cwd)
    paths = []
    for word in words:
        if word.value is not None and cwd is not None:
            found = context_path(models, step, word.value if word.value.startswith("/") else f"{cwd}/{word.value}")
            if found is not None:
                paths.append(found)
    if not paths or models.context is None:
        return ""
    limit = read_constraints(tuple(paths), models.context.text).get(normalized(name))
    return limit.version if limit is not None and limit.grade != "floating" else ""


def _cargo_git(models: Models, step: Step, operation: Operation) -> Iterator[Input]:
    word = next(iter(operation.options.value_words.get("--git", ())), None)
    if word is None:
        return
    options = operation.options
    ref, names = "", " "
    for option, prefix in (("--rev", ""), ("--tag", "refs/tags/"), ("--branch", "refs/heads/")):
        for given in options.value_words.get(option, ()):
            ref, names = prefix + _option_value(given, option), given.text
    yield source_input(models, step, word.token, _option_value(word, "--git"), ref, manager="cargo", names=names)


def _option_value(word: ShellWord, option: str) -> str:
    return word.pattern.removeprefix(f"{option}=")


def _remote(models: Models, step: Step, word: ShellWord, text: str, manager: str) -> Input:
    """A package that is a repository or a file behind a URL."""
    from fairlead.analysis.download_inputs import url_input
    from fairlead.analysis.verification import Check

    named = re.match(r"[\w.\[\],-]+\s*@\s*(.*)", text)
    text = named[1] if named else text
    if _GIT.match(text) or _SHORTHAND.fullmatch(text):
        url, ref = remote_reference(text)
        return source_input(models, step, word.token, url, ref, manager=manager)
    content = re.search(r"#(?:.*&)?(sha\d+|md5)=([0-9a-f]{32,})", text)
    return url_input(
        models, step, word.token, text.partition("#")[0], manager=manager,
        check=Check("checksum", f"{content[1]}:{content[2]}", step) if content else None,
    )  # fmt: skip
