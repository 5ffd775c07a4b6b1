"""The parts of a project that one command restores: projects of a .NET solution, subprojects of a Gradle build.

Follows MSBuild (`ProjectReference`), the formats of .sln and .slnx, and Gradle's `include` in the settings file, whose
colons stand for directories.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

Read = Callable[[str], str | None]

_MAX_PARTS = 200
_REFERENCE = re.compile(r"<ProjectReference\b[^<>]*\bInclude\s*=\s*\"([^\"]+)\"", re.IGNORECASE)
_SOLUTION = re.compile(r"^Project\([^)]*\)\s*=\s*\"[^\"]*\",\s*\"([^\"]+proj)\"", re.MULTILINE)
_SOLUTION_X = re.compile(r"<Project\b[^<>]*\bPath\s*=\s*\"([^\"]+proj)\"", re.IGNORECASE)
_INCLUDE = re.compile(r"^\s*include\b\s*\(?((?:\s*['\"][^'\"]+['\"]\s*,?)+)", re.MULTILINE)
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_BUILD_FILES = ("build.gradle.kts", "build.gradle")
_SETTINGS = ("settings.gradle.kts", "settings.gradle")


def dotnet_projects(manifest: str, read: Read) -> dict[str, str]:
    """The projects that a restore of a project or solution reaches: their paths in the context and their texts.

    Args:
        manifest: the project or the solution.
        read: gives the text of a file of the context, None where there is none.
    """
    found: dict[str, str] = {}
    waiting = [manifest]
    while waiting and len(found) < _MAX_PARTS:
        path = waiting.pop(0)
        text = read(path) if path not in found else None
        if text is None:
            continue
        if path.endswith((".sln", ".slnx")):
            named = (_SOLUTION if path.endswith(".sln") else _SOLUTION_X).findall(text)
        else:
            found[path] = text
            named = _REFERENCE.findall(text)
        base = posixpath.dirname(path)
        waiting += [posixpath.normpath(posixpath.join(base, name.replace("\\", "/"))) for name in named]
    return found


def gradle_parts(manifest: str, read: Read) -> dict[str, str]:
    """The build files of a Gradle build, with the version catalog: their paths in the context and their texts.

    Args:
        manifest: the build file or the settings file of the root project.
        read: gives the text of a file of the context, None where there is none.
    """
    root = posixpath.dirname(manifest)
    directories = [root]
    for name in _SETTINGS:
        text = read(posixpath.join(root, name))
        for match in _INCLUDE.finditer(text or ""):
            directories += [
                posixpath.join(root, part.strip(":").replace(":", "/")) for part in _QUOTED.findall(match[1])
            ]
    found: dict[str, str] = {}
    for directory in directories[:_MAX_PARTS]:
        for name in _BUILD_FILES:
            path = posixpath.join(directory, name)
            text = read(path)
            if text is not None:
                found[path] = text
                break
    catalog = posixpath.join(root, "gradle/libs.versions.toml")
    text = read(catalog)
    if text is not None:
        found[catalog] = text
    return found
