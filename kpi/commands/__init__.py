"""What each command of the command line does and prints."""

from kpi.commands import answers, files, imports
from kpi.commands.group import cli

__all__ = ["answers", "cli", "files", "imports"]
