"""Inputs that pip, uv and conda read from files named on the command line, and those of local Python projects."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fairlead.analysis.conda_files import grade_environment
from fairlead.analysis.download_inputs import url_input
from fairlead.analysis.exported_requirements import exported
from fairlead.analysis.grades import Grade, Input, Locked, worst
from fairlead.analysis.lockfiles import LockfileError, grade_lock, is_lockfile, read_lockfile
from fairlead.analysis.packages import Operation
from fairlead.analysis.placement import context_path, working_directory
from fairlead.analysis.requirements import Requirements, grade_requirement, read_constraints, read_requirements
from fairlead.build.model import Step
from fairlead.knowledge.package_managers import BY_COMMAND
from fairlead.shell import Command, Invocation, OptionSpec, ShellWord, parse_options

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


def python_inputs(models: Models, step: Step, operation: Operation) -> Iterator[Input]:
    """The requirements, environments and local projects that an operation of pip, uv or conda installs."""
    options = operation.options
    if options.has("--no-index", "--offline", "--dry-run"):
        return
    name = operation.manager.name
    reads = operation.kind == "install" or operation.subcommand in ("wheel", "download")
    if name == "conda":
        if operation.kind == "install":
            for word in operation.manifests:
                yield _environment(models, step, operation, word)
        return
    words: list[ShellWord] = list(operation.manifests) if reads else []
    if name == "uv" and operation.subcommand == "pip sync":
        words += [package.word for package in operation.packages]
    for word in words:
        found = _requirements(models, step, operation, word, _value(word, "--requirement", "--requirements", "-r"))
        if found is not None:
            yield found
    if reads:
        yield from _remote_constraints(models, step, operation)
    if not reads or (name == "uv" and operation.subcommand not in ("pip install", "tool install")):
        return
    locals_ = [word for word in operation.editable if "://" not in word.pattern and not word.pattern.startswith("git")]
    locals_ += [package.word for package in operation.packages if package.local and "://" not in package.word.pattern]
    if operation.subcommand == "wheel":
        locals_ += [word for word in options.operands if word.pattern in (".", "./")]
    for word in locals_:
        found = _local_project(models, step, operation, word)
        if found is not None:
            yield found


def sync_inputs(models: Models, step: Step, command: Command, invocation: Invocation) -> Iterator[Input]:
    """`pip-sync`: the requirements files that it is given, else requirements.txt, as pip installs them."""
    options = parse_options(invocation.args, OptionSpec(BY_COMMAND["pip"].valued))
    if invocation.word is None or options.has("-n", "--dry-run", "--version", "-h", "--help"):
        return
    token = invocation.word.token
    operation = Operation(step, BY_COMMAND["pip"], command, invocation, "install", "sync", options, (), token)
    given = [(word, word.value) for word in options.operands] or [(invocation.word, "requirements.txt")]
    for word, value in given:
        found = _requirements(models, step, operation, word, value)
        if found is not None:
            yield found


def _remote_constraints(models: Models, step: Step, operation: Operation) -> Iterator[Input]:
    """`pip install -c https://...`: a file of constraints that is fetched."""
    for word, url in remote_constraints(operation):
        yield url_input(models, step, word.token, url, manager=operation.manager.name)


def remote_constraints(operation: Operation) -> Iterator[tuple[ShellWord, str]]:
    """The constraint files of an install that are URLs."""
    for option in ("-c", "--constraint", "--constraints"):
        for word in operation.options.value_words.get(option, ()):
            text = word.pattern.removeprefix(f"{option}=")
            if "://" in text:
                yield word, text


def _value(word: ShellWord, *options: str) -> str | None:
    """The value of an option's word: `--requirement=x`, `-rx` and `x`."""
    text = word.value
    if text is None:
        return None
    for option in options:
        if text.startswith(f"{option}="):
            return text[len(option) + 1 :]
    return text[2:] if re.match(r"-[rcef]\S", text) else text


def _absolute(step: Step, operation: Operation, path: str) -> str | None:
    if path.startswith("/"):
        return posixpath.normpath(path)
    cwd = working_directory(step, operation.command.cwd)
    return None if cwd is None else posixpath.normpath(f"{cwd}/{path}")


def _place(models: Models, step: Step, operation: Operation, path: str) -> str | None:
    absolute = _absolute(step, operation, path)
    return None if absolute is None else context_path(models, step, absolute)


