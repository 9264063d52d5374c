"""CONFORMANCE.md: what each library's gradients were worth, measured here; `python -m benchmarks.conformance NAME...` renews some.

Each adapter is run by the command `adjointcheck conform NAME --json` in a process of its own; its document is kept in
conformance/NAME.json, from which the page is written. Without a name the page is written again from what is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from adjointcheck.conform import CAPABILITIES, CHECKS, ENTRIES
from adjointcheck.files import write_text
from benchmarks.document import tell

HERE = Path(__file__).parent
PAGE, KEPT = HERE / "CONFORMANCE.md", HERE / "conformance"
START, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def measure(name: str) -> None:
    """Run one adapter and keep its document."""
    tell(name)
    command = [sys.executable, "-m", "adjointcheck", "conform", name, "--json"]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # the exit code is part of the document
    write_text(KEPT / f"{name}.json", json.dumps(json.loads(found.stdout), indent=1) + "\n")


def measured() -> dict[str, dict[str, Any]]:
    """The kept documents, in the order of the adapters."""
    return {name: json.loads(path.read_text(encoding="utf-8")) for name in ENTRIES if (path := KEPT / f"{name}.json").exists()}


def cell(finding: dict[str, Any] | None) -> str:
    """One finding: its figure if it passed or failed by a number, else how it failed."""
    if finding is None:
        return "-"
    number = finding["measured"]
    figure = "" if number is None else f" {number:.0e}" if isinstance(number, float | int) else " not finite"
    if finding["standing"] == "pass":
        return f"pass{'' if finding['measured'] == 0 else figure}"
    if finding["standing"] != "fail":
        return finding["standing"]
    return {"wrong": f"**wrong**{figure}", "none": "**None**", "zero": "**zero**", "raised": "raises"}[finding["how"]]


def section() -> str:
    """Legend, one table of all checks, and every failure with its sentence."""
    kept = measured()
    heads = [f"{name}" for name in kept]
    lines = ["| adapter | what it is | version |", "|---|---|---|"]
    lines += [f"| {name} | {document['adapter']} | {document['version']} |" for name, document in kept.items()]
    lines += ["", f"| check | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    by_code = {name: {finding["code"]: finding for finding in document["findings"]} for name, document in kept.items()}
    lines += [f"| {check.code} | {' | '.join(cell(by_code[name].get(check.code)) for name in kept)} |" for check in CHECKS]
    lines += ["", "### The checks", "", *(f"- `{check.code}`: {check.sentence}" for check in CHECKS), "", "### Failures in words", ""]
    for name, document in kept.items():
        lines += [f"- {name}, `{found['code']}`: {found['words']}" + (f" (it warned: {found['warned']})" if found["warned"] else "")
                  for found in document["findings"] if found["standing"] in ("fail", "inconclusive")]
    return "\n".join([*lines, "", "### Capabilities", "", *(f"- `{name}`: {words}" for name, words in CAPABILITIES.items()), ""])


def write() -> Path:
    """The page, its hand-written part kept."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    return write_text(PAGE, f"{before}{START}\n\n{section()}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    for adapter in sys.argv[1:]:
        measure(adapter)
    print(write())
