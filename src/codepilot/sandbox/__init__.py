"""Control blocks run here: a jailed worker process, and the executor that drives it.

`executor` is the face, `pool` holds the workers, `process` is one of them as the host sees it; `codec`, `replies`
and `report` are what is said between them and to the model. `boot`, `worker`, `namespace`, `lint`, `jail` and
`seccomp` run inside the worker with nothing but the standard library.
"""

from __future__ import annotations

from codepilot.sandbox.block import BlockLimits
from codepilot.sandbox.executor import WorkerExecutor
from codepilot.sandbox.lint import DEFAULT_IMPORTS, Violation
from codepilot.sandbox.report import lost_words

__all__ = ["DEFAULT_IMPORTS", "BlockLimits", "Violation", "WorkerExecutor", "lost_words"]
