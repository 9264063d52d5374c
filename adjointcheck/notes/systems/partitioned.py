"""Notes whose state is made of blocks with fields that they only name: xdot = f(x, y, theta), ydot = g(x, y, theta); q-ddot = F(q, q-dot).

Before the first formula is judged, the whole text tells which letters are blocks, which are their fields, and which costate belongs to
which block.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, USUAL, Context, Declared, Law, key
from adjointcheck.notes.letters.meaning import Applied, Symbol, resolve, walk
from adjointcheck.notes.letters.partitions import BLOCKS, gives_field
from adjointcheck.notes.letters.quantities import here
from adjointcheck.notes.letters.speeds import speed_at
from adjointcheck.notes.letters.usage import HAMILTONIANS, USUAL_CONTROLS, constants, ends, head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.blocks import components
from adjointcheck.notes.systems.component_letters import Rates, costates_named, costates_told, in_components, with_sign
from adjointcheck.notes.systems.concrete import moved_letters
from adjointcheck.notes.systems.entries import cells_of
from adjointcheck.notes.systems.mechanics import ZERO, first_order, inertia, solved

Introduced = tuple[str, tuple[str, ...], Context] | None
SAID = "motions said"  # the numbers of the blocks whose motion the notes have told already
SIZE, WHOLE = "n", "n_all"  # of each block, and of all: what holds for blocks of any sizes holds for blocks of one size


def partitioned(chains: Iterable[tree.Chain], context: Context) -> Context:
    """The context with the blocks of the state, where each of them moves by a field that the notes name, or is a speed."""
    chains = list(chains)
    if context.over() == "layers" or context.law("dynamics") is not None:
        return context
    rates = _coupled(_rates(chains, context))
    others = _others(rates)
    if len(rates) < 2 or others is None or any(letter.name == "lambda" or role_in(letter, context) == "p" for letter, _ in rates.values()):
        return context
    made = _with_inputs(others, _with_fields(rates, context))
    priced = _with_costates(chains, rates, _ended(chains, made)) if made is not None else None
    return _started(chains, _with_cost(chains, priced)) if priced is not None else context


# What moves


def _rates(chains: Iterable[tree.Chain], context: Context) -> Rates:
    """{x: f(x, y, theta)} and {q: v} of the first equation of motion of each letter."""
    found: dict[str, tuple[tree.Letter, Node]] = {}
    pairs = [pair for chain in first_order(chains) if (pair := pair_of(chain)) is not None]
    motions = [motion for pair in pairs for motion in moved_letters(*pair)]
    moved = {key(letter) for letter, _ in motions}
    for letter, right in motions:
        if key(letter) not in found and (_field(right) is not None or _speed(right, moved)):
            found[key(letter)] = letter, right
    return found


def _field(right: Node) -> tree.Letter | None:
    """f of f(x, y, theta), where all arguments are letters."""
    letter = right.function if isinstance(right, tree.Call) else None
    if not isinstance(right, tree.Call) or not isinstance(letter, tree.Letter) or letter.accents or letter.above:
        return None
    return letter if len(right.arguments) > 1 and all(_whole(argument) is not None for argument in right.arguments) else None


def _whole(argument: Node) -> tree.Letter | None:
    """x of x and x(t)."""
    plain = isinstance(argument, tree.Letter) or getattr(argument, "arguments", ()) == (tree.Letter("t"),)
    letter = head(argument)
    return letter if plain and letter is not None and not letter.accents else None


def _speed(right: Node, moved: Container[str]) -> bool:
    """v of q-dot = v, where v moves too."""
    letter = _whole(right)
    return letter is not None and key(letter) in moved


def _coupled(rates: Rates) -> Rates:
    """Those of which some rate speaks, each with a function of its own; none where no rate speaks of the others."""
    spoken = {key(letter) for _, right in rates.values() for letter in _spoken(right)}
    found = {name: rate for name, rate in rates.items() if name in spoken}
    fields = [key(letter) for _, right in found.values() if (letter := _field(right)) is not None]
    closed = all(key(letter) in found for _, right in found.values() for letter in _spoken(right) if key(letter) in rates)
    apart = any(key(letter) != name for name, (_, right) in found.items() for letter in _spoken(right) if key(letter) in found)
    return found if fields and len(fields) == len({*fields}) and closed and apart else {}


def _spoken(right: Node) -> list[tree.Letter]:
    arguments = right.arguments if _field(right) is not None and isinstance(right, tree.Call) else (right,)
    return [letter for argument in arguments if (letter := _whole(argument)) is not None]


def _others(rates: Rates) -> tuple[str, str] | None:
    """(u, theta): the control and the parameters, "" where there are none; None where there are more."""
    timed = {key(letter) for _, right in rates.values() if isinstance(right, tree.Call) for argument in right.arguments
             if isinstance(argument, tree.Call) and (letter := _whole(argument)) is not None}
    names = [key(letter) for _, right in rates.values() for letter in _spoken(right)]
    free = [name for name in dict.fromkeys(names) if name not in rates and USUAL.get(name) != "t"]
    controls = [name for name in free if name in (*USUAL_CONTROLS[:1], *timed)]
    parameters = [name for name in free if name not in controls]
    return ("".join(controls), "".join(parameters)) if len(controls) < 2 and len(parameters) < 2 else None


# What the letters are


def _with_fields(rates: Rates, context: Context) -> Context | None:
    """With the blocks as components of the state, and a function for each field."""
    numbers = {name: i for i, name in enumerate(rates, 1)}
    context = in_components(context, "x", [letter for letter, _ in rates.values()])
    if len(context.parts("x")) != len(rates):
        return None
    context = _shaped("x", (SIZE, "1"), (WHOLE, "1"), context)
    for name, (_, right) in rates.items():
        field = _field(right)
        if field is not None and role_in(field, context) not in ("", "f"):
            return None
        if field is not None:
            slots = tuple(_slot(key(letter), numbers) for letter in _spoken(right))
            made = Declared(key(field), f"f_{numbers[name]}", (SIZE, "1"), "function", arguments=slots, source="proposed")
            context = replace(context, letters={**context.letters, key(field): made})
    return replace(context, options={**context.options, BLOCKS: " ".join([SIZE] * len(rates))})


def _slot(name: str, numbers: dict[str, int]) -> str:
    """x_2 of the second block, else the role that a letter has there."""
    return f"x_{numbers[name]}" if name in numbers else "t" if USUAL.get(name) == "t" else name


def _shaped(symbol: str, shape: tuple[str, str], whole: tuple[str, str], context: Context) -> Context:
    """With the shapes of the blocks, and of the whole."""
    parts = {known.letter: replace(known, shape=shape) for known in context.parts(symbol)}
    wholes = {known.letter: replace(known, shape=whole) for known in context.of(symbol)}
    return replace(context, letters={**context.letters, **parts, **wholes})


def _with_inputs(others: tuple[str, str], context: Context | None) -> Context | None:
    """With the control and the parameters that the fields have among their arguments."""
    for name, symbol in zip(others, ("w", "theta"), strict=True) if context is not None else ():
        known = context.letters.get(name) if context is not None else None
        if context is None or (known is not None and known.symbol not in (symbol, name)):
            return None
        if name:
            made = known if known is not None and known.symbol == symbol else Declared(
                name, symbol, ROLES[symbol].shape, ROLES[symbol].kind, source="proposed")
            letters = {letter: replace(other, arguments=tuple(symbol if slot == name else slot for slot in other.arguments))
                       if other.symbol.startswith("f_") and other.arguments else other for letter, other in context.letters.items()}
            context = replace(context, letters={**letters, name: made})
    return context


def _with_costates(chains: list[tree.Chain], rates: Rates, context: Context) -> Context | None:
    """With the motion, and the costate of each block; None where the notes do not tell which letter is whose."""
    cells = tuple((here(resolve(right, context)),) for _, right in rates.values())
    if not all(isinstance(cell, Symbol | Applied) for (cell,) in cells):
        return None
    law = Law("dynamics", tree.Derivative(Symbol("x"), (Symbol("t"),)), tree.Vector(cells))
    context = replace(context, laws=(*context.laws, law))
    whole, used = next(iter(context.of("p")), None), [right for _, right in rates.values()]
    ways = (lambda: costates_told(chains, rates, context), lambda: costates_named(chains, [*rates], used, context),
            lambda: _of_acceleration(chains, rates, context), lambda: _by_their_motion(chains, rates, context))
    made = next((made for way in ways if len((made := way()).parts("p")) == len(rates)), None)
    if made is None:
        return None
    made = _signed(chains, made)
    rows, cols = made.of("x")[0].shape
    made = _shaped("p", ("1", SIZE), (cols, rows), made)
    layout = whole.layout if whole is not None else ""
    laid = {known.letter: replace(known, layout=known.layout or layout) for known in made.parts("p")}
    return replace(made, letters={**made.letters, **laid})


def _signed(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the sign that a Hamiltonian tells: -dJ/dx for H = lambda f + mu g - L."""
    prices = {known.letter for known in context.parts("p")}
    for chain in chains if not any(known.told for known in context.of("p")) else ():
        pair = pair_of(chain)
        letter = head(pair[0]) if pair is not None else None
        terms = [*tree.terms(pair[1])] if pair is not None and letter is not None and key(letter) in HAMILTONIANS else []
        minus: dict[bool, set[bool]] = {True: set(), False: set()}
        for term in terms:
            priced = any(isinstance(part, tree.Letter) and key(part) in prices for part in walk(term))
            minus[priced].add(isinstance(term, tree.Negative))
        if len(minus[True]) == len(minus[False]) == 1:
            return with_sign(context, 1 if minus[True] == minus[False] else -1, "its Hamiltonian")
    return context


