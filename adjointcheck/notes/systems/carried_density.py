"""A log-density carried beside the state of a flow: kappa(t) = log p(z(t)) moves by -tr f_z, and a loss of z and kappa at the end pays it.

Whatever the loss G(z, kappa), its costates are those of G_kappa kappa beside a cost of z alone, with the number a_kappa = G_kappa.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, resolve
from adjointcheck.notes.letters.quadratures import OPEN, RATE, TIME, WEIGHED
from adjointcheck.notes.letters.usage import head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
LOGARITHM = r"the\s+log-?\s?density\b(?!\s+of)"
SAID = re.compile(rf"\$\s*\\?([A-Za-z]+)\s*\(\s*t\s*\)\s*\$\s*(?:,\s*{LOGARITHM}|for\s+(?:{LOGARITHM}|\$\s*\\log\s*[pq](?:_t)?\s*\())")
END = frozenset({Applied("Psi", (("x", Symbol("x", at=Symbol("t1"))),))})
ONE = tree.Number(Fraction(1))


def carried(prose: str, context: Context) -> Context:
    """With kappa of `write $\\kappa(t)$ for $\\log p(z(t))$` as what moves by -tr f_z."""
    found = {name for name in SAID.findall(prose) if name not in context.letters}
    if len(found) != 1:
        return context
    name = found.pop()
    rate = tree.Negative(tree.Function("tr", (tree.Derivative(Applied("f"), (Symbol("x"),), "partial"),)))
    context = context.declare(Declared(name, own(name), ("", ""), "path", source="proposed"))
    laws = (*context.laws, Law(f"{RATE}{own(name)}", Symbol(own(name)), rate))
    return replace(context, laws=laws, options={**context.options, WEIGHED: own(name)})


def weight(chain: tree.Chain, context: Context) -> Introduced:
    """a_kappa(t) = dL/dkappa(t), where all that is known of L is that it is paid at the end: a number, 1 for L = kappa(T) + Phi(z(T))."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    slope = resolve(pair[1], context) if pair and isinstance(pair[1], tree.Derivative) else None
    by = slope.by[0] if isinstance(slope, tree.Derivative) and slope.of == Symbol("J") and len(slope.by) == 1 else None
    law, cost = context.law(f"{RATE}{getattr(by, 'name', '')}"), context.law("objective")
    gained = Symbol(getattr(by, "name", ""), at=Symbol("t1"))
    paid = {*tree.terms(cost.right)} if cost is not None else {*END}
    if letter is None or law is None or key(letter) in context.letters or not END <= paid <= END | {gained}:
        return None
    number = Declared(key(letter), own(key(letter)), source="proposed")
    number = replace(number, kind="defined", body=ONE) if gained in paid else number
    moved = tree.Integral(tree.Product((number.body or Symbol(number.symbol), law.right)), TIME, Symbol("t0"), Symbol("t1"))
    laws = (*(other for other in context.laws if other is not cost), Law("objective", Symbol("J"), tree.Sum((*END, moved))))
    letters = {**context.letters, key(letter): number}
    return "definition", (key(letter),), replace(context, letters=letters, laws=laws, options={**context.options, OPEN: "start"})


def is_open(sides: tuple[Node, Node], context: Context) -> bool:
    """Is it about the value of a loss that pays kappa, of which nothing tells the start?"""
    return bool(context.option(OPEN)) and Symbol("J") in sides