def _requirements(models: Models, step: Step, operation: Operation, word: ShellWord, value: str | None) -> Input | None:
    """A requirements file."""
    written = word.pattern if value is None else value
    if "://" in written:
        return url_input(models, step, word.token, written, manager=operation.manager.name)
    if value in ("-", "/dev/stdin"):
        value = None
    place = _place(models, step, operation, value) if value is not None else None
    limits = tuple(
        found
        for option in ("-c", "--constraint", "--constraints")
        for given in operation.options.value_words.get(option, ())
        if (limit := _value(given, option)) is not None
        and (found := _place(models, step, operation, limit)) is not None
    )
    read = None
    if place is not None and models.context is not None:
        if is_lockfile(posixpath.basename(place)) and posixpath.basename(place).startswith("pylock."):
            return _pylock(models, step, operation, word, place)
        if is_lockfile(posixpath.basename(place)) or place.endswith("pyproject.toml"):
            return _manifest_as_requirements(models, step, operation, word, place)
        read = read_requirements(place, models.context.text, limits)
    if place is None or read is None:
        made = exported(models, operation.command, written) if value is not None else None
        if made is not None:
            return Input(
                "dependencies", made.lock or written, made.grade, made.why, word.token, step.stage, step,
                manager=operation.manager.name, file=made.lock, enforced=made.grade == "locked", packages=made.packages,
                needed=step.stage.needed,
            )  # fmt: skip
        grade, why = _without_file(models, operation)
        return Input(
            "dependencies", written, grade, why, word.token, step.stage, step, manager=operation.manager.name,
            needed=step.stage.needed, enforced=operation.options.has("--require-hashes"),
        )  # fmt: skip
    if not read.packages and not read.missing:
        return None
    grade, why = _graded_requirements(operation, read)
    return Input(
        "dependencies", place, grade, why, word.token, step.stage, step, manager=operation.manager.name, file=place,
        enforced=grade == "locked", packages=tuple(read.packages), needed=step.stage.needed,
    )  # fmt: skip


def _pylock(models: Models, step: Step, operation: Operation, word: ShellWord, place: str) -> Input:
    """`uv pip sync pylock.toml`: hashes in it are verified."""
    text = models.context.text(place) if models.context is not None else None
    packages: tuple[Locked, ...] = ()
    grade: Grade
    try:
        packages = read_lockfile(posixpath.basename(place), text or "")
        grade = grade_lock(packages)
        bare = sum(package.grade != "locked" for package in packages)
        why = f"no hash for {bare} of {len(packages)} packages" if bare else f"{len(packages)} packages with hashes"
    except LockfileError as error:
        grade, why = "unknown", f"can't be read: {error}"
    return Input(
        "dependencies", place, grade, why, word.token, step.stage, step, manager=operation.manager.name, file=place,
        enforced=grade == "locked", packages=packages, needed=step.stage.needed,
    )  # fmt: skip


def _without_file(models: Models, operation: Operation) -> tuple[Grade, str]:
    looked = "not in the build context" if models.context is not None else "the build context is not known"
    if operation.options.has("--require-hashes"):
        return "locked", f"{operation.invocation.name} wants hashes; {looked}"
    return "unknown", looked


def _graded_requirements(operation: Operation, read: Requirements) -> tuple[Grade, str]:
    total = len(read.packages)
    if read.missing:
        return "unknown", f"it includes {read.missing[0]}, not in the build context"
    counted = f"{total} requirements" if total != 1 else "1 requirement"
    open_ = [package for package in read.packages if package.grade == "floating"]
    checked = read.hashed or operation.options.has("--require-hashes")
    bare = [package for package in read.packages if not package.hashes]
    if checked and not bare and not operation.options.has("--no-verify-hashes"):
        return "locked", f"{counted} with hashes"
    if open_:
        return "floating", f"{len(open_)} of {counted} without a fixed version, such as {open_[0].name}"
    return worst(
        ["versioned", *(package.grade for package in read.packages)]
    ), f"{len(bare)} of {counted} without a hash"


def _manifest_as_requirements(
    models: Models, step: Step, operation: Operation, word: ShellWord, place: str
) -> Input | None:
    """`uv pip install -r pyproject.toml`: its dependencies without the project."""
    context = models.context
    text = context.text(place) if context is not None else None
    packages = project_requirements(text or "", build=False)
    if text is not None and not packages:
        return None
    return _floating_project(step, operation, word, place, packages)


