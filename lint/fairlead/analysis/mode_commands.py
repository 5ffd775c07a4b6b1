"""What chmod, chown, chgrp and umask do.

Sources: the manuals of GNU coreutils, busybox's chmod.c, chown.c and parse_mode.c; tonistiigi/dchapes-mode, by which
the builder reads a `--chmod`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from fairlead.analysis.calls import Call
from fairlead.analysis.commands import Handler, Interpreter
from fairlead.analysis.filesystem import Directory, File, Node, Owner, Unknown, is_rest
from fairlead.shell import OptionSpec, ShellWord, parse_options
from fairlead.syntax.source import Token

# modes that most files have anyway
_MOST_HAVE = re.compile(r"[ugoa,]*[+=]?[ugoa]*\+?(?:r|X|rX)+(?:,[ugoa]*[+=](?:r|X|rX)+)*")


_SYMBOLIC = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)")


def parse_mode(
    text: str,
    old: int | None,
    *,
    is_directory: bool,
    umask: int = 0,
    by: Literal["builder", "busybox", "gnu"] = "gnu",
) -> int | None:
    """The permission bits that a mode of chmod(1) gives to a file that has `old`; None where they are not known.

    Args:
        text: the mode, octal or symbolic.
        old: the bits before.
        is_directory: whether it is for a directory.
        umask: the bits that a symbolic mode without `u`, `g`, `o` or `a` leaves alone.
        by: who reads it. GNU's leaves set-id bits of a directory alone that are not named; the builder's is
            tonistiigi/dchapes-mode.
    """
    # set-id bits of a directory that GNU's chmod keeps
    kept = (old or 0) & 0o6000 if by == "gnu" and is_directory else 0
    if re.fullmatch(r"[0-7]+", text):
        return int(text, 8) & 0o7777 | (kept if len(text) < 5 else 0)
    if old is None:
        return None
    bits = old
    for clause in text.split(","):
        match = _SYMBOLIC.fullmatch(clause)
        if match is None:
            return None
        who = match[1] or "a"
        allowed = 0o7777 if match[1] else 0o7777 & ~umask
        for operator, letters in re.findall(r"([-+=])([rwxXstugo]*)", match[2]):
            had_x = old if by == "builder" else bits
            given = _bits(letters, who, bits, is_directory or bool(had_x & 0o111), sticky_of=_STICKY[by]) & allowed
            if operator == "+":
                bits |= given
            elif operator == "-":
                bits &= ~given
            else:
                mask = sum(0o7 << shift for shift in _shifts(who))
                if not (kept or (by == "builder" and letters and set(letters) <= set("ugo"))):
                    mask |= sum(bit for letter, bit in _SET_ID if letter in who or "a" in who)
                bits = (bits & ~mask) | given
    return bits


_SET_ID = (("u", 0o4000), ("g", 0o2000))


# whose mode may have the sticky bit named, besides everybody's
_STICKY = {"builder": "ug", "busybox": "", "gnu": "o"}


def _shifts(who: str) -> list[int]:
    return [shift for letter, shift in (("u", 6), ("g", 3), ("o", 0)) if letter in who or "a" in who]


def _bits(letters: str, who: str, old: int, may_execute: bool, *, sticky_of: str) -> int:
    plain = 0
    for letter in letters:
        if letter in "rwx":
            plain |= {"r": 4, "w": 2, "x": 1}[letter]
        elif letter == "X" and may_execute:
            plain |= 1
        elif letter in "ugo":
            plain |= old >> {"u": 6, "g": 3, "o": 0}[letter] & 7
    bits = sum(plain << shift for shift in _shifts(who))
    if "s" in letters:
        bits |= (0o4000 if "u" in who or "a" in who else 0) | (0o2000 if "g" in who or "a" in who else 0)
    if "t" in letters and ("a" in who or set(who) & set(sticky_of)):
        bits |= 0o1000
    return bits


def change_mode(run: Interpreter, call: Call) -> None:
    """`chmod`: a file that has the mode already is left alone, every other is stored again."""
    flags, words = _mode_arguments(call)
    if not words:
        return
    texts = run.texts(words[0])
    if texts is None or len(texts) != 1 or any(flag.startswith("--reference") for flag in flags):
        run.doubt("the mode that files get is not known")
        return
    text = texts[0][0]

    def changed(node: Node) -> Node:
        if isinstance(node, File) and node.kind == "symlink":
            return node
        if not run.may_change(node):
            run.failed = True
            return node
        by: Literal["busybox", "gnu"] = "busybox" if run.is_busybox else "gnu"
        mode = parse_mode(text, node.mode, is_directory=isinstance(node, Directory), umask=run.umask, by=by)
        if isinstance(node, File) and node.mode is None:
            run.doubt("the mode of files that is changed is not known")
            if not deep or (mode is None and _MOST_HAVE.fullmatch(text)):
                return node
            # of many files hardly all have the mode already
            return replace(node, mode=mode, stamp=object())
        return _with(node, mode=mode)

    deep = "-R" in flags or "--recursive" in flags
    _change(run, call, words[1:], changed, deep=deep, follow=True)


def _mode_arguments(call: Call) -> tuple[set[str], list[ShellWord]]:
    """Flags and the rest: `-x` is a mode, `-R` is none."""
    flags: set[str] = set()
    words: list[ShellWord] = []
    for word in call.args:
        text = word.pattern
        if text.startswith("--"):
            flags.add(text)
        elif re.fullmatch(r"-[Rcfv]+", text):
            flags.update(f"-{letter}" for letter in text[1:])
        else:
            words.append(word)
    return flags, words


def change_owner(run: Interpreter, call: Call) -> None:
    """`chown` and `chgrp`."""
    options = parse_options(call.args, OptionSpec(frozenset(("--from", "--reference"))))
    if options.has("--from", "--reference"):
        run.doubt("whose files change their owner is not known")
        return
    operands = options.operands
    texts = run.texts(operands[0]) if operands else None
    if texts is None or len(texts) != 1:
        run.doubt("the owner that files get is not known")
        return
    is_group = call.invocation.name == "chgrp"
    if _is_nobody(run, texts[0][0], is_group=is_group):
        run.failed = True
        return
    uid, gid = _owners(run, texts[0][0], is_group=is_group)

    def changed(node: Node) -> Node:
        own_uid, own_gid = run.owner
        may_not = own_uid != 0 and (uid not in (_SAME, node.uid) or gid not in (_SAME, node.gid, own_gid))
        if not run.may_change(node) or (may_not and not run.may_change(_STRANGERS)):
            run.failed = True
            return node
        if _may_be_same(node.uid, uid) or _may_be_same(node.gid, gid):
            run.doubt("whether files have the owner already that they get is not known")
        return re_owned(node, uid, gid)

    deep = options.has("-R", "--recursive")
    follow = not options.has("-h", "--no-dereference") and (not deep or options.has("-H", "-L"))
    through: _Through = "" if not (deep and follow) else "all" if options.has("-L") else "named"
    _change(run, call, operands[1:], changed, deep=deep, follow=follow, through=through)


def re_owned(node: Node, uid: Owner, gid: Owner) -> Node:
    """A file or directory with another owner: the kernel takes the set-id bits of a program away, whoever it was."""
    mode = node.mode
    if isinstance(node, File) and node.kind == "file" and mode is not None:
        mode &= ~0o4000
        if mode & 0o010:
            mode &= ~0o2000
    return _with(node, mode=mode, uid=uid, gid=gid)


_SAME = "\0same"


# a file that is not the step's user's
_STRANGERS = File("file", uid=-1)


def _is_nobody(run: Interpreter, text: str, *, is_group: bool) -> bool:
    """Whether a user or group is certainly not there."""
    user, _, group = ("", "", text) if is_group else _split_owner(text)
    return (bool(user) and not user.isdecimal() and run.accounts.user(user) is None) or (
        bool(group) and not group.isdecimal() and run.accounts.group(group) is None
    )


def _split_owner(text: str) -> tuple[str, str, str]:
    """User, separator and group of `USER:GROUP`; a dot may stand for the colon."""
    by_dot = ":" not in text and "." in text and not text.startswith(".")
    return text.partition("." if by_dot else ":")


def _owners(run: Interpreter, text: str, *, is_group: bool) -> tuple[Owner, Owner]:
    if is_group:
        return _SAME, run.group(text)
    name, separator, group = _split_owner(text)
    uid: Owner = _SAME
    gid: Owner = _SAME
    if name:
        uid, login = run.user(name)
        if separator and not group:
            gid = login
    if group:
        gid = run.group(group)
    return uid, gid


def _with(node: Node, *, mode: int | str | None = _SAME, uid: Owner = _SAME, gid: Owner = _SAME) -> Node:
    new_mode = node.mode if isinstance(mode, str) else mode
    new_uid = node.uid if uid == _SAME or _may_be_same(node.uid, uid) else uid
    new_gid = node.gid if gid == _SAME or _may_be_same(node.gid, gid) else gid
    if isinstance(node, File):
        return replace(node, mode=new_mode, uid=new_uid, gid=new_gid)
    node.mode, node.uid, node.gid = new_mode, new_uid, new_gid
    return node


def _may_be_same(old: Owner, new: Owner) -> bool:
    """Whether a name and a number may stand for the same owner; 0 is root's."""
    number, name = (old, new) if isinstance(old, int) else (new, old)
    return isinstance(number, int) and isinstance(name, str) and name != _SAME and number != 0


