"""Notes that write their field out: every equation of motion by itself, theta-dot = omega, omega-dot = -sin theta - c omega + u.

Such notes seldom say what their letters are.  Before the first formula is judged, the whole text tells: what moves by a formula of
plain letters is a component of the state, in the order of the equations; what moves too, but bears the name of a costate, is one of
the costate; u, v, w or what is written u(t) is a control; all other letters of the field and of the cost are parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain as joined

from adjointcheck.notes.letters.context import MOTIONS, ROLES, Context, Declared, Law, key, own
from adjointcheck.notes.letters.derivatives import without_rates
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.letters.primes import unprimed
from adjointcheck.notes.letters.quantities import here, letters_of, unscripted
from adjointcheck.notes.letters.speeds import reduced
from adjointcheck.notes.letters.starting import is_free
from adjointcheck.notes.letters.usage import (
    HAMILTONIANS,
    USUAL_CONTROLS,
    USUAL_COSTATES,
    USUAL_STATES,
    differentiates,
    ends,
    head,
    moving,
    pair_of,
    role_in,
    with_ends,
)
from adjointcheck.notes.proofs.componentwise import costate_sign
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.document import Formula
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.arrivals import arrivals, laws, spoken
from adjointcheck.notes.systems.component_letters import (
    COSTATES,
    STATES,
    Rates,
    costates_named,
    costates_told,
    counted,
    gathered,
    in_components,
    in_their_order,
    is_last,
    multiplied,
    spelt,
    spread,
    with_sign,
    with_whole,
)
from adjointcheck.notes.systems.entries import as_motion, cells_of, fields_of, motions, multiplied_out, weighs_whole
from adjointcheck.notes.systems.followed import TIMES, followed
from adjointcheck.notes.systems.mechanics import aliased, first_order
from adjointcheck.notes.systems.named_functions import chosen, left_open, paid, read_as_functions, spelt_later, with_functions
from adjointcheck.notes.systems.outright import OUTRIGHT
from adjointcheck.notes.systems.side_motions import parted, varied
from adjointcheck.notes.systems.spaces import sized

PLAIN = (tree.Number, tree.Pi, tree.Letter, tree.Sum, tree.Product, tree.Quotient, tree.Power, tree.Negative, tree.Function, tree.Call,
         tree.Variation)
MATRICES = ("A", "B")
NUMBERS = ("pi", "e", "infty", "dots")
MOST = 12  # components; a field with more is no field that a person wrote out


def acquainted(formulas: Iterable[Formula], context: Context) -> Context:
    """The context with the letters of a field that the notes write out; as it is where they do not."""
    if context.over() == "layers" or context.option(BLOCKS):
        return context
    formulas = list(formulas)
    chains = _chains(formulas, context)
    rates = _rates(chains, context)
    if _moves_whole(chains, rates, context) or _is_of_columns(chains, rates):
        return context
    states, beside = parted(_states(rates, chains, context), chains, lambda chain: _is_cost(chain, context))
    if not states or len(states) > MOST or weighs_whole(chains, [letter for letter, _ in states.values()]):
        return context
    states = in_their_order(_chains(formulas, context, USUAL_COSTATES), states, context)
    context = with_whole(chains, states, context)
    context = in_components(context, "x", [letter for letter, _ in states.values()])
    calls = left_open([right for _, right in states.values()], states, chains, context)
    calls = {**paid((side for chain in chains if _is_cost(chain, context) for side in chain.sides), context.letters, states), **calls}
    context = read_as_functions(calls, context)
    chains = _chains(formulas, context)  # with the states known, a(b + c) is read
    context = _bounded(chains, context)
    ends = list(arrivals([*spoken((formula.paragraph for formula in formulas), chains, context), *chains], context))
    costs = [side for chain in chains for side in chain.sides[1:] or chain.sides if _is_cost(chain, context) or _is_paid(chain, context)]
    costs += [side for chain in chains if (side := spelt_later(chain, calls)) is not None]
    used = [part for node in joined((right for _, right in states.values()), costs) for part in unscripted(spelt(node))]
    context = costates_told(_chains(formulas, context, USUAL_COSTATES), states, costates_named(chains, list(states), used, context))
    bounded = {name for chain in _bounds(chains) for name in _between(chain)}
    spoken_of = [*used, *(part for chain in chains for part in walk(chain))]
    inputs = _controls(spoken_of, used, bounded, context)
    given = _given(inputs, spoken_of, _steered(spoken_of, used, context) | bounded)
    context, calls = read_as_functions(given, context), {**calls, **given}
    context = in_components(context, "w", [letter for letter in inputs if key(letter) not in given])
    held = [part for item in ends for part in unscripted(item.gap)]
    others = _running(chains) | {key(letter) for chain in chains if _is_cost(chain, context) and (letter := head(chain.sides[0]))}
    given = [letter for letter in parameters([*used, *held], context) if key(letter) not in others]  # J_B = J + ...: J is a cost
    aims = [tree.Letter(f"{state}^*") for state in states if getattr(context.letters.get(f"{state}^*"), "kind", "") == "constant"]
    context = in_components(context, "theta", [*given, *(item.multiplier for item in ends), *aims])
    if not context.parts("p"):  # with the parameters known, theta_1 (p_A - p_B) is read
        context = costates_named(_chains(formulas, context), list(states), used, context)
    context = aliased(chains, _starts(chains, with_functions(calls, context)))
    cells = tuple((here(resolve(spelt(right), context)),) for _, right in states.values())
    if any(unknown(cell) for (cell,) in cells):
        return context
    law = Law("dynamics", tree.Derivative(Symbol("x"), (Symbol("t"),)), tree.Vector(cells))
    return _signed(_chains(formulas, context), varied(beside, states, replace(context, laws=(*context.laws, law, *laws(ends, context)))))


def _chains(formulas: Iterable[Formula], context: Context, factors: Iterable[str] = ()) -> list[tree.Chain]:
    """All that is read, where `factors` are letters before a bracket that is no argument."""
    letters = context.reader()
    letters = replace(letters, plain=letters.plain | ({*factors} - letters.functions))
    read = (read_formula(formula.text, letters) for formula in formulas if not formula.unread)
    chains = [unprimed(chain, context) for chain in read if not isinstance(chain, Unread)]
    return motions([multiplied_out(chain) for chain in chains], context)


def _bounded(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the limits of the cost's integral as the ends of the horizon, or the one time of J = x(2) as its end."""
    chains = list(chains)
    paid = (side for chain in chains if _is_cost(chain, context) for side in chain.sides)
    for part in (part for side in paid for part in walk(side) if isinstance(part, tree.Integral)):
        context = with_ends(part, context)
    arrived = {call.arguments for chain in chains for call in _arrivals(chain, context)}
    if len(arrived) != 1 or context.of("t0") or context.of("t1"):
        return context
    return ends(ends(context, "t0", tree.Number(Fraction(0))), "t1", arrived.pop()[0])