def _of_acceleration(chains: Iterable[tree.Chain], rates: Rates, context: Context) -> Context:
    """With mu of int [L + mu (F(q, q-dot) - q-ddot)] dt as the costate of the speed; that of the position has no letter."""
    for chain in chains:
        for terms in (list(tree.terms(part.body)) for part in walk(chain) if isinstance(part, tree.Integral)):
            found = {at: made for at, term in enumerate(terms) if (made := _acceleration(term, rates, context)) is not None}
            if len(found) == 1 and len(rates) == 2:
                ((at, (speed, letter, sign)),) = found.items()
                against = len(terms) > 1 and all(isinstance(term, tree.Negative) for i, term in enumerate(terms) if i != at)
                letters = [letter if name == speed else tree.Letter(f"costate of {name}") for name in rates]
                return with_sign(in_components(context, "p", letters, "usual"), -sign if against else sign, "its Lagrangian")
    return context


def _acceleration(term: Node, rates: Rates, context: Context) -> tuple[str, tree.Letter, int] | None:
    """(v, mu, 1) of mu (F - q-ddot)."""
    sign, term = (-1, term.of) if isinstance(term, tree.Negative) else (1, term)
    factors = list(term.factors) if isinstance(term, tree.Product) and len(term.factors) == 2 else []
    letter, motion = (head(factors[0]), solved(factors[1], ZERO)) if factors else (None, None)
    speed = key(_spoken(rates[key(motion[0])][1])[0]) if motion is not None and key(motion[0]) in rates else ""
    if motion is None or letter is None or speed not in rates:
        return None
    same = speed_at(resolve(motion[1], context), context) == resolve(rates[speed][1], context)
    return (speed, replace(letter, above=()), -sign * inertia(factors[1])[0]) if same else None


