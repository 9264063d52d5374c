"""How many small changes of the trusted base do its own tests notice?  Run by hand:

    python tests/trusted/mutation_score.py --sample 600 --seed 1 --jobs 2

Each mutant is one change of one node (an operator exchanged, a condition negated or fixed, a constant moved, a statement
dropped, a result replaced).  A forked child imports the changed module and runs tests/trusted and tests/expression until
the first failure; a child that hangs counts as noticed.  Survivors are printed as a diff, to be killed by a new test or
explained.  (DeMillo, Lipton, Sayward 1978: test the tests.)
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import importlib.abc
import importlib.util
import multiprocessing
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BASE = ("expression/node.py", "expression/table.py", "expression/grammar.py", "expression/calculus.py", "trusted/*.py")
SUITE = ("tests/trusted", "tests/expression")
SECONDS = 150
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
            ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
EXCHANGED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
             ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}
Mutation = tuple[str, Callable[[], ast.AST]]


@dataclass(frozen=True)
class Mutant:
    """One change of one module, as the whole text that is run in its place."""

    module: str
    line: int
    kind: str
    text: str


def changes(node: ast.AST) -> Iterator[Mutation]:
    """Every node that may stand in the place of `node`."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        yield "comparison", lambda: ast.Compare(node.left, [COMPARED[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    if isinstance(node, ast.BinOp) and type(node.op) in EXCHANGED:
        yield "operator", lambda: ast.BinOp(node.left, EXCHANGED[type(node.op)](), node.right)
    if isinstance(node, ast.BoolOp):
        yield "connective", lambda: ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "sign", lambda: node.operand
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield "number", lambda: ast.Constant(node.value + 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "truth", lambda: ast.Constant(not node.value)
    if isinstance(node, ast.IfExp):
        yield "choice", lambda: node.body
        yield "choice", lambda: node.orelse
    if isinstance(node, ast.If | ast.While):
        yield "condition", lambda: _with(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.Raise | ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield "statement", ast.Pass
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "result", lambda: ast.Return(ast.Constant(None))
    if isinstance(node, ast.comprehension) and node.ifs:
        yield "filter", lambda: ast.comprehension(node.target, node.iter, node.ifs[1:], node.is_async)


def _with(node: Any, **fields: Any) -> ast.AST:
    changed = deepcopy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


class Replacer(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else super().visit(node)


@dataclass(frozen=True)
class Place:
    """Where a change can be made: the node by its position in the walk of the tree, and which of its changes."""

    path: Path
    position: int
    choice: int

    @property
    def module(self) -> str:
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def places(path: Path) -> list[Place]:
    """All changes of one file; type annotations, which never run, are left alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    notes = {id(part) for node in ast.walk(tree) for name in ("annotation", "returns") if getattr(node, name, None) is not None
             for part in ast.walk(getattr(node, name))}
    return [Place(path, position, choice) for position, node in enumerate(ast.walk(tree)) if id(node) not in notes
            for choice, _ in enumerate(changes(node))]


def build(place: Place) -> Mutant:
    """The text with the change made."""
    tree = ast.parse(place.path.read_text(encoding="utf-8"))
    node = next(node for position, node in enumerate(ast.walk(tree)) if position == place.position)
    kind, change = list(changes(node))[place.choice]
    changed = ast.fix_missing_locations(Replacer(node, change()).visit(tree))
    return Mutant(place.module, getattr(node, "lineno", 0), kind, ast.unparse(changed))


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves the mutant's text for its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.mutant.module else None

    def exec_module(self, module: Any) -> None:
        exec(compile(self.mutant.text, f"<mutant of {self.mutant.module}>", "exec"), module.__dict__)


def survives(mutant: Mutant) -> bool:
    """Run the suite against the mutant in a forked child; True when no test fails."""
    child = multiprocessing.get_context("fork").Process(target=_run, args=(mutant,))
    child.start()
    child.join(SECONDS)
    if child.is_alive():
        os.killpg(child.pid or 0, signal.SIGKILL)
        child.join()
    return child.exitcode == 0


def _run(mutant: Mutant) -> None:
    os.setsid()
    sys.stdout = sys.stderr = open(os.devnull, "w")
    sys.path.insert(0, str(ROOT))
    sys.meta_path.insert(0, Finder(mutant))
    import pytest

    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "-m", "not campaign", "--rootdir", str(ROOT)]
    os._exit(int(pytest.main([*options, *(str(ROOT / folder) for folder in SUITE)])))


def difference(mutant: Mutant) -> str:
    """The changed lines."""
    path = ROOT / Path(*mutant.module.split(".")).with_suffix(".py")
    before = ast.unparse(ast.parse(path.read_text(encoding="utf-8"))).splitlines()
    lines = difflib.unified_diff(before, mutant.text.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0, help="how many mutants to draw (0: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="modules whose name contains this")
    options = parser.parse_args()
    files = [path for pattern in BASE for path in sorted((ROOT / "adjointcheck").glob(pattern))]
    found = [place for path in files for place in places(path) if options.only in place.module]
    chosen = [build(place) for place in (random.Random(options.seed).sample(found, options.sample) if options.sample else found)]
    for name in ("flint", "mpmath", "pytest", "sympy"):
        importlib.import_module(name)  # before the forks: each child then starts at once
    print(f"{len(found)} mutants, {len(chosen)} run", flush=True)
    if not survives(Mutant("no module", 0, "none", "")):
        sys.exit("the suite fails without any change: mend that first")
    with ThreadPoolExecutor(options.jobs) as pool:
        alive = []
        for count, (mutant, survived) in enumerate(zip(chosen, pool.map(survives, chosen), strict=True), 1):
            if survived:
                alive.append(mutant)
                print(f"\nsurvivor {len(alive)} of {count}: {mutant.module} line {mutant.line}, {mutant.kind}\n{difference(mutant)}", flush=True)
    killed = Counter(mutant.module for mutant in chosen) - Counter(mutant.module for mutant in alive)
    for module, total in sorted(Counter(mutant.module for mutant in chosen).items()):
        print(f"{module}: {killed[module]} of {total} killed")
    print(f"score {1 - len(alive) / len(chosen):.1%}: {len(chosen) - len(alive)} of {len(chosen)} killed")


if __name__ == "__main__":
    main()
