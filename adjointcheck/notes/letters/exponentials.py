"""exp(A (t - t_0)) of xdot = A x: the propagator M(t) = dx/dx_0, which thins every density by its determinant.

    log det M(t_1) = v     is     log rho(t_1) = log rho(t_0) - v
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.formulas import in_place, spelt_out
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.quantities import here, instead
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import moment
from adjointcheck.notes.reading.tree import Node

T, START, END = Symbol("t"), Symbol("t0"), Symbol("t1")
FLOWS = (Symbol("M"), Symbol("M", at=END))


def drift(context: Context) -> Symbol | None:
    """A of xdot = A x, a matrix that no time changes."""
    law = spelt_out(context).law("dynamics") if context.over() == "time" else None
    factors = law.right.factors if law is not None and isinstance(law.right, tree.Product) else ()
    matrix = factors[0] if len(factors) == 2 and here(factors[1]) == Symbol("x") else None
    still = isinstance(matrix, Symbol) and any(known.kind == "constant" and "1" not in known.shape for known in context.of(matrix.name))
    return matrix if still and isinstance(matrix, Symbol) else None


def exponentials(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """With M(t) for exp(A (t - t_0)), where xdot = A x, and its transpose for that of A^T; in what letters stand for, too."""
    matrix, (left, right) = drift(context), (_compressed(side) for side in (left, right))
    if matrix is None:
        return left, right, context
    from_zero = any(moment(known.letter) == 0 for known in context.of("t0"))
    told = {name: replace(known, body=_flown(known.body, matrix, from_zero)) for name, known in context.letters.items()
            if known.kind == "defined" and known.body is not None}
    context = replace(context, letters={**context.letters, **told})
    left, right = (_flown(side, matrix, from_zero) for side in (left, right))
    bodies: dict[Node, Node] = {Symbol(known.symbol): known.body for known in told.values() if known.body is not None}
    thinned = _thinned(*(in_place(here(side), bodies) for side in (left, right)))
    return *(thinned or (left, right)), context


def _compressed(node: Node) -> Node:
    """log rho(t_0) - log rho(t_1) of log |det dx(t_1)/dx_0|."""
    inner = node.arguments[0] if isinstance(node, tree.Function) and node.name == "log" else None
    inner = inner.arguments[0] if isinstance(inner, tree.Function) and inner.name == "abs" else inner
    slope = inner.arguments[0] if isinstance(inner, tree.Function) and inner.name == "det" else None
    begun = isinstance(slope, tree.Derivative) and slope.by in ((Symbol("x0"),), (Symbol("x", at=START),))
    if not begun or not isinstance(slope, tree.Derivative) or slope.of != Symbol("x", at=END):
        return rebuilt(node, _compressed)
    before, after = (tree.Function("log", (Symbol("rho", at=place),)) for place in (START, END))
    return tree.Sum((before, tree.Negative(after)))


def _flown(node: Node, matrix: Symbol, from_zero: bool) -> Node:
    factors = _exponent(node)
    rest = [factor for factor in factors if factor not in (matrix, tree.Transposed(matrix))]
    place = _place(rest[0], from_zero) if len(rest) == 1 and len(factors) == 2 else None
    if place is not None:
        made = Symbol("M") if place == T else Symbol("M", at=place)
        return tree.Transposed(made) if tree.Transposed(matrix) in factors else made
    if isinstance(node, tree.Product) and from_zero:  # T c is (T - 0) c
        node = replace(node, factors=tuple(tree.Sum((part, tree.Negative(START))) if part in (T, END) else part for part in node.factors))
    return rebuilt(node, lambda child: _flown(child, matrix, from_zero))


def _exponent(node: Node) -> tuple[Node, ...]:
    inner = node.arguments[0] if isinstance(node, tree.Function) and node.name == "exp" and len(node.arguments) == 1 else None
    return inner.factors if isinstance(inner, tree.Product) else ()


def _place(node: Node, from_zero: bool) -> Symbol | None:
    """t of t - t_0, and of t alone where t_0 is 0."""
    since = isinstance(node, tree.Sum) and len(node.terms) == 2 and node.terms[1] == tree.Negative(START)
    time = node.terms[0] if since and isinstance(node, tree.Sum) else node if from_zero else None
    return next((place for place in (T, END) if time == place), None)


def _thinned(left: Node, right: Node) -> tuple[Node, Node] | None:
    """log rho(t_1) = log rho(t_0) - v of log det M(t) = v and of det M(t) = exp(v), up to any t."""
    if isinstance(left, tree.Function) and left.name == "det" and isinstance(right, tree.Function) and right.name == "exp":
        left, right = tree.Function("log", (left,)), right.arguments[0]
    volumes, value = _volumes(left), instead(right, T, END)
    moving = any(isinstance(part, tree.Derivative | tree.Integral) for part in walk(value))
    if not volumes or moving or (symbols(value) & ROLES.keys()) - {"t0", "t1"}:
        return None
    lost = tree.Negative(tree.Product((tree.Number(Fraction(1, volumes)), value)))
    return tree.Function("log", (Symbol("rho", at=END),)), tree.Sum((tree.Function("log", (Symbol("rho", at=START),)), lost))


def _volumes(node: Node) -> int:
    """2 of log det(M M^T)."""
    inner = node.arguments[0] if isinstance(node, tree.Function) and node.name == "log" else None
    product = inner.arguments[0] if isinstance(inner, tree.Function) and inner.name == "det" else None
    factors = product.factors if isinstance(product, tree.Product) else (product,)
    return len(factors) if all((factor.of if isinstance(factor, tree.Transposed) else factor) in FLOWS for factor in factors) else 0
