"""Lockfiles: the packages that they name, and what they say of the content of each.

The formats are those of the managers' documentation: package-lock.json (npm, lockfileVersion 1 to 3), yarn.lock
(classic and Berry), pnpm-lock.yaml (5 to 9), bun.lock, Pipfile.lock, poetry.lock, uv.lock, pdm.lock, pylock.toml,
Cargo.lock, Gemfile.lock (CHECKSUMS from Bundler 2.6 on), composer.lock, go.sum, packages.lock.json (NuGet), mix.lock,
pubspec.lock, gradle.lockfile, verification-metadata.xml (Gradle), conda's explicit files and conda-lock.yml, pixi.lock,
.terraform.lock.hcl, flake.lock (Nix), rebar.lock, Manifest.toml (Julia), renv.lock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from fairlead.analysis.grades import Grade, Locked, worst

Reader = Callable[[str], Iterator[Locked]]


class LockfileError(ValueError):
    """A lockfile that can't be read; the message says why."""


def read_lockfile(name: str, text: str) -> tuple[Locked, ...]:
    """The packages of a lockfile.

    Args:
        name: its name without directory, which says what format it has.
        text: its text.

    Raises:
        LockfileError: the text is not of that format.
        KeyError: no lockfile has that name.
    """
    reader = _READERS[_format(name)]
    try:
        return tuple(reader(text))
    except RecursionError:
        raise LockfileError("it is nested too deeply") from None
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise LockfileError(f"it is not well-formed: {error}".splitlines()[0]) from None


def is_lockfile(name: str) -> bool:
    """Whether a file of that name is a lockfile that can be read."""
    return _format(name) in _READERS


def _format(name: str) -> str:
    """The name that stands for the format: PEP 751 has `pylock.toml` and `pylock.NAME.toml`."""
    return "pylock.toml" if re.fullmatch(r"pylock\.(?:[^.]+\.)?toml", name) else name


def grade_lock(packages: tuple[Locked, ...]) -> Grade:
    """The loosest grade that a lockfile gives one of its packages, `locked` where it has none."""
    return worst(("locked", *(package.grade for package in packages)))


def _locked(name: str, version: str, *hashes: str | None) -> Locked:
    kept = tuple(text for text in hashes if text)
    return Locked(name, version, kept, "locked" if kept else "versioned")


def _npm(text: str) -> Iterator[Locked]:
    data = _object(text)
    packages = data.get("packages")
    if isinstance(packages, dict):
        for path, package in packages.items():
            # the project itself, its workspaces, and links to them
            if "node_modules/" not in path or package.get("link") or package.get("inBundle"):
                continue
            name = package.get("name") or path.rpartition("node_modules/")[2]
            yield _locked(
                name, str(package.get("version", "")), package.get("integrity"), _commit(package.get("resolved"))
            )
        return
    yield from _npm_1(data.get("dependencies") or {})


def _npm_1(dependencies: dict[str, Any]) -> Iterator[Locked]:
    for name, package in dependencies.items():
        version = str(package.get("version", ""))
        if not package.get("bundled") and not version.startswith("file:"):
            yield _locked(name, version, package.get("integrity"), _commit(version))
        yield from _npm_1(package.get("dependencies") or {})


def _commit(address: object) -> str | None:
    """The commit that the address of a git dependency ends in."""
    match = re.search(r"[#=/]([0-9a-f]{40})$", address) if isinstance(address, str) else None
    return match[1] if match else None


def _yarn(text: str) -> Iterator[Locked]:
    berry = "__metadata:" in text
    for block in re.split(r"\n(?=[^\s#])", text):
        head, _, body = block.partition(":\n")
        if not body or (head.startswith(("__metadata", "#")) and "\n" not in head):
            continue
        name = re.match(r"\"?(@?[^@\"\s]+)@", head.splitlines()[-1])
        version = re.search(r"^ +version:? \"?([^\"\n]+)", body, re.MULTILINE)
        if name is None or version is None or re.search(r"@(?:workspace|link|portal|file):", head):
            continue
        content = re.search(r"^ +(?:integrity|checksum):? \"?([^\"\n]+)", body, re.MULTILINE)
        resolved = re.search(r"^ +(?:resolved|resolution):? \"([^\"\n]+)", body, re.MULTILINE)
        digest = content[1] if content else _yarn_hash(resolved[1] if resolved else "")
        if berry and content is None and "conditions:" in body:
            # of packages for other platforms Yarn stores no checksum
            digest = "conditional"
        yield _locked(name[1], version[1].strip(), digest)