# whether chown -R goes through links: none, those that are named (-H), all (-L)
_Through = Literal["", "named", "all"]


def _change(
    run: Interpreter,
    call: Call,
    words: Sequence[ShellWord],
    changed: Callable[[Node], Node],
    *,
    deep: bool,
    follow: bool,
    through: _Through = "",
) -> None:
    """Change what words name.

    Args:
        run: the interpreter.
        call: the command.
        words: what it names.
        changed: what becomes of an entry.
        deep: whether what is below a directory is changed too.
        follow: whether a link that is named is followed.
        through: which links lead to directories of which what is below is changed too.
    """
    for place in run.places(call.command, words):
        if place.path is None:
            run.doubt(f"which files {call.invocation.name} changes is not known")
            continue
        into = place.is_directory
        node = run.fs.find(place.path, follow=follow or into)
        if isinstance(node, Unknown):
            run.doubt(f"what the base image has at {place.path} is not known")
            continue
        real = run.fs.real(place.path, follow=follow or into) or place.path
        if node is None:
            run.failed = run.failed or not run.fs.supposes(real)
            continue
        # a link that is named leads busybox's chmod -R to the directory alone
        link = run.fs.find(place.path, follow=False)
        leads = follow and not (through or into) and isinstance(link, File) and link.kind == "symlink"
        apply_change(run, real, changed, call.token, deep=deep and not (leads and run.is_busybox), through=through)


