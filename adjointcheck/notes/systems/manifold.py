"""Conditions on the end state: psi(x(T), T) = 0, its multiplier nu, and the cost Phi = phi + nu^T psi that carries it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import MOTIONS, ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Applied, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.usage import ended_function, head, introduced_function, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
ZERO = tree.Number(Fraction(0))
MULTIPLIERS = {"psi": "nu", "alg": "p_alg"}  # what each condition is multiplied with


def end_condition(chain: tree.Chain, context: Context) -> Introduced:
    """psi(x(T), T) = 0 for a function of which nothing else is known."""
    pair = pair_of(chain)
    letter = ended_function(pair[0], context) if pair and pair[1] == ZERO and len(chain.sides) == 2 else None
    sloped = letter is not None and role_in(replace(letter, below=()), context) in ("L", "H", "f")  # L_u(T, x(T), u(T)) = 0
    if pair is None or letter is None or sloped or role_in(letter, context) != ("psi" if context.of("psi") else ""):
        return None
    context, names = introduced_function(pair[0], "psi", context)
    return "assumption", names, context


def end_cost(chain: tree.Chain, context: Context) -> Introduced:
    """Phi = phi + nu^T psi: another name for the end cost with the multiplied condition."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or role_in(letter, context) or {*letter.accents} & {*MOTIONS} or not context.of("psi"):
        return None
    after = with_end_multiplier(pair[1], context, "the end cost")
    body = resolve(pair[1], after)
    if unknown(body) or not symbols(body) <= {"Psi", "psi", "nu", "x", "t", "t1", "theta"} or "nu" not in symbols(body):
        return None
    declared = Declared(key(letter), key(letter), kind="alias", body=_bare(body), source="proposed")
    return "definition", (key(letter),), replace(after, letters={**after.letters, key(letter): declared})


def _bare(node: Node) -> Node:
    """phi of phi(x, T), whose slope in T is taken before its arguments are."""
    return replace(node, arguments=()) if isinstance(node, Applied) else rebuilt(node, _bare)


def with_end_multiplier(node: Node, context: Context, told: str = "") -> Context:
    """With nu of nu^T psi and of psi_x^T nu; what is transposed before psi, or stands behind psi^T, is a column; so with mu of mu^T g."""
    for condition, symbol in MULTIPLIERS.items():
        for letter, layout in _multipliers(node, condition, context) if context.of(condition) else ():
            known, role = context.letters.get(key(letter)), ROLES[symbol]
            if not context.of(symbol) and (unknown(resolve(letter, context)) if known is None else is_spaced(known)):
                layout = "column" if known is not None and known.shape[1] == "1" else layout
                declared = Declared(key(letter), symbol, role.shape, role.kind, layout=layout, source="proposed", told=told)
                context = replace(context, letters={**context.letters, key(letter): declared})
    return context


def with_other_multiplier(context: Context) -> Context:
    """With -nu for nu, where no cost is written with it and no line has shown its sign; else as it is."""
    turned = {known.letter: replace(known, sign=-known.sign, told="a line") for known in _multiplied(context) if not known.told}
    return replace(context, letters={**context.letters, **turned}) if turned else context


def shown(sides: Iterable[Node], context: Context) -> Context:
    """With the sign of nu as a proved line has it."""
    named = speaks_of_multiplier(*sides)
    told = {known.letter: replace(known, told=known.told or "a line") for known in _multiplied(context) if known.symbol in named}
    return replace(context, letters={**context.letters, **told}) if told else context


def speaks_of_multiplier(*sides: Node) -> frozenset[str]:
    """nu, or mu of an algebraic equation."""
    return frozenset().union(*map(symbols, sides)) & frozenset(MULTIPLIERS.values())


def _multiplied(context: Context) -> tuple[Declared, ...]:
    return tuple(known for symbol in MULTIPLIERS.values() for known in context.of(symbol))


def is_spaced(known: Declared) -> bool:
    """Is its space all that the notes have said of a letter?"""
    return known.symbol == own(known.letter) and known.body is None and known.source == "proposed" and known.kind == "constant"


def _multipliers(node: Node, condition: str, context: Context) -> Iterator[tuple[tree.Letter, str]]:
    for part in walk(node):
        factors = part.factors if isinstance(part, tree.Product) else part.arguments if isinstance(part, tree.Function) else ()
        rest = [factor for factor in factors if not _is_condition(factor, condition, context)]
        letter = head(rest[0]) if len(factors) == 2 and len(rest) == 1 else None
        if letter is not None and not letter.accents:
            column = isinstance(part, tree.Product) and (isinstance(part.factors[0], tree.Transposed) or rest[0] is part.factors[1])
            yield replace(letter, above=()), "column" if column else ""


def _is_condition(node: Node, condition: str, context: Context) -> bool:
    made = resolve(node, context)
    while isinstance(made, tree.Transposed | tree.Derivative | tree.Evaluated):
        made = made.of
    return isinstance(made, Applied) and made.name == condition