def _arrivals(chain: tree.Chain, context: Context) -> Iterator[tree.Call]:
    """x(2) of J = x(2)^2 and of max x(2), a cost of a state at a time that is a number."""
    letter = head(chain.sides[0])
    named = letter is not None and (letter.name == "J" or role_in(letter, context) == "J") and chain.relations[:1] == ("=",)
    for call in walk(chain) if named or isinstance(chain.sides[0], tree.Extremum) else ():
        if isinstance(call, tree.Call) and isinstance(call.arguments[0], tree.Number) and call.arguments[0].value > 0:
            yield from [call] if role_in(head(call), context) == "x" else []


def written_out(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """One of the equations of motion of a field that the notes write out, or all of them as a column."""
    law, pair = context.law("dynamics"), pair_of(as_motion(multiplied_out(chain), fields_of((), context)))
    if not context.parts("x") or context.option(BLOCKS) or law is None or pair is None or not isinstance(law.right, tree.Vector):
        return None
    left, right = (here(resolve(side, context)) for side in pair)
    states = [Symbol("x", part=(tree.Number(Fraction(known.part)),)) for known in context.parts("x")]
    if len(states) != len(law.right.rows):  # a letter has another meaning since
        return None
    rows = [(tree.Derivative(state, (Symbol("t"),)), row[0]) for state, row in zip(states, law.right.rows, strict=True)]
    if isinstance(left, tree.Vector) and isinstance(right, tree.Vector) and [*zip(cells_of(left), cells_of(right), strict=False)] == rows:
        return "assumption", (), context
    told = {(left, right), (right, left), (reduced(left, context), reduced(right, context))}
    spoken = any(side in (row[0], law.left) for side in (left, right, reduced(left, context)) for row in rows)
    return ("assumption", (), context) if spoken and told & {(law.left, law.right), *rows} else None


# What moves


def _moves_whole(chains: Iterable[tree.Chain], rates: Rates, context: Context) -> bool:
    """Is the state that moves first moved by a field that is not written out, xdot = A x + B u, so that P-dot = P^2 is of no state?"""
    names = {known.letter for known in context.of("x") if known.source == "declared"} or {*USUAL_STATES}
    moved = (key(letter) for chain in first_order(chains) if (pair := pair_of(chain)) for letter, _ in moved_letters(*pair))
    first = next((name for name in moved if name in names or name in rates), "")
    return bool(first) and first not in rates


def _is_of_columns(chains: Iterable[tree.Chain], rates: Rates) -> bool:
    """Is a letter of the field transposed anywhere, K of K^T lambda, or told a space, K in R^{d x d}, so that it is no number?"""
    turned = {part.of for chain in chains for part in walk(chain) if isinstance(part, tree.Transposed) and isinstance(part.of, tree.Letter)}
    turned |= {letter for chain in chains if (letter := sized(chain)) is not None}
    return any(part in turned for letter, right in rates.values() for part in (letter, *walk(right)))


def _rates(chains: Iterable[tree.Chain], context: Context) -> Rates:
    """{letter: its first equation of motion} of those that are written in plain letters; s of s = dx/dbeta is no state."""
    found: dict[str, tuple[tree.Letter, Node]] = {}
    chains = list(chains)
    numbers = {known.letter for known in context.letters.values() if known.part}
    fields = {known.letter for known in context.of("f")}
    columns = ([*moved_letters(*pair)] for chain in first_order(chains) if (pair := pair_of(chain)))
    motions = [motion for column in columns if not _is_augmented(column) for motion in column]
    moved = {key(letter) for letter, _ in motions}
    energies = [chain for chain in chains if (title := head(chain.sides[0])) and key(title) in HAMILTONIANS]
    spoken = {name for chain in energies for name in letters_of(chain.sides[-1])}
    priced = moved | spoken.difference(*(letters_of(right) for _, right in motions))
    slopes = {*followed(chains, motions, fields), *(key(letter) for chain in chains for letter in _switches(chain, priced, context))}
    slopes |= {*context.option(OUTRIGHT).split()}
    called = left_open([right for _, right in motions], moved, chains, context)
    for letter, right in motions:
        named = any(isinstance(part, tree.Letter) and key(part) in fields for part in walk(right))
        if key(letter) not in {*found, *slopes} and not named and is_plain(right, numbers, called):
            found[key(letter)] = letter, right
    return found


def _is_augmented(column: Sequence[tuple[tree.Letter, Node]]) -> bool:
    """(z, theta, t) moved by (f(z, t, theta), 0, 1), (z, a) by (f, -a df/dz): none is a state of its own."""
    rights = [right for _, right in column]
    named = any(isinstance(right, tree.Call) or head(right) == tree.Letter("f") for right in rights)
    return named and any(isinstance(right, tree.Number) or differentiates(right) for right in rights)


def _switches(chain: tree.Chain, moved: Container[str], context: Context) -> Iterator[tree.Letter]:
    """sigma of sigma = k - lambda_1 S: what costates make, such as a switching function, is no state, whatever its rate.

    In y = a/b nothing moves with which a costate of that name would, and no Hamiltonian has it that is in no field.
    """
    pair = pair_of(chain)
    letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) and not pair[0].accents else None
    if pair is not None and letter is not None and not _is_costate(letter, context):
        costates = (part for part in walk(pair[1]) if isinstance(part, tree.Letter) and _is_costate(part, context))
        yield from [letter] if any(context.of("p") or key(part) in moved for part in costates) else []


