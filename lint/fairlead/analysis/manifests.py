"""The files of a project that a dependency install reads, where it is certain that it reads no others."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from fairlead.analysis.packages import Operation

if TYPE_CHECKING:
    from fairlead.build.context import Context

_INSTALL_SCRIPTS = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")
_HARMLESS_SCRIPT = re.compile(
    r"(?:(?:is-ci|npx)\s+(?:\|\|\s*)?)?(?:husky(?:\s+install)?|only-allow\s+\w+|npx\s+only-allow\s+\w+)"
    r"(?:\s*\|\|\s*(?:true|exit 0))?"
)
_ELSEWHERE = re.compile(r"(?:file|link|portal|workspace|patch):|\.{1,2}/|/")
_INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)")
_LOCAL_REQUIREMENT = re.compile(r"(?:-e|--editable)\b|\.{1,2}(?:/|$)|/|file:|.*@\s*(?:file:|\.)")
# managers whose installs read no more than manifests, with what in a manifest says that there is more to it
_MORE: dict[str, re.Pattern[str]] = {
    "go": re.compile(r"=>\s*\.{0,2}/"),
    "poetry": re.compile(r"\bpath\s*="),
    "uv": re.compile(r"\bpath\s*=|\[tool\.uv\.workspace"),
    "pipenv": re.compile(r"\b(?:path|editable|file)\s*="),
    "bundler": re.compile(r"\bpath[:\s]|^\s*gemspec|eval_gemfile|File\.|require_relative", re.MULTILINE),
    "composer": re.compile(r'"type"\s*:\s*"path"|"merge-plugin"\s*:'),
}
_EXTRA = {
    "uv": (".python-version",), "poetry": ("poetry.toml",), "bundler": (".ruby-version", ".tool-versions"),
    "yarn": (".yarn",),
}  # fmt: skip
_ELSEWHERE_OPTIONS = (
    "-C", "--prefix", "--cwd", "--dir", "--directory", "--project", "-d", "--working-dir", "--gemfile",
)  # fmt: skip
_JAVASCRIPT = ("npm", "yarn", "pnpm", "bun")


BESIDE: dict[str, tuple[str, ...]] = {
    "npm": ("patches/",), "yarn": ("patches/", ".yarn/"), "pnpm": ("patches/", ".pnpmfile.cjs"), "bun": ("patches/",),
    "uv": (".python-version",), "poetry": ("poetry.toml",), "bundler": (".tool-versions",),
}  # fmt: skip
"""Package manager to what its installs read beside manifests and lockfiles, where it is there."""

# those that install the project itself, too, with the options that leave it out
_WITHOUT_PROJECT = {"uv": "--no-install-project", "poetry": "--no-root", "composer": "--no-scripts --no-autoloader"}
# what in a manifest says that other parts of the project are needed
_PARTS: dict[str, re.Pattern[str]] = {
    **_MORE,
    "uv": re.compile(r"\bpath\s*="),
    "dotnet": re.compile(r"<ProjectReference\b|<Import\s+Project=\"\.\."),
    "mix": re.compile(r"\bpath:|apps_path"),
    "maven": re.compile(r"<relativePath>\s*\.\."),
}


@dataclass(frozen=True)
class Reading:
    """What an install of a project's dependencies reads of the build context, as far as its files tell.

    Attributes:
        files: manifests, lockfiles and settings that are there, relative to the context.
        local: they name other parts of the project, which it reads as well.
        sources: it installs parts of the project, and needs all their sources.
        script: what of the project's own it runs, for people: "the `postinstall` of package.json"; "" for nothing.
        options: those that are missing for it to leave out the project itself; "" for none.
    """

    files: tuple[str, ...] = ()
    local: bool = False
    sources: bool = False
    script: str = ""
    options: str = ""


def reading(install: Operation, context: Context, directory: str, named: Sequence[str]) -> Reading:
    """What an install reads.

    Args:
        install: the install.
        context: the build context.
        directory: the directory of it that is where the install runs.
        named: the paths in it of the manifests that the install names.
    """
    name = install.manager.name
    if install.manifests:
        if name not in ("pip", "uv") or len(named) < len(install.manifests):
            return Reading()
        files = _with_included(context, list(named))
        return Reading(tuple(files or ()), sources=files is None and _names_projects(context, named))
    found = _in_order(install, context, "" if directory == "." else directory)
    if not any(fnmatchcase(posixpath.basename(path), install.manager.manifests[0]) for path in found):
        return Reading()
    texts = {path: context.text(path) or "" for path in found if not path.endswith((".lock", ".sum"))}
    if name in _JAVASCRIPT:
        return _javascript_reading(install, found, texts)
    local = name in _PARTS and any(_PARTS[name].search(text) for text in texts.values())
    return Reading(tuple(found), local=local, options=_missing_options(install, texts.values()))


def _javascript_reading(install: Operation, found: list[str], texts: Mapping[str, str]) -> Reading:
    try:
        package: Any = json.loads(next(text for path, text in texts.items() if path.endswith("package.json")))
    except (ValueError, StopIteration):
        return Reading(tuple(found))
    if not isinstance(package, dict):
        return Reading(tuple(found))
    groups = [package.get(group) for group in ("dependencies", "devDependencies", "optionalDependencies")]
    versions = [version for group in groups if isinstance(group, dict) for version in group.values()]
    local = any(isinstance(version, str) and re.match(r"(?:file|link|portal):", version) for version in versions)
    script = "" if install.options.has("--ignore-scripts") else _own_script(package)
    return Reading(tuple(found), local=local, script=script)


def _own_script(package: dict[str, Any]) -> str:
    """The script of a package.json that an install runs, where it may need files of the project."""
    scripts = package.get("scripts")
    given = scripts if isinstance(scripts, dict) else {}
    for name in _INSTALL_SCRIPTS:
        if name in given and not (isinstance(given[name], str) and _HARMLESS_SCRIPT.fullmatch(given[name].strip())):
            return f"the `{name}` of package.json"
    return ""


def _missing_options(install: Operation, texts: Iterable[str]) -> str:
    """The options that leave the project itself out of an install, where they are not given."""
    name = install.manager.name
    missing = [word for word in _WITHOUT_PROJECT.get(name, "").split() if not install.options.has(word)]
    text = "\n".join(texts)
    if name == "uv" and ("[build-system]" not in text or install.options.has("--no-install-workspace", "--only-group")):
        return ""
    if name == "poetry" and re.search(r"package-mode\s*=\s*false", text):
        return ""
    return " ".join(missing)


def _names_projects(context: Context, files: Iterable[str]) -> bool:
    """Whether requirement files name directories of the project, which are built as packages then."""
    lines = (line for path in files for line in (context.text(path) or "").splitlines())
    return any(_LOCAL_REQUIREMENT.match(line.strip()) for line in lines)


def _in_order(install: Operation, context: Context, directory: str) -> list[str]:
    """The files of an install that are there: the manifest, the lockfile, the rest."""
    manager = install.manager
    beside = (name.rstrip("/") for name in BESIDE.get(manager.name, ()))
    names = _names(context, directory)
    patterns = (manager.manifests[0], *manager.lockfiles, *manager.manifests, *beside)
    found = dict.fromkeys(name for pattern in patterns for name in names if fnmatchcase(name, pattern))
    return [posixpath.join(directory, name) for name in found]


def files_read(install: Operation, context: Context, directory: str) -> list[str] | None:
    """The files, relative to the build context, that an install of a project's dependencies reads.

    Args:
        install: the install.
        context: the build context.
        directory: the directory of it that is where the install runs.

    Returns:
        The files that are there, None where it may read others too or where that can't be told.
    """
    name = install.manager.name
    if install.options.has(*_ELSEWHERE_OPTIONS):
        return None
    if install.manifests:
        return _requirement_files(install, context, directory) if name in ("pip", "uv") else None
    if name in _JAVASCRIPT:
        return _javascript(install, context, directory)
    if name not in _MORE or not _dependencies_only(install):
        return None
    found = _present(install, context, directory)
    texts = [context.text(path) or "" for path in found if not path.endswith((".lock", ".sum"))]
    if not found or any(_MORE[name].search(text) for text in texts) or any(path.endswith("go.work") for path in found):
        return None
    return found


def _dependencies_only(install: Operation) -> bool:
    """Whether the project itself is left out of the install, which else needs its sources."""
    options = install.options
    match install.manager.name:
        case "uv":
            return install.subcommand == "sync" and options.has("--no-install-project", "--no-install-workspace")
        case "poetry":
            return options.has("--no-root")
        case "composer":
            return options.has("--no-scripts") and options.has("--no-autoloader")
    return True


def _present(install: Operation, context: Context, directory: str) -> list[str]:
    patterns = (*install.manager.manifests, *install.manager.lockfiles, *_EXTRA.get(install.manager.name, ()))
    names = _names(context, directory)
    kept = [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
    return [posixpath.join(directory, name) for name in kept]


def _names(context: Context, directory: str) -> list[str]:
    try:
        names = context.tree.names(directory)
    except OSError:
        return []
    return [name for name in names if context.lookup(posixpath.join(directory, name)) is not None]


def _javascript(install: Operation, context: Context, directory: str) -> list[str] | None:
    found = _present(install, context, directory)
    text = context.text(posixpath.join(directory, "package.json"))
    try:
        package: Any = json.loads(text or "")
    except ValueError:
        return None
    if not isinstance(package, dict) or "workspaces" in package or _is_patched(package):
        return None
    names = _names(context, directory)
    if "pnpm-workspace.yaml" in names or "binding.gyp" in names:
        return None
    if not install.options.has("--ignore-scripts") and not _scripts_are_harmless(package):
        return None
    for group in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        wanted = package.get(group)
        if isinstance(wanted, dict) and any(_needs_more(name, version) for name, version in wanted.items()):
            return None
    return found


def _is_patched(package: dict[str, Any]) -> bool:
    return "patchedDependencies" in json.dumps(package)


def _scripts_are_harmless(package: dict[str, Any]) -> bool:
    scripts = package.get("scripts")
    if not isinstance(scripts, dict):
        return True
    given = [scripts[name] for name in _INSTALL_SCRIPTS if name in scripts]
    return all(isinstance(script, str) and _HARMLESS_SCRIPT.fullmatch(script.strip()) for script in given)


def _needs_more(name: str, version: object) -> bool:
    """Whether a dependency lies in the project, or has an install script that looks for files of the project."""
    return name in ("@prisma/client", "prisma", "patch-package") or (
        isinstance(version, str) and _ELSEWHERE.match(version) is not None
    )


def _requirement_files(install: Operation, context: Context, directory: str) -> list[str] | None:
    values = [word.value for word in (*install.manifests, *_constraints(install))]
    paths = [posixpath.normpath(posixpath.join(directory, value)) for value in values if value is not None]
    return _with_included(context, paths) if len(paths) == len(values) else None


def _with_included(context: Context, waiting: list[str]) -> list[str] | None:
    """Requirement files and those that they include; None where one is not there or names a local package."""
    found: list[str] = []
    while waiting:
        path = waiting.pop()
        if path.startswith(("/", "..")) or "://" in path:
            return None
        if path in found:
            continue
        text = context.text(path)
        if text is None or not path.endswith((".txt", ".in", ".pip")):
            return None
        found.append(path)
        for line in text.splitlines():
            wanted = line.strip()
            if match := _INCLUDE.match(wanted):
                waiting.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1])))
            elif _LOCAL_REQUIREMENT.match(wanted):
                return None
    return sorted(found)


def _constraints(install: Operation) -> Iterator[Any]:
    for option in ("-c", "--constraint", "--constraints"):
        yield from install.options.value_words.get(option, ())
