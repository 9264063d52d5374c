"""The rooms and what they may import, read from the source by `ast`; and what a fresh process loads."""

from __future__ import annotations

import ast
import importlib.util
import io
import os
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "adjointcheck"
MODULES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}

# room: (rooms it may import from, outside libraries it may import); DESIGN section 3.  "stdlib" is always allowed.
ROOMS: dict[str, tuple[set[str], set[str]]] = {
    "errors.py": (set(), set()),
    "files.py": ({"errors.py"}, set()),
    "expression": ({"errors.py"}, {"sympy"}),
    "math.py": ({"expression"}, set()),
    "problem": ({"errors.py", "expression", "math.py"}, {"sympy"}),
    "schemes": ({"errors.py"}, set()),
    "trusted": ({"errors.py", "expression"}, {"flint", "mpmath"}),
    "derive": ({"errors.py", "expression", "problem", "schemes", "trusted"}, {"sympy"}),
    "codegen": ({"errors.py", "expression", "problem", "derive", "schemes"}, {"mpmath"}),
    "solve": ({"errors.py", "codegen", "schemes", "files.py", "expression"}, {"torch", "numpy", "scipy"}),
    "check": ({"errors.py", "expression", "problem", "trusted", "derive", "codegen", "schemes", "solve", "files.py"}, {"torch", "numpy", "scipy", "mpmath", "flint"}),
    "notes": ({"errors.py", "files.py", "expression", "problem", "schemes", "trusted", "derive", "check"}, {"lark", "numpy", "scipy", "mpmath", "sympy"}),
    "conform": ({"errors.py", "files.py", "schemes", "check"}, {"numpy", "scipy", "mpmath", "torch"}),  # adapters load their library by name, when asked
    "report": ({"errors.py", "expression", "problem", "derive", "trusted", "check", "files.py"}, {"rich", "jinja2", "latex2mathml", "markupsafe", "matplotlib", "numpy"}),
}
NEVER: dict[str, set[str]] = {
    "expression": {"problem", "torch", "numpy"}, "problem": {"derive", "solve", "torch"}, "derive": {"solve", "torch"}, "trusted": {"sympy", "derive", "problem", "torch", "numpy"}, "schemes": {"sympy", "torch", "numpy", "flint", "mpmath"},
    "codegen": {"sympy", "torch", "solve"}, "solve": {"sympy", "derive", "problem"}, "report": {"solve", "torch", "sympy"},
}
DOORS = {  # the few steps against the current, each inside one function: how a result shows itself, and the row that a fit fills
    ("derive/derivation.py", "adjointcheck.report.latex.equations_latex"), ("check/verdict.py", "adjointcheck.report.html"), ("solve/fit.py", "adjointcheck.check.verdict.Fit"),
}
SYMPY_DOORS = {"expression/sympy_bridge.py"}  # in expression/ nobody else speaks to SymPy
TORCH_TEXTS = {"codegen/runtime/torch_runtime.py", "codegen/runtime/equations.pyi"}  # text of generated modules, never imported by us
NOTES = ("reading", "letters", "systems", "worlds", "proofs", "verdicts")  # the way of a formula; each knows those before it, and worlds and proofs not each other
ASKING = {  # readers that ask the core one question: which sign a Hamiltonian or a cost has, by its formula
    ("notes/systems/concrete.py", "adjointcheck.notes.proofs.componentwise.costate_sign"),
    *(("notes/systems/adjoined_motion.py", f"adjointcheck.notes.proofs.componentwise.{name}") for name in ("paid_sign", "same_rate")),
}
TRUSTED_BASE = [f"expression/{name}.py" for name in ("node", "table", "grammar", "calculus")] + [name for name in MODULES if name.startswith("trusted/")]
REFUTING = {"trusted/witness.py", "trusted/matrix_witness.py"}  # they take proofs back and find witnesses; no proof is made of them
FORBIDDEN_CALLS = {"eval", "exec", "compile", "sympify", "parse_expr", "lambdify", "__import__", "literal_eval", "system", "popen", "loads_pickle"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


def parsed(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"), name)


def imports(tree: ast.AST, *, typing_only: bool = False) -> Iterator[str]:
    """Dotted names of everything imported anywhere in `tree`, inside functions too; not below `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where things come from"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node)


def room(dotted: str) -> str:
    """The room of a name inside the package: 'trusted' of adjointcheck.trusted.zero.equal, 'errors.py' of adjointcheck.errors.X."""
    part = dotted.split(".")[1] if "." in dotted else ""
    return f"{part}.py" if f"{part}.py" in MODULES else part


def crossings(name: str, tree: ast.AST) -> list[str]:
    """What `name` imports against the table."""
    own = name.split("/")[0]
    if own not in ROOMS:
        return []
    rooms, libraries = ROOMS[own]
    found = []
    for dotted in imports(tree):
        top = dotted.split(".")[0]
        if (name, dotted) in DOORS:
            continue
        if top == "adjointcheck":
            target = room(dotted)
            if target and (target not in rooms | {own} or target in NEVER.get(own, ())):
                found.append(dotted)
        elif (top not in sys.stdlib_module_names and top not in libraries) or top in NEVER.get(own, ()):
            found.append(dotted)
    return found


@pytest.mark.parametrize("name", MODULES)
def test_rooms_import_what_the_table_allows(name: str) -> None:
    if name in TORCH_TEXTS:
        return
    assert crossings(name, parsed(name)) == []


@pytest.mark.parametrize(("name", "line"), [
    ("trusted/zero.py", "import sympy"), ("trusted/zero.py", "from adjointcheck.derive import derive"), ("trusted/zero.py", "def f():\n    import sympy.abc"), ("derive/graph.py", "import torch"), ("derive/graph.py", "from adjointcheck.solve.load import build"),
    ("problem/statement.py", "from adjointcheck.derive import derive"), ("schemes/tableau.py", "import numpy as np"), ("schemes/tableau.py", "from adjointcheck.expression.node import add"), ("codegen/lower.py", "import sympy"), ("report/html.py", "import torch"),
    ("report/html.py", "from adjointcheck.solve import load"), ("expression/node.py", "from adjointcheck.problem import load"), ("solve/load.py", "import sympy"), ("errors.py", "from adjointcheck.expression import node"), ("trusted/zero.py", "try:\n    import numpy\nexcept ImportError:\n    pass"),
])
def test_a_planted_import_is_found(name: str, line: str) -> None:
    assert crossings(name, ast.parse(line))


def against_the_way(name: str, tree: ast.AST) -> list[str]:
    """What a module of the notes imports from a folder behind its own; what lies in no folder stands behind all, but for plain findings."""
    def place(folder: str) -> int:
        return NOTES.index(folder) if folder in NOTES else len(NOTES)

    own = name.split("/")[1]
    known = ((dotted, dotted.split(".")[2]) for dotted in imports(tree) if dotted.startswith("adjointcheck.notes.") and (name, dotted) not in ASKING)
    return [dotted for dotted, folder in known if folder != "finding" and (place(folder) > place(own) or (own, folder) == ("proofs", "worlds"))]


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("notes/") and name.count("/") > 1])
def test_a_formula_goes_one_way(name: str) -> None:
    assert against_the_way(name, parsed(name)) == []


@pytest.mark.parametrize(("name", "line"), [
    ("notes/reading/tree.py", "from adjointcheck.notes.letters.context import Context"), ("notes/letters/meaning.py", "from adjointcheck.notes.systems.stages import clock"), ("notes/proofs/prove.py", "from adjointcheck.notes.worlds.jet import real"),
    ("notes/worlds/world.py", "from adjointcheck.notes.proofs.prove import Proof"), ("notes/verdicts/pardons.py", "from adjointcheck.notes.verify import verify"), ("notes/systems/concrete.py", "from adjointcheck.notes.proofs.componentwise import setting"),
])
def test_a_planted_step_back_is_found(name: str, line: str) -> None:
    assert against_the_way(name, ast.parse(line))


def test_doors_are_used_and_open_only_inside_functions() -> None:
    for name, dotted in DOORS:
        tree = parsed(name)
        assert dotted in set(imports(tree))
        tree.body = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert dotted not in set(imports(tree))


def test_only_the_bridge_speaks_to_sympy_in_expression() -> None:
    found = {name for name in MODULES if name.startswith("expression/") for dotted in imports(parsed(name)) if dotted.split(".")[0] == "sympy"}
    assert found == SYMPY_DOORS
    bridge = {name for name in TRUSTED_BASE for dotted in imports(parsed(name)) if "sympy" in dotted}
    assert bridge == set()


def test_what_refutes_enters_the_proving_base_by_three_functions_that_take_the_worst() -> None:
    """PROVED needs none of REFUTING: each of these functions returns `worst` of the proof and of what is held against it."""
    found = set()
    for name in set(TRUSTED_BASE) - REFUTING:
        tree = parsed(name)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        found |= {(name, node.name) for node in functions if any("witness" in dotted for dotted in imports(node))}
        for node in functions:
            node.body = []
        assert not any("witness" in dotted for dotted in imports(tree))
    assert found == {("trusted/zero.py", "equal"), ("trusted/matrix.py", "compare"), ("trusted/language.py", "equal")}


PROOF = """
from adjointcheck.expression.grammar import parse
from adjointcheck.trusted.zero import proof
for deep, left in ((False, 'sin(x)**2 + cos(x)**2'), (True, 'sin(2*x)/(2*sin(x)*cos(x))')):
    assert proof(parse(left), parse('1'), frozenset(), deep).status == 'proved'
    assert proof(parse(left), parse('2'), frozenset(), deep).status == 'unknown'
"""


def test_a_proof_loads_nothing_that_refutes() -> None:
    assert loaded_by(PROOF) & {"mpmath", "flint"} == {"flint"}


def test_codegen_imports_torch_in_text_only() -> None:
    found = {name for name in MODULES if name.startswith("codegen/") for dotted in imports(parsed(name)) if dotted.split(".")[0] == "torch"}
    assert found <= TORCH_TEXTS


def test_every_room_is_in_the_table() -> None:
    faces = {"__init__.py", "__main__.py", "cli.py", "console.py", "pytest_plugin.py", "testing.py", "pipeline.py", "studies.py"}
    assert {name.split("/")[0] for name in MODULES} - faces <= set(ROOMS)


def test_imports_are_sorted_out_before_they_are_judged() -> None:
    tree = ast.parse("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\ndef f():\n    from adjointcheck.trusted.zero import equal\n")
    assert list(imports(tree)) == ["typing.TYPE_CHECKING", "adjointcheck.trusted.zero.equal"]


# Calls that turn text into code


ALLOWED_CALLS = {("compile", "re"), ("system", "platform"), ("compile", "torch")}  # re.compile, platform.system, torch.compile


def calls(tree: ast.AST) -> Iterator[str]:
    """Forbidden calls, by name or as attribute, and torch.load."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
        owner = function.value.id if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) else ""
        if name in FORBIDDEN_CALLS and (name, owner) not in ALLOWED_CALLS:
            yield name
        if (owner, name) in (("torch", "load"), ("np", "load"), ("numpy", "load")):
            yield f"{owner}.load"


@pytest.mark.parametrize("name", MODULES)
def test_no_text_becomes_code(name: str) -> None:
    tree = parsed(name)
    assert list(calls(tree)) == []
    assert [dotted for dotted in imports(tree) if dotted.split(".")[0] in FORBIDDEN_MODULES] == []


@pytest.mark.parametrize("line", ["eval('x')", "exec(text)", "sympy.sympify(x)", "parse_expr(x)", "lambdify(x, y)", "compile(a, b, 'eval')", "builtins.eval(x)", "torch.load(p)", "os.system(c)", "__import__('os')", "np.load(p)"])
def test_a_planted_call_is_found(line: str) -> None:
    assert list(calls(ast.parse(line)))


def test_ordinary_calls_are_left_alone() -> None:
    assert list(calls(ast.parse("re.compile(p)\nmodel.eval\nevaluate(x)\nexecute(y)\nself.load(z)\njson.load(f)"))) == []


# Size


def code_lines(text: str) -> int:
    """Lines that hold code: neither blank, nor comment, nor docstring, nor import."""
    tree = ast.parse(text)
    strings: list[ast.stmt] = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    strings += [node.body[0] for node in ast.walk(tree) if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant) and isinstance(node.body[0].value.value, str)]
    prose = {line for node in strings for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - prose)


