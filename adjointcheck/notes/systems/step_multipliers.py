"""Multipliers of time steps in a Lagrangian that are no dJ/dx_n: of implicit steps, counted by the step, or beside the costate of a flow.

    sum mu_{n+1}^T (x_n + h f(x_{n+1}) - x_{n+1})      mu_{n+1} = (I - h f_x(x_{n+1}))^-T p_{n+1}^T   with the row p_n = dJ/dx_n
    sum mu_n^T (x_n + h f(x_n) - x_{n+1})              mu_n = p_{n+1}^T
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import LATER, USUAL, Context, Declared, own
from adjointcheck.notes.letters.indices import Unclear, ahead
from adjointcheck.notes.letters.meaning import Symbol, children, resolve, walk
from adjointcheck.notes.letters.quantities import placed_from, shifted
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.implicit import MATRIX


def may_multiply(name: str, context: Context) -> bool:
    """A letter that is new, or a costate of which nothing is told yet; where there is a law of layers."""
    known = context.letters.get(name)
    spaced = known is not None and known.symbol == own(name) and known.body is None and known.source == "proposed"
    new = name not in USUAL if known is None else spaced or (known.symbol == "p" and known.told in ("", LATER) and not known.part)
    return new and context.law("layers") is not None


def of_step(letter: tree.Letter, sign: int, layout: str, adjoined: Node, context: Context) -> Context | None:
    """With mu of `adjoined`, where it multiplies a time step, as what it is of dJ/dx; None where it is dJ/dx itself, or something else."""
    law, told = context.law("layers"), may_multiply(letter.name, context) and MATRIX not in context.letters
    if law is None or not told or not isinstance(law.left, Symbol) or len(letter.below) != 1:
        return None
    implicit = law.left in walk(law.right)
    try:
        steps = ahead(_made(letter, adjoined, implicit, context)) - ahead(resolve(letter.below[0], context))
        place = shifted(Symbol("l"), steps - ahead(law.left.at or Symbol("l")))
    except Unclear:
        return None
    if not (steps or implicit or any(known.letter != letter.name for known in context.of("p"))):
        return None
    row: Node = Symbol("p", at=law.left.at)
    if implicit:
        slope = tree.Derivative(law.right, (law.left,), "partial")
        row = tree.Product((row, tree.Power(tree.Sum((Symbol("I"), tree.Negative(slope))), tree.Negative(tree.Number(Fraction(1))))))
    row = placed_from(tree.Negative(row) if sign < 0 else row, place)
    size = context.of("x")[0].shape[0]
    body, shape = (tree.Transposed(row), (size, "1")) if layout == "column" else (row, ("1", size))
    made = Declared(letter.name, own(letter.name), shape, "path", body=body, source="proposed")
    return replace(context, letters={**context.letters, letter.name: made})


def _made(letter: tree.Letter, adjoined: Node, implicit: bool, context: Context) -> Node:
    """Where the state is that is made by what the letter multiplies, n + 1 of x_{n+1} - x_n - h f; raises Unclear for any other form."""
    named = [part for part in walk(adjoined) if isinstance(part, tree.Letter) and part.name == letter.name]
    summed = (term.body if isinstance(term := tree.unsigned(one), tree.Series) else term for one in tree.terms(adjoined))
    for factors in (children(tree.unsigned(term)) for body in summed for term in tree.terms(body)):
        rest = [factor for factor in factors if (factor.of if isinstance(factor, tree.Transposed) else factor) != letter]
        if len(factors) == 2 and len(rest) == 1 and named == [letter]:
            terms = tree.terms(resolve(rest[0].of if isinstance(rest[0], tree.Transposed) else rest[0], context))
            states = [term for one in terms if isinstance(term := tree.unsigned(one), Symbol) and term.name == "x" and term.at is not None]
            new = max(states, key=lambda state: ahead(state.at or Symbol("l")), default=None)
            again = new is not None and sum(new in walk(term) for term in terms) > 1
            if new is not None and new.at is not None and again == implicit:
                return new.at
    raise Unclear(letter.name, "what multiplies one time step")
