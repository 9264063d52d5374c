"""Reading a generated module back: its equations run on expressions, every literal taken exactly as it is spelled.

The text is parsed, never executed. What remains is the meaning of a short list of syntax nodes, so that the emitted
text itself, not the tree it was printed from, can be proved equal to the adjoint system.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NoReturn

from adjointcheck.codegen.torch_module import HELPERS, MARKER
from adjointcheck.errors import CodegenError
from adjointcheck.expression.grammar import is_condition
from adjointcheck.expression.node import Expression, apply, number
from adjointcheck.expression.table import FUNCTIONS, PRIMITIVES

Literal = None | bool | str | Fraction | tuple["Literal", ...]

TABLEAU = ("A", "B", "C", "E", "E_LOW")
_LITERAL = re.compile(r"(\d{1,4096}\.?\d{0,4096})(e[+-]?\d{1,3})?\Z", re.IGNORECASE)
_BINARY: Mapping[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.BitAnd: "and", ast.BitOr: "or",
    ast.Lt: "lt", ast.LtE: "le",
}  # fmt: skip
_TORCH = {name: name for name in FUNCTIONS - {"min", "max", "piecewise"}} | {"minimum": "min", "maximum": "max", "where": "piecewise"}


@dataclass(frozen=True)
class Equation:
    """One function of the module: give it an expression for each scalar argument, a sequence of them for each array."""

    source: _Source
    node: ast.FunctionDef

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the arguments, in order."""
        return tuple(argument.arg for argument in self.node.args.args)

    def __call__(self, *values: Expression | Sequence[Expression]) -> Any:
        """An expression for a scalar result, a tuple for columns, a tuple of those for several results.

        Raises CodegenError at the first piece of syntax that generated equations never hold.
        """
        if len(values) != len(self.arguments):
            raise CodegenError(f"function {self.name}", f"{len(values)} arguments", f"{', '.join(self.arguments)}")
        bound = {name: value if isinstance(value, Expression) else tuple(value)
                 for name, value in zip(self.arguments, values, strict=True)}  # fmt: skip
        return _Reading(self.source, self.node, bound).result()


def equations(text: str) -> dict[str, Equation]:
    """The equation functions of a generated module, by name.

    Raises CodegenError when the text is no such module: no runtime marker, helpers that are not ours, an equation or
    an imported module bound a second time, a signature with more than plain arguments, statements that do more than
    import, define a constant or define a function.
    """
    source = _Source(text)
    source.check_statements()
    source.check_helpers()
    found = {node.name: Equation(source, node) for node in source.functions if not node.name.startswith("_")}
    for name in (*found, "torch", "math"):
        source.check_bound_once(name)
    for equation in found.values():
        source.check_signature(equation.node)
    return found


def constants(text: str) -> dict[str, Any]:
    """The constants of a generated module, by name: exact Fractions, strings, truth values, None, tuples of these."""
    source = _Source(text)
    assigned = [node for node in source.before_marker if isinstance(node, ast.Assign)]
    read = {source.target(node): node.value for node in assigned if not _lists_functions(node.value)}
    for name in read:
        source.check_bound_once(name)
    return {name: source.literal(value) for name, value in read.items()}


def tableau_of(text: str) -> dict[str, Any]:
    """A (rows), B, C, E and E_LOW of a generated module as exact Fractions."""
    found = constants(text)
    for name in TABLEAU:
        if name not in found:
            raise CodegenError("generated module", sorted(found), f"a constant {name}")
    return {name: found[name] for name in TABLEAU}


def tables(text: str) -> dict[str, tuple[str, ...]]:
    """The tuples of functions in a generated module, by name: which cost belongs to which group of observations."""
    source = _Source(text)
    found: dict[str, tuple[str, ...]] = {}
    for node in source.before_marker:
        if isinstance(node, ast.Assign) and _lists_functions(node.value):
            name = source.target(node)
            source.check_bound_once(name)
            found[name] = tuple(item.id for item in node.value.elts)  # type: ignore[attr-defined]
    return found


def _lists_functions(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple) and bool(node.elts) and all(isinstance(item, ast.Name) for item in node.elts)