def apply_change(
    run: Interpreter,
    path: str,
    changed: Callable[[Node], Node],
    cause: Token,
    *,
    deep: bool,
    through: _Through = "",
    above: frozenset[str] = frozenset(),
) -> None:
    """Change the mode or owner of a file, or of a directory and all that is below it.

    Args:
        run: the interpreter.
        path: what is changed, links followed.
        changed: what becomes of an entry.
        cause: the words that say so.
        deep: whether what is below a directory is changed too.
        through: where it says something, what links below lead to is changed instead of them; with `all` that too which
            is below it.
        above: the directories on the way here, through links too.
    """
    node = run.fs.find(path, follow=False)
    if through and deep and isinstance(node, Directory):
        apply_change(run, path, changed, cause, deep=False)
        for name, child in list(node.children.items()):
            real = run.fs.real(f"{path.rstrip('/')}/{name}")
            if real is not None and real not in above:
                below = through == "all" or isinstance(child, Directory)
                apply_change(run, real, changed, cause, deep=below, through=through, above=above | {path})
        return
    if isinstance(node, File) and node.kind == "rest" and not deep and not is_rest(posixpath.basename(path)):
        run.doubt(f"whether {path} is a file is not known")
    elif isinstance(node, File):
        new = changed(node)
        if isinstance(new, File) and new is not node and not _same_metadata(new, node):
            _put_changed(run, path, new, cause)
    elif isinstance(node, Directory) and (found := run.fs.directory(path)) is not None:
        if deep and found.open:
            run.doubt(f"what the base image has below {path} is not known")
        elif deep and run.fs.root.wild:
            run.doubt(f"what programs have written below {path} is not known")
        elif deep and found.supposed:
            run.suppose(f"the base image has nothing below {path}")
        _change_directory(run, found, path, changed, cause, deep=deep)
        # of what is below it only the words that have changed that can tell
        run.fs.note(path, cause if deep else run.fs.causes.get(path.lstrip("/"), cause))


def _change_directory(
    run: Interpreter, found: Directory, path: str, changed: Callable[[Node], Node], cause: Token, *, deep: bool
) -> None:
    changed(found)
    if not deep:
        return
    for name, below in list(found.children.items()):
        if isinstance(below, Directory):
            owned = run.fs.own(found, name)
            if owned is not None:
                _change_directory(run, owned, f"{path.rstrip('/')}/{name}", changed, cause, deep=True)
            continue
        new = changed(below)
        if not isinstance(new, File) or (new.mode, new.uid, new.gid) == (below.mode, below.uid, below.gid):
            continue
        if below.kind == "rest" or below.inode is not None:
            _put_changed(run, f"{path.rstrip('/')}/{name}", new, cause)
        else:
            found.children[name] = new


def _same_metadata(new: File, old: File) -> bool:
    return (new.mode, new.uid, new.gid, new.stamp) == (old.mode, old.uid, old.gid, old.stamp)


def _put_changed(run: Interpreter, path: str, new: File, cause: Token) -> None:
    if new.kind == "rest" and new.size is None:
        run.doubt(f"the size of what is below {posixpath.dirname(path)} is not known")
    names = run.fs.names_of(new.inode) if new.inode is not None else []
    for name in {path, *names}:
        # words that have brought it in the same layer stay the ones that it comes from
        run.fs.put(name, new, run.fs.causes.get(name.lstrip("/"), cause))


def set_umask(run: Interpreter, call: Call) -> None:
    """`umask` with a number."""
    value = call.args[0].value if call.args else None
    if value and re.fullmatch(r"[0-7]{1,4}", value):
        run.set_umask(int(value, 8), subshell=call.command.subshell)


HANDLERS: dict[str, Handler] = {
    "chmod": change_mode,
    **dict.fromkeys(("chown", "chgrp"), change_owner),
    "umask": set_umask,
}
"""Program to what it does."""
