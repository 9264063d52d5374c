"""Conditions on the end state: psi(x(T), T) = 0, its multiplier nu, and the cost Phi = phi + nu^T psi that carries it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes import tree
from adjointcheck.notes.context import MOTIONS, ROLES, Context, Declared, key
from adjointcheck.notes.meaning import Applied, resolve, symbols, unknown, walk
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import ended_function, head, introduced_function, pair_of, role_in

Introduced = tuple[str, tuple[str, ...], Context] | None
ZERO = tree.Number(Fraction(0))


def end_condition(chain: tree.Chain, context: Context) -> Introduced:
    """psi(x(T), T) = 0 for a function of which nothing else is known."""
    pair = pair_of(chain)
    letter = ended_function(pair[0], context) if pair and pair[1] == ZERO and len(chain.sides) == 2 else None
    if pair is None or letter is None or role_in(letter, context) != ("psi" if context.of("psi") else ""):
        return None
    context, names = introduced_function(pair[0], "psi", context)
    return "assumption", names, context


def end_cost(chain: tree.Chain, context: Context) -> Introduced:
    """Phi = phi + nu^T psi: another name for the end cost with the multiplied condition."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or role_in(letter, context) or {*letter.accents} & {*MOTIONS} or not context.of("psi"):
        return None
    after = with_end_multiplier(pair[1], context)
    body = resolve(pair[1], after)
    if unknown(body) or not symbols(body) <= {"Psi", "psi", "nu", "x", "t", "t1", "theta"} or "nu" not in symbols(body):
        return None
    declared = Declared(key(letter), key(letter), kind="alias", body=body, source="proposed")
    return "definition", (key(letter),), replace(after, letters={**after.letters, key(letter): declared})


def with_end_multiplier(node: Node, context: Context) -> Context:
    """With nu of nu^T psi; what is transposed before psi, or stands behind psi^T, is a column."""
    for letter, layout in _multipliers(node, context):
        if not context.of("nu") and not role_in(letter, context):
            declared = Declared(key(letter), "nu", ROLES["nu"].shape, ROLES["nu"].kind, layout=layout, source="proposed")
            context = context.declare(declared)
    return context


def _multipliers(node: Node, context: Context) -> Iterator[tuple[tree.Letter, str]]:
    for part in walk(node):
        factors = part.factors if isinstance(part, tree.Product) else part.arguments if isinstance(part, tree.Function) else ()
        rest = [factor for factor in factors if not _is_condition(factor, context)]
        letter = head(rest[0]) if len(factors) == 2 and len(rest) == 1 else None
        if letter is not None:
            column = isinstance(part, tree.Product) and isinstance(part.factors[0], tree.Transposed)
            yield replace(letter, above=()), "column" if column else ""


def _is_condition(node: Node, context: Context) -> bool:
    made = resolve(node.of if isinstance(node, tree.Transposed) else node, context)
    return isinstance(made, Applied) and made.name == "psi"