class _Source:
    """The text of a module with its syntax tree."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        if not text.isascii() or self.lines.count(MARKER) != 1:
            raise CodegenError("generated module", f"{self.lines.count(MARKER)} markers", f"ASCII text with one line {MARKER}")
        try:
            self.tree = ast.parse(text)
        except SyntaxError as error:
            raise CodegenError(f"generated module, line {error.lineno}", error.msg, "Python syntax") from error

    def refuse(self, node: ast.AST, expected: str) -> NoReturn:
        line = getattr(node, "lineno", 0)
        got = self.lines[line - 1].strip() if line else type(node).__name__
        raise CodegenError(f"generated module, line {line}, {type(node).__name__}", got, expected, "Generate the module again.")

    @cached_property
    def before_marker(self) -> list[ast.stmt]:
        end = self.lines.index(MARKER) + 1
        return [node for node in self.tree.body if node.lineno < end]

    @cached_property
    def functions(self) -> list[ast.FunctionDef]:
        return [node for node in self.before_marker if isinstance(node, ast.FunctionDef)]

    def check_statements(self) -> None:
        for node in self.before_marker:
            if isinstance(node, ast.Assign):
                self.target(node)
                if not _lists_functions(node.value):
                    self.literal(node.value)
            elif not isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef):
                self.refuse(node, "an import, a constant or a function")

    def check_helpers(self) -> None:
        ours = {node.name: ast.dump(node) for node in ast.parse(HELPERS).body if isinstance(node, ast.FunctionDef)}
        theirs = {node.name: ast.dump(node) for node in self.functions if node.name.startswith("_")}
        if ours != theirs:
            raise CodegenError("generated module", ", ".join(theirs), f"the unchanged helpers {', '.join(ours)}")

    @cached_property
    def bindings(self) -> Counter[str]:
        return Counter(_module_bindings(self.tree))

    def check_bound_once(self, name: str) -> None:
        """Nothing in the whole module, the runtime included, binds the module-level `name` a second time."""
        if self.bindings[name] > 1:
            raise CodegenError("generated module", f"{name} bound {self.bindings[name]} times", f"{name} bound once")

    def check_signature(self, node: ast.FunctionDef) -> None:
        plain = ast.arguments(posonlyargs=[], args=node.args.args, kwonlyargs=[], kw_defaults=[], defaults=[])
        if node.decorator_list or ast.dump(node.args) != ast.dump(plain):
            self.refuse(node, "a function with plain arguments and no decorator")

    def target(self, node: ast.Assign) -> str:
        if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            self.refuse(node, "one name on the left")
        return node.targets[0].id

    def number(self, node: ast.Constant) -> Fraction:
        """The rational that the literal spells, from its characters and not from the double that Python makes of it."""
        spelled = self.lines[node.lineno - 1][node.col_offset : node.end_col_offset]
        if isinstance(node.value, bool) or not isinstance(node.value, int | float) or not _LITERAL.match(spelled):
            self.refuse(node, "a decimal literal")
        return Fraction(spelled)

    def literal(self, node: ast.expr) -> Literal:
        """The exact value of a constant: quotients and signs of literals, strings, truth values, None, tuples."""
        if isinstance(node, ast.Tuple):
            return tuple(self.literal(item) for item in node.elts)
        if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool | str)):
            return node.value
        return self.rational(node)

    def rational(self, node: ast.expr) -> Fraction:
        if isinstance(node, ast.Constant):
            return self.number(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self.rational(node.operand)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and (divisor := self.rational(node.right)):
            return self.rational(node.left) / divisor
        self.refuse(node, "a literal, its negative, or a quotient of literals")


def _module_bindings(tree: ast.Module) -> Iterator[str]:
    """Every name that module-level code binds, and every name that a function declares global."""
    yield from (name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names)
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        else:
            pending.extend(ast.iter_child_nodes(node))


@dataclass(frozen=True)
class _Batch:
    """What `_batch` returns: a shape, which has no meaning here."""


class _Reading:
    """Runs one equation function, statement by statement."""

    def __init__(self, source: _Source, node: ast.FunctionDef, bound: dict[str, Any]) -> None:
        self.source, self.node, self.values = source, node, dict(bound)
        self.arguments = tuple(bound)

    def result(self) -> Any:
        *body, last = self.node.body
        for statement in body:
            self.run(statement)
        if not isinstance(last, ast.Return) or last.value is None:
            self.source.refuse(last, "a function that ends by returning its results")
        return self.value(last.value)

    def run(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str):
            return
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            self.source.refuse(statement, "a docstring, an assignment or a return")
        target, value = statement.targets[0], self.value(statement.value)
        if isinstance(target, ast.Tuple):
            if not isinstance(value, tuple) or len(value) != len(target.elts):
                self.source.refuse(statement, f"{len(target.elts)} columns")
            for name, column in zip(target.elts, value, strict=True):
                self.bind(name, column)
        else:
            self.bind(target, value)

    def bind(self, target: ast.expr, value: Any) -> None:
        if not isinstance(target, ast.Name) or target.id in self.values or self.source.bindings[target.id]:
            self.source.refuse(target, "a new name on the left")
        if target.id != "_":
            self.values[target.id] = value

    def value(self, node: ast.expr) -> Any:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            self.source.refuse(node, "arithmetic, comparisons, torch functions and columns only")
        return handler(self, node)

    def real(self, node: ast.expr) -> Expression:
        value = self.value(node)
        if not isinstance(value, Expression) or is_condition(value):
            self.source.refuse(node, "a real value here")
        return value

    def condition(self, node: ast.expr) -> Expression:
        value = self.value(node)
        if not isinstance(value, Expression) or not is_condition(value):
            self.source.refuse(node, "a condition here")
        return value

    def name(self, node: ast.Name) -> Any:
        if node.id not in self.values:
            self.source.refuse(node, "a name bound before it is used")
        return self.values[node.id]

    def attribute(self, node: ast.Attribute) -> Expression:
        if not (isinstance(node.value, ast.Name) and node.value.id == "math" and node.attr == "pi"):
            self.source.refuse(node, "math.pi")
        return apply("pi")

    def unary(self, node: ast.UnaryOp) -> Expression:
        if isinstance(node.op, ast.Invert):
            return apply("not", self.condition(node.operand))
        if not isinstance(node.op, ast.USub):
            self.source.refuse(node, "one of - ~")
        operand = self.real(node.operand)
        return number(-operand.value) if operand.head == "number" else apply("neg", operand)

    def binary(self, node: ast.BinOp) -> Expression:
        head = _BINARY.get(type(node.op))
        if head is None:
            self.source.refuse(node, "one of + - * / ** & |")
        side = self.condition if head in ("and", "or") else self.real
        left, right = side(node.left), side(node.right)
        if head == "div" and left.head == right.head == "number" and right.value:
            return number(left.value / right.value)
        return apply(head, left, right)

    def comparison(self, node: ast.Compare) -> Expression:
        if len(node.ops) != 1 or type(node.ops[0]) not in _BINARY:
            self.source.refuse(node, "one comparison with < or <=")
        return apply(_BINARY[type(node.ops[0])], self.real(node.left), self.real(node.comparators[0]))

    def subscript(self, node: ast.Subscript) -> Any:
        """x[..., i]"""
        array, index = self.value(node.value), node.slice
        match index:
            case ast.Tuple(elts=[ast.Constant(value=first), ast.Constant(value=int(i))]) if first is ...:
                if isinstance(array, tuple) and 0 <= i < len(array):
                    return array[i]
        self.source.refuse(node, "a column, array[..., i]")

    def call(self, node: ast.Call) -> Any:
        if node.keywords:
            self.source.refuse(node, "arguments by position")
        match node.func:
            case ast.Name(id=helper) if helper in _HELPERS:
                return _HELPERS[helper](self, node)
            case ast.Attribute(value=ast.Name(id="torch"), attr=name) if name in _TORCH:
                return self.primitive(node, _TORCH[name])
            case ast.Attribute(value=ast.Name(id=array), attr="unbind") if isinstance(self.values.get(array), tuple):
                if [ast.unparse(argument) for argument in node.args] == ["-1"]:
                    return self.values[array]
        self.source.refuse(node, "a torch function of the table, a helper, or array.unbind(-1)")

    def primitive(self, node: ast.Call, head: str) -> Expression:
        if len(node.args) != PRIMITIVES[head].arity:
            self.source.refuse(node, f"{PRIMITIVES[head].arity} arguments")
        if head == "piecewise":
            condition, value, otherwise = node.args
            return apply(head, self.real(value), self.condition(condition), self.real(otherwise))
        return apply(head, *map(self.real, node.args))

    def batch(self, node: ast.Call) -> _Batch:
        """_batch((scalars), (arrays)) must name every argument of the function, each in its tuple."""
        groups = [[name for name in self.arguments if isinstance(self.values[name], tuple) == arrays] for arrays in (False, True)]
        expected = [ast.unparse(ast.Tuple([ast.Name(name) for name in names], ast.Load())) for names in groups]
        if [ast.unparse(argument) for argument in node.args] != expected:
            self.source.refuse(node, f"_batch({', '.join(expected)})")
        return _Batch()

    def number(self, node: ast.Call) -> Expression:
        self.check_like(node, 2)
        return self.real(node.args[1])

    def column(self, node: ast.Call) -> Expression:
        self.check_like(node, 3)
        return self.in_batch(node)[0]

    def columns(self, node: ast.Call) -> tuple[Expression, ...]:
        return self.in_batch(node)

    def in_batch(self, node: ast.Call) -> tuple[Expression, ...]:
        self.check_like(node)
        if len(node.args) < 2 or not isinstance(self.value(node.args[1]), _Batch):
            self.source.refuse(node, "the batch as second argument")
        return tuple(map(self.real, node.args[2:]))

    def check_like(self, node: ast.Call, count: int | None = None) -> None:
        first = node.args[0] if node.args else node
        if not isinstance(first, ast.Name) or first.id not in self.arguments or count not in (None, len(node.args)):
            self.source.refuse(node, "an argument of the function first, then what the helper takes")


_HANDLERS: Mapping[type[ast.expr], Callable[[_Reading, Any], Any]] = {
    ast.Constant: lambda reading, node: number(reading.source.number(node)),
    ast.Name: _Reading.name, ast.Attribute: _Reading.attribute, ast.UnaryOp: _Reading.unary, ast.BinOp: _Reading.binary,
    ast.Compare: _Reading.comparison, ast.Subscript: _Reading.subscript, ast.Call: _Reading.call,
    ast.Tuple: lambda reading, node: tuple(map(reading.value, node.elts)),
}  # fmt: skip
_HELPERS: Mapping[str, Callable[[_Reading, ast.Call], Any]] = {
    "_batch": _Reading.batch, "_number": _Reading.number, "_column": _Reading.column, "_columns": _Reading.columns,
}  # fmt: skip
