"""The effects of a script's commands on a file system, one after the other.

Every command is understood or makes things unknown: a program that is not known leaves a note, and so does a word whose
value is not. A command that may not run changes what it changes only perhaps. Nothing is ever executed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fairlead.analysis.calls import MAX_CONTENT, NOTHING, Call, Output, Place
from fairlead.analysis.effects import expand_braces
from fairlead.analysis.evaluation import arithmetic, decide, only_prints
from fairlead.analysis.filesystem import UNKNOWN_NODE, Directory, File, Filesystem, Node, Owner, Unknown, join
from fairlead.analysis.image_accounts import Accounts
from fairlead.analysis.packages import Operation, home
from fairlead.build.model import Step
from fairlead.knowledge.base_images import is_debian
from fairlead.knowledge.programs import BUILTINS, READ_ONLY, SOME_BUSYBOXES
from fairlead.shell import (
    UNKNOWN,
    Command,
    Dialect,
    Loop,
    Pipeline,
    Redirection,
    Script,
    ShellWord,
    dialect_of,
    is_posix_like,
    parse_script,
    unwrap,
)
from fairlead.shell.expand import text as expand_text
from fairlead.shell.expand import variable, without_variable
from fairlead.shell.words import Part, PartKind
from fairlead.syntax.source import Source, Token

_MAX_COMMANDS = 2_000
_MAX_SCRIPTS = 3
# programs of which the status is a question
_MAY_FAIL = frozenset(("find", "xargs", "curl", "wget", "git", "perl", "awk", "gawk"))
# what a heredoc has of substitutions without further ones in them
_SUBSTITUTION = re.compile(r"\$\(\([^()`]*\)\)|\$\([^()`]*\)|(?<!\\)`[^`()]*`")
_SUBSTITUTES = re.compile(r"`|\$\(")
_SHEBANG = re.compile(r"#!\s*(?:\S*/env\s+)?(\S+)")
# variables that a shell sets by itself
_OF_THE_SHELL = frozenset(
    (
        "BASHOPTS", "BASHPID", "EPOCHSECONDS", "EUID", "GROUPS", "HOSTNAME", "HOSTTYPE", "IFS", "LINENO", "MACHTYPE",
        "OLDPWD", "OPTARG", "OPTERR", "OPTIND", "OSTYPE", "PATH", "PIPESTATUS", "PPID", "PS1", "PS2", "PS4", "RANDOM",
        "REPLY", "SECONDS", "SHELL", "SHELLOPTS", "SHLVL", "TERM", "UID", "USER",
    )
)  # fmt: skip
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_VIRTUAL = ("/proc", "/sys", "/dev")
_GLOB = frozenset("*?[")
# base images with GNU programs and bash for /bin/sh, by their names; Debian's are known elsewhere
_GNU = frozenset(
    ("ubuntu", "debian", "fedora", "centos", "rockylinux", "almalinux", "amazonlinux", "oraclelinux", "archlinux")
)


Handler = Callable[["Interpreter", Call], Output | None]


@dataclass(eq=False)
class Interpreter:
    """Runs scripts on a file system.

    Attributes:
        fs: the files.
        step: the RUN.
        accounts: users and groups by name.
        operations: the package managers' calls by command.
        handlers: program to what it does.
        downloaded: the files that a command downloads, by command; None for one whose name is not known.
        cloned: the directories of a git clone, by command.
        cleaned: the directories that a package manager's clean command empties, by command.
        unknown: what is not known and why.
        supposed: what estimates rest on.
        unpacked: the archives and package files that are unpacked or installed, with the words that say so.
        moved: what is moved, and where to, each absolute.
        deletes_unknown: something is deleted of which it is not known what.
        umask: the bits that new files do not get.
        left_out: the directory that is copied into, where it lies in what is copied.
        replaces: whether links that are copied take the place of what is there.
        packed_from: the directory of which tar has last made an archive to be piped on.
        failed: the last command has certainly failed.
    """

    fs: Filesystem
    step: Step
    accounts: Accounts
    operations: Mapping[int, Operation]
    handlers: Mapping[str, Handler]
    downloaded: Mapping[int, Sequence[str | None]] = field(default_factory=dict)
    cloned: Mapping[int, Sequence[str]] = field(default_factory=dict)
    cleaned: Mapping[int, Sequence[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    supposed: list[str] = field(default_factory=list)
    unpacked: list[tuple[str, Token]] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    deletes_unknown: bool = False
    umask: int = 0o022
    packed_from: str | None = None
    left_out: Directory | None = None
    replaces: bool = False
    failed: bool = False
    _nested: int = 0
    _printed: dict[tuple[int, int], Output] = field(default_factory=dict)
    # whether a command has succeeded, as far as that is known
    _status: dict[int, bool | None] = field(default_factory=dict)
    _count: int = 0
    _current: Command | None = None
    # the commands on whose success that of the whole script rests
    _decisive: frozenset[int] = frozenset()
    # why the commands that follow do not run: an exit, break or continue
    _jump: str = ""
    # whether they may not run because one of these may have
    _unsure: bool = False
    _left: bool = False
    # paths with why what is there is not known
    _doubted: list[tuple[str, str]] = field(default_factory=list)
    # the redirections of groups that have been opened
    _opened: set[int] = field(default_factory=set)
    # variables that have got values which only show while the script runs
    _variables: dict[str, str] = field(default_factory=dict)
    # a command has ended of which nobody knows whether it has succeeded
    unsure: bool = False
    # the functions of the scripts
    _functions: set[str] = field(default_factory=set)
    # the umask that holds again after a subshell that has changed it
    _outer_umask: int | None = None

    @property
    def owner(self) -> tuple[Owner, Owner]:
        """User and group of new files: root's where the base image decides."""
        user, _, group = (self.step.user or "0").partition(":")
        uid, gid = self.user(user)
        return uid, self.group(group) if group else gid

    def user(self, name: str) -> tuple[Owner, Owner]:
        """Number and first group of a user; the name where the number is not known."""
        if name.isdecimal():
            return int(name), self.accounts.first_group(int(name))
        return self.accounts.user(name) or (name, name) if name else (0, 0)

    def group(self, name: str) -> Owner:
        """Number of a group, or its name."""
        if name.isdecimal():
            return int(name)
        found = self.accounts.group(name)
        return name if found is None else found

    def is_missing(self, path: str | None) -> bool:
        """Whether certainly nothing is at a path, neither of the build nor of a base image; then a command fails."""
        missing = path is not None and self.fs.find(path, follow=False) is None and not self.fs.supposes(path)
        self.failed = self.failed or missing
        return missing

    def doubt(self, why: str) -> None:
        """Note that something is not known."""
        if why not in self.unknown:
            self.unknown.append(why)

    def set_umask(self, bits: int, *, subshell: bool) -> None:
        """Let new files not get some bits, in a subshell until it ends."""
        if subshell and self._outer_umask is None:
            self._outer_umask = self.umask
        self.umask = bits

    def doubt_at(self, path: str, why: str) -> None:
        """Note that the size of what is at a path is not known, if it is still there at the end."""
        self._doubted.append((path, why))

    def settle(self) -> None:
        """Take the notes that hold at the end."""
        for path, why in self._doubted:
            real = self.fs.find(path)
            if isinstance(real, File | Unknown) or (isinstance(real, Directory) and real.children):
                self.doubt(why)
        self._doubted = []

    def doubt_all(self, why: str) -> None:
        """Note that something has run which may have written anything."""
        self.doubt(why)
        self.fs.run_wild()

    def suppose(self, what: str) -> None:
        """Note what makes a figure an estimate."""
        if what not in self.supposed:
            self.supposed.append(what)

    def run(self, script: Script) -> None:
        """Run all commands of a script."""
        if script.has_errors:
            self.doubt_all("parts of the script can't be read")
        self._functions |= {command.function for command in script.commands}
        outer = {id(command.nested_in) for command in script.commands if command.nested_in is not None}
        before = self._decisive
        last = next((c for c in reversed(script.commands) if not c.substitution and c.nested_in is None), None)
        self._decisive = _decisive(last)
        self._sequence(list(script.commands), {}, 0, outer)
        self._decisive = before

    def _sequence(self, commands: Sequence[Command], bound: Mapping[str, str], depth: int, outer: set[int]) -> None:
        at = 0
        while at < len(commands) and not self._jump:
            command = commands[at]
            if len(command.loops) <= depth:
                self._run(command, bound, outer)
                at += 1
                continue
            loop = command.loops[depth]
            end = at
            while end < len(commands) and loop in commands[end].loops[depth : depth + 1]:
                end += 1
            unsure = self._unsure
            for value in self._values(loop, commands[at]):
                self._sequence(commands[at:end], {**bound, loop.variable: value}, depth + 1, outer)
                jump, self._jump = self._jump, "exit" if self._jump == "exit" else ""
                if jump in ("break", "exit"):
                    break
            self._unsure = unsure
            at = end

    def _values(self, loop: Loop, first: Command) -> list[str]:
        """What the variable of a loop becomes, file name patterns filled in."""
        found: list[str] = []
        for at, value in enumerate(loop.values):
            if at not in loop.patterns:
                found.append(value)
                continue
            if not value.startswith("/") and first.cwd is None:
                self.doubt("which files a loop goes through is not known")
                continue
            directory = "" if value.startswith("/") else f"{first.cwd}".rstrip("/") + "/"
            matched = self.fs.glob(join("/", directory + value))
            if not matched.complete:
                self.doubt("which files a loop goes through is not known")
            names = [path.removeprefix(directory) for path in matched.paths]
            found.extend(names or ([value] if matched.complete else []))
        return found

    def _run(self, command: Command, bound: Mapping[str, str], outer: set[int]) -> None:
        self._count += 1
        if self._count > _MAX_COMMANDS:
            self.doubt_all("the script has too many commands")
            return
        if id(command) in outer:
            # a `sh -c` whose commands follow
            return
        runs = self._runs(command)
        if runs is False or self._is_left(command):
            return
        if command.name in ("exit", "break", "continue") and not command.substitution:
            self._leave(command, runs)
            return
        if not command.subshell and self._outer_umask is not None:
            self.umask, self._outer_umask = self._outer_umask, None
        bound_command = replace_words(command, bound)
        before = self.fs.branch() if runs is None else None
        self.failed = self.unsure = False
        self._current = bound_command
        fills = command.nested_in is None and (runs is True or not command.loop)
        bound_command = self._current = self._evaluated(bound_command, with_variables=fills)
        self._assign(bound_command, certain=runs is True and command.nested_in is None)
        if self._can_open(bound_command):
            self._empty(bound_command)
            output = self._dispatch(bound_command, command.pipeline, command)
            self._redirect(bound_command, output)
        else:
            self.failed = True
        self._status[id(command)] = self._succeeds(bound_command)
        if before is not None:
            self.fs.merge(before)

    def _evaluated(self, command: Command, *, with_variables: bool = True) -> Command:
        """The command with what its variables and substitutions become, as far as that shows only now."""
        targets = [r.target for r in command.redirections if r.target is not None]
        values = [a.value for a in command.assignments if a.value is not None]
        if all(UNKNOWN not in word.pattern for word in (*command.words, *targets, *values)):
            return command

        def filled(word: ShellWord | None) -> ShellWord | None:
            if word is None or UNKNOWN not in word.pattern:
                return word
            parts = tuple(self._now(part, command, with_variables=with_variables) for part in word.parts)
            return ShellWord(word.token, parts)

        return replace(
            command,
            words=tuple(filled(word) or word for word in command.words),
            redirections=tuple(replace(r, target=filled(r.target)) for r in command.redirections),
            assignments=tuple(replace(a, value=filled(a.value)) for a in command.assignments),
        )

    def _now(self, part: Part, command: Command, *, with_variables: bool) -> Part:
        """A part of a word with what it becomes now; what is printed is split as a variable is."""
        if part.text is not None:
            return part
        written = part.token.text
        if part.name.startswith("#") and (known := command.env.get(part.name[1:])) is not None:
            return replace(part, text=str(len(known)))
        values = {**command.env, **self._variables} if with_variables else command.env
        if part.kind == "variable" and with_variables and part.name in self._variables:
            return variable(part.token, values, quoted=part.quoted)
        if part.kind == "arithmetic" and written.startswith("$(("):
            return replace(part, text=arithmetic(written[3:-2], values))
        if part.kind == "command" and self._nested < _MAX_SCRIPTS:
            begin = 2 if written.startswith("$(") else 1
            script = parse_script(
                part.token.slice(begin, len(written) - 1), self.step.shell.dialect, values, workdir=command.cwd
            )
            text = self._printed_by(script) if only_prints(script) and "\\" not in written else None
            return part if text is None else replace(part, kind="variable", text=text)
        return part

    def _printed_by(self, script: Script) -> str | None:
        """What a script prints that does nothing else, without the ends of line behind it."""
        inner = Interpreter(self.fs, self.step, self.accounts, {}, self.handlers, _nested=self._nested + 1)
        output = NOTHING
        for command in script.commands:
            if command.substitution:
                # it is looked at as a part of a word
                continue
            inner._current = command
            now = inner._evaluated(command)
            said = inner._dispatch(now, command.pipeline, command)
            if command.pipeline is None or command in command.pipeline.elements[-1]:
                output = output.followed_by(said)
        if output.content is None or inner.unknown:
            return None
        text = output.content.decode("utf-8", "surrogateescape").rstrip("\n")
        return None if "\0" in text else text

    def _assign(self, command: Command, *, certain: bool) -> None:
        """Keep what variables become; not those of a subshell."""
        name = command.name
        if not command.words or name in ("export", "declare", "local", "readonly", "typeset"):
            for assignment in command.assignments:
                value = assignment.value.value if assignment.value is not None else None
                if assignment.value is not None or not command.words:
                    self._variables.pop(assignment.name, None)
                if certain and not command.subshell and not assignment.append and value is not None:
                    self._variables[assignment.name] = value
        elif name in ("read", "unset", "getopts", "mapfile", "readarray"):
            for word in command.args:
                self._variables.pop(word.value or "", None)
                if name == "unset" and certain and not command.subshell and word.value and word.value.isidentifier():
                    self._variables[word.value] = ""

    def _leave(self, command: Command, runs: bool | None) -> None:
        """An `exit`, `break` or `continue`."""
        name = command.name or ""
        status = command.args[0].value if command.args else "0"
        if name == "exit" and runs is None:
            # where it gives up there is no image
            gives_up = status != "0" or (bool(command.guards) and not command.guards[-1].succeeds)
            self._unsure = self._unsure or not gives_up
        elif name == "exit" and (command.subshell or command.nested_in is not None):
            self.doubt("what follows an exit of a part of the script is not known")
            self._left = True
        elif runs is None or not command.loops or (command.args and status != "1"):
            self._unsure = self._unsure or name == "exit" or bool(command.loops)
            self._jump = "exit" if name == "exit" else ""
        else:
            self._jump = name

    def _is_left(self, command: Command) -> bool:
        """Whether a command stands behind an `exit` of its subshell."""
        self._left = self._left and command.subshell
        return self._left

    def _runs(self, command: Command) -> bool | None:
        """Whether a command runs; None where that is not known. The status of one that does not is its guard's."""
        if command.conditional and not command.guards:
            return None
        runs: bool | None = None if self._unsure else True
        for guard in command.guards:
            if guard.loop is not None and guard.loop in command.loops:
                # its words are gone through one by one
                continue
            status = self._status.get(id(guard.command)) if guard.command is not None else None
            if guard.expected and (status is None or self._must_succeed(guard.command)):
                continue
            if status is None:
                runs = None
            elif status is not guard.succeeds:
                self._status[id(command)] = status
                return False
        return runs

    def _can_open(self, command: Command) -> bool:
        """Whether the files can be written that a command's output goes to: else the shell does not run it."""
        targets = [
            r.target for r in command.redirections if r.writes and r.target is not None and r not in command.shared
        ]
        for place in self.places(command, targets):
            if place.path is None:
                continue
            node = self.fs.find(place.path)
            above = self.fs.find(posixpath.dirname(self.fs.real(place.path) or place.path))
            if isinstance(node, Directory) or (isinstance(node, File) and not self.may_write(node)):
                return False
            if node is None and (above is None or (isinstance(above, Directory) and not self.may_write(above))):
                return above is None and self.fs.supposes(posixpath.dirname(place.path))
        return True

    def _empty(self, command: Command) -> None:
        """Empty the files that a command's output goes to, as the shell does before the command reads them."""
        inputs = [word.pattern for word in command.args]
        for redirection in command.redirections:
            target = redirection.target
            if target is None or redirection.operator != ">" or redirection in command.shared:
                continue
            if target.pattern in inputs or any(r.operator == "<" for r in command.redirections):
                for place in self.places(command, [target]):
                    if place.path is not None and isinstance(self.fs.find(place.path), File):
                        self.write(place.path, NOTHING, redirection.token)

    def _must_succeed(self, command: Command | None) -> bool:
        """Whether the build would stop if a command failed, so that it does not fail whatever is known of it."""
        return command is not None and (id(command) in self._decisive or "errexit" in command.options)

    def _succeeds(self, command: Command) -> bool | None:
        """Whether a command succeeds: tests of what is known are decided, programs that are understood do."""
        name = unwrap(command).name if command.words else ":"
        words = [word.value for word in command.args]
        status: bool | None
        if name in ("test", "[", "[["):
            status = decide(
                [word for word in words if word not in ("]", "]]")], self._entry, is_root=self.owner[0] == 0
            )
        elif name in ("true", ":", "false"):
            status = name != "false"
        else:
            known = name in self.handlers or name in ("cd", "set", "export", "echo", "umask")
            status = False if self.failed else True if known and not self.unsure and name not in _MAY_FAIL else None
        return status if status is None or not command.negated else not status

    def _entry(self, path: str, *, follow: bool) -> Node | Unknown | None:
        """What is at a path of the test of a script; None where certainly nothing is."""
        if not path.startswith("/"):
            if self._current is None or self._current.cwd is None:
                return UNKNOWN_NODE
            path = join(self._current.cwd, path)
        node = self.fs.find(path, follow=follow)
        if node is None:
            return UNKNOWN_NODE if self.fs.supposes(path) else None
        return UNKNOWN_NODE if isinstance(node, Unknown) or node.maybe else node

    def _dispatch(self, command: Command, pipeline: Pipeline | None, original: Command) -> Output:
        stdin = self._stdin(command, pipeline, original)
        output = Output()
        if not command.words:
            output = NOTHING
        else:
            invocation = unwrap(command)
            output = self._call(Call(command, original, invocation, stdin, self.operations.get(id(original))))
        if pipeline is not None:
            self._keep(pipeline, original, output)
        return output

    def _keep(self, pipeline: Pipeline, command: Command, output: Output) -> None:
        """Keep what a command prints for the next part of its pipeline."""
        at = _element(pipeline, command)
        if (id(pipeline), at + 1) in self._printed:
            # the pipeline runs once more
            for later in range(at, len(pipeline.elements)):
                self._printed.pop((id(pipeline), later), None)
        if any(r.writes and r.fd in (None, 1) for r in command.redirections if r not in command.shared):
            output = NOTHING
        elif command.conditional and self._runs(command) is None:
            output = Output()
        before = self._printed.get((id(pipeline), at))
        self._printed[id(pipeline), at] = output if before is None else before.followed_by(output)

    def _call(self, call: Call) -> Output:
        name = call.invocation.name
        if name is None:
            self.doubt_all("a program whose name is not known is run")
            return Output()
        first = call.command.words[0].value or ""
        handler = self.handlers.get("busybox --install" if _installs_busybox(first, call) else name)
        if call.operation is not None:
            handler = self.handlers.get("package manager", handler)
        if self._is_no_program(call, first):
            self.failed = True
            return NOTHING
        if handler is not None:
            return handler(self, call) or Output()
        if self._run_script(call, name):
            return Output()
        if name not in READ_ONLY and not call.command.substitution:
            self.doubt_all(f"what {name} writes is not known")
        return NOTHING if name in ("true", ":", "cd", "set", "export", "test", "[") else Output()

    def _is_no_program(self, call: Call, name: str) -> bool:
        """Whether there is certainly no program of a name in an image that is made from nothing and a busybox."""
        if (
            "/" in name
            or name in BUILTINS
            or name in self._functions
            or not isinstance(self.fs.find("/bin/busybox"), File)
        ):
            return False
        directories = (call.command.env.get("PATH") or _PATH).split(":")
        paths = [f"{directory.rstrip('/')}/{name}" for directory in directories]
        found = [self.fs.find(path) for path in paths]
        if (
            name in SOME_BUSYBOXES
            and self.step.stage.root.kind == "scratch"
            and not any(isinstance(one, File) for one in found)
        ):
            # a busybox of which nobody knows what it is made of
            self.unsure = any(isinstance(one, Unknown) for one in found)
            if self.unsure:
                self.doubt(f"whether this busybox has {name} is not known")
        return all(one is None and not self.fs.supposes(path) for one, path in zip(found, paths, strict=True))

    def _run_script(self, call: Call, name: str) -> bool:
        """Run a script of the image whose text is known: `/app/setup.sh`, `sh setup.sh`, `. ./env.sh`."""
        is_shell = name in (".", "source") or is_posix_like(dialect_of(name))
        operands = [word for word in call.args if not word.text.startswith("-")] if is_shell else []
        word = (operands[0] if operands else None) if is_shell else call.invocation.word
        value = word.value if word is not None else None
        if word is None or value is None or self._nested >= _MAX_SCRIPTS or not (is_shell or "/" in value):
            return False
        place = next(self.places(call.command, [word]), None)
        content = self.read(place.path).content if place is not None else None
        text = content.decode("utf-8", "replace") if content is not None else ""
        first = text.partition("\n")[0]
        dialect = dialect_of(name) if is_shell and name not in (".", "source") else _interpreter(first)
        if place is None or content is None or dialect is None or not is_posix_like(dialect):
            return False
        source = Source(place.text, content)
        script = parse_script(
            Token.of_span(source, 0, len(source.text)), dialect, call.command.env, workdir=call.command.cwd
        )
        outer, self.fs.spokesman = self.fs.spokesman, self.fs.spokesman or call.token
        self._nested += 1
        variables = self._variables
        if name not in (".", "source"):
            self._variables = {}
        unsure = self._unsure
        try:
            self.run(script)
        finally:
            self._nested -= 1
            self.fs.spokesman = outer
            self._variables = variables
            if name not in (".", "source"):
                # an exit ends that script alone
                self._jump, self._unsure, self._left = "", unsure, False
        return True

    def _stdin(self, command: Command, pipeline: Pipeline | None, original: Command) -> Output | None:
        for redirection in reversed(command.redirections):
            if redirection.body is not None:
                return self._heredoc(command, redirection.token.text, redirection.body)
            if redirection.operator == "<" and redirection.target is not None:
                for place in self.places(command, [redirection.target]):
                    return self.read(place.path)
        if pipeline is not None and (at := _element(pipeline, original)) > 0:
            return self._printed.get((id(pipeline), at - 1))
        return None

    def _heredoc(self, command: Command, written: str, body: Token) -> Output:
        text = body.text
        delimiter = written[written.find("<<") :].partition("\n")[0]
        if delimiter.startswith("<<-"):
            text = "\n".join(line.lstrip("\t") for line in text.split("\n"))
        if not set(delimiter.split()[0]) & set("'\"\\") and ("$" in text or "`" in text):
            parts = [self._filled(part) for part in self._heredoc_parts(command, body)]
            if any(part.text is None for part in parts) or text != body.text:
                return Output()
            text = "".join(part.text or "" for part in parts)
        return Output.of(text.encode("utf-8", "surrogateescape"))

    def _heredoc_parts(self, command: Command, body: Token) -> Iterator[Part]:
        """The parts of a heredoc's text, with what simple substitutions in it print."""
        at = 0
        for match in (*_SUBSTITUTION.finditer(body.text), None):
            between = body.slice(at, len(body) if match is None else match.start())
            if _SUBSTITUTES.search(between.text):
                yield Part("command", None, True, between)
            else:
                yield from expand_text(between, {**command.env, **self._variables}, quoted=True)
            if match is not None:
                token = body.slice(*match.span())
                kind: PartKind = "arithmetic" if token.text.startswith("$((") else "command"
                yield self._now(Part(kind, None, True, token), command, with_variables=True)
                at = match.end()

    def _redirect(self, command: Command, output: Output) -> None:
        own = [r for r in command.redirections if r not in command.shared]
        prints = not any(r.writes and r.fd in (None, 1) for r in own)
        if command.pipeline is not None and _element(command.pipeline, command) < len(command.pipeline.elements) - 1:
            prints = False
        for redirection in own:
            self._write_redirected(command, redirection, output, append=redirection.operator in (">>", "&>>"))
        for redirection in command.shared:
            # the outputs of a group's commands come one behind the other
            opened = id(redirection) in self._opened
            self._opened.add(id(redirection))
            is_output = redirection.fd in (None, 1)
            if not is_output or prints or not opened:
                said = output if prints or not is_output else NOTHING
                append = opened or redirection.operator in (">>", "&>>")
                self._write_redirected(command, redirection, said, append=append)
            prints = prints and not (redirection.writes and is_output)

    def _write_redirected(self, command: Command, redirection: Redirection, output: Output, *, append: bool) -> None:
        if not redirection.writes or redirection.target is None:
            return
        for place in self.places(command, [redirection.target]):
            if place.path is None:
                self.doubt_all("the name of a file that is written is not known")
                continue
            said = output
            if redirection.fd not in (None, 1):
                # messages: none of what is known to succeed
                said = Output(0) if self._succeeds(command) else Output(None if command.words else 0)
            elif redirection.operator in ("&>", "&>>") and not self._succeeds(command):
                said = Output()
            self.write(place.path, said, redirection.token, append=append)

    # What handlers use

    def texts(self, word: ShellWord) -> list[tuple[str, bool]] | None:
        """The words that the shell makes of a word, each with whether it is a pattern; None where it is not known."""
        parts = word.parts
        if UNKNOWN in word.pattern:
            parts = tuple(self._filled(part) for part in parts)
            if any(part.text is None for part in parts):
                return None
            word = ShellWord(word.token, parts)
        fields = word.fields()
        if fields is None:
            return None
        if word.quoted:
            return [(text, False) for text in fields]
        # /bin/sh may be bash in a base image; on top of nothing it is a shell that knows no braces
        braces = self.step.stage.root.kind != "scratch" or self.step.shell.dialect is Dialect.BASH
        found = [text for one in fields for text in (expand_braces(one) if braces else [one])]
        if found and found[0].startswith("~") and not parts[0].quoted and found[0][1:2] in ("", "/"):
            found[0] = self.home + found[0][1:]
        return [(text, word.has_glob and bool(_GLOB & set(text))) for text in found]

    def _filled(self, part: Part) -> Part:
        """A part of a word with the variables that every shell has."""
        if part.text is not None or not part.name or self._current is None:
            return part
        if part.token.text.strip("${}") == part.name and part.name in ("HOME", "PWD"):
            return replace(part, text=self.home if part.name == "HOME" else self._current.cwd)
        bare = self.step.stage.root.kind == "scratch" and part.name not in _OF_THE_SHELL
        if not bare or part.name in self._current.env or not part.name.isidentifier():
            return part
        # nothing but the Dockerfile sets variables on top of nothing
        return replace(part, text=without_variable(part.token.text, part.name, self._current.env))

    @property
    def home(self) -> str:
        """The home directory of the step's user."""
        user = (self.step.user or "root").partition(":")[0]
        found = self.accounts.home("root" if user == "0" else user)
        return home(self.step) if found is None else found

    @property
    def is_busybox(self) -> bool | None:
        """Whether the programs are busybox's; None where that is not known."""
        if isinstance(self.fs.find("/bin/busybox"), File):
            return True
        image = self.step.stage.root.image
        if image is None:
            return None
        if image.short_name in ("alpine", "busybox") or "alpine" in image.tag:
            return True
        return False if is_debian(image.short_name, image.tag) or image.short_name in _GNU else None

    @property
    def reads_backslashes(self) -> bool | None:
        """Whether the shell's echo reads backslashes by itself, as dash does, or with -e alone; None: not known."""
        if self.step.shell.dialect is Dialect.BASH or self.is_busybox:
            return False
        image = self.step.stage.root.image
        if image is None:
            return None
        if image.short_name in ("ubuntu", "debian") or is_debian(image.short_name, image.tag):
            return True
        return False if image.short_name in _GNU else None

    def places(self, command: Command, words: Sequence[ShellWord]) -> Iterator[Place]:
        """The paths that words name, patterns filled in from the files that are known."""
        for word in words:
            texts = self.texts(word)
            if texts is None:
                yield Place(None, word.pattern, word.token)
                continue
            for text, is_pattern in texts:
                if not text.startswith("/") and command.cwd is None:
                    yield Place(None, text, word.token)
                    continue
                path = text if text.startswith("/") else f"{command.cwd}/{text}"
                # behind a link `..` is not what it says
                path = (self.fs.real(path, follow=False) if ".." in path else None) or join("/", path)
                if _is_virtual(path):
                    continue
                if not is_pattern:
                    yield Place(path, text, word.token)
                    continue
                matched = self.fs.glob(path)
                slash = text.endswith("/")
                named = [one for one in matched.paths if not slash or isinstance(self.fs.find(one), Directory)]
                for found in named:
                    yield Place(found, found, word.token)
                if not matched.complete:
                    yield Place(None, text, word.token)
                elif not named:
                    # a pattern that matches nothing stands for itself
                    yield Place(path, text, word.token)

    def read(self, path: str | None) -> Output:
        """What is in a file."""
        if path is None:
            return Output()
        if path == "/dev/null":
            return NOTHING
        node = self.fs.find(path)
        if not isinstance(node, File) or node.kind != "file" or node.size is None:
            return Output()
        content = node.content() if node.content is not None and node.size <= MAX_CONTENT else None
        return Output(node.size, content)

    def write(self, path: str, output: Output, cause: Token, *, append: bool = False) -> None:
        """Let a command's output be what is in a file, or come behind it."""
        if _is_virtual(path):
            return
        real = self.fs.real(path) or path
        old = self.fs.find(real)
        size, content = output.size, output.content
        if append and isinstance(old, File) and old.kind == "file" and size == 0:
            # nothing is written
            return
        if append:
            before = self.read(real) if isinstance(old, File) else Output() if isinstance(old, Unknown) else NOTHING
            size = None if size is None or before.size is None else size + before.size
            content = None if content is None or before.content is None else before.content + content
        if size is None:
            self.doubt("the size of what is printed into a file is not known")
        self.create(real, size, cause, content=content)

    def create(
        self,
        path: str,
        size: int | None,
        cause: Token,
        *,
        content: bytes | None = None,
        source: str = "",
        mode: int = 0o666,
    ) -> None:
        """Let a file be at a path, written now; one that is there keeps its mode and owner."""
        old = self.fs.find(path)
        if isinstance(old, Directory) or self.fs.real(path) is None or (old is None and not self.can_hold(path)):
            self.failed = True
            return
        given = None if content is None else lambda: content
        if isinstance(old, File) and not self.may_write(old):
            self.failed = True
            return
        if isinstance(old, File) and old.kind == "file":
            node = replace(old, size=size, stamp=object(), content=given, source=source, maybe=False)
            self.put_all(path, node, cause)
            return
        uid, gid = self.owner
        node = File("file", size, mode & ~self.umask, uid, gid, stamp=object(), content=given, source=source)
        self.fs.put(path, node, cause)

    def put_all(self, path: str, node: File, cause: Token) -> None:
        """Let a file be another at its path and at all its other names."""
        names = self.fs.names_of(node.inode) if node.inode is not None else []
        for name in {path, *names}:
            self.fs.put(name, node, cause)

    def can_hold(self, path: str) -> bool:
        """Whether there is a directory for something to be put at a path, or may be one in the base image."""
        above = path.rpartition("/")[0] or "/"
        node = self.fs.find(above)
        if isinstance(node, Directory) and not self.may_write(node):
            self.failed = True
            return False
        return isinstance(node, Directory | Unknown) or (node is None and self.fs.supposes(above))

    def may_write(self, node: Node) -> bool:
        """Whether the step's user may write to a file or into a directory, as far as that is known."""
        return self.may(node, 2)

    def may(self, node: Node, bit: int) -> bool:
        """Whether the step's user may read (4), write (2) or run (1) what is there, as far as that is known.

        A command on which the build depends can do what it does, or there would be no image.
        """
        uid, gid = self.owner
        if not isinstance(uid, int) or uid == 0 or node.mode is None or self.fs.root.wild:
            return True
        if self._current is None or self._must_succeed(self._current) or not isinstance(node.uid, int):
            return True
        shift = 6 if node.uid == uid else 3 if node.gid == gid else 0
        return bool(node.mode >> shift & bit)

    def may_give(self, node: Node) -> bool:
        """Whether the step's user may make a file that belongs to the owner and group of another."""
        uid, gid = self.owner
        return not isinstance(uid, int) or uid == 0 or (node.uid, node.gid) == (uid, gid)

    def may_change(self, node: Node) -> bool:
        """Whether the step's user may change the mode of a file, as far as that is known: root, and its owner."""
        uid, _ = self.owner
        if not isinstance(uid, int) or uid == 0 or not isinstance(node.uid, int) or self.fs.root.wild:
            return True
        return node.uid == uid or (self._current is not None and self._must_succeed(self._current))

    def directory(self, path: str, cause: Token, mode: int = 0o777) -> Directory | None:
        """The directory at a path, made by the step's user where it is not there."""
        above = path
        while above != "/" and self.fs.find(above) is None:
            link = self.fs.find(above, follow=False)
            if isinstance(link, File) and link.kind == "symlink" and self.fs.real(above) is not None:
                # no directory takes the place of a link that leads nowhere
                self.failed = True
                return None
            above = posixpath.dirname(above)
        holder = self.fs.find(above)
        if above != path and isinstance(holder, Directory) and not self.may_write(holder):
            self.failed = True
            return None
        uid, gid = self.owner
        return self.fs.directory(path, cause, mode=mode & ~self.umask, uid=uid, gid=gid)


