"""A multiplier of a second-order equation of motion: r of int r (m q-ddot + k q - u) dt is -p_2/m, where q-dot is the second state."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.speeds import reduced
from adjointcheck.notes.letters.usage import head, pair_of, role_in
from adjointcheck.notes.proofs.componentwise import paid_sign, same_rate
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.mechanics import ZERO, inertia, solved

Introduced = tuple[str, tuple[str, ...], Context] | None


def adjoined_motion(chain: tree.Chain, context: Context) -> Introduced:
    """J_a = int [L + r (m q-ddot + k q - u)] dt beside J = int L dt: what r and J_a are."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or role_in(letter, context) not in ("", "J_a") or not context.parts("x"):
        return None
    integrals = [part for part in walk(pair[1]) if isinstance(part, tree.Integral)]
    terms = tree.terms(integrals[0].body) if len(integrals) == 1 else ()
    found = [(term, made) for term in terms if (made := _multiplier(term, context)) is not None]
    if len(found) != 1:
        return None
    (adjoined, (name, price)), = found
    sign = paid_sign(context, resolve(tree.Sum(tuple(term for term in terms if term is not adjoined)), context))
    if not sign:
        return None
    body = price if sign > 0 else tree.Negative(price)
    multiplier = Declared(name, own(name), ("", ""), "defined", body=body, source="proposed")
    after = replace(context, letters={**context.letters, name: multiplier})
    value = resolve(pair[1], after)
    augmented = Declared(key(letter), "J_a", kind="functional", body=value, source="proposed")
    after = replace(after, letters={**after.letters, key(letter): augmented})
    return None if unknown(value) else ("definition", (key(letter), name), after)


def _multiplier(term: Node, context: Context) -> tuple[str, Node] | None:
    """(r, -p_2/m) of r (m q-ddot + k q - u)."""
    sign, term = (-1, term.of) if isinstance(term, tree.Negative) else (1, term)
    if not isinstance(term, tree.Product) or len(term.factors) != 2:
        return None
    letter, equation = head(term.factors[0]), term.factors[1]
    motion = solved(equation, ZERO)
    if letter is None or motion is None or key(letter) in context.letters:
        return None
    state = context.letters.get(key(motion[0]))
    speed = reduced(tree.Derivative(Symbol("x", part=(tree.Number(Fraction(state.part)),)), (Symbol("t"),)), context) if state else None
    if not isinstance(speed, Symbol) or not same_rate(context, speed, reduced(resolve(motion[1], context), context)):
        return None
    turned, mass = inertia(equation)
    price: Node = replace(speed, name="p")
    price = tree.Quotient(price, resolve(mass, context)) if mass is not None else price
    return key(letter), tree.Negative(price) if sign * turned > 0 else price
