"""Second-order equations of motion, q-ddot = f(q, q-dot), as two of first order: q-dot = v and v-dot = f(q, v)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import rebuilt, resolve, walk
from adjointcheck.notes.letters.usage import HAMILTONIANS, head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

ZERO = tree.Number(Fraction(0))
SPEEDS = "speeds"
CONTROLS = ("u", "w", "alpha")  # no letters for a speed


def first_order(chains: Iterable[tree.Chain]) -> list[tree.Chain]:
    """The statements, each q-ddot = f(q, q-dot) as two; v is the letter that the notes have for q-dot, or q-dot itself."""
    chains = list(chains)
    retold = {key(letter) for letter, _ in _retold(chains)}
    chains = [chain for chain in chains if not retold & {key(replace(part, accents=())) for part in _rates(chain)}]
    speeds = {key(letter): speed for chain in chains for letter, speed in _speeds(chain)}
    driven = _driven(chains)
    felt = {name for chain in chains if (pair := pair_of(chain)) and moving(pair[0]) is not None for name in names(pair[1])}
    return [made for chain in chains for made in _parted(chain, speeds, driven, felt)]


def aliased(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With q of x_1 = q as another name of the state x_1, and a of H(x, p, a) as another of the one control."""
    chains = list(chains)
    for letter, other in (*_retold(chains), *_valued(chains, context)):
        known = context.letters.get(key(other))
        if known is not None and known.symbol in ("x", "w") and key(letter) not in context.letters:
            body, symbol = resolve(other, context), own(key(letter))
            context = context.declare(Declared(key(letter), symbol, kind="alias", body=body, source="proposed"))
    return context


def _valued(chains: Iterable[tree.Chain], context: Context) -> Iterator[tuple[tree.Letter, tree.Letter]]:
    """(a, alpha) of H(x, p, a), where alpha is the control and a one of its values."""
    calls = (part for chain in chains for part in walk(chain) if isinstance(part, tree.Call) and len(part.arguments) > 2)
    for call in calls if len(context.parts("w")) == 1 else ():
        letter, last = head(call.function), call.arguments[-1]
        roles = {role_in(argument, context) for argument in call.arguments[:-1] if isinstance(argument, tree.Letter)}
        if letter is not None and key(letter) in HAMILTONIANS and isinstance(last, tree.Letter) and "p" in roles and last.name != "t":
            yield last, tree.Letter(context.parts("w")[0].letter)


def _retold(chains: Iterable[tree.Chain]) -> Iterator[tuple[tree.Letter, tree.Letter]]:
    """(q, x_1) of x_1 = q, where x_1-dot is told as well: the motion of q is that of x_1 in other letters."""
    pairs = [pair for chain in chains if (pair := pair_of(chain))]
    moved = {key(letter) for one, _ in pairs if (letter := moving(one)) is not None}
    for one, other in pairs:
        numbered = isinstance(one, tree.Letter) and len(one.below) == 1 and isinstance(one.below[0], tree.Number) and key(one) in moved
        if numbered and isinstance(one, tree.Letter) and isinstance(other, tree.Letter) and not other.accents and not other.below:
            yield other, one


def _rates(chain: tree.Chain) -> Iterator[tree.Letter]:
    return (part for side in chain.sides for part in walk(side) if isinstance(part, tree.Letter) and part.accents in (("dot",), ("ddot",)))


def _driven(chains: Iterable[tree.Chain]) -> set[str]:
    """r of m r-ddot + k r + q = 0, which follows q and is neither paid for nor felt by q: no state, but perhaps the multiplier of q.

    So is r where r-dot = 4 q is told too: that r-ddot is what it is then follows.
    """
    chains = list(chains)
    motions = {key(found[0]): names(found[1]) for chain in chains if (found := solved(*(pair_of(chain) or (chain, chain))))}
    multipliers = {key(node.factors[0]) for chain in chains for node in walk(chain) if isinstance(node, tree.Product)
                   and len(node.factors) == 2 and isinstance(node.factors[0], tree.Letter) and solved(node.factors[1], ZERO) is not None}
    paid = {name for chain in chains for node in walk(chain) if isinstance(node, tree.Integral) for name in names(node.body)} - multipliers
    first = next(iter(motions), "")
    felt = {name for letter, spoken in motions.items() if letter not in multipliers for name in spoken - {letter}}
    rates = {key(letter) for chain in chains if (pair := pair_of(chain)) and (letter := moving(pair[0]))
             and not isinstance(pair[1], tree.Letter | tree.Call) and not _is_start(pair[0])}
    return multipliers | rates | {name for name, spoken in motions.items() if name != first and first in spoken and name not in felt | paid}


def _is_start(node: Node) -> bool:
    """q-dot(0), and not q-dot or q-dot(t)."""
    return isinstance(node, tree.Call) and getattr(node.arguments[0], "name", "") != "t"


def names(node: Node) -> set[str]:
    """Of all letters in it."""
    return {key(replace(part, accents=())) for part in walk(node) if isinstance(part, tree.Letter)}


