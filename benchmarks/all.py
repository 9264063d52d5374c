"""Everything, one benchmark after the other, and the generated part of RESULTS.md: `python -m benchmarks.all --quick`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.document import markdown, tell

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"

_PLOT = ("--plot", "benchmarks")  # a path in the checkout, where everything is run

# name: options of a quick run, options of a full one
RUNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "latency": (("--budget", "0.5"), ("--peers", "torchdiffeq,diffrax")),
    "memory": (("--calls", "2"), ("--calls", "3")),
    "growth": (("--budget", "0.3"), ("--budget", "1")),
    "ensemble": (("--n", "4096", *_PLOT), ("--n", "4096", "65536", "--rounds", "5", "--full", *_PLOT)),
    "ensemble wide": (("--problem", "lorenz96_40", "kuramoto_64"), ("--problem", "lorenz96_40", "kuramoto_64", "--rounds", "5")),
    "symbolic": (("--n", "64", "128", "256", "--timeout", "120"), ("--timeout", "600")),
    "odeint": ((), ("--rounds", "5")),
    "gpu_lorenz": ((), ()),
}


def main() -> int:
    """Run what was asked for, then rewrite the generated part; 1 if a benchmark failed."""
    options = argparse.ArgumentParser(description=__doc__)
    size = options.add_mutually_exclusive_group(required=True)
    size.add_argument("--quick", action="store_true", help="N = 4096, three rounds")
    size.add_argument("--full", action="store_true", help="N = 65536 too, five rounds, every setting and size")
    options.add_argument("--only", nargs="+", choices=list(RUNS), default=list(RUNS))
    given = options.parse_args()
    documents, failed = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name in given.only:
            tell(f"== {name}")
            file = Path(folder, f"{name.replace(' ', '_')}.json")
            command = [sys.executable, "-m", f"benchmarks.{name.split()[0]}", *RUNS[name][given.full], "--json", os.fspath(file)]
            ended = subprocess.run(command, cwd=HERE.parent)
            if file.exists():
                documents.append(json.loads(file.read_text(encoding="utf-8")) | {"name": name})
            elif (name, ended.returncode) != ("gpu_lorenz", 2):  # it refuses where there is no device
                failed.append(name)
    if documents:
        rewrite(documents, RESULTS)
    tell(f"Failed: {', '.join(failed)}" if failed else "All ran.")
    return bool(failed)


def rewrite(documents: list[dict[str, Any]], file: Path) -> None:
    """Put `documents` between the markers of `file`; what stands outside them is kept."""
    text = file.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{file.name}: expected the lines {BEGIN} and {END}")
    parts = [_machine(documents[0]["machine"]), *map(markdown, documents)]
    body = "\n\n".join([BEGIN, *(part.strip("\n") for part in parts), END])
    temporary = file.with_suffix(".tmp")
    temporary.write_text(before + body + after, encoding="utf-8")
    temporary.replace(file)


def _machine(facts: dict[str, str]) -> str:
    return "\n".join(["## Machine", "", *(f"- {key}: {value}" for key, value in facts.items())])


if __name__ == "__main__":
    sys.exit(main())
