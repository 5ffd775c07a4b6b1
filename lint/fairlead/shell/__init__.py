"""The text of a RUN as commands, every word with its exact place."""

from fairlead.shell.dialect import Dialect, base_name, dialect_of, is_posix_like, shell_options
from fairlead.shell.script import parse_exec, parse_script
from fairlead.shell.words import (
    UNKNOWN,
    Assignment,
    Command,
    Guard,
    Loop,
    Part,
    Pipeline,
    Redirection,
    Script,
    ShellWord,
    Values,
)
from fairlead.shell.wrappers import Invocation, Options, OptionSpec, is_wrapper, parse_options, unwrap

__all__ = [
    "UNKNOWN",
    "Assignment",
    "Command",
    "Dialect",
    "Guard",
    "Invocation",
    "Loop",
    "OptionSpec",
    "Options",
    "Part",
    "Pipeline",
    "Redirection",
    "Script",
    "ShellWord",
    "Values",
    "base_name",
    "dialect_of",
    "is_posix_like",
    "is_wrapper",
    "parse_exec",
    "parse_options",
    "parse_script",
    "shell_options",
    "unwrap",
]
