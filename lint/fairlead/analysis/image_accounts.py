"""Users and groups of an image by name: those that its steps have made, and what /etc/passwd and /etc/group say.

Sources: BuildKit's solver/llbsolver/ops/user_linux.go for COPY, ADD and WORKDIR; passwd(5) and group(5).
"""

from __future__ import annotations

from fairlead.analysis.filesystem import File, Filesystem, Node, Owner, Unknown

_MAX_BYTES = 1 << 20


class Accounts:
    """The users and groups that are known in a file system.

    Args:
        fs: the files.
        made: name to numbers of user and group that steps have made; a group's name has a colon before it.
    """

    def __init__(self, fs: Filesystem, made: dict[str, tuple[Owner, Owner]]) -> None:
        self._fs = fs
        self.made = made
        self._read: dict[str, tuple[Node | Unknown | None, list[list[str]] | None]] = {}

    def user(self, name: str) -> tuple[Owner, Owner] | None:
        """Number and first group of a user; None where it is known to be missing, the name where it is not known."""
        if name == "root":
            return 0, 0
        if name in self.made:
            return self.made[name]
        lines = self._lines("/etc/passwd")
        if lines is None:
            return name, name
        for fields in lines:
            if fields[0] == name and len(fields) > 3 and fields[2].isdecimal() and fields[3].isdecimal():
                return int(fields[2]), int(fields[3])
        return None

    def first_group(self, uid: int) -> Owner:
        """The first group of the user with a number, which a process gets; 0 where there is no such user."""
        made = next((gid for known, gid in self.made.values() if known == uid), None)
        if made is not None:
            return made
        lines = self._lines("/etc/passwd") or ()
        return next((int(f[3]) for f in lines if len(f) > 3 and f[2] == str(uid) and f[3].isdecimal()), 0)

    def home(self, user: str) -> str | None:
        """The home directory that a process of a user gets, by name or number; None where /etc/passwd is not known."""
        lines = self._lines("/etc/passwd")
        if lines is None:
            return None
        return next((f[5] for f in lines if len(f) > 5 and user in (f[0], f[2])), "") or "/"

    def group(self, name: str) -> Owner:
        """Number of a group; None where it is known to be missing, the name where it is not known."""
        if name == "root":
            return 0
        if (found := self.made.get(f":{name}")) is not None:
            return found[1]
        lines = self._lines("/etc/group")
        if lines is None:
            return name
        return next((int(f[2]) for f in lines if f[0] == name and len(f) > 2 and f[2].isdecimal()), None)

    def _lines(self, path: str) -> list[list[str]] | None:
        """The lines of a file as their fields, none of a file that is not there; None where they are not known."""
        node = self._fs.find(path)
        read = self._read.get(path)
        if read is None or read[0] is not node:
            read = self._read[path] = node, _fields(node)
        return read[1]


def _fields(node: Node | Unknown | None) -> list[list[str]] | None:
    if node is None:
        return []
    if not isinstance(node, File) or node.kind != "file" or node.maybe or node.content is None:
        return None
    data = node.content() if (node.size or 0) <= _MAX_BYTES else None
    return None if data is None else [line.split(":") for line in data.decode("utf-8", "replace").split("\n")]
