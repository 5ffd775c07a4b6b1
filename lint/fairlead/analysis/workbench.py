"""Images that start nothing but what people work in: a shell, an interpreter, a notebook, an editor, a login by SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.knowledge.purpose import NOTEBOOKS
from fairlead.knowledge.startup import REPLS

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_FOR_PEOPLE = frozenset(
    [
        "jupyter",
        "jupyter-lab",
        "jupyter-notebook",
        "ipython",
        "start-notebook.sh",
        "start-notebook.py",
        "code-server",
        "vim",
        "nvim",
        "emacs",
        "sshd",
    ]
)


def is_workbench(models: Models) -> bool:
    """Whether the final image is one in which people try things, by what it starts and by its packages.

    Narrower than `PurposeModel.for_work`: names of files and directories do not count, for what is built for production
    in `docker/build` shall be the same each time, too.
    """
    target, started = models.build.target, models.startup.started
    if target is None:
        return False
    if started is not None:
        words = [word for word in started.words if not word.startswith("-")]
        if started.program in _FOR_PEOPLE or (started.program in REPLS and len(words) == 1):
            return True
    return any(
        NOTEBOOKS.fullmatch(package.name)
        for step in target.all_steps()
        for operation in models.operations(step)
        for package in operation.packages
    )
