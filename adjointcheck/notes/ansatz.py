"""The regulator's ansatz lambda = P x, or lambda = -P x where a cost is maximised: what P is, before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.costs import running as running_cost
from adjointcheck.notes.formulas import spelt_out
from adjointcheck.notes.meaning import Symbol, core_of, resolve, symbols
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import head, pair_of

Introduced = tuple[str, tuple[str, ...], Context] | None


def riccati_ansatz(chain: tree.Chain, context: Context) -> Introduced:
    """lambda(t) = -P(t) x(t): a new matrix that makes the costate of the state."""
    pair = pair_of(chain)
    left = core_of(resolve(pair[0], context)) if pair else None
    running = isinstance(left, Symbol) and left.name == "p" and left.at in (None, Symbol("t")) and not left.part
    if pair is None or not running or context.of("P") or context.over() == "layers":
        return None
    sign, right = (-1, pair[1].of) if isinstance(pair[1], tree.Negative) else (1, pair[1])
    factors = right.factors if isinstance(right, tree.Product) and len(right.factors) == 2 else ()
    states = [core_of(resolve(factor, context)) for factor in factors]
    letters = [head(factor) for factor, state in zip(factors, states, strict=True) if getattr(state, "name", "") != "x"]
    if len(letters) != 1 or letters[0] is None or not _is_new(letters[0], context):
        return None
    sign *= cost_sign(context) * (-1 if _is_negative(resolve(pair[0], context)) else 1)
    declared = Declared(key(letters[0]), "P", ROLES["P"].shape, "path", sign, source="proposed")
    return "definition", (key(letters[0]),), replace(context, letters={**context.letters, key(letters[0]): declared})


def _is_new(letter: tree.Letter, context: Context) -> bool:
    """Is it no letter of the problem, whatever space it may be said to be in?"""
    known = context.letters.get(key(letter))
    used = frozenset().union(*(symbols(law.right) for law in spelt_out(context).laws))
    return not letter.accents and (known is None or (known.symbol == own(key(letter)) not in used and known.body is None))


def _is_negative(node: Node) -> bool:
    if isinstance(node, tree.Negative | tree.Transposed):
        return _is_negative(node.of) != isinstance(node, tree.Negative)
    return False


def cost_sign(context: Context) -> int:
    """-1 where every running cost stands with a minus, as where -x' Q x/2 is maximised."""
    law = spelt_out(context).law("objective")
    terms = list(_terms(running_cost(law.right))) if law is not None else []
    return -1 if terms and all(isinstance(term, tree.Negative) for term in terms) else 1


def _terms(node: Node) -> Iterator[Node]:
    for term in tree.terms(node):
        if isinstance(term, tree.Sum):
            yield from _terms(term)
        else:
            yield term
