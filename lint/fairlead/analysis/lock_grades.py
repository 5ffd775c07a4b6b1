"""How firmly a manifest and a lockfile fix what an install brings in."""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from fairlead.analysis.grades import Grade, Locked
from fairlead.analysis.lockfiles import LockfileError, grade_lock, is_lockfile, read_lockfile
from fairlead.analysis.placement import names_copied
from fairlead.analysis.project_files import ProjectFiles, ProjectInstall
from fairlead.analysis.project_parts import dotnet_projects, gradle_parts
from fairlead.build.model import Step
from fairlead.knowledge.locking import Locking

_FALSE = ("", "0", "false", "no", "off", None)
_RANGE = re.compile(r"[\[(]|LATEST|RELEASE|.*-SNAPSHOT|.*,")
_ASKED_IN_POM = re.compile(r"<(parent|dependency|plugin|extension)>(.*?)</\1>", re.DOTALL)
_POM_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FLOATING_GRADLE = re.compile(
    r"['\"][\w.-]+:[\w.-]+:(?:[\w.]*\+|latest\.\w+|[\[(][^'\"]*|[^'\"]*-SNAPSHOT)['\"]|"
    r"version\s*[=(]?\s*['\"](?:\+|latest\.\w+)"
)
# what stands in a manifest that asks for anything
_ASKED = {
    "helm": re.compile(r"^dependencies:", re.MULTILINE),
    "julia": re.compile(r"^\[deps\]", re.MULTILINE),
    "vcpkg": re.compile(r'"dependencies"'),
    "zig": re.compile(r"\.url\b"),
    "conan": re.compile(r"requires"),
    "setuptools": re.compile(r"(?:install|setup)_requires"),
    "rebar3": re.compile(r"\{\s*(?:deps|plugins|project_plugins)\s*,\s*\[\s*[^\]\s]"),
}
_PROJECT_REFERENCE = re.compile(r"<Package(?:Reference|Version)\b[^>]*>", re.IGNORECASE)


def _is_strict(install: ProjectInstall) -> bool:
    """Whether the command fails without a lockfile; Poetry, Composer, Mix and `go mod download` make one, too."""
    makes_one = ("poetry", "composer", "mix", "gradle", "helm", "julia")
    return install.manager not in makes_one and install.subcommand != "mod download"


Verdict = tuple[Grade, str, str, bool, tuple[Locked, ...]]


def judged(step: Step, install: ProjectInstall, locking: Locking, found: ProjectFiles) -> Verdict:
    """Grade, reason, file, whether it is enforced, and the packages."""
    command = install.command
    enforced = _is_enforced(install, locking, found)
    looked = "not in the build context" if found.known else "the build context is not known"
    if install.options.has(*locking.unlocked_options) or (install.subcommand == "update" and install.manager != "sbt"):
        return "floating", f"{command} resolves anew", found.lock or found.manifest, False, ()
    parts = _parts(install, found)
    if parts is not None:
        return parts
    if found.lock:
        return _by_lock(install, locking, found, enforced)
    if not found.manifest:
        names = names_copied(step, install.directory)
        if names is not None and names & set(locking.manifests) and not names & set(locking.lockfiles):
            manifest = min(names & set(locking.manifests))
            if locking.lockfiles and not locking.readable and not (enforced and _is_strict(install)):
                return "floating", f"{manifest} is copied without a lockfile", "", False, ()
        if enforced and _is_strict(install):
            return (
                "locked" if locking.hashes else "versioned",
                f"{command} keeps to its lockfile; {looked}",
                "",
                True,
                (),
            )
        return "unknown", looked, "", False, ()
    if locking.readable or install.manager == "go":
        return _by_manifest(install, found)
    if enforced and _is_strict(install):
        return "unknown", f"{command} needs a lockfile, and none is in the context", found.manifest, True, ()
    return "floating", "no lockfile beside it", found.manifest, False, ()


def _parts(install: ProjectInstall, found: ProjectFiles) -> Verdict | None:
    """The verdict over several projects that one command restores, None where there is only one."""
    if install.manager == "dotnet" and found.manifest:
        projects = dotnet_projects(found.manifest, found.text)
        return _by_projects(install, found, projects) if len(projects) > 1 or found.manifest not in projects else None
    if install.manager == "gradle" and found.manifest and "verification-metadata" not in found.lock:
        return _by_subprojects(found, gradle_parts(found.manifest, found.text))
    return None


