"""How many small changes of the trusted base do its own tests notice?  Run by hand:

    python tests/trusted/mutation_score.py --each 40 --seed 1 --jobs 2        # needs `coverage`

Each mutant is one change of one node (an operator exchanged, a condition negated or fixed, a constant moved, a statement
dropped, a result replaced).  A first run without any change notes which tests run which lines.  Then the tests are
collected once, and for each mutant a forked child puts the changed code into the functions (what runs at import: imports
everything anew) and runs those tests of tests/trusted and tests/expression that run the changed line (at import: the module), the
quickest first, until one fails or `--seconds` are spent; a test that takes ten times its time counts as failed.  The score is a lower
bound, for more tests might notice.  Survivors are printed as a diff, to be killed by a new test or explained.
(DeMillo, Lipton, Sayward 1978: test the tests.)
"""

from __future__ import annotations

import argparse
import ast
import difflib
import gc
import importlib
import importlib.abc
import importlib.util
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BASE = ("expression/node.py", "expression/table.py", "expression/grammar.py", "expression/calculus.py", "trusted/*.py")
SUITE = ("tests/trusted", "tests/expression")
TEST_MODULES = {path.stem for folder in ("tests", *SUITE) for path in (ROOT / folder).glob("*.py")}
PATIENCE = 10, 10  # seconds, and times its own, that a test may take under a change
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
            ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
EXCHANGED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
             ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}
Mutation = tuple[str, Callable[[], ast.AST]]


@dataclass(frozen=True)
class Mutant:
    """One change of one module, as the whole module that is run in its place."""

    module: str
    lines: range
    kind: str
    tree: ast.Module

    @property
    def text(self) -> str:
        return ast.unparse(self.tree)

    @property
    def path(self) -> Path:
        return ROOT / Path(*self.module.split(".")).with_suffix(".py")


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
        yield "number", lambda value=node.value: ast.Constant(value + 1)
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


def drawn(every: list[Place], count: int, seed: int) -> list[Place]:
    """A sample of the changes of one module."""
    return random.Random(f"{seed} {every[0].module}").sample(every, min(count, len(every))) if count else every


def build(place: Place) -> Mutant:
    """The text with the change made."""
    tree = ast.parse(place.path.read_text(encoding="utf-8"))
    node = next(node for position, node in enumerate(ast.walk(tree)) if position == place.position)
    kind, change = list(changes(node))[place.choice]
    changed = ast.fix_missing_locations(Replacer(node, change()).visit(tree))
    return Mutant(place.module, _lines(node), kind, changed)


def _lines(node: ast.AST) -> range:
    """The lines of a node, of a compound statement its condition's; a filter's are those of its condition."""
    node = node.test if isinstance(node, ast.If | ast.While) else node.ifs[0] if isinstance(node, ast.comprehension) else node
    first = getattr(node, "lineno", 0)
    return range(first, (getattr(node, "end_lineno", None) or first) + 1)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves the mutant's text for its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.mutant.module else None

    def exec_module(self, module: Any) -> None:
        exec(compile(self.mutant.tree, str(self.mutant.path), "exec"), module.__dict__)


class Watch:
    """A plugin for the run without a change: the processor time of each test, and the tests that run each line."""

    def __init__(self) -> None:
        import coverage

        self.seconds: dict[str, float] = {}
        self.coverage = coverage.Coverage(data_file=None, config_file=False, include=[str(ROOT / "adjointcheck" / pattern) for pattern in BASE])
        self.coverage.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.coverage.switch_context(nodeid)
        self.seconds[nodeid] = -time.process_time()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.seconds[nodeid] += time.process_time()

    def found(self) -> dict[str, Any]:
        self.coverage.stop()
        data = self.coverage.get_data()
        return {"seconds": self.seconds, "tests": {path: data.contexts_by_lineno(path) for path in data.measured_files()}}