HELD = ("theta", "vartheta", "Theta")


def moved_letters(left: Node, right: Node) -> Iterator[tuple[tree.Letter, Node]]:
    """(x, f) of xdot = f; of d/dt (x, y) = (f, g) one by one; of xdot = (f, g) as x_1 and x_2."""
    if isinstance(left, tree.Call) and any(getattr(argument, "name", "") != "t" for argument in left.arguments):
        return  # xdot(0) = 0 is a start
    if (moved := moving(left)) is not None and not moved.below and any(_is_partial(part, moved) for part in walk(right)):
        return  # dPhi/dt = Phi_x f is a chain rule
    if moved is not None and (moved.name == "t" or (right == tree.Number(Fraction(0)) and moved.name in HELD)):
        return  # dt/dt = 1 and dtheta/dt = 0 of an augmented state
    cells = cells_of(right)
    inner = cells_of(left.of) if isinstance(left, tree.Derivative) and not isinstance(left.of, tree.Letter) else ()
    rows = [head(cell) for cell in inner] or [moving(cell) for cell in cells_of(left)]
    letter = moving(left)
    if cells and letter is not None and not letter.below:
        rows = [replace(letter, below=(tree.Number(Fraction(i)),)) for i in range(1, len(cells) + 1)]
    if cells and len(rows) == len(cells):
        yield from ((row, cell) for row, cell in zip(rows, cells, strict=True) if row is not None)
    elif letter is not None and not cells:
        yield letter, right


