"""Implicit linear time steps, (I - h A) x_{n+1} = x_n + h B u_{n+1}: the layers move by the inverse of what stands before the new state.

    M (y^n - y^{n-1})/h + K y^n = B u^n      is (M + h K) y^n = M y^{n-1} + h B u^n;   (I - h A^T) p_n = p_{n+1} has the transposed matrix

The matrix is a letter of its own in proofs, invertible and nothing else, and what it is made of in numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, unknown, walk
from adjointcheck.notes.letters.numbered import STEPS
from adjointcheck.notes.letters.quantities import placed_from, symbols
from adjointcheck.notes.letters.usage import constants, is_symmetric, pair_of, role_in, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
MATRIX = "step matrix"
TOLD = ("declared", "its meaning", "its words", "the words of the notes")  # what tells that a costate is dJ/dx_n
ONE = tree.Number(Fraction(1))


def solved(chain: tree.Chain) -> tuple[Node, tree.Letter, Node] | None:
    """(I - h A, x_{n+1}, x_n + h B u_n) of an equation that is linear in the newest state; I of (x_{n+1} - x_n)/h = f(x_n)."""
    pair = pair_of(chain)
    terms = list(_unfolded([*tree.terms(pair[0]), *map(tree.turned, tree.terms(pair[1]))])) if pair is not None else []
    new = _newest(terms)
    if new is None:
        return None
    found = [(term, _before(term, new)) for term in terms if new in walk(term)]
    rest = tuple(tree.turned(term) for term in terms if new not in walk(term))
    factors = tuple(factor for _, factor in found if factor is not None)
    if pair is None or pair[0] == new or not rest or len(factors) < len(found):
        return None
    return tree.summed(factors), new, tree.summed(rest)


def explicit(chain: tree.Chain, context: Context) -> tree.Chain:
    """x_{n+1} = x_n + h f(x_n) of (x_{n+1} - x_n)/h = f(x_n), where that is the first law of layers."""
    found = solved(chain) if context.over() == "layers" and context.law("layers") is None else None
    plain = found is not None and found[0] == tree.Letter("I") and role_in(replace(found[1], below=()), context) == "x"
    return replace(chain, sides=found[1:]) if plain and found is not None else chain


def _matrices(node: Node) -> bool:
    return any(isinstance(part, tree.Letter) and part.name[:1].isupper() and part.name != "I" for part in walk(node))


def _unfolded(terms: list[Node]) -> Iterator[Node]:
    """The terms of h times an equation with (x_{n+1} - x_n)/h in it, products of a sum of states parted."""
    steps = {step for term in terms for part in walk(term) if isinstance(part, tree.Quotient) and (step := _difference(part)) is not None}
    step = steps.pop() if len(steps) == 1 else None
    for term in terms:
        sign, inner = (-1, term.of) if isinstance(term, tree.Negative) else (1, term)
        factors = inner.factors if isinstance(inner, tree.Product) else (inner,)
        last = factors[-1]
        if step is not None and isinstance(last, tree.Quotient) and _difference(last) == step:
            parts = [_product((*factors[:-1], part)) for part in tree.terms(last.above)]
        else:
            parts = [_product((step, *factors)) if step is not None else inner]
        yield from (part if sign > 0 else tree.turned(part) for part in parts)


def _difference(node: tree.Quotient) -> Node | None:
    """h of (x_{n+1} - x_n)/h."""
    counted = all(getattr(tree.unsigned(part), "below", ()) for part in tree.terms(node.above))
    return node.below if isinstance(node.above, tree.Sum) and counted and isinstance(node.below, tree.Letter) else None


def _product(factors: tuple[Node, ...]) -> Node:
    """With the sign of its last factor in front."""
    if isinstance(factors[-1], tree.Negative):
        return tree.Negative(_product((*factors[:-1], factors[-1].of)))
    return factors[-1] if len(factors) == 1 else tree.Product(factors)


def _newest(terms: list[Node]) -> tree.Letter | None:
    """x_{n+1} beside x_n, or x_n beside x_{n-1}."""
    letters = [part for term in terms for part in walk(term) if isinstance(part, tree.Letter) and len(part.below) == 1]
    for letter in letters:
        index = successor(letter) or next(iter(letter.below))
        before = index if successor(letter) else tree.Sum((index, tree.Negative(ONE)))
        if isinstance(index, tree.Letter) and any(other == replace(letter, below=(before,)) for other in letters):
            return letter
    return None


def _before(term: Node, new: Node) -> Node | None:
    """I of x, h A of h A x; None where it is no product with x behind."""
    if isinstance(term, tree.Negative):
        inner = _before(term.of, new)
        return None if inner is None else tree.Negative(inner)
    if term == new:
        return tree.Letter("I")
    factors = term.factors if isinstance(term, tree.Product) and term.factors[-1] == new else ()
    front = _product(factors[:-1]) if len(factors) > 1 else None
    return front if front is not None and new not in walk(front) else None


def implicit_layers(chain: tree.Chain, context: Context) -> Introduced:
    """(I - h A) x_{n+1} = x_n + h B u_{n+1}: a law of layers."""
    found = solved(chain)
    if found is None or not _matrices(found[0]) or context.law("layers") or len(chain.sides) > 2:
        return None
    matrix, new, rest = found
    if role_in(replace(new, below=()), context) not in ("", "x"):
        return None
    index = successor(new) or new.below[0]
    assert isinstance(index, tree.Letter)
    context = context.declare(Declared(index.name, "l", kind="index", source="proposed"))
    context = context.declare(Declared(new.name, "x", ("n", "1"), "path", source="proposed"))
    context = replace(context, options={**context.options, "over": "layers"})
    for part in (part for side in chain.sides for part in walk(side)):
        if isinstance(part, tree.Letter) and key(part) in STEPS and key(part) not in context.letters and not context.of("h"):
            context = context.declare(Declared(key(part), "h", source="proposed"))
    shape = context.of("x")[0].shape
    context = constants(rest, constants(matrix, context, (shape[0], shape[0])), shape)
    body, right = resolve(matrix, context), resolve(rest, context)
    if unknown(body) or unknown(right) or symbols(body) & {"x", "w", "p"}:
        return None
    letter = Declared(MATRIX, MATRIX.replace(" ", "_"), (shape[0], shape[0]), body=body, source="proposed")
    names = {part.name for part in walk(body) if isinstance(part, Symbol)}
    inner = [known for known in context.letters.values() if known.symbol in names and known.shape[0] == known.shape[1] != "1"]
    if all(known.symbol == "I" or is_symmetric(known, context) for known in inner):
        context = context.assume(f"symmetric {MATRIX}")
    context = context.declare(letter)
    inverse = tree.Power(Symbol(letter.symbol), tree.Negative(ONE))
    law = Law("layers", resolve(new, context), tree.Product((inverse, right)))
    context = replace(context, pieces={**context.pieces, MATRIX: matrix}, laws=(*context.laws, law))
    return "assumption", (new.name,), context


def solved_for(chain: tree.Chain, context: Context) -> Introduced:
    """(I - h A)^T mu_{n+1} = p_{n+1}: what mu is, by the system that it solves."""
    pair = pair_of(chain) if context.over() == "layers" and context.law("layers") is not None else None
    letter = pair[0].factors[-1] if pair is not None and isinstance(pair[0], tree.Product) else None
    if pair is None or not isinstance(pair[0], tree.Product) or not isinstance(letter, tree.Letter) or len(letter.below) != 1:
        return None
    index, state = successor(letter) or letter.below[0], context.of("x")[0].shape
    matrix, value = resolve(tree.Product(pair[0].factors[:-1]), context), resolve(pair[1], context)
    known = letter.name in context.letters or unknown(matrix) or unknown(value)
    if resolve(index, context) != Symbol("l") or known or not {"I", "p"} <= symbols(matrix) | symbols(value):
        return None
    here = tree.Sum((Symbol("l"), tree.Negative(ONE))) if successor(letter) else Symbol("l")
    body = placed_from(tree.Product((tree.Power(matrix, tree.Negative(ONE)), value)), here)
    declared = Declared(letter.name, own(letter.name), state, "path", body=body, source="proposed")
    return "definition", (letter.name,), context.declare(declared)


def through_matrix(chain: tree.Chain, context: Context) -> tree.Chain:
    """With the step matrix as a letter, or transposed, in other formulas."""
    matrix = context.pieces.get(MATRIX)
    made = _put(chain, matrix, _transposed(matrix)) if matrix is not None and context.law("layers") is not None else chain
    assert isinstance(made, tree.Chain)
    return made


def _put(node: Node, matrix: Node, transposed: Node) -> Node:
    letter = tree.Letter(MATRIX)
    if _terms(node) == _terms(matrix):
        return letter
    if _terms(node) == _terms(transposed):
        return tree.Transposed(letter)
    return rebuilt(node, lambda child: _put(child, matrix, transposed))


def _terms(node: Node) -> frozenset[Node]:
    return frozenset(tree.terms(node))


def _transposed(node: Node) -> Node:
    """I - h A^T of I - h A."""
    if isinstance(node, tree.Letter) and node.name[:1].isupper() and node.name != "I":
        return tree.Transposed(node)
    return rebuilt(node, _transposed)


def opaque(known: Declared) -> Declared:
    """The step matrix without what it is made of."""
    return replace(known, body=None) if known.letter == MATRIX else known


def is_untold(left: Node, right: Node, context: Context) -> bool:
    """Does it speak of a costate of implicit steps that may be dJ/dx_n, or the multiplier of the step, which is another one?"""
    told = any(known.told in TOLD for known in context.of("p"))
    law = context.law("layers")
    implicit = MATRIX in context.letters or (law is not None and law.left in walk(law.right))
    return implicit and context.over() == "layers" and not told and "p" in symbols(left) | symbols(right)
