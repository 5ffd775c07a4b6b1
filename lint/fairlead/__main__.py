"""`python -m fairlead`, where the command is not on the path."""

from fairlead.cli.main import run

run()
