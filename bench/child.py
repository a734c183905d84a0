"""Run one measurement in a process of its own and take back its numbers and its peak memory."""

import importlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT_S = 300


def measure(function: str, *args: object, cores: int | None = None) -> dict[str, float]:
    """Call `module:function` of this package in another process.

    Args:
        function: For example `detection:gap`; it returns a mapping of names to numbers.
        args: Texts and numbers for it.
        cores: How many processor cores it may use; all by default.

    Returns:
        Its mapping, with `peak_gb` added: the process's greatest resident memory in 10^9 bytes.
    """

    def bind() -> None:
        if cores is not None:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])

    done = subprocess.run(
        [sys.executable, "-m", "bench.child", function, json.dumps(args)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=TIME_LIMIT_S,
        preexec_fn=bind,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def best(function: str, *args: object, cores: int | None = None) -> dict[str, float]:
    """Measure a rate three times and return the best run: other work on the machine can only slow it."""
    return max((measure(function, *args, cores=cores) for _ in range(3)), key=lambda found: found["rate"])


def main() -> None:
    """Do one measurement and print its numbers as JSON."""
    name, args = sys.argv[1], json.loads(sys.argv[2])
    module, _, function = name.partition(":")
    call: Any = getattr(importlib.import_module(f"bench.{module}"), function)
    found = call(*args)
    found["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(json.dumps(found))


if __name__ == "__main__":
    main()