def _decisive(last: Command | None) -> frozenset[int]:
    """The commands that have to succeed for the last one to run and the script to succeed."""
    found: set[int] = set()
    while last is not None and id(last) not in found:
        found.add(id(last))
        last = next((guard.command for guard in reversed(last.guards) if guard.expected), None)
    return frozenset(found)


def _element(pipeline: Pipeline, command: Command) -> int:
    """The number of the part of a pipeline that a command stands in."""
    return next((at for at, element in enumerate(pipeline.elements) if command in element), -1)


def replace_words(command: Command, bound: Mapping[str, str]) -> Command:
    """The command with the variables of loops filled in."""
    if not bound:
        return command
    env = {**command.env, **bound}
    return replace(
        command,
        words=tuple(_bound(word, env, bound) for word in command.words),
        redirections=tuple(
            replace(r, target=_bound(r.target, env, bound) if r.target is not None else None)
            for r in command.redirections
        ),
        env=env,
    )


def _bound(word: ShellWord, env: Mapping[str, str | None], bound: Mapping[str, str]) -> ShellWord:
    if not any(part.name in bound for part in word.parts):
        return word
    parts: list[Part] = []
    for part in word.parts:
        if part.name in bound and part.kind == "variable":
            parts.append(variable(part.token, env, quoted=part.quoted))
        else:
            parts.append(part)
    return ShellWord(word.token, tuple(parts))


def _interpreter(line: str) -> Dialect | None:
    """The shell that the first line of a script names; None for another program and for none."""
    match = _SHEBANG.match(line)
    return dialect_of(match[1]) if match else None


def _is_virtual(path: str) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in _VIRTUAL)


def _installs_busybox(first: str, call: Call) -> bool:
    return first.rpartition("/")[2] == "busybox" and any(
        word.text.strip('"') == "--install" for word in call.command.words
    )