class Trial:
    """A plugin that runs no test itself: for each mutant a forked child runs the chosen ones of the collected tests."""

    def __init__(self, chosen: list[Mutant], baseline: Baseline, seconds: float, jobs: int) -> None:
        self.chosen, self.baseline, self.seconds, self.jobs = chosen, baseline, seconds, jobs
        self.alive: list[bool] = []

    def pytest_runtestloop(self, session: Any) -> bool:
        first = self.chosen[0]
        text = first.path.read_text(encoding="utf-8")
        for kind, planted_text, survives in (("none", text, True), ("anew", text, True), ("anew", "raise ImportError", False)):
            if (_forked(self.trial, Mutant(first.module, range(0), kind, ast.parse(planted_text)), session) == 0) is not survives:
                raise RuntimeError(f"a test fails without any change, or none fails without {first.module}")
        with ThreadPoolExecutor(self.jobs) as pool:
            for count, survived in enumerate(pool.map(lambda mutant: _forked(self.trial, mutant, session) == 0, self.chosen)):
                self.alive.append(survived)
                told(self.chosen[count], count, sum(self.alive), survived)
        return True

    def trial(self, mutant: Mutant, session: Any) -> None:
        """In the child: exit code 0 where no test fails."""
        _silent()
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)  # ends the child
        at_import = mutant.kind == "anew" or mutant.path.name == "table.py" or not planted(mutant)  # functions fill the table at import
        names = self.baseline.chosen(mutant, self.seconds if mutant.lines else 2, at_import)
        if at_import:
            os._exit(_anew(mutant, names))
        items = {item.nodeid: item for item in session.items}
        order = [items[name] for name in names if name in items]
        for item, following in zip_longest(order, order[1:]):
            _alarm(names[item.nodeid])
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                os._exit(1)
        os._exit(0)


