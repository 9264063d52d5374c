"""Letters of a path or an input with a small number: u^eps = u + eps v, x_eps = x + eps xi + O(eps^2) name variations v and xi."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, USUAL, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.neighbours import EPS, MOVED, is_small, step_of
from adjointcheck.notes.letters.quantities import here
from adjointcheck.notes.letters.usage import head, is_unit, pair_of, small
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None


def neighbouring(chain: tree.Chain, context: Context) -> Context:
    """With v of u + eps v as the variation of u, where nothing else is known of v."""
    context = small(chain, context)
    for part in walk(chain):
        for moved, letter in _directions(part, context) if isinstance(part, tree.Sum) else ():
            shape = ROLES[moved.name].shape
            declared = Declared(key(letter), own(key(letter)), shape, "alias", body=tree.Variation(moved), source="proposed")
            context = replace(context, letters={**context.letters, key(letter): declared})
    for letter in (letter for part in walk(chain) if isinstance(part, tree.Product) for letter in _along(part, context)):
        declared = Declared(key(letter), own(key(letter)), ROLES["w"].shape, "alias", body=tree.Variation(Symbol("w")), source="proposed")
        context = replace(context, letters={**context.letters, key(letter): declared})
    moved = any(isinstance(known.body, tree.Variation) and known.kind == "alias" for known in context.letters.values())
    solutions = {part for part in walk(chain) if isinstance(part, tree.Letter) and _is_solution(part, context)} if moved else ()
    return replace(context, letters={**context.letters, **{key(letter): _neighbour(key(letter)) for letter in solutions}})


def _is_solution(letter: tree.Letter, context: Context) -> bool:
    """x_eps, the state under the input u + eps v."""
    known = context.letters.get(letter.name)
    small = len(letter.below) == 1 and is_small(resolve(letter.below[0], context))
    return small and known is not None and known.symbol == "x" and not known.part and key(letter) not in context.letters


def _neighbour(letter: str) -> Declared:
    """x + eps delta x + O(eps^2)."""
    state = Symbol("x")
    body = tree.Sum((state, tree.Product((EPS, tree.Variation(state))), tree.BigO(tree.Power(EPS, tree.Number(Fraction(2))))))
    return Declared(letter, letter, kind="alias", body=body, source="proposed")


def _directions(node: tree.Sum, context: Context) -> Iterator[tuple[Symbol, tree.Letter]]:
    """(w, v) of u + eps v, (x_0, z) of x_0 + eps z."""
    base = resolve(node.terms[0], context)
    step = node.terms[1].of if isinstance(node.terms[1], tree.Negative) else node.terms[1]
    factors = step.factors if isinstance(step, tree.Product) and len(step.factors) == 2 else ()
    letter = head(factors[1]) if factors and is_small(resolve(factors[0], context)) else None
    moved = isinstance(base, Symbol) and base.name in MOVED and not base.part
    new = letter is not None and not (letter.accents or is_unit(letter)) and unknown(resolve(letter, context))
    if moved and isinstance(base, Symbol) and letter is not None and new:
        yield (Symbol(base.name) if base.at == Symbol("t") else base), letter


def _along(node: tree.Product, context: Context) -> Iterator[tree.Letter]:
    """h of J'(u) h, where nothing else is known of h."""
    letter = head(node.factors[1]) if len(node.factors) == 2 else None
    slope = resolve(node.factors[0], context) if letter is not None and not letter.accents else None
    if letter is not None and slope == tree.Derivative(Symbol("J"), (), "partial") and unknown(resolve(letter, context)):
        yield letter


def named_neighbour(chain: tree.Chain, context: Context) -> Introduced:
    """u^eps = u + eps v, x_eps(t) = x(t) + eps xi(t) + O(eps^2): a letter for all neighbours of a path or an input."""
    pair = pair_of(chain)
    letter = _marked(pair[0]) if pair else None
    body = resolve(pair[1], context) if pair else None
    if letter is None or body is None or not isinstance(body, tree.Sum) or len(chain.sides) > 2 or step_of(body) is None:
        return None
    declared = Declared(letter, letter, kind="alias", body=here(body), source="proposed")
    return "definition", (letter,), replace(context, letters={**context.letters, letter: declared})


def _marked(node: Node) -> str:
    """The name of u^eps, u_eps or x^eps(t)."""
    if isinstance(node, tree.Power) and isinstance(node.exponent, tree.Letter) and USUAL.get(node.exponent.name) == "eps":
        base = head(node.base)
        return f"{key(base)}^{node.exponent.name}" if base is not None else ""
    letter = head(node)
    small = letter is not None and len(letter.below) == 1 and USUAL.get(getattr(letter.below[0], "name", "")) == "eps"
    return key(letter) if letter is not None and (small or letter.accents[-1:] in (("tilde",), ("hat",), ("bar",))) else ""
