"""The multiplier of the cost, p^0 or lambda_0, with the number that the notes give it.

    H = <p, f(x, u)> + p^0 f^0(x, u),   p^0 = -1       the costate is -dJ/dx
    the same,                           p^0 = -1/2     it is that of half the cost
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import rebuilt
from adjointcheck.notes.letters.usage import HAMILTONIANS, USUAL_COSTATES, head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.values import number_of

Introduced = tuple[str, tuple[str, ...], Context] | None
MULTIPLIER, NORMAL = "multiplier of the cost", "its value"
SCALED = "scaled cost"


def lowered(node: Node) -> Node:
    """p_0 for p^0: no costate has the power 0."""
    node = rebuilt(node, lowered)
    base = node.base if isinstance(node, tree.Power) and node.exponent == tree.Number(Fraction(0)) else None
    plain = isinstance(base, tree.Letter) and base.name in USUAL_COSTATES and not (base.below or base.above or base.accents)
    return replace(base, below=(tree.Number(Fraction(0)),)) if plain and isinstance(base, tree.Letter) else node


def normalised(chains: Iterable[tree.Chain], context: Context) -> Context:
    """The context with the letter that multiplies the running cost in H, and the number that is said of it."""
    pairs = [pair for chain in chains if (pair := pair_of(lowered(chain))) is not None]  # type: ignore[arg-type]
    found = [name for left, right in pairs if _is_hamiltonian(left, context) for name in _weights(right, context)]
    name = found[0] if found else context.option(MULTIPLIER)
    told = {value for left, right in pairs if isinstance(left, tree.Letter) and key(left) == name and (value := number_of(right))}
    if not name or len(told) != 1:
        return context
    return replace(context, options={**context.options, MULTIPLIER: name, NORMAL: str(told.pop())})


def _is_hamiltonian(left: Node, context: Context) -> bool:
    letter = head(left)
    return letter is not None and (role_in(letter, context) == "H" or letter.name in HAMILTONIANS)


def _weights(right: Node, context: Context) -> Iterable[str]:
    """lambda_0 of lambda_0 L, where it is no value lambda(0)."""
    for term in tree.terms(right):
        term = tree.unsigned(term)
        first = term.factors[0] if isinstance(term, tree.Product) else None
        if isinstance(first, tree.Letter) and first.name in USUAL_COSTATES and first.below == (tree.Number(Fraction(0)),):
            yield key(first)


def normal(chain: tree.Chain, context: Context) -> tree.Chain:
    """H = <p, f> - f^0 for H(t, x, p, p^0, u) = <p, f> + p^0 f^0, where p^0 is -1."""
    name, value = context.option(MULTIPLIER), context.option(NORMAL)
    made = lowered(chain) if name else chain
    assert isinstance(made, tree.Chain)
    if not name or _is(made.sides[0], name):
        return made
    sign = 1 if Fraction(value) > 0 else -1

    def put(node: Node) -> Node:
        if isinstance(node, tree.Call):
            kept = tuple(argument for argument in node.arguments if not _is(argument, name))
            node = replace(node, arguments=kept, separators=node.separators[: max(len(kept) - 1, 0)])
        if isinstance(node, tree.Product) and _is(node.factors[0], name):
            rest = node.factors[1:]
            body = put(rest[0] if len(rest) == 1 else replace(node, factors=rest))
            return body if sign > 0 else tree.Negative(body)
        return rebuilt(node, put)

    return put(made)  # type: ignore[return-value]


def _is(node: Node, name: str) -> bool:
    return isinstance(node, tree.Letter) and key(node) == name


def normalisation(chain: tree.Chain, context: Context) -> Introduced:
    """p^0 = -1, p^0 = -1/2: from here on the costate is that of |p^0| times the cost."""
    pair, law = pair_of(chain), context.law("objective")
    value = number_of(pair[1]) if pair is not None and _is(pair[0], context.option(MULTIPLIER)) else None
    if not value:
        return None
    costates = {name: replace(known, sign=1 if value > 0 else -1, told="its Hamiltonian") for name, known in context.letters.items()
                if known.symbol == "p" and not known.told}
    name = context.option(MULTIPLIER)
    number = Declared(name, own(name), body=tree.Number(value), source="proposed")
    context = replace(context, letters={**context.letters, **costates, name: number})
    if abs(value) == 1:
        return "assumption", (name,), context
    if law is None:
        return None
    scaled = Law(law.kind, law.left, tree.Product((tree.Number(abs(value)), law.right)))
    return "assumption", (name,), replace(context, laws=(*context.laws, scaled), options={**context.options, SCALED: "yes"})
