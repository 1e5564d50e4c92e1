"""The work folder: opening paths safely, text files with their peculiarities, ignore rules, what the agent
has seen.
"""

from codepilot.workspace.filetext import BinaryFile, FileText, lines_of
from codepilot.workspace.ignore import IgnoreRules
from codepilot.workspace.linemap import LineMap, Overlap
from codepilot.workspace.memory import FileMemory, Seen, Splice, short_diff
from codepilot.workspace.places import PROTECTED, Place
from codepilot.workspace.regular import MAX_BYTES, StaleFile
from codepilot.workspace.walk import Entry, Node, Walk, children, ignore_rules, tree
from codepilot.workspace.workspace import Workspace

__all__ = [
    "MAX_BYTES",
    "PROTECTED",
    "BinaryFile",
    "Entry",
    "FileMemory",
    "FileText",
    "IgnoreRules",
    "LineMap",
    "Node",
    "Overlap",
    "Place",
    "Seen",
    "Splice",
    "StaleFile",
    "Walk",
    "Workspace",
    "children",
    "ignore_rules",
    "lines_of",
    "short_diff",
    "tree",
]
