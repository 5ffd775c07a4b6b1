"""What the key of a RUN says of its mounts, apart from the files that they show.

Sources: BuildKit's dockerfile2llb/convert_runmount.go, convert_secrets.go and convert_ssh.go, and the CacheMap of
llbsolver/ops/exec.go, which takes the names of caches away.
"""

from __future__ import annotations

import json
import posixpath
import re

from fairlead.build.dockerignore import clean
from fairlead.build.model import Mount, Step
from fairlead.build.scope import UNKNOWN

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_DEFAULT_MODES = {"cache": 0o755, "secret": 0o400, "ssh": 0o600}
_OWNER = {"uid": 10, "gid": 10, "mode": 8}


def mount_keys(step: Step, directory: str, namespace: str) -> list[str]:
    """The mounts of a RUN as they stand in its key: sorted, but secrets and then SSH agents as they are written.

    Args:
        step: the RUN.
        directory: the working directory.
        namespace: what `BUILDKIT_CACHE_MOUNT_NS` puts before the names of caches.
    """
    kinds: dict[str, list[str]] = {}
    for mount in step.mounts:
        kind = mount.type if mount.type in ("secret", "ssh") else "others"
        kinds.setdefault(kind, []).append(mount_key(step, mount, directory, namespace))
    return [*sorted(kinds.get("others", ())), *kinds.get("secret", ()), *kinds.get("ssh", ())]


def mount_key(step: Step, mount: Mount, directory: str, namespace: str) -> str:
    """A mount as it stands in the key.

    Args:
        step: the RUN.
        mount: one of its mounts.
        directory: the working directory.
        namespace: what `BUILDKIT_CACHE_MOUNT_NS` puts before the names of caches.
    """
    options = {name: step.resolve(value).pattern for name, value in mount.syntax.options.items()}
    kind = mount.type or UNKNOWN
    target = options.get("target", "")
    if target and not target.startswith("/"):
        target = clean(f"/{directory}/{target}")
    parts: dict[str, object] = {"target": target}
    if kind in ("bind", "cache"):
        parts["read only"] = _is_read_only(kind, options)
    if kind == "cache":
        parts["name"] = _cache_name(options, target, namespace)
    if kind == "tmpfs":
        parts["size"] = _size(options.get("size", ""))
    if kind in ("secret", "ssh"):
        parts["required"] = options.get("required", "false") != "false"
    if kind == "secret":
        name = options.get("source") or options.get("id") or posixpath.basename(target)
        parts["id"] = name
        parts["variable"] = options.get("env")
        if not target and "env" not in options:
            parts["target"] = f"/run/secrets/{posixpath.basename(name)}"
    if kind == "ssh":
        parts["id"] = options.get("id", "")
    owner = {name: _number(options[name], base) for name, base in _OWNER.items() if name in options}
    if kind != "cache" or owner:
        # a cache without any of them is made otherwise than one with the values that it has anyway
        parts["owner"] = {"uid": 0, "gid": 0, "mode": _DEFAULT_MODES.get(kind)} | owner
    return json.dumps([parts.pop("target"), kind, sorted(parts.items())])


def _is_read_only(kind: str, options: dict[str, str]) -> bool:
    if options.get("readwrite", "false") != "false":
        return False
    given = options.get("readonly")
    return kind == "bind" if given is None else given != "false"


def _cache_name(options: dict[str, str], target: str, namespace: str) -> str:
    """The default name is in the key, all others are as good as each other."""
    name = f"{namespace}/{options.get('id') or clean(options.get('target', ''))}"
    is_default = name == target or name.partition("/")[2] == target
    return name if is_default and options.get("sharing", "shared") == "shared" else ""


def _size(text: str) -> object:
    found = _SIZE.fullmatch(text)
    return int(float(found[1]) * 1024 ** _POWERS[found[2].lower()]) if found else text


def _number(text: str, base: int) -> object:
    try:
        return int(text, base)
    except ValueError:
        return text