def _by_projects(install: ProjectInstall, found: ProjectFiles, projects: dict[str, str]) -> Verdict:
    """The projects of a solution, each with a lockfile of its own beside it."""
    asking = [path for path, text in projects.items() if _PROJECT_REFERENCE.search(text)]
    packages: list[Locked] = []
    without: list[str] = []
    for path in asking:
        text = found.beside(path, "packages.lock.json")
        try:
            packages += read_lockfile("packages.lock.json", text) if text is not None else ()
        except LockfileError as error:
            return "unknown", f"the lockfile beside {path} can't be read: {error}", found.manifest, False, ()
        if text is None:
            without.append(path)
    central = found.above(found.manifest, "Directory.Packages.props") or ""
    for path in without:
        if _asks_for_range(projects[path] + central):
            return "floating", f"{posixpath.basename(path)} asks for a range", found.manifest, False, ()
    if without or not asking:
        why = "versions without hashes"
        if packages:
            why = f"no lockfile beside {posixpath.basename(without[0])}"
        return "versioned", why, found.manifest, False, tuple(packages)
    if not _restores_locked(install, found):
        why = f"{install.command} may rewrite the lockfiles; dotnet restore --locked-mode does not"
        return "versioned", why, found.manifest, False, tuple(packages)
    if grade_lock(tuple(packages)) != "locked":
        return "versioned", "no hash for some packages", found.manifest, True, tuple(packages)
    return (
        "locked",
        f"{len(packages)} packages of {len(asking)} projects with hashes",
        found.manifest,
        True,
        tuple(packages),
    )


def _asks_for_range(text: str) -> bool:
    versions = re.findall(r"Version=\"([^\"]*)\"", " ".join(_PROJECT_REFERENCE.findall(text)))
    return any("*" in version or (version[:1] in "[(" and "," in version) for version in versions)


def _by_subprojects(found: ProjectFiles, parts: dict[str, str]) -> Verdict | None:
    """A Gradle build whose subprojects have lockfiles of their own; None where none has, and none asks for a range."""
    packages: list[Locked] = []
    first = ""
    for path, text in parts.items():
        lock = posixpath.join(posixpath.dirname(path), "gradle.lockfile")
        locked = found.text(lock)
        if locked is None:
            if _FLOATING_GRADLE.search(text):
                return "floating", "asks for a range or a snapshot", path, False, ()
            continue
        first = first or lock
        packages += read_lockfile("gradle.lockfile", locked)
    if not packages:
        return None
    return "versioned", f"no hash for {len(packages)} of {len(packages)} packages", first, True, tuple(packages)


def _by_lock(install: ProjectInstall, locking: Locking, found: ProjectFiles, enforced: bool) -> Verdict:
    file = found.lock
    name = posixpath.basename(file)
    if name == "bun.lockb":
        packages: tuple[Locked, ...] = ()
        grade: Grade = "locked"
    elif not is_lockfile(name):
        return "versioned", "a lockfile whose format is not read", file, enforced, ()
    else:
        text = found.text(file)
        if text is None:
            return "unknown", "can't be read, or is too large", file, enforced, ()
        try:
            packages = read_lockfile(name, text)
        except LockfileError as error:
            return "unknown", f"can't be read: {error}", file, enforced, ()
        grade = grade_lock(packages)
    if not enforced:
        why = f"{install.command} may rewrite it"
        return "versioned", f"{why}; {locking.advice} does not" if locking.advice else why, file, False, packages
    if grade == "locked":
        counted = f"{len(packages)} packages" if len(packages) != 1 else "1 package"
        return "locked", f"{counted} with hashes" if packages else "a lockfile with hashes", file, True, packages
    bare = sum(package.grade != "locked" for package in packages)
    return "versioned", f"no hash for {bare} of {len(packages)} packages", file, True, packages


def _by_manifest(install: ProjectInstall, found: ProjectFiles) -> Verdict:
    """Managers without a lockfile, whose manifest mostly says exact versions."""
    file = found.manifest
    text = found.text(file) or ""
    if install.manager == "go":
        return "versioned", "versions without hashes: no go.sum beside it", file, False, ()
    if install.manager == "maven" and _has_range(text):
        return "floating", "asks for a range or a snapshot", file, False, ()
    if install.manager == "gradle" and _FLOATING_GRADLE.search(text):
        return "floating", "asks for a range or a snapshot", file, False, ()
    central = found.above(file, "Directory.Packages.props") or "" if install.manager == "dotnet" else ""
    if install.manager == "dotnet" and _asks_for_range(text + central):
        return "floating", "asks for a range", file, False, ()
    if install.manager == "clojure" and re.search(r'"(?:RELEASE|LATEST|[^"]*-SNAPSHOT)"', text):
        return "floating", "asks for the newest release or a snapshot", file, False, ()
    if install.manager == "conan" and re.search(r"/\[[^\]]*\]", text):
        return "floating", "asks for a range", file, False, ()
    if install.manager == "zig":
        addresses, hashes = text.count(".url"), text.count(".hash")
        if addresses <= hashes:
            return "locked", f"{hashes} packages with hashes", file, True, ()
        return "versioned", "a package without a hash", file, False, ()
    if install.manager == "vcpkg":
        if '"builtin-baseline"' not in text and found.beside(file, "vcpkg-configuration.json") is None:
            return "floating", "no baseline says which versions", file, False, ()
        return "versioned", "the versions of a baseline", file, False, ()
    return "versioned", "versions without hashes", file, False, ()