def _is_partial(node: Node, of: tree.Letter) -> bool:
    """Phi_x and Phi_t of Phi."""
    below = node.below[0] if isinstance(node, tree.Letter) and len(node.below) == 1 else None
    return isinstance(node, tree.Letter) and node.name == of.name and isinstance(below, tree.Letter) and below.name in ("t", *USUAL_STATES)


def is_plain(node: Node, numbers: Container[str] = (), called: Container[str] = ()) -> bool:
    """Letters, numbers, sums, products and functions that are elementary or `called` so: no field only named, and no derivative."""
    parts = list(walk(node))
    calls = [part for part in parts if isinstance(part, tree.Call)]
    timed = all(is_timed(call) or (isinstance(call.function, tree.Letter) and key(call.function) in called) for call in calls)
    letters = [part for part in unscripted(node) if isinstance(part, tree.Letter)]
    raised = any(isinstance(part, tree.Power) and isinstance(part.exponent, tree.Letter) for part in parts)  # A k^alpha: all are numbers
    odd = any(letter.accents or (letter.name in MATRICES and key(letter) not in numbers and not raised) for letter in letters)
    return timed and not odd and not differentiates(node) and all(isinstance(part, PLAIN) for part in parts)


def is_timed(call: tree.Call) -> bool:
    """a(t), x(T)."""
    return isinstance(call.function, tree.Letter) and len(call.arguments) == 1 and getattr(call.arguments[0], "name", "") in TIMES


def _states(rates: Rates, chains: Iterable[tree.Chain], context: Context) -> Rates:
    """What moves without the name of a costate, or is spoken of by the rate of a state; {} where a vector may be meant."""
    declared = [known.letter for known in context.parts("x")]
    if declared:
        return {name: rates[name] for name in declared} if set(declared) <= rates.keys() else {}
    whole = next((known.letter for known in context.of("x")), "")
    chains = list(chains)
    adjoined = set(_adjoined(rates, chains))
    names = [name for name, (letter, right) in rates.items()
             if not (_is_costate(letter, context) or name in adjoined) or _begins(letter, chains, context) or _is_priced(right, chains)]
    spoken = {key(part) for name in names for part in walk(rates[name][1]) if isinstance(part, tree.Letter)}
    names = [name for name in rates if name in names or (name in spoken and name not in adjoined and not context.letters.get(name))]
    names = [name for name in names if name not in context.option(COSTATES).split()]
    priced = {state for chain in chains for state, _, _ in multiplied(chain)} & {*names}  # a Lagrangian has all equations of motion
    names = [name for name in names if name in priced] if priced else names
    if whole:
        names = [name for name in names if rates[name][0].name == whole]
    names = [name for name in names if name not in _feedbacks(chains, names, context)]
    names = list(_coupled({name: rates[name] for name in names if not letters_of(rates[name][1]) & adjoined}, chains, context))
    before = context.option(STATES).split()
    found = {name: rates[name] for name in sorted(names, key=lambda name: before.index(name) if name in before else len(before))}
    for letter, right in found.values() if len(found) == 1 else ():
        moving = (letter, *(part for part in walk(right) if isinstance(part, tree.Letter)))  # where q^2 is paid, s of s' = -q is a number
        if not _is_scalar(letter, right, any(_is_number(part, chains) for part in moving), context):
            return {}
    return found


def _coupled(rates: Rates, chains: Iterable[tree.Chain], context: Context) -> Iterator[str]:
    """Without b of b-ddot = b - 2 b-dot, of which neither the cost nor any other motion speaks, and which speaks of no other letter."""
    costs = (chain for chain in chains if _is_cost(chain, context) and not is_last(chain.sides[0]))  # b(T) = 1 is none
    paid = {name for chain in costs for side in chain.sides for name in letters_of(side)}
    heard = {name: {other for other, (_, right) in rates.items() if name in letters_of(right)} for name in rates}
    closed = {name for name, (_, right) in rates.items() if name not in paid and letters_of(right) <= rates.keys()}
    for name in rates:
        group = {name}
        while (wider := group.union(*(letters_of(rates[one][1]) & rates.keys() | heard[one] for one in group))) != group:
            group = wider
        if not group <= closed or group == rates.keys():
            yield name


