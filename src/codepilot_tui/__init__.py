"""The full-screen workbench: a reader of the library's event stream, and the person's hands on it."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


def _check_the_library() -> None:
    """Say what is wrong where codepilot-ai took the library's place, before an import fails for reasons of its own."""
    spec = find_spec("codepilot")
    try:
        text = Path(spec.origin).read_text(encoding="utf-8") if spec is not None and spec.origin else ""
    except NotADirectoryError:
        import_module("codepilot")  # from a zip file: its import says what to do
        raise
    if 'DISTRIBUTION = "codepilot-tui"' not in text:
        raise SystemExit(
            "codepilot-tui: its library, the package `codepilot`, was overwritten or removed.\n"
            "codepilot-ai owns a package of the same name. To fix it:\n"
            "  pip uninstall codepilot-ai\n"
            "  pip install --force-reinstall --no-deps codepilot-tui"
        )


_check_the_library()