def _local_project(models: Models, step: Step, operation: Operation, word: ShellWord) -> Input | None:
    """`pip install .`: the dependencies of the project, and what it is built with."""
    value = _value(word, "--editable", "-e")
    if value is not None and re.search(r"\.(?:whl|tar\.gz|zip|tar\.bz2)(?:\[|$)|\*", value):
        return None
    if value is None or (operation.options.has("--no-deps") and operation.options.has("--no-build-isolation")):
        return None
    path = value.partition("[")[0].removeprefix("file://") or "."
    for name in ("pyproject.toml", "setup.py", "setup.cfg"):
        place = _place(models, step, operation, posixpath.join(path, name))
        if place is None or models.context is None:
            continue
        text = models.context.text(place) or ""
        packages = project_requirements(text, build=True) if name == "pyproject.toml" else ()
        if operation.options.has("--no-deps"):
            return None
        limits = _limits(models, step, operation)
        packages = tuple(limits.get(package.name.lower(), package) for package in packages)
        return _floating_project(step, operation, word, place, packages)
    looked = "the build context is not known" if models.context is None else "not in the build context"
    return Input(
        "dependencies", posixpath.join(path, "pyproject.toml") if path != "." else "pyproject.toml", "unknown",
        looked, word.token, step.stage, step, manager=operation.manager.name,
        needed=step.stage.needed,
    )  # fmt: skip


def _limits(models: Models, step: Step, operation: Operation) -> dict[str, Locked]:
    paths = []
    for option in ("-c", "--constraint", "--constraints"):
        for given in operation.options.value_words.get(option, ()):
            limit = _value(given, option)
            place = _place(models, step, operation, limit) if limit is not None else None
            if place is not None:
                paths.append(place)
    context = models.context
    return read_constraints(tuple(paths), context.text) if context is not None and paths else {}


def _floating_project(
    step: Step, operation: Operation, word: ShellWord, place: str, packages: tuple[Locked, ...]
) -> Input:
    grade = worst(package.grade for package in packages) if packages else "floating"
    open_ = [package.name for package in packages if package.grade == "floating"]
    why = f"no fixed version of {open_[0]}" if open_ else "versions without hashes"
    if not packages:
        why = "no lockfile beside it"
    return Input(
        "dependencies", place, grade, why, word.token, step.stage, step, manager=operation.manager.name, file=place,
        packages=packages, needed=step.stage.needed,
    )  # fmt: skip


def project_requirements(text: str, *, build: bool) -> tuple[Locked, ...]:
    """What a pyproject.toml asks for; Poetry's own table too."""
    import tomllib

    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    project = data.get("project")
    wanted = project.get("dependencies") if isinstance(project, dict) else None
    texts = [one for one in wanted if isinstance(one, str)] if isinstance(wanted, list) else []
    system = data.get("build-system")
    requires = system.get("requires") if isinstance(system, dict) else None
    if build:
        texts += [one for one in requires if isinstance(one, str)] if isinstance(requires, list) else ["setuptools"]
    tool = data.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    table = poetry.get("dependencies") if isinstance(poetry, dict) else None
    packages = [package for one in texts if (package := grade_requirement(one)) is not None]
    if isinstance(table, dict):
        for name, version in table.items():
            given = (
                version if isinstance(version, str) else version.get("version", "") if isinstance(version, dict) else ""
            )
            if name != "python":
                exact = re.fullmatch(r"={0,2}\s*\d+\.\d+[\w.]*", str(given)) is not None
                packages.append(Locked(name, str(given), (), "versioned" if exact else "floating"))
    return tuple(packages)


def _environment(models: Models, step: Step, operation: Operation, word: ShellWord) -> Input:
    """An environment file of conda: specifications, or the explicit list of a lock."""
    value = _value(word, "--file", "-f")
    written = word.pattern if value is None else value
    place = _place(models, step, operation, value) if value is not None and "://" not in value else None
    context = models.context
    text = context.text(place) if place is not None and context is not None else None
    if place is None or text is None:
        looked = "not in the build context" if context is not None else "the build context is not known"
        return Input(
            "dependencies", written, "unknown", looked, word.token, step.stage, step,
            manager="conda", needed=step.stage.needed,
        )  # fmt: skip
    grade, why, packages = grade_environment(posixpath.basename(place), text)
    return Input(
        "dependencies", place, grade, why, word.token, step.stage, step, manager="conda", file=place, packages=packages,
        enforced=grade == "locked", needed=step.stage.needed,
    )  # fmt: skip