def _yarn_hash(resolved: str) -> str | None:
    match = re.search(r"#([0-9a-f]{40})$|commit=([0-9a-f]{40})|/tar\.gz/([0-9a-f]{40})$", resolved)
    return next((group for group in match.groups() if group), None) if match else None


def _pnpm(text: str) -> Iterator[Locked]:
    part = re.search(r"^packages:\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if "lockfileVersion" not in text:
        raise LockfileError("it has no lockfileVersion")
    for block in re.split(r"\n(?=  ['\"]?[^\s'\"])", "\n" + part[1] if part else ""):
        head = re.match(r"\s*['\"]?/?([^'\"\n]+?)['\"]?:\n", block)
        if head is None:
            continue
        match = re.match(r"(@?[^@/]+(?:/[^@/]+)?)[@/]([^(_]+)", head[1])
        name, version = (match[1], match[2]) if match else (head[1], "")
        content = re.search(r"integrity: ([^\s,}]+)", block)
        if version.startswith(("file:", "link:")):
            continue
        yield _locked(name, version, content[1] if content else _commit(head[1]) or _tarball(block))


def _tarball(block: str) -> str | None:
    match = re.search(r"(?:commit: |tar\.gz/)([0-9a-f]{40})", block)
    return match[1] if match else None


def _bun(text: str) -> Iterator[Locked]:
    # JSON with trailing commas
    data = _object(re.sub(r",(\s*[}\]])", r"\1", text))
    for name, entry in (data.get("packages") or {}).items():
        identity = entry[0]
        version = identity.rpartition("@")[2]
        if version.startswith(("workspace:", "link:", "file:")):
            continue
        content = (
            entry[-1] if isinstance(entry[-1], str) and re.match(r"sha\d+-|[0-9a-f-]*[0-9a-f]{7}", entry[-1]) else None
        )
        yield _locked(name, version, content)


def _pipenv(text: str) -> Iterator[Locked]:
    data = _object(text)
    for group in ("default", "develop"):
        for name, package in (data.get(group) or {}).items():
            if "path" in package or (package.get("editable") and "git" not in package):
                continue
            ref = package.get("ref", "")
            hashes = package.get("hashes") or ()
            yield _locked(name, package.get("version", ref).removeprefix("=="), *hashes, _commit(f"#{ref}"))


def _poetry(text: str) -> Iterator[Locked]:
    data = _toml(text)
    old = (data.get("metadata") or {}).get("files") or {}
    for package in data.get("package", ()):
        source = package.get("source") or {}
        if source.get("type") in ("directory", "file"):
            continue
        files = package.get("files") or old.get(package["name"]) or ()
        hashes = [file["hash"] for file in files if "hash" in file]
        yield _locked(package["name"], package["version"], *hashes, _commit(f"#{source.get('resolved_reference', '')}"))


def _uv(text: str) -> Iterator[Locked]:
    for package in _toml(text).get("package", ()):
        source = package.get("source") or {}
        if {"virtual", "editable", "directory", "path"} & set(source):
            continue
        files = [package.get("sdist") or {}, *package.get("wheels", ())]
        hashes = [file["hash"] for file in files if "hash" in file]
        yield _locked(package["name"], package.get("version", ""), *hashes, _commit(source.get("git")))


def _pylock(text: str) -> Iterator[Locked]:
    for package in _toml(text).get("packages", ()):
        if "directory" in package:
            continue
        files = [package.get(kind) or {} for kind in ("sdist", "archive")] + list(package.get("wheels", ()))
        hashes = [f"{name}:{value}" for file in files for name, value in (file.get("hashes") or {}).items()]
        commit = (package.get("vcs") or {}).get("commit-id")
        yield _locked(package["name"], package.get("version", ""), *hashes, commit)


def _pdm(text: str) -> Iterator[Locked]:
    for package in _toml(text).get("package", ()):
        if "path" in package:
            continue
        hashes = [file["hash"] for file in package.get("files", ()) if "hash" in file]
        yield _locked(package["name"], package.get("version", ""), *hashes, _commit(f"#{package.get('revision', '')}"))


def _cargo(text: str) -> Iterator[Locked]:
    data = _toml(text)
    sums = data.get("metadata") or {}
    for package in data.get("package", ()):
        source = package.get("source", "")
        if not source:
            # the project itself and its members
            continue
        name, version = package["name"], package["version"]
        checksum = package.get("checksum") or sums.get(f"checksum {name} {version} ({source})")
        yield _locked(name, version, checksum, _commit(source))


def _bundler(text: str) -> Iterator[Locked]:
    sums = dict(re.findall(r"^  (\S+ \([^)]+\)) (sha256=[0-9a-f]+)", _section(text, "CHECKSUMS"), re.MULTILINE))
    for kind in ("GEM", "GIT"):
        for section in _sections(text, kind):
            revision = re.search(r"^  revision: ([0-9a-f]{40})", section, re.MULTILINE)
            for name, version in re.findall(r"^    (\S+) \(([^)]+)\)$", section, re.MULTILINE):
                yield _locked(name, version, sums.get(f"{name} ({version})"), revision[1] if revision else None)


def _section(text: str, name: str) -> str:
    return next(_sections(text, name), "")


def _sections(text: str, name: str) -> Iterator[str]:
    for match in re.finditer(rf"^{name}\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL):
        yield match[1]


def _composer(text: str) -> Iterator[Locked]:
    data = _object(text)
    for package in [*(data.get("packages") or ()), *(data.get("packages-dev") or ())]:
        dist, source = package.get("dist") or {}, package.get("source") or {}
        if dist.get("type") == "path":
            continue
        reference = dist.get("reference") or source.get("reference") or ""
        yield _locked(package["name"], str(package.get("version", "")), dist.get("shasum"), _commit(f"#{reference}"))


def _go(text: str) -> Iterator[Locked]:
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 3 and not fields[1].endswith("/go.mod"):
            yield _locked(fields[0], fields[1], fields[2])


def _nuget(text: str) -> Iterator[Locked]:
    for packages in (_object(text).get("dependencies") or {}).values():
        for name, package in packages.items():
            if package.get("type") != "Project":
                yield _locked(name, package.get("resolved", ""), package.get("contentHash"))


def _mix(text: str) -> Iterator[Locked]:
    for name, version, digest in re.findall(
        r'^[ \t]*"([^"]+)": \{:hex, :\w+, "([^"]+)", "([0-9a-f]+)"', text, re.MULTILINE
    ):
        yield _locked(name, version, digest)
    for name, commit in re.findall(r'^[ \t]*"([^"]+)": \{:git, "[^"]+", "([0-9a-f]{40})"', text, re.MULTILINE):
        yield _locked(name, commit, commit)


def _pub(text: str) -> Iterator[Locked]:
    for block in re.split(r"\n(?=  \S)", text):
        head = re.match(r"  ([\w]+):\n", block)
        version = re.search(r'^    version: "([^"]+)"', block, re.MULTILINE)
        if head is None or version is None or re.search(r"source: (?:sdk|path)", block):
            continue
        content = re.search(r'sha256: "?([0-9a-f]{64})|resolved-ref: "?([0-9a-f]{40})', block)
        yield _locked(head[1], version[1], (content[1] or content[2]) if content else None)


def _gradle(text: str) -> Iterator[Locked]:
    for line in text.splitlines():
        match = re.match(r"([\w.-]+:[\w.-]+):([^=\s]+)=", line)
        if match:
            yield _locked(match[1], match[2])


def _gradle_verification(text: str) -> Iterator[Locked]:
    if "<verification-metadata" not in text:
        raise LockfileError("it is no verification metadata")
    for block in text.split("<component ")[1:]:
        head = re.match(r'group="([^"]+)" name="([^"]+)" version="([^"]+)"', block)
        if head is not None:
            hashes = re.findall(r'<(sha\d+) value="([0-9a-f]+)"', block)
            yield _locked(f"{head[1]}:{head[2]}", head[3], *(f"{kind}:{value}" for kind, value in hashes))


def _conda_lock(text: str) -> Iterator[Locked]:
    for block in re.split(r"\n(?=- name: )", text):
        name, version = (
            re.search(r"^- name: (\S+)", block, re.MULTILINE),
            re.search(r"^  version: (\S+)", block, re.MULTILINE),
        )
        content = re.search(r"^    (?:sha256|md5): ([0-9a-f]+)", block, re.MULTILINE)
        if name and version:
            yield _locked(name[1], version[1].strip("'\""), content[1] if content else None)


def _swift(text: str) -> Iterator[Locked]:
    data = _object(text)
    pins = data.get("pins") or (data.get("object") or {}).get("pins") or ()
    for pin in pins:
        state = pin.get("state") or {}
        name = pin.get("identity") or pin.get("package") or ""
        yield _locked(name, state.get("version") or state.get("branch") or "", _commit(f"#{state.get('revision', '')}"))


def _pixi(text: str) -> Iterator[Locked]:
    part = re.search(r"^packages:\n(.*)", text, re.MULTILINE | re.DOTALL)
    if part is None:
        raise LockfileError("it has no packages")
    for block in re.split(r"\n(?=- )", part[1]):
        address = re.search(r"^[- ] (?:conda|pypi|url): (\S+)", block, re.MULTILINE)
        if address is None or "://" not in address[1]:
            continue
        file = address[1].rpartition("/")[2]
        name = re.search(r"^  name: (\S+)", block, re.MULTILINE)
        version = re.search(r"^  version: (\S+)", block, re.MULTILINE)
        content = re.search(r"^  (?:sha256|md5): ([0-9a-f]+)", block, re.MULTILINE)
        yield _locked(
            name[1] if name else file.split("-")[0],
            version[1].strip("'\"") if version else "",
            content[1] if content else None,
        )


def _terraform(text: str) -> Iterator[Locked]:
    for block in re.split(r"\n(?=provider )", "\n" + text)[1:]:
        head = re.match(r'provider "([^"]+)"', block)
        version = re.search(r'^\s*version\s*=\s*"([^"]+)"', block, re.MULTILINE)
        if head is not None:
            yield _locked(head[1], version[1] if version else "", *re.findall(r'"((?:h1|zh):[^"]+)"', block))


def _flake(text: str) -> Iterator[Locked]:
    for name, node in (_object(text).get("nodes") or {}).items():
        locked = node.get("locked")
        if isinstance(locked, dict) and locked.get("type") != "path":
            yield _locked(name, str(locked.get("rev", "")), locked.get("narHash"), locked.get("rev"))


def _rebar(text: str) -> Iterator[Locked]:
    hashes = dict(re.findall(r'\{<<"([^"]+)">>,\s*<<"([0-9A-F]{64})">>\}', text))
    for name, version in re.findall(r'\{<<"([^"]+)">>,\s*\{pkg,\s*<<"[^"]+">>,\s*<<"([^"]+)">>', text):
        yield _locked(name, version, hashes.get(name))
    for name, commit in re.findall(r'\{<<"([^"]+)">>,\s*\{git,.*?\{ref,\s*"([0-9a-f]{40})"', text, re.DOTALL):
        yield _locked(name, commit, commit)


def _julia(text: str) -> Iterator[Locked]:
    data = _toml(text)
    deps = data.get("deps") if "manifest_format" in data else data
    for name, entries in (deps or {}).items():
        for entry in entries if isinstance(entries, list) else ():
            # parts of the standard library come with Julia, and a path is of the project
            if "path" not in entry and "git-tree-sha1" in entry:
                yield _locked(name, str(entry.get("version", "")), entry["git-tree-sha1"])


def _renv(text: str) -> Iterator[Locked]:
    for name, package in (_object(text).get("Packages") or {}).items():
        yield _locked(name, str(package.get("Version", "")), _commit(f"#{package.get('RemoteSha', '')}"))


def _object(text: str) -> dict[str, Any]:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise LockfileError("it is no JSON object")
    return data


_READERS: dict[str, Reader] = {
    "package-lock.json": _npm,
    "npm-shrinkwrap.json": _npm,
    "yarn.lock": _yarn,
    "pnpm-lock.yaml": _pnpm,
    "bun.lock": _bun,
    "Pipfile.lock": _pipenv,
    "poetry.lock": _poetry,
    "uv.lock": _uv,
    "pdm.lock": _pdm,
    "pylock.toml": _pylock,
    "Cargo.lock": _cargo,
    "Gemfile.lock": _bundler,
    "gems.locked": _bundler,
    "composer.lock": _composer,
    "go.sum": _go,
    "packages.lock.json": _nuget,
    "mix.lock": _mix,
    "pubspec.lock": _pub,
    "gradle.lockfile": _gradle,
    "verification-metadata.xml": _gradle_verification,
    "conda-lock.yml": _conda_lock,
    "Package.resolved": _swift,
    "pixi.lock": _pixi,
    ".terraform.lock.hcl": _terraform,
    "flake.lock": _flake,
    "rebar.lock": _rebar,
    "Manifest.toml": _julia,
    "JuliaManifest.toml": _julia,
    "renv.lock": _renv,
}


def _toml(text: str) -> dict[str, Any]:
    # few builds have such a file
    import tomllib

    return tomllib.loads(text)