def _begins(letter: tree.Letter, chains: Iterable[tree.Chain], context: Context) -> bool:
    """a(0) = a_0, where nothing is said of a(T), and no Hamiltonian has it: a state, though it bears the name of a costate."""
    chains = list(chains)
    pairs = [pair for chain in chains if (pair := pair_of(chain)) and isinstance(pair[0], tree.Call) and head(pair[0]) == letter]
    places = {next(iter(getattr(pair[0], "arguments", ())), None) for pair in pairs}
    given = all(isinstance(value, tree.Letter | tree.Number) for _, value in pairs)
    titles = [head(chain.sides[0]) for chain in chains if letter in walk(chain)]
    adjoined = any(title is not None and title.name in HAMILTONIANS for title in titles)
    return not context.of("p") and places == {tree.Number(Fraction(0))} and given and not adjoined


def _adjoined(rates: Rates, chains: Iterable[tree.Chain]) -> Iterator[str]:
    """p and q of H = L + p v + q u, where x-dot = v and v-dot = u, and p and q move by other rates than these; p of p-dot = -H_x."""
    totals = {name: counted(spread(1, right)) for name, (_, right) in rates.items() if not isinstance(right, tree.Number)}
    for chain in chains:
        yield from (key(letter) for state, letter, _ in multiplied(chain) if state in rates and key(letter) in rates)
        yield from [key(letter)] if (letter := moving(chain.sides[0])) is not None and any(map(_is_force, chain.sides[1:])) else []
        title = head(chain.sides[0])
        body = chain.sides[1] if len(chain.sides) > 1 and title is not None and key(title) in HAMILTONIANS else None
        shares = {key(letter): counted(parts) for letter, parts in (gathered(body) if body is not None else ())}
        found = {name: state for name in shares for state, total in totals.items() if shares[name] == total}
        found = {name: state for name, state in found.items() if found.get(state) != name or name.partition("_")[0] in USUAL_COSTATES}
        moved, whole = rates.keys() & found.keys(), {*found.values()} == rates.keys() - found.keys()
        yield from moved if whole or 2 * len(moved) >= len(rates) else ()  # where a rate is told anew, H has that of before


def _is_force(node: Node) -> bool:
    """-H_x and -dH/dx of p-dot = -H_x."""
    of = node.of if isinstance(node, tree.Negative) else None
    slope = of.of if isinstance(of, tree.Derivative) else replace(of, below=()) if isinstance(of, tree.Letter) and of.below else None
    return slope is not None and (letter := head(slope)) is not None and key(letter) in HAMILTONIANS


def _is_priced(right: Node, chains: Iterable[tree.Chain]) -> bool:
    """r a - c of H = u(c) + lambda (r a - c): how a state moves, though it bears the name of a costate."""
    bodies = [chain.sides[1] for chain in chains if len(chain.sides) > 1 and (title := head(chain.sides[0])) and key(title) in HAMILTONIANS]
    return isinstance(right, tree.Sum) and any(right in walk(body) for body in bodies)


def _feedbacks(chains: Iterable[tree.Chain], names: Sequence[str], context: Context) -> set[str]:
    """P of lambda = P x and of u = -P x, which moves too, and is no state."""
    chains = list(chains)
    paid = {key(part) for chain in chains for node in walk(chain) if isinstance(node, tree.Integral) for part in walk(node.body)
            if isinstance(part, tree.Letter)}
    found: set[str] = set()
    for chain in chains:
        pair = pair_of(chain)
        left, right = (head(pair[0]), pair[1].of if isinstance(pair[1], tree.Negative) else pair[1]) if pair else (None, chain)
        factors = [head(factor) for factor in right.factors] if isinstance(right, tree.Product) else []
        moved = [key(letter) for letter in factors if letter is not None and key(letter) in names]
        fed = left is not None and left.name in USUAL_CONTROLS and key(left) not in names
        if left is not None and (fed or _is_costate(left, context)) and len(moved) == len(factors) == 2:
            found |= {name for name in moved if name not in paid} if {*moved} & paid else {*moved[:1]}
    return found


def _is_costate(letter: tree.Letter, context: Context) -> bool:
    declared = context.of("p")
    return any(letter.name == known.letter for known in declared) if declared else letter.name in USUAL_COSTATES