def planted(mutant: Mutant) -> bool:
    """Give the changed code to the functions that have the old one; False where the change is of what runs at import."""
    old, new = (compile(tree, str(mutant.path), "exec") for tree in (ast.parse(mutant.path.read_text(encoding="utf-8")), mutant.tree))
    pairs = list(_pairs(old, new))
    table = dict(pairs)
    living = [each for each in gc.get_objects() if type(each) is FunctionType and each.__code__.co_filename == str(mutant.path)]
    functions = [(each, table[each.__code__]) for each in living if each.__code__ in table]
    inside = {id(code) for _, fresh in functions for _, code in _pairs(fresh, fresh)}
    if any(id(fresh) not in inside and _own(before) != _own(fresh) for before, fresh in pairs):
        return False
    for function, fresh in functions:
        if function.__code__.co_freevars != fresh.co_freevars:
            return False
        function.__code__ = fresh
    return True


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The code of a module, function or class with the same after the change, and all that is defined in it."""
    yield old, new
    inner = ([each for each in code.co_consts if isinstance(each, CodeType)] for code in (old, new))
    for before, after in zip_longest(*inner):
        if before is not None and after is not None:
            yield from _pairs(before, after)


def _own(code: CodeType) -> tuple[object, ...]:
    return code.co_code, code.co_names, [repr(each) for each in code.co_consts if not isinstance(each, CodeType)]


def _alarm(usual: float) -> None:
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE[0] + PATIENCE[1] * usual)


class Chosen:
    """A plugin for the run that imports everything anew: the chosen tests in their order, each with a limit of time."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        rank = {name: i for i, name in enumerate(self.seconds)}
        items[:] = sorted((item for item in items if item.nodeid in rank), key=lambda item: rank[item.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        _alarm(self.seconds[nodeid])


@dataclass(frozen=True)
class Baseline:
    """What the run without a change told."""

    seconds: dict[str, float]
    tests: dict[str, dict[str, list[str]]]

    def chosen(self, mutant: Mutant, limit: float, at_import: bool) -> dict[str, float]:
        """The tests that run a changed line, as many as fit the limit; for what runs at import, all that run any line of the module.

        The file named after the module goes first, then the quickest case of each test, then the second quickest of each: many tests
        see more than many cases.
        """
        def own(name: str) -> bool:
            return f"/test_{mutant.path.stem}.py" in name

        by_line = self.tests.get(str(mutant.path), {})
        names = {name for line in mutant.lines for name in by_line.get(str(line), ()) if name}
        if at_import or not names:
            names = {name for found in by_line.values() for name in found if name} | {name for name in self.seconds if own(name)}
        seen: Counter[str] = Counter()
        ranked: list[tuple[bool, int, float, str]] = []
        for name in sorted(names, key=self.seconds.__getitem__):
            seen[name.partition("[")[0]] += 1
            ranked.append((not own(name), seen[name.partition("[")[0]], self.seconds[name], name))
        order = [(name, seconds) for *_, seconds, name in sorted(ranked)]
        spent = accumulate(seconds for _, seconds in order)
        return {name: seconds for (name, seconds), total in zip(order, spent, strict=True) if not limit or total <= limit}


def measured(kept: str) -> Baseline:
    """Run the suite without a change in a forked child; with `kept`, once for several calls of this tool."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(kept or folder + "/baseline.json")
        if not path.exists() and _forked(_watch, path) != 0:
            sys.exit("the suite fails without any change: mend that first")
        return Baseline(**json.loads(path.read_text(encoding="utf-8")))


def _forked(work: Callable[..., None], *arguments: Any) -> int | None:
    child = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    child.start()
    child.join()
    return child.exitcode


def _watch(path: Path) -> None:
    _silent()
    watch = Watch()
    code = _pytest(SUITE, watch)
    path.write_text(json.dumps(watch.found()), encoding="utf-8")
    os._exit(code)


def _anew(mutant: Mutant, seconds: dict[str, float]) -> int:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("adjointcheck", "conftest", *TEST_MODULES)]:
        del sys.modules[name]
    sys.meta_path.insert(0, Finder(mutant))
    return _pytest(sorted({name.partition("::")[0] for name in seconds}), Chosen(seconds))


def _silent() -> None:
    for descriptor in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _pytest(paths: Sequence[str], plugin: object) -> int:
    """One call of pytest in this process."""
    sys.path.insert(0, str(ROOT))
    import pytest

    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-s", "-o", "addopts=", "-m", "not campaign", "--rootdir", str(ROOT)]
    options.append("--assert=plain")  # else pytest's own importer reads the unchanged files before `Finder` is asked
    return int(pytest.main([*options, *(str(ROOT / path) for path in paths)], [plugin]))


def difference(mutant: Mutant) -> str:
    """The changed lines."""
    before = ast.unparse(ast.parse(mutant.path.read_text(encoding="utf-8"))).splitlines()
    lines = difflib.unified_diff(before, mutant.text.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---"))


def told(mutant: Mutant, count: int, alive: int, survived: bool) -> None:
    if not survived:
        print(".", end="", flush=True)
    else:
        print(f"\nsurvivor {alive} of {count + 1}: {mutant.module} line {mutant.lines.start}, {mutant.kind}\n{difference(mutant)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=0, help="how many mutants of each module to draw (0: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[""], help="modules whose name contains one of these")
    parser.add_argument("--seconds", type=float, default=0, help="processor time for one mutant (0: no limit)")
    parser.add_argument("--baseline", default="", help="file that keeps the run without a change")
    options = parser.parse_args()
    files = [path for pattern in BASE for path in sorted((ROOT / "adjointcheck").glob(pattern))]
    found = [each for path in files if (each := places(path)) and any(name in each[0].module for name in options.only)]
    chosen = [build(place) for each in found for place in drawn(each, options.each, options.seed)]
    print(f"{sum(map(len, found))} mutants, {len(chosen)} run", flush=True)
    baseline = measured(options.baseline)
    trial = Trial(chosen, baseline, options.seconds, options.jobs)
    _pytest(SUITE, trial)
    alive = [mutant for mutant, survived in zip(chosen, trial.alive, strict=True) if survived]
    killed = Counter(mutant.module for mutant in chosen) - Counter(mutant.module for mutant in alive)
    for module, total in sorted(Counter(mutant.module for mutant in chosen).items()):
        print(f"{module}: {killed[module]} of {total} killed")
    print(f"score {1 - len(alive) / len(chosen):.1%}: {len(chosen) - len(alive)} of {len(chosen)} killed")


if __name__ == "__main__":
    main()
