"""Vectors of a system that is written out, in their components: p(T) = x(T) is p_1(T) = x_1(T) and p_2(T) = x_2(T), p^T x a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from functools import reduce

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.derivatives import is_start
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, walk
from adjointcheck.notes.letters.starting import START
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node, Vector
from adjointcheck.notes.systems.blocks import dot, entries

_ROWS = frozenset(["p"])
_SCALARS = frozenset("J J_a H L Psi V".split())


def in_components(node: Node, context: Context) -> Node:
    """The expression with each of its vectors written out; what has no components, or does not fit, stays as it is."""
    if isinstance(node, tree.Derivative):
        return _derivative(node, context)
    if isinstance(node, Symbol):
        return _vector(node, context) or node
    if isinstance(node, Applied):
        return _field(node, context)
    made = rebuilt(node, lambda child: in_components(child, context))
    match made:
        case tree.Negative(Vector() as of) | tree.Evaluated(Vector() as of) | tree.Variation(Vector() as of):
            return _each(of, lambda cell: replace(made, of=cell))
        case tree.Integral(body=Vector() as body):
            return _each(body, lambda cell: replace(made, body=cell))
        case tree.Quotient(Vector() as above, below) if not isinstance(below, Vector):
            return _each(above, lambda cell: tree.Quotient(cell, below))
        case tree.Transposed(Vector() as of):
            return _turned(of)
        case tree.Sum(terms):
            return _sum(terms) or made
        case tree.Product((Vector() as one, Vector() as other), dots=(_,)) if len(entries(one)) == len(entries(other)):
            return _dot(one, other)
        case tree.Product(factors) if isinstance(node, tree.Product):
            return reduce(_pair, zip(factors, map(_is_loose, node.factors), strict=True))[0] or made
        case tree.Power(tree.Function("norm" | "abs", (Vector() as of,), None), exponent) if exponent == tree.Number(Fraction(2)):
            return _dot(of, of)
        case tree.Function("inner" | "dot" | "angle", (Vector() as one, Vector() as other)) if len(entries(one)) == len(entries(other)):
            return _dot(one, other)
    return made


def in_blocks(node: Node, context: Context) -> Node:
    """(alpha, beta) of the whole costate, and the gradient of a number by blocks."""
    if isinstance(node, Applied):
        return node
    if isinstance(node, Symbol):
        return _vector(node, context) or node
    if not isinstance(node, tree.Derivative) or node.by in ((), (Symbol("t"),)):
        return rebuilt(node, lambda child: in_blocks(child, context))
    by = _vector(node.by[0], context) if len(node.by) == 1 and isinstance(node.by[0], Symbol) else None
    number = isinstance(node.of, Symbol | Applied) and node.of.name in _SCALARS
    return Vector((tuple(replace(node, by=(cell,)) for cell in entries(by)),)) if by is not None and number else node


def moved_components(sides: Iterable[Node], before: Iterable[str] = ()) -> dict[str, frozenset[int]]:
    """{theta: {2}} of a formula with delta theta_2 alone: all other components are held; nothing of what it varies as a whole.

    `before`: theta_1 of a component that an earlier formula varied, theta_0 of a whole.
    """
    found: dict[str, set[int]] = {}
    for name, _, number in (name.partition("_") for name in before):
        if number.isdigit():
            found.setdefault(name, set()).add(int(number))
    for of in (part.of for side in sides for part in walk(side) if isinstance(part, tree.Variation)):
        begins = isinstance(of, Symbol) and replace(of, part=()) == START
        name = "x0" if begins else getattr(of, "name", "")
        numbers = [part.value for part in getattr(of, "part", ()) if isinstance(part, tree.Number)]
        if name in ("theta", "x0"):
            found.setdefault(name, set()).add(int(numbers[0]) if numbers else 0)
    return {name: frozenset(numbers) for name, numbers in found.items() if 0 not in numbers}


def moved_inputs(chain: tree.Chain) -> frozenset[str]:
    """Control and parameters whose variation a formula names, and theta_2 of a component; delta theta = 0 holds it.

    And the start, where delta x(0) = y_0 says that it moves.
    """
    if isinstance(chain.sides[0], tree.Variation) and chain.sides[1:] == (tree.Number(Fraction(0)),):
        return frozenset()
    starts = isinstance(chain.sides[0], tree.Variation) and len(chain.sides) == 2 and is_start(chain.sides[0].of)
    inner = (node.of for node in walk(chain) if isinstance(node, tree.Variation))
    names = frozenset(of.name for of in inner if isinstance(of, Symbol)) & {"w", "theta"}
    numbers = moved_components(chain.sides).get("theta", [0]) if "theta" in names else ()
    return names | {f"theta_{number}" for number in numbers} | ({"x0"} if starts else set())


def is_held(name: str, letter: str, moving: frozenset[int]) -> bool:
    """fixed_theta_1 of a formula that varies theta_2 alone."""
    base, _, number = name.removeprefix("fixed_").rpartition("_")
    return name.startswith("fixed_") and base in (letter, letter.replace("theta", "d")) and int(number) not in moving


def _vector(symbol: Symbol, context: Context) -> Vector | None:
    """(x_1, x_2) of x, a column, and (p_1, p_2) of p, a row."""
    parts = context.parts({"p": "x", "x0": "x"}.get(symbol.name, symbol.name)) if symbol.name in ("x", "p", "w", "theta", "x0") else ()
    numbers = [known.part for known in parts]
    if symbol.part or numbers != [*range(1, len(parts) + 1)] or not parts:
        return None
    cells = tuple(replace(symbol, part=(tree.Number(Fraction(number)),)) for number in numbers)
    return Vector((cells,)) if symbol.name in _ROWS else Vector(tuple((cell,) for cell in cells))


def _field(function: Applied, context: Context) -> Node:
    """The rates of f at the running state, as the notes write them out."""
    law = context.law("dynamics")
    plain = function.at is None and all(isinstance(value, Symbol) and value == Symbol(slot) for slot, value in function.arguments)
    return law.right if function.name == "f" and plain and law is not None and isinstance(law.right, Vector) else function


def _derivative(node: tree.Derivative, context: Context) -> Node:
    """dx/dt and dJ/dx by components; the Jacobian f_x as a matrix."""
    of = node.of if isinstance(node.of, Applied) and node.of.name in _SCALARS else in_components(node.of, context)
    if node.by in ((), (Symbol("t"),)):
        return _each(of, lambda cell: replace(node, of=cell)) if isinstance(of, Vector) else replace(node, of=of)
    by = _vector(node.by[0], context) if len(node.by) == 1 and isinstance(node.by[0], Symbol) else None
    if by is None:
        return node
    if isinstance(of, Symbol | Applied) and of.name in _SCALARS:
        return Vector((tuple(replace(node, of=of, by=(cell,)) for cell in entries(by)),))
    if isinstance(node.of, Applied) and isinstance(of, Vector) and node.kind == "partial":
        return Vector(tuple(tuple(replace(node, of=cell, by=(place,)) for place in entries(by)) for cell in entries(of)))
    return node


def _each(vector: Vector, made: Callable[[Node], Node]) -> Vector:
    return Vector(tuple(tuple(made(cell) for cell in row) for row in vector.rows))


def _shape(node: Node) -> tuple[int, int]:
    return (len(node.rows), len(node.rows[0])) if isinstance(node, Vector) else (1, 1)


def _sum(terms: tuple[Node, ...]) -> Node | None:
    """Rows and columns of one length are added entry by entry, whatever stands first."""
    shapes = {_shape(term) for term in terms}
    turned = len(shapes) > 1 and not any(1 in shape for shape in shapes)
    if shapes == {(1, 1)} or len({tuple(sorted(shape)) for shape in shapes}) > 1 or turned:
        return None
    rows, columns = _shape(terms[0])
    sums = [tree.Sum(cells) for cells in zip(*map(entries, terms), strict=True)]  # type: ignore[arg-type]
    return Vector(tuple(tuple(sums[i * columns : (i + 1) * columns]) for i in range(rows)))


def _is_loose(factor: Node) -> bool:
    """Does it have a vector whose layout the notes never fix?"""
    return any(isinstance(part, Symbol) and part.free for part in walk(factor))


def _pair(left: tuple[Node | None, bool], right: tuple[Node | None, bool]) -> tuple[Node | None, bool]:
    """A number times a vector, or rows times columns, and whether the layout is loose; None where they do not fit."""
    (one, first), (other, second) = left, right
    loose = first or second
    if one is None or other is None:
        return None, loose
    if not isinstance(one, Vector) or not isinstance(other, Vector):
        vector, factor = (one, other) if isinstance(one, Vector) else (other, one)
        product = _each(vector, lambda cell: tree.Product((factor, cell))) if isinstance(vector, Vector) else tree.Product((one, other))
        return product, loose
    if second and _shape(one)[1] != _shape(other)[0]:
        other = _turned(other)
    elif first and _shape(one)[1] != _shape(other)[0]:
        one = _turned(one)
    if _shape(one)[1] != _shape(other)[0]:
        return None, loose
    made = Vector(tuple(tuple(dot(row, column) for column in zip(*other.rows, strict=True)) for row in one.rows))
    return made.rows[0][0] if _shape(made) == (1, 1) else made, loose


def _turned(vector: Vector) -> Vector:
    return Vector(tuple(zip(*vector.rows, strict=True)))


def _dot(one: Vector, other: Vector) -> Node:
    return dot(entries(one), entries(other))