def _is_number(letter: tree.Letter, chains: Sequence[tree.Chain]) -> bool:
    """Do the notes write x^2, x(T)^2, e^{a t} or 0 <= x <= 1, or does it start at a number, x(0) = 1, or is it paid as it is, J = -x(T)?"""
    def is_it(node: Node) -> bool:
        if isinstance(node, tree.Sum):  # (s(T) - L)^2
            return any(is_it(term) for term in node.terms)
        return head(node) == letter and isinstance(node, tree.Letter | tree.Call)
    squared = any(isinstance(node, tree.Power) and is_it(node.base) and node.exponent == tree.Number(Fraction(2))
                  for chain in chains for node in walk(chain))
    pairs = [pair for chain in chains if (pair := pair_of(chain))]
    starts = (pair for pair in pairs if isinstance(pair[0], tree.Call) and is_it(pair[0]))
    paid = any(is_it(getattr(term, "of", term)) for left, value in pairs if head(left) == tree.Letter("J") for term in tree.terms(value))
    grown = [node for chain in chains for node in walk(chain) if (isinstance(node, tree.Power) and node.base == tree.Letter("e"))
             or (isinstance(node, tree.Function) and node.name == "exp")]
    grows = letter.name[:1].islower() and any(letter in walk(node) for node in grown)
    bounded = any(key(letter) in _between(chain) for chain in _bounds(chains) if isinstance(chain.sides[-1], tree.Number))
    return bounded or grows or squared or paid or any(isinstance(value, tree.Number) and value.value != 0 for _, value in starts)


def _is_scalar(letter: tree.Letter, right: Node, numeric: bool, context: Context) -> bool:
    """One equation alone: a number moves if letters are multiplied, or if the notes say so; u, or -a x in R^n, may move a vector."""
    if context.option("paths") == "numbers":
        return True
    declared = context.letters.get(key(letter))
    if declared is not None and declared.shape != ("n", "1"):
        return declared.shape == ("1", "1")
    if any(_times_itself(letter, part) for part in walk(right)):
        return True
    parts = list(walk(right))
    products = [part for part in parts if isinstance(part, tree.Power | tree.Function | tree.Variation)]
    counted = {letter.name, *USUAL_CONTROLS} if declared else {part.name for part in parts if isinstance(part, tree.Letter)}
    factors = [[getattr(factor, "name", "") for factor in part.factors] for part in parts if isinstance(part, tree.Product)]
    products += [names for names in factors if sum(name in counted for name in names) > 1]
    numbers = {"K", "N", *(known.letter for known in context.letters.values() if known.part or known.symbol == "w")}
    numbers |= {key(part) for node in parts if isinstance(node, tree.Quotient) for part in walk(node) if isinstance(part, tree.Letter)}
    capital = any(isinstance(part, tree.Letter) and part.name.isupper() and key(part) not in numbers for part in parts)
    return (numeric or bool(products)) and not capital


def _times_itself(letter: tree.Letter, node: Node) -> bool:
    """x (1 - x/K), x^2 and a/x: what no vector does."""
    def speaks(part: Node) -> bool:
        return any(isinstance(inner, tree.Letter) and key(inner) == key(letter) for inner in walk(part))
    if isinstance(node, tree.Product):
        return sum(map(speaks, node.factors)) > 1
    return speaks(node.below) if isinstance(node, tree.Quotient) else isinstance(node, tree.Power) and speaks(node.base)


# What the other letters are