def _speeds(chain: tree.Chain) -> Iterator[tuple[tree.Letter, tree.Letter]]:
    """(q, v) of v = q-dot and q-dot = v."""
    pair = pair_of(chain)
    for one, other in (pair, pair[::-1]) if pair else ():
        letter, speed = moving(one), head(other)
        if letter is not None and speed is not None and not speed.accents and not isinstance(other, tree.Negative | tree.Transposed):
            yield letter, speed


def speeds(chains: Iterable[tree.Chain], context: Context) -> set[str]:
    """v of q-dot = v, where v moves too: half of a state, which is no field of q and no state of its own."""
    return {key(speed) for chain in chains for _, speed in _speeds(chain) if key(speed) in context.rates}


def _parted(chain: tree.Chain, speeds: dict[str, tree.Letter], driven: Container[str], felt: Container[str]) -> Iterator[tree.Chain]:
    found = solved(*(pair_of(chain) or (chain, chain)))
    if found is None or key(found[0]) in driven:
        yield chain
        return
    letter, right = found
    speed = speeds.get(key(letter), speed_of(letter))
    follows = speed.name in CONTROLS and not names(right) & {*CONTROLS}  # x-ddot = x where x-dot = u: what the optimum does
    if follows or (letter.name in CONTROLS and key(letter) in felt):  # u-ddot = 0 where v-dot = u
        yield chain
        return
    for moved, rate in ((letter, speed), (speed, _in_speed(right, letter, speed))):
        yield replace(chain, sides=(tree.Derivative(moved, (tree.Letter("t"),), "total"), rate), relations=("=",))


def solved(left: Node, right: Node) -> tuple[tree.Letter, Node] | None:
    """(q, (u - c q-dot)/m) of m q-ddot + c q-dot = u."""
    terms = tree.terms(left)
    found = [(term, letter) for term in terms if (letter := _moved(term)) is not None]
    if len(found) != 1 or any(_moved(part) is not None for part in walk(right)):
        return None
    (term, letter), = found
    turned, mass = inertia(term)
    if _is_matrix(mass) and not any(_is_damped(part, letter) for part in (*terms, *tree.terms(right))):
        return None
    rest = [tree.Negative(other) for other in terms if other is not term]
    parts = tuple(_unsigned(part) for part in (right, *rest) if part != ZERO)
    force = parts[0] if len(parts) == 1 else tree.Sum(parts)
    force = _unsigned(tree.Negative(force)) if turned < 0 else force
    return letter, tree.Quotient(force, mass) if mass is not None else force


def _is_matrix(mass: Node | None) -> bool:
    """May M be one?"""
    return mass is not None and any(isinstance(part, tree.Letter) and part.name.isupper() for part in walk(mass))


def _is_damped(term: Node, letter: tree.Letter) -> bool:
    """b s-dot or k s, with a number as its coefficient: then M is one too."""
    inner = tree.unsigned(term)
    if not isinstance(inner, tree.Product) or len(inner.factors) != 2:
        return False
    number, moved = inner.factors
    return isinstance(number, tree.Letter) and number.name.islower() and letter in (moved, moving(moved))


def inertia(node: Node) -> tuple[int, Node | None]:
    """The sign and the factor m of the term +-m q-ddot."""
    term = next((term for term in tree.terms(node) if _moved(term) is not None), node)
    inner = tree.unsigned(term)
    factors = inner.factors[:-1] if isinstance(inner, tree.Product) else ()
    return 1 if inner is term else -1, None if not factors else factors[0] if len(factors) == 1 else tree.Product(factors)


def _moved(term: Node) -> tree.Letter | None:
    """q of +-m q-ddot, for numbers m."""
    inner = tree.unsigned(term)
    factors = inner.factors if isinstance(inner, tree.Product) else (inner,)
    plain = all(isinstance(part, tree.Letter | tree.Number) for part in factors[:-1])
    return accelerated(factors[-1]) if plain else None


def _unsigned(node: Node) -> Node:
    """-(-a) is a."""
    return node.of.of if isinstance(node, tree.Negative) and isinstance(node.of, tree.Negative) else node


def speed_of(letter: tree.Letter) -> tree.Letter:
    """q-dot as a letter of its own."""
    return tree.Letter(f"dot {letter.name}", letter.below)


def accelerated(node: Node) -> tree.Letter | None:
    """q of q-ddot and d^2 q/dt^2."""
    letter = head(node)
    if letter is not None and letter.accents == ("ddot",):
        return replace(letter, accents=(), span=(0, 0))
    twice = isinstance(node, tree.Derivative) and len(node.by) == 2 and all(getattr(by, "name", "") == "t" for by in node.by)
    return head(node.of) if twice and isinstance(node, tree.Derivative) else None


def _in_speed(node: Node, letter: tree.Letter, speed: tree.Letter) -> Node:
    """v for q-dot."""
    moved = moving(node)
    if moved is not None and key(moved) == key(letter):
        return replace(speed, span=node.span)
    return rebuilt(node, lambda child: _in_speed(child, letter, speed))
