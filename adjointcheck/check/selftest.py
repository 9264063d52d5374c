"""The verifier on the user's machine: proofs that must hold, mutants that must die, hostile files that must be harmless."""

from __future__ import annotations

import json
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from random import Random
from typing import Any

from adjointcheck.check.hostile import FAMILIES
from adjointcheck.check.mutants import Fate, fate, mutants, with_claims
from adjointcheck.check.random_statements import random_statement
from adjointcheck.check.sandbox import BASE, Bounds, Confined, prove
from adjointcheck.derive import derive
from adjointcheck.errors import AdjointCheckError
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.verdict import Status

PROOFS, MUTANTS, FILES = 200, 200, 20
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One part: how many cases were tried, what became of them in words, and a line for each that went wrong."""

    name: str
    tried: int
    outcomes: dict[str, int]
    wrong: tuple[str, ...]
    seconds: float

    @property
    def words(self) -> str:
        """`190 proved, 10 unknown`."""
        return ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.items())


@dataclass(frozen=True)
class SelfTest:
    """All parts; `passed` when nothing went wrong and nothing was left out."""

    parts: tuple[Part, ...]
    seconds: float
    seed: int
    versions: dict[str, str]

    @property
    def passed(self) -> bool:
        """No case of any part went wrong."""
        return not any(part.wrong for part in self.parts) and all(part.tried for part in self.parts)

    def lines(self) -> list[str]:
        """The result for people."""
        found = [f"{part.name:<14} {part.tried:>4} in {part.seconds:5.1f} s: {part.words}" for part in self.parts]
        wrong = [f"  wrong: {line}" for part in self.parts for line in part.wrong]
        about = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return [*found, *wrong, f"self-test {'passed' if self.passed else 'FAILED'} in {self.seconds:.1f} s, seed {self.seed}; {about}"]


def selftest(progress: Progress = lambda words: None, proofs: int = PROOFS, mutated: int = MUTANTS, files: int = FILES,
             seed: int = 0) -> SelfTest:
    """Prove `proofs` lines that hold, refute `mutated` spoiled logs, survive `files` hostile files.

    A line is one step of the derivation of a statement drawn by `seed`. Raises nothing for a failure: it is in the result.
    """
    start = time.perf_counter()
    logs, lines = _proofs(proofs, seed, progress)
    parts = (lines, _mutants(logs, mutated, seed, progress), _hostile(logs[0], files, seed, progress))
    versions = {name: metadata.version(name) for name in ("python-flint", "mpmath", "sympy")}
    return SelfTest(parts, round(time.perf_counter() - start, 1), seed, {"Python": platform.python_version(), **versions})


def _part(name: str, started: float, outcomes: Counter[str], wrong: list[str]) -> Part:
    return Part(name, outcomes.total(), dict(sorted(outcomes.items())), tuple(wrong), round(time.perf_counter() - started, 2))


def _proofs(count: int, seed: int, progress: Progress) -> tuple[list[dict[str, Any]], Part]:
    """Derive statements and replay their logs until `count` lines were judged; the logs are what the mutants are made of."""
    started, outcomes, wrong, logs = time.perf_counter(), Counter[str](), [], []
    while outcomes.total() < count:
        problem = random_statement(1000 * seed + len(logs))
        log = derive(problem).log()
        logs.append(log)
        for step in replay(log).steps[: count - outcomes.total()]:
            outcomes[step.verdict.status.value] += 1
            if step.verdict.status is not Status.PROVED:
                wrong.append(f"{problem.name}, {step.name} {step.rule}: {step.verdict.status.value} {step.verdict.reason}")
        progress(f"proofs: {outcomes.total()} of {count}")
    return logs, _part("proofs", started, outcomes, wrong)


def _mutants(logs: list[dict[str, Any]], count: int, seed: int, progress: Progress) -> Part:
    """Equal shares of spoiled copies of every log; each must be refuted or invalid at the spoiled place."""
    started, outcomes, wrong = time.perf_counter(), Counter[str](), []
    for i, log in enumerate(logs):
        share = (count - outcomes.total()) // (len(logs) - i)
        for mutant in mutants(with_claims(log), share, seed):
            found = fate(mutant)
            outcomes[found.value] += 1
            if found is not Fate.AT_STEP:
                wrong.append(f"{log['name']}, {mutant.operator} at {', '.join(mutant.target.names)}: {found.value}")
            progress(f"mutants: {outcomes.total()} of {count}")
    return _part("mutants", started, outcomes, wrong)


def _hostile(log: dict[str, Any], count: int, seed: int, progress: Progress) -> Part:
    """Files of different families, two children at a time, each within its limits and without a trace."""
    started, outcomes, wrong = time.perf_counter(), Counter[str](), []
    families = Random(seed).sample(FAMILIES, min(count, len(FAMILIES)))
    plain = json.loads(json.dumps(log))
    with tempfile.TemporaryDirectory(prefix="adjointcheck-") as folder, ThreadPoolExecutor(2) as pool:
        cases = [(family.name, family.task, family.make(Path(folder), Random(1000 * seed + i), plain)) for i, family in enumerate(families)]
        bounds = Bounds(BASE.wall, 2, BASE.memory)
        for (name, _, _), found in zip(cases, pool.map(lambda case: prove(case[1], case[2], bounds), cases), strict=True):
            outcomes[_word(found)] += 1
            wrong += [f"{name}: {fault}" for fault in _faults(found)]
            progress(f"hostile files: {outcomes.total()} of {count}")
    return _part("hostile files", started, outcomes, wrong)


def _word(found: Confined) -> str:
    if found.resource:
        return "stopped at a limit"
    try:
        return str(found.result()["verdict"])
    except AdjointCheckError:
        return "refused" if "refused" in found.answer else "defect"


def _faults(found: Confined) -> Iterator[str]:
    """What a hostile file may not bring about."""
    yield from (f"the guard had to stop {event}" for event in found.answer.get("events", []))
    if found.wall > BASE.wall + 1 or found.peak > BASE.memory:
        yield f"{found.wall:.1f} s and {found.peak / 1e6:.0f} MB"
    if "defect" in found.answer:
        yield found.answer["defect"][-200:]