def test_code_lines_are_counted_as_said() -> None:
    assert code_lines('"""Doc\nmore."""\nfrom os import (\n    path,\n)\n\n# comment\nx = 1  # why\n\n\ndef f():\n    """Doc."""\n    return """a\nb"""\n') == 4


def test_the_trusted_base_can_be_read_in_one_sitting() -> None:
    """The design asks for 1,500 in all: what proves a statement keeps that; theorems and refutations come on top (README says so)."""
    sizes = {name: code_lines(MODULES[name].read_text(encoding="utf-8")) for name in TRUSTED_BASE}
    theories = sum(sizes[f"trusted/{name}.py"] for name in ("language", "matrix", "theory"))
    refuting = sum(sizes[name] for name in REFUTING)
    assert sum(sizes.values()) - theories - refuting <= 1500, sizes
    assert theories <= 613 and refuting <= 250, sizes


@pytest.mark.parametrize("name", MODULES)
def test_files_and_functions_stay_short(name: str) -> None:
    text = MODULES[name].read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 60] == []
    assert name in TORCH_TEXTS or len(text.splitlines()) <= 600
    assert "from __future__ import annotations" in text or not functions


# What a fresh process loads


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules in a process that ran `statement`."""
    code = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return set(subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout.split())


HEAVY = {"sympy", "torch", "numpy", "flint", "mpmath", "scipy", "matplotlib", "jinja2", "rich", "click"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import adjointcheck") & HEAVY == set()


def test_the_probe_sees_what_is_loaded() -> None:
    assert "mpmath" in loaded_by("import mpmath")


def test_the_trusted_room_loads_no_sympy() -> None:
    loaded = loaded_by("import adjointcheck.trusted.replay, adjointcheck.trusted.zero, adjointcheck.trusted.matrix_witness, adjointcheck.trusted.witness")
    assert loaded & {"sympy", "torch", "numpy"} == set() and {"flint", "mpmath"} <= loaded


def test_the_pytest_plugin_loads_neither_torch_nor_sympy() -> None:
    assert importlib.util.find_spec("adjointcheck.pytest_plugin") is not None
    assert loaded_by("import adjointcheck.pytest_plugin") & {"sympy", "torch", "numpy", "flint", "matplotlib"} == set()


@pytest.mark.parametrize("statement", ["import adjointcheck.schemes", "import adjointcheck.expression.grammar", "import adjointcheck.errors"])
def test_light_rooms_stay_light(statement: str) -> None:
    assert loaded_by(statement) & HEAVY == set()


def test_no_name_of_a_module_is_given_twice() -> None:
    twice = {name: found for name in MODULES if (found := given_twice(parsed(name)))}
    assert not twice, f"a later constant or function takes the name of an earlier one: {twice}"


def test_a_planted_second_name_is_found() -> None:
    assert given_twice(ast.parse("A = 1\nB = 2\nA: int = 3\nB: int")) == ["A"]


def given_twice(module: ast.Module) -> list[str]:
    return [name for name, times in Counter(_given(module)).items() if times > 1 and name != "_"]


def _given(module: ast.Module) -> Iterator[str]:
    """The names of constants, functions and classes, in their order; a declaration without a value gives none."""
    for statement in module.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target] if isinstance(statement, ast.AnnAssign) and statement.value else []
        yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
