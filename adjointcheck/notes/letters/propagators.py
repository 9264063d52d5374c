"""The propagator of the tangent system under a letter of the notes: delta x(t) = R(t, s) delta x(s), which is M(t) M(s)^-1, M = dx/dx_0."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, unknown, walk
from adjointcheck.notes.letters.quantities import here, instead
from adjointcheck.notes.letters.usage import head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
INVERSE = tree.Negative(tree.Number(Fraction(1)))


def propagator(chain: tree.Chain, context: Context) -> Introduced:
    """delta x(t) = R(t, s) delta x(s), for any two times; dR(t, s)/dt = A(t) R(t, s) of xdot = A(t) x + B(t) u."""
    pair = pair_of(chain)
    if pair is not None and (moved := _moved(*pair, context)) is not None:
        return _with(moved, context)
    if pair is None or context.over() == "layers" or not isinstance(pair[1], tree.Product) or len(pair[1].factors) != 2:
        return None
    call, moved = pair[1].factors
    times = _time(pair[0], context), _time(moved, context)
    letter = head(call)
    if not isinstance(call, tree.Call) or letter is None or call.arguments != times or not unknown(resolve(letter, context)):
        return None
    return _with(letter, context)


def _with(letter: tree.Letter, context: Context) -> Introduced:
    names = (*context.option("propagators").split(), key(letter))
    return "definition", (key(letter),), replace(context, options={**context.options, "propagators": " ".join(dict.fromkeys(names))})


def _moved(left: Node, right: Node, context: Context) -> tree.Letter | None:
    """R of dR(t, s)/dt = A(t) R(t, s), where A(t) is what moves x."""
    call = left.of if isinstance(left, tree.Derivative) and left.by == (tree.Letter("t"),) else None
    law = context.law("dynamics")
    matrix = right.factors[0] if isinstance(right, tree.Product) and len(right.factors) == 2 and right.factors[1] == call else None
    timed = isinstance(call, tree.Call) and len(call.arguments) == 2 and call.arguments[0] == tree.Letter("t")
    if not timed or matrix is None or law is None or not isinstance(call, tree.Call) or not isinstance(call.function, tree.Letter):
        return None
    drift = here(tree.Product((resolve(matrix, context), Symbol("x"))))
    return call.function if drift in [here(term) for term in tree.terms(law.right)] else None


def _time(node: Node, context: Context) -> Node | None:
    """t of delta x(t), and of x(t) where xdot = A(t) x."""
    law = context.law("dynamics")
    factors = law.right.factors if law is not None and isinstance(law.right, tree.Product) else ()
    alone = len(factors) == 2 and here(factors[1]) == Symbol("x")
    inner = node.of if isinstance(node, tree.Variation) else node if alone else None
    value = isinstance(inner, tree.Call) and len(inner.arguments) == 1 and role_in(head(inner), context) == "x"
    return inner.arguments[0] if value and isinstance(inner, tree.Call) else None


def from_start(chain: tree.Chain, context: Context) -> tree.Chain:
    """With the running time for s of dR(t, s)/ds, and the end for t."""
    names = context.option("propagators").split()
    slopes = [part for side in chain.sides for part in walk(side) if isinstance(part, tree.Derivative) and len(part.by) == 1]
    calls = [(slope.of, slope.by[0]) for slope in slopes if isinstance(slope.of, tree.Call)]
    moved = [by for of, by in calls if of.arguments == (tree.Letter("t"), by) and key(head(of) or tree.Letter("")) in names]
    if not moved:
        return chain
    end = next((tree.Letter(known.letter) for known in context.of("t1") if known.letter.isalpha()), tree.Letter("T"))
    return replace(chain, sides=tuple(instead(instead(side, tree.Letter("t"), end), moved[0], tree.Letter("t")) for side in chain.sides))


def propagated(node: Node, context: Context) -> Node:
    """The formula with M(t) M(s)^-1 for R(t, s)."""
    names = context.option("propagators").split()
    if not names:
        return node
    node = rebuilt(node, lambda child: propagated(child, context))
    letter = node.function if isinstance(node, tree.Call) and len(node.arguments) == 2 else None
    if not isinstance(node, tree.Call) or not isinstance(letter, tree.Letter) or key(letter) not in names:
        return node
    if node.arguments[0] == node.arguments[1]:
        return tree.Letter("I")
    end, start = (tree.Evaluated(Symbol("M"), (time,)) for time in node.arguments)
    return tree.Product((end, tree.Power(start, INVERSE)))