def _by_their_motion(chains: Iterable[tree.Chain], rates: Rates, context: Context) -> Context:
    """With the letters that move by slopes in one block each, lambda-dot = -lambda f_x - mu g_x; the last one may have none.

    Backwards in time, with a minus: what moves forwards, xi-dot = f_x xi, is a variation.
    """
    found: dict[str, tuple[tree.Letter, set[str]]] = {}
    for letter, right in (motion for chain in chains if (pair := pair_of(chain)) for motion in moved_letters(*pair)):
        if key(letter) not in rates and any(isinstance(term, tree.Negative) for term in tree.terms(right)):
            found.setdefault(key(letter), (letter, {*_slopes(right, context)}))
    sloping = {names.copy().pop(): letter for letter, names in found.values() if len(names) == 1}
    rest = [letter for letter, names in found.values() if not names]
    left = [name for name in rates if name not in sloping]
    if len(found) == len(rates) and len(left) == len(rest) == 1 and all(len(names) < 2 for _, names in found.values()):
        sloping[left[0]] = rest[0]
    whole = len(found) == len(rates) == len(sloping)
    return in_components(context, "p", [sloping[name] for name in rates], "usual") if whole else context


def _slopes(right: Node, context: Context) -> Iterator[str]:
    """The blocks by which fields and costs are differentiated there."""
    for part in walk(resolve(right, context)):
        for by in part.by if isinstance(part, tree.Derivative) and isinstance(part.of, Applied) else ():
            number = by.part[0] if isinstance(by, Symbol) and by.name == "x" and by.part else None
            yield from (known.letter for known in context.parts("x") if number == tree.Number(Fraction(known.part)))