def _has_range(pom: str) -> bool:
    """Whether a POM asks for a range or a snapshot; its own version, and that of its other modules, is none."""
    pom = _POM_COMMENT.sub("", pom)
    group = re.search(r"<groupId>\s*([^<\s]+)", _ASKED_IN_POM.sub("", pom))
    for match in _ASKED_IN_POM.finditer(pom):
        version = re.search(r"<version>\s*([^<]*)", match[2])
        theirs = re.search(r"<groupId>\s*([^<\s]+)", match[2])
        own = group is not None and theirs is not None and theirs[1] == group[1]
        if version is not None and _RANGE.match(version[1]) and not (own and "SNAPSHOT" in version[1]):
            return True
    return False


def needs_nothing(manager: str, found: ProjectFiles) -> bool:
    """Whether a manifest that can be read asks for nothing."""
    text = found.text(found.manifest)
    if text is None:
        return False
    if manager == "go":
        return re.search(r"^\s*require\b", text, re.MULTILINE) is None
    if manager in ("npm", "yarn", "pnpm", "bun"):
        try:
            data: Any = json.loads(text)
        except ValueError:
            return False
        groups = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "workspaces")
        return isinstance(data, dict) and not found.lock and not any(data.get(group) for group in groups)
    if manager == "cargo":
        return re.search(r"^\[(?:[\w.'\"()= -]*dependencies|workspace)", text, re.MULTILINE) is None
    if manager in _ASKED:
        return _ASKED[manager].search(text) is None
    if manager == "dotnet":
        texts = dotnet_projects(found.manifest, found.text).values()
        return bool(texts) and not any(_PROJECT_REFERENCE.search(one) for one in texts)
    return False


def _is_enforced(install: ProjectInstall, locking: Locking, found: ProjectFiles) -> bool:
    options, env = install.options, install.env
    if options.has("--no-frozen-lockfile", "--no-immutable"):
        return False
    if install.manager == "go":
        flags = [*options.values("-mod"), *re.findall(r"-mod=(\w+)", env.get("GOFLAGS") or "")]
        return "mod" not in flags and install.subcommand not in ("mod tidy", "get")
    if install.manager == "terraform":
        return "readonly" in options.values("-lockfile")
    if install.subcommand in locking.enforced_by or options.has(*locking.options):
        return True
    if any(env.get(name, "") not in _FALSE for name in locking.variables):
        return True
    ci = env.get("CI", "") not in _FALSE
    if install.manager == "yarn" and ci:
        return found.lock != "" and "__metadata:" in (found.text(found.lock) or "")[:400]
    if install.manager == "bundler":
        return _bundler_is_frozen(install, found)
    if install.manager == "dotnet":
        return _restores_locked(install, found)
    return (ci and locking.in_ci) or install.manager == "gradle"


def _restores_locked(install: ProjectInstall, found: ProjectFiles) -> bool:
    """Whether a restore fails where a lockfile doesn't fit: by an option, or by a property of the project."""
    if install.options.has("--locked-mode"):
        return True
    texts = [found.text(found.manifest), found.above(found.manifest, "Directory.Build.props")] if found.manifest else []
    return any(re.search(r"<RestoreLockedMode[^>]*>\s*true", text, re.IGNORECASE) for text in texts if text) or any(
        "RestoreLockedMode=true" in word for values in install.options.flags.values() for word in values if word
    )


def _bundler_is_frozen(install: ProjectInstall, found: ProjectFiles) -> bool:
    """`bundle config` in an earlier command, or the project's own configuration."""
    if found.manifest and re.search(
        r"BUNDLE_(?:FROZEN|DEPLOYMENT): ['\"]?(?:true|1)", found.beside(found.manifest, ".bundle/config") or ""
    ):
        return True
    source = install.token.source.text[: install.token.spans[0].start]
    return (
        re.search(r"bundler? config (?:set )?(?:--\w+ )*['\"]?(?:frozen|deployment)['\"]? +['\"]?(?:true|1)", source)
        is not None
    )