def _signed(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With the costate's sign where a Hamiltonian tells: +dJ/dx for H = L + p f, -dJ/dx for H = -L + p f."""
    costs = (side for chain in chains if _is_cost(chain, context) for side in chain.sides[1:] or chain.sides)
    cost = next((side.body if isinstance(side, tree.Extremum) and side.body is not None else side for side in costs), None)
    body = next((pair[1] for pair in map(pair_of, chains) if pair and (letter := head(pair[0])) and key(letter) in HAMILTONIANS), None)
    if cost is None or body is None or not any(not known.told for known in context.of("p")):
        return context
    paid = [term for term in tree.terms(cost) if any(isinstance(part, tree.Integral) for part in walk(term))]  # no S(k(T)), a new letter
    laws = (*context.laws, Law("objective", Symbol("J"), resolve(tree.summed(tuple(paid)) if paid else cost, context)))
    return told_by_hamiltonian(body, context, laws)


def told_by_hamiltonian(body: Node, context: Context, laws: tuple[Law, ...]) -> Context:
    """With the sign of the costates that a Hamiltonian tells under these laws."""
    sign = costate_sign(replace(context, laws=laws), without_rates(resolve(body, context), context))
    return with_sign(context, sign, "its Hamiltonian") if sign else context


def _is_cost(chain: tree.Chain, context: Context) -> bool:
    """J = ..., min over u of ...: an integral or an end cost, in which nothing is differentiated."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    known = context.letters.get(key(letter), Declared("", "J")) if letter is not None else None
    named = letter is not None and not (letter.accents or letter.above) and known is not None and known.symbol == "J"  # J^* is a value
    parts = list(walk(chain))
    if any(isinstance(part, tree.Letter) and {*part.accents} & {*MOTIONS} for part in parts):
        return False  # a Lagrangian, with the equation of motion in it
    ends = letter is None or letter.name not in USUAL_COSTATES  # lambda(T) = x(T) is no cost
    paid = any(isinstance(part, tree.Integral) or (ends and is_last(part)) for part in parts)
    return paid and (named or isinstance(chain.sides[0], tree.Extremum)) and not any(isinstance(part, tree.Derivative) for part in parts)


def _is_paid(chain: tree.Chain, context: Context) -> bool:
    """l = x^2 + r u^2: what the notes have called the running or the end cost, written out."""
    pair = pair_of(chain)
    known = context.letters.get(key(letter)) if pair is not None and (letter := head(pair[0])) is not None else None
    return known is not None and known.symbol in ("L", "Psi") and pair is not None and is_plain(pair[1])


def _open(parts: Iterable[Node], symbol: str, context: Context, clocks: Container[str] = TIMES) -> list[tree.Letter]:
    """The letters that nothing explains yet, that the header declares as numbers, or as the whole of x, p, w or theta.

    Of a thrust T the notes take no value at it, and no integral to it.
    """
    parts, whole = list(parts), {known.letter for known in context.of(symbol)}
    clocks = {key(letter) for part in parts for letter in _clocks(part)} | {name for name in TIMES if name in clocks} - {"s", "tau"} | {"t"}
    found: dict[str, tree.Letter] = {}
    for part in parts:
        if isinstance(part, tree.Letter) and not {*part.accents} & {*MOTIONS} and key(part) not in clocks:
            known = context.letters.get(key(part))
            number = known is not None and known.symbol not in ROLES and known.shape == ("1", "1") and known.kind == "constant"
            if known is None or number or key(part) in whole:
                found[key(part)] = part
    return list(found.values())


def _clocks(node: Node) -> Iterator[tree.Letter]:
    """s of x(s) and int ds, which otherwise is a number; T of int_0^T."""
    ends = (node.by, node.lower, node.upper) if isinstance(node, tree.Integral) else ()
    found = node.arguments if isinstance(node, tree.Call) else ends
    return (letter for letter in found if isinstance(letter, tree.Letter) and key(letter) in TIMES)


def _bounds(chains: Iterable[tree.Chain]) -> Iterator[tree.Chain]:
    """The statements, and those that are added to one as its conditions."""
    for chain in chains:
        yield from (chain, *(item for item in chain.conditions if isinstance(item, tree.Chain)))


def _between(chain: tree.Chain) -> Iterator[str]:
    """alpha of 0 <= alpha <= 1, |alpha| <= 1 and alpha in [0, 1]; 0 < beta < 1 may be said of any number."""
    match chain.sides:
        case [_, inner, _] if {*chain.relations} in ({"<="}, {">="}):
            yield from letters_of(inner)
        case [tree.Function("abs" | "norm", (inner,)), _] if chain.relations == ("<=",):
            yield from letters_of(inner)
        case [inner, tree.Vector()] if chain.relations == ("in",):
            yield from letters_of(inner)


def _controls(parts: Sequence[Node], used: Sequence[Node], bounded: Container[str], context: Context) -> list[tree.Letter]:
    """u, v, w, u_1, u_2, what is written as a function of time somewhere in the notes, and if there is none what has two bounds."""
    timed = {key(part.function) for part in parts if isinstance(part, tree.Call) and isinstance(part.function, tree.Letter)
             and getattr(part.arguments[0], "name", "") == "t"}
    free = _open(used, "w", context, {key(letter) for part in parts for letter in _clocks(part)})
    free = [letter for letter in free if not _is_called(letter, used)]
    steered = _steered(parts, used, context)
    found = [letter for letter in free if letter.name in _called_controls(context) or key(letter) in timed | steered]
    return found or [letter for letter in free if key(letter) in bounded]


def _steered(parts: Sequence[Node], used: Sequence[Node], context: Context) -> set[str]:
    """u, v, w, or what the header calls a control; what is paid for, what H is differentiated by, and over what a least cost is sought."""
    sought = {key(part.over) for part in parts if isinstance(part, tree.Extremum) and isinstance(part.over, tree.Letter)}
    return _called_controls(context) | sought | _paid_for(used) | {*chosen(parts)}


def _called_controls(context: Context) -> set[str]:
    return {known.letter for known in context.of("w")} or {*USUAL_CONTROLS}


def _given(inputs: Sequence[tree.Letter], parts: Sequence[Node], steered: Container[str]) -> dict[str, tree.Call]:
    """{d: d(t)} of x-dot = u - d(t), where another input is the control: a function of time that is told, and not chosen."""
    free = [letter for letter in inputs if letter.name not in steered and key(letter) not in steered]
    calls = {letter: [part for part in parts if isinstance(part, tree.Call) and part.function == letter] for letter in free}
    timed = {letter: made for letter, made in calls.items() if made and all(call.arguments == (tree.Letter("t"),) for call in made)}
    alone = {key(letter): made[0] for letter, made in timed.items() if sum(part == letter for part in parts) == len(made)}
    return alone if len(free) < len(inputs) else {}


def _is_called(letter: tree.Letter, used: Sequence[Node]) -> bool:
    """u of u(c), which stands nowhere else."""
    calls = [part for part in used if isinstance(part, tree.Call) and part.function == letter]
    return bool(calls) and len(calls) == sum(part == letter for part in used) and not any(map(is_timed, calls))


def _paid_for(used: Sequence[Node]) -> set[str]:
    """F of a cost int F^2 dt and c of int U(c) dt, a control under whatever name."""
    integrals = [part.body for part in used if isinstance(part, tree.Integral)]
    below = {part for body in integrals for node in walk(body) if isinstance(node, tree.Quotient) for part in walk(node.below)}
    squares = [part.base for body in integrals for part in walk(body) if isinstance(part, tree.Power) and part not in below
               and part.exponent == tree.Number(Fraction(2))]
    calls = [part.arguments[0] for body in integrals for part in walk(body) if isinstance(part, tree.Call) and not is_timed(part)]
    return {key(base) for base in (*squares, *calls) if isinstance(base, tree.Letter)}


def parameters(used: Sequence[Node], context: Context) -> list[tree.Letter]:
    functions = {key(part.function) for part in used if isinstance(part, tree.Call) and isinstance(part.function, tree.Letter)}
    numbers = {*NUMBERS} - {"e"} | context.numbers
    return [letter for letter in _open(used, "theta", context) if key(letter) not in functions and letter.name not in numbers]


def _running(chains: Iterable[tree.Chain]) -> set[str]:
    """What moves, or has a value at the end: no parameter."""
    nodes = [node for chain in chains for node in walk(chain)]
    dotted = {key(node) for node in nodes if isinstance(node, tree.Letter) and {*node.accents} & {*MOTIONS}}
    calls = (node for node in nodes if isinstance(node, tree.Call) and isinstance(node.function, tree.Letter) and len(node.arguments) == 1)
    return dotted | {key(call.function) for call in calls if getattr(call.arguments[0], "name", "") in TIMES}  # type: ignore[arg-type]


def _starts(chains: Iterable[tree.Chain], context: Context) -> Context:
    """theta_0 of theta(0) = theta_0, and the x_0 of one state alone, which may be named by dJ/dx_0 only."""
    alone, chains = context.parts("x") if len(context.parts("x")) == 1 else (), list(chains)
    found: dict[int, str] = {known.part or 1: known.letter for known in context.of("x0") if alone}
    inputs = (by for chain in chains for part in walk(chain) if isinstance(part, tree.Derivative) for by in part.by)
    slopes = {key(by) for by in inputs if isinstance(by, tree.Letter)}
    found |= {known.part: f"{known.letter}_0" for known in alone if f"{known.letter}_0" in slopes - {*context.letters}}
    for pair in filter(None, map(pair_of, chains)):
        letter = head(pair[0])
        state = context.letters.get(key(letter)) if letter else None
        if state and state in context.parts("x") and isinstance(pair[1], tree.Letter) and is_free(context.letters.get(key(pair[1]))):
            if getattr(resolve(pair[0], context), "at", None) == Symbol("t0"):
                found[state.part] = key(pair[1])
    shared = {name for name, count in Counter(found.values()).items() if count > 1}  # A(0) = B(0) = c
    parts = {name: Declared(name, own(name), source="proposed") if name in shared else
             Declared(name, "x0", source="proposed", part=part) for part, name in found.items()}
    return replace(context, letters={**context.letters, **parts})
