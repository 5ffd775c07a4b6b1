"""Programs that a container is started with."""

from __future__ import annotations

INITS = frozenset(
    "tini dumb-init catatonit s6-svscan docker-init docker-entrypoint.sh docker-php-entrypoint entrypoint.sh "
    "docker-entrypoint entrypoint env exec gosu su-exec nice".split()
)
"""Programs that start another one, which their arguments name."""

SHELLS = frozenset("sh bash ash dash zsh fish ksh pwsh cmd powershell csh tcsh".split())
"""Shells."""

REPLS = SHELLS | frozenset("python python3 ipython irb node R julia scala php iex ghci jshell mysql psql".split())
"""Programs that wait for someone who types when they are started without a script."""

WORKBENCH = frozenset(
    "sleep tail cat true false tmux screen vim emacs jupyter jupyter-lab jupyter-notebook start-notebook.sh "
    "start-notebook.py code-server sshd make cmake ninja bazel pytest tox nox rspec phpunit jest mocha git gcc g++ clang "
    "cargo rustc javac mvn gradle sbt lein mix go man tar cp mv ls rsync echo bazelisk cmp diff test".split()
)
"""Programs to work with, to build and to test with: an image that starts one is not there to run an application."""
