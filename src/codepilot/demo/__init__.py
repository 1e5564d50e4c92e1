"""The guided demo: a scripted stand-in for a model, on a small real project. It always says what it is."""

from codepilot.demo.project import DEMO_TASK, commit_project, create_project
from codepilot.demo.provider import DemoProvider

__all__ = ["DEMO_TASK", "DemoProvider", "commit_project", "create_project"]