def _with_cost(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With E of alpha = dE/dx as the cost, so that it is nothing else."""
    for chain in chains:
        pair = pair_of(chain)
        letter, slope = (head(pair[0]), pair[1]) if pair is not None else (None, None)
        of = head(slope.of) if isinstance(slope, tree.Derivative) and letter is not None and role_in(letter, context) == "p" else None
        if of is not None and key(of) not in context.letters and not context.of("J"):
            return context.declare(Declared(key(of), "J", kind="functional", source="proposed"))
    return context


# Start, motion and end


def _ended(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With 1 of E = l(x(1), y(1)) as the end, where the blocks are taken at no other time but 0."""
    calls = (part for chain in chains for side in chain.sides for part in walk(side) if isinstance(part, tree.Call))
    blocks = {known.letter for known in context.parts("x")}
    times = {call.arguments for call in calls if (letter := head(call)) is not None and key(letter) in blocks}
    numbers = [place for (place, *more) in times if isinstance(place, tree.Number) and place.value > 0 and not more]
    if len(numbers) != 1 or context.of("t0") or context.of("t1"):
        return context
    return ends(ends(context, "t0", tree.Number(Fraction(0))), "t1", numbers[0])


def _pairs(chain: tree.Chain, context: Context) -> list[tuple[Node, Node]]:
    """The equations of a chain, block by block, where speeds are states."""
    pair = pair_of(chain)
    sides = components(*(here(resolve(side, context)) for side in pair)) if pair is not None else []
    return [(speed_at(left, context), speed_at(right, context)) for left, right in sides]


def _begins(left: Node) -> bool:
    """q(0)."""
    return isinstance(left, Symbol) and left.name == "x" and bool(left.part) and left.at == Symbol("t0")


def _started(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With q_0 and v_0 of q(0) = q_0 and q-dot(0) = v_0 as the starts of the blocks."""
    for chain in chains:
        for left, letter in _starts(chain, context):
            if key(letter) not in context.letters:
                number = left.part[0]
                part = int(number.value) if isinstance(number, tree.Number) else 0
                made = Declared(key(letter), "x0", context.parts("x")[part - 1].shape, source="proposed", part=part)
                context = replace(context, letters={**context.letters, key(letter): made})
    return context


def _starts(chain: tree.Chain, context: Context) -> Iterator[tuple[Symbol, tree.Letter]]:
    pair = pair_of(chain)
    values = (cells_of(pair[1]) or [pair[1]]) if pair is not None else []
    for (left, _), value in zip(_pairs(chain, context), values, strict=False):
        if _begins(left) and isinstance(left, Symbol) and isinstance(value, tree.Letter) and not value.accents:
            yield left, value


def motion(chain: tree.Chain, context: Context) -> Introduced:
    """The motion of some of the blocks, where it is told first, where they start, and what field they have in a special case."""
    law, pairs = context.law("dynamics"), _pairs(chain, context) if context.option(BLOCKS) else []
    if law is None or not isinstance(law.right, tree.Vector) or not pairs:
        return None
    if all(_begins(left) for left, _ in pairs):
        return "assumption", (), context
    if any(gives_field(left, right) for left, right in pairs):
        return "assumption", (), constants(chain.sides[1], context, (SIZE, "1"), True)
    states = [Symbol("x", part=(tree.Number(Fraction(i)),)) for i in range(1, len(law.right.rows) + 1)]
    rows = {tree.Derivative(state, (Symbol("t"),), "total"): row[0] for state, row in zip(states, law.right.rows, strict=True)}
    told = {str(i) for i, (left, right) in enumerate(rows.items(), 1) if (left, right) in pairs}
    said = {*context.option(SAID).split()}
    if len(told) < len(pairs) or told <= said:
        return None
    speeds = {str(i) for i, row in enumerate(law.right.rows, 1) if isinstance(row[0], Symbol)}
    twice = any(len(part.by) > 1 for side in chain.sides for part in walk(resolve(side, context)) if isinstance(part, tree.Derivative))
    now = said | told | (speeds if twice else set())
    return "assumption", (), replace(context, options={**context.options, SAID: " ".join(sorted(now))})
