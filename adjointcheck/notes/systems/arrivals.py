"""End states that notes ask for component by component: h(t_f) = h_f, v(t_f) = 0, or psi_1 = h(t_f) - h_f = 0.

The cost is judged with each of these conditions, times a parameter of its own, the multiplier: so the costate is free where the state
is held.  Only what is asked for before the first word of a costate counts, or bears the name psi; later it may be a result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import takewhile

from adjointcheck.notes.letters.context import Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.usage import EQUALS, HAMILTONIANS, USUAL_COSTATES, head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import moment
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.values import starts

ZERO, ONE = tree.Number(Fraction(0)), tree.Number(Fraction(1))
ORIGIN = re.compile(r"\b(?:steer|driv|bring|brought|com|reach|transfer|get|return|mov|tak|stop|arriv|(?:über)?führ|(?:ge)?steuer|gebracht"
                    r"|r?amen|condui|llev|port|привести|перевести)\w*\b[^.;]{0,60}\b(?:origin\b|ursprung|l'origine|origen\b"
                    r"|начал\w+ координат)")
CURVE = "curve"  # option: the curve that is varied, and its variation where the notes have a letter for it
FREE = "free end"  # option: of an example's curve
DOUBT = "part of the end freed"  # option: by words, which part they do not say
HEARD = "words of a free end"  # option: those that have been heard, as the sentence goes on behind a formula
_FREE = r"\b(?:free|frei\w*|libres?|unspecified|not\s+prescribed)\b"
_ENDS = r"\b(?:final|terminal|end|velocity|speed|position|geschwindigkeit|lage|vitesse|velocidad)\b(?!\W*(?:time|zeit))"
_NO_TIME = r"\b(?!\s*(?:time|zeit|horizon))"
RELEASED = re.compile(rf"{_ENDS}[^.;$]{{0,25}}{_FREE}|{_FREE}\s+(?:end|final|terminal|right|recht|rand)\w*{_NO_TIME}", re.IGNORECASE)
NAMED = re.compile(rf"\$\s*([^$()]+?)\s*\([^$]*\)\s*\$[^.;$]{{0,25}}{_FREE}", re.IGNORECASE)  # $x_2(1)$ is free
BARE = "psi"  # the one condition, whose multiplier bears no number
CONDITIONS, MULTIPLIERS = ("psi", "Psi", "g", "c"), ("nu", "mu", "eta", "pi", "sigma")


@dataclass(frozen=True)
class Arrival:
    """`gap` is 0 at the end; `multiplier` is the letter of the notes for what it costs, or one of ours."""

    gap: Node
    multiplier: tree.Letter


def arrivals(chains: Sequence[tree.Chain], context: Context) -> Iterator[Arrival]:
    """The conditions in the order of the notes."""
    states = {known.letter for known in context.parts("x")}
    before = list(takewhile(lambda chain: not _speaks_of_costates(chain, states), chains))
    names = {key(part) for chain in chains for part in walk(chain) if isinstance(part, tree.Letter)}
    paid = [part.base for chain in chains for part in walk(chain) if isinstance(part, tree.Power)]  # (y(1) - 2)^2: wished for, not held
    for i, chain in enumerate(chains):
        for label, gap in conditions(chain, context) if i < len(before) or _label(chain) else ():
            if gap in paid and not label:
                continue
            found = [base for base in MULTIPLIERS if _named(base, label) in names] if label else []
            hidden = tree.Letter(f"multiplier of {' and '.join(sorted({key(part) for part in _ends(gap, context)}))}")
            yield Arrival(gap, tree.Letter(found[0], below=_mark(label)) if found else hidden)


def spoken(words: Iterable[str], chains: Sequence[tree.Chain], context: Context) -> Iterator[tree.Chain]:
    """x_1(T) = 0 and x_2(T) = 0 of `come to rest at the origin`, where only time is paid for; with any other cost it may be a wish."""
    end = next((known.letter for known in context.of("t1")), "")
    if not end or not any(_pays_time(chain, context) for chain in chains) or not any(ORIGIN.search(text.lower()) for text in words):
        return
    for known in context.parts("x"):
        chain = read_formula(f"{known.letter}({end}) = 0", context.reader())
        yield from [] if isinstance(chain, Unread) else [chain]


def _pays_time(chain: tree.Chain, context: Context) -> bool:
    """J = int dt, J = T, or f_0 = 1 of what is paid."""
    left, right = pair_of(chain) or (ZERO, chain.sides[-1])
    letter, role = head(left), role_in(head(left), context)
    if role == "L" or isinstance(right, tree.Integral):
        return ONE in (right, getattr(right, "body", right))
    return (role == "J" or getattr(letter, "name", "") == "J") and resolve(right, context) == Symbol("t1")


def _named(base: str, label: str) -> str:
    return base if label == BARE else f"{base}_{label}"


def _mark(label: str) -> tuple[Node, ...]:
    return () if label == BARE else (tree.Number(Fraction(int(label))) if label.isdigit() else tree.Letter(label),)


def conditions(chain: tree.Chain, context: Context) -> Iterator[tuple[str, Node]]:
    """(1, h(t_f) - h_f) of psi_1 = h(t_f) - h_f = 0 and of psi = (h(t_f) - h_f, v(t_f)) = 0, (BARE, x_1(t_f)) of psi = x_1(t_f),
    ("", v(t_f)) of v(t_f) = 0, and x_1(1), x_2(1) - 1 of x(1) = (0, 1).
    """
    equal = len([*takewhile(lambda relation: relation in EQUALS, chain.relations)])  # x(T) = d > 0
    if not equal or not {*chain.relations[equal:]} <= {"<", ">", "<=", ">="}:
        return
    chain = replace(chain, sides=chain.sides[: equal + 1], relations=chain.relations[:equal])
    label, sides = _label(chain), chain.sides
    zero = sides[2:] == (ZERO,) or (label == BARE and len(sides) == 2)
    if label == BARE and zero and isinstance(sides[1], tree.Vector):
        cells = [cell for row in sides[1].rows for cell in row]
        yield from ((str(i), cell) for i, cell in enumerate(cells, 1) if all(_ends(cell, context) for cell in cells))
    elif label and zero and _ends(sides[1], context):
        yield label, sides[1]
    elif not label:
        yield from (("", gap) for gap in _of_whole(sides[0], sides[-1], context))
        for side in sides[:-1]:
            if list(_ends(side, context)) == [head(side)] and not _ends(sides[-1], context) and _is_value(sides[-1], context):
                yield "", side if sides[-1] == ZERO else tree.Sum((side, tree.Negative(sides[-1])))


def _of_whole(left: Node, right: Node, context: Context) -> Iterator[Node]:
    """x_1(1) and x_2(1) - 1 of x(1) = (0, 1), x_1(1) and x_2(1) of x(1) = 0, for the state as a whole."""
    right, parts = right.of if isinstance(right, tree.Transposed) else right, context.parts("x")
    cells = [cell for row in right.rows for cell in row] if isinstance(right, tree.Vector) else [right] * len(parts) * (right == ZERO)
    whole = isinstance(left, tree.Call) and resolve(left, context) == Symbol("x", at=Symbol("t1")) and len(cells) == len(parts)
    for known, cell in zip(parts, cells, strict=True) if whole and isinstance(left, tree.Call) else ():
        base, _, index = known.letter.partition("_")
        below = () if not index else (tree.Number(Fraction(int(index))) if index.isdigit() else tree.Letter(index),)
        state = replace(left, function=tree.Letter(base, below=below))
        if _is_value(cell, context):
            yield state if cell == ZERO else tree.Sum((state, tree.Negative(cell)))


def _label(chain: tree.Chain) -> str:
    """1 of psi_1, BARE of psi."""
    letter = chain.sides[0]
    if letter == tree.Letter("psi") or (letter == tree.Letter("chi") and isinstance(chain.sides[-2:][0], tree.Vector)):
        return BARE
    named = isinstance(letter, tree.Letter) and letter.name in CONDITIONS and len(letter.below) == 1 and not letter.accents
    return key(letter).partition("_")[2] if named and isinstance(letter, tree.Letter) else ""


def _ends(node: Node, context: Context) -> list[tree.Letter]:
    """h of h(t_f), for components of the state; empty where anything else moves in it."""
    found = []
    for part in walk(node):
        made = resolve(part, context) if isinstance(part, tree.Call) else None
        if isinstance(made, Symbol) and made.name == "x" and made.part and made.at == Symbol("t1"):
            found += [letter] if (letter := head(part)) is not None else []
        elif isinstance(made, Symbol) and made.name in ("x", "w", "p"):
            return []
    return found


def _is_value(node: Node, context: Context) -> bool:
    """A number, or letters that stand for some: h_f, 1 - a."""
    calls = any(isinstance(part, tree.Call | tree.Derivative | tree.Integral) for part in walk(node))
    value = resolve(node, context)
    grown = any(isinstance(part, tree.Function) and part.name == "exp" and "t1" in symbols(part) for part in walk(value))  # y_0 e^{-k T}
    return not calls and not grown and not symbols(value) & {"x", "w", "p", "t", "H", "J"} and not is_solution(value)


def _speaks_of_costates(chain: tree.Chain, states: Set[str]) -> bool:
    letters = [part for part in walk(chain) if isinstance(part, tree.Letter) and not {key(part), part.name} & states]
    return any(letter.name in (*USUAL_COSTATES, *HAMILTONIANS) and letter.name not in CONDITIONS for letter in letters)


def laws(found: Iterable[Arrival], context: Context) -> tuple[Law, ...]:
    """As laws that an end cost can be made of; none where a letter of a condition is not understood."""
    made = [Law("arrival", resolve(item.multiplier, context), resolve(item.gap, context)) for item in found]
    return () if any(unknown(law.left) or unknown(law.right) for law in made) else tuple(made)


def asked(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """One of these conditions, where it is read."""
    known = [law.right for law in context.laws if law.kind == "arrival"]
    gaps = [resolve(gap, context) for _, gap in conditions(chain, context)] if known else []
    return ("assumption", (), context) if gaps and all(gap in known for gap in gaps) else None


def reached(law: Law) -> tuple[Symbol, Node] | None:
    """(h, h_f) of h(t_f) - h_f = 0."""
    terms = tree.terms(law.right)
    state, rest = terms[0], terms[1:]
    if not isinstance(state, Symbol) or not state.part or any("x" in symbols(term) for term in rest):
        return None
    return state, tree.Negative(tree.Sum(rest)) if rest else ZERO


def is_met(context: Context) -> bool:
    """Can an optimal world be made to end where the notes ask: each condition holds one component, and starts and end time are numbers?"""
    found = [reached(law) for law in context.laws if law.kind == "arrival"]
    timed = any(moment(known.letter) is not None for known in context.of("t1"))
    return bool(found) and None not in found and timed and len(starts(context)) == len(context.parts("x"))


def ends_known(context: Context) -> bool:
    """Is it one extremal that is looked for?  What is said of a curve is said of all of them, where nothing tells its ends."""
    return not context.option(CURVE) or bool(context.option(FREE)) or is_met(context)


def released(context: Context, chain: object, words: str) -> Context:
    """With the conditions alone that a formula states again, where the words before it say that a part of the end is free now, and
    without those of $x_2(1)$ where it is named.
    """
    held = [law for law in context.laws if law.kind == "arrival"]
    named = {name.replace("{", "").replace("}", "").lstrip("\\") for name in NAMED.findall(words)}
    context = replace(context, laws=tuple(law for law in context.laws if law not in held or _state_of(law, context) not in named))
    heard = context.option(HEARD)
    if named or not RELEASED.search(words) or (heard and words.startswith(heard)) or len(held) < len(context.parts("x")) or not held:
        return context
    gaps = [resolve(gap, context) for _, gap in conditions(chain, context)] if isinstance(chain, tree.Chain) else []
    free = any(law.right in gaps for law in held)
    kept = tuple(law for law in context.laws if law not in held or law.right in gaps)
    options = {**context.options, DOUBT: "" if free else "yes", HEARD: words}
    return replace(context, laws=kept if free else context.laws, options=options)


def _state_of(law: Law, context: Context) -> str:
    """x_2 of x_2(1) = 0."""
    found = reached(law)
    number = found[0].part[0] if found is not None else None
    return next((known.letter for known in context.parts("x") if number == tree.Number(Fraction(known.part))), "")


def in_doubt(left: Node, right: Node, context: Context) -> str:
    """Why a value is not judged that rests on which part of the end is free; "" of all else."""
    names = {"x", "p", "w", "J", "H"}
    value = any(names & symbols(one) and not names & symbols(other) for one, other in ((left, right), (right, left)))
    return "a part of the end is free now, and which one no formula says" if value and context.option(DOUBT) else ""


def is_held(state: Node, context: Context) -> bool:
    """Is it the end value of a component for which the notes ask, or of several?"""
    if isinstance(state, tree.Vector):
        return all(is_held(cell, context) for row in state.rows for cell in row)
    return any(law.kind == "arrival" and state in walk(law.right) for law in context.laws)


def rests_on_arrival(left: Node, right: Node, context: Context) -> bool:
    """Does it speak of what is held at the end, and is not so in a world?"""
    prices = [law.left for law in context.laws if law.kind == "arrival"]
    asked_for, nodes = bool(prices), [*walk(left), *walk(right)]
    if any(price in nodes for price in prices) and not (symbols(left) | symbols(right)) & {"x", "p", "w", "t", "H", "J"}:
        return True  # which multiplier it takes to get there
    ends = any(getattr(node, "at", None) == Symbol("t1") and getattr(node, "name", "") != "p" for node in nodes)
    whole = any(isinstance(node, tree.Evaluated | tree.Integral) or getattr(node, "name", "") == "J" for node in nodes)
    return asked_for and (ends or whole or (not any(price in nodes for price in prices) and _solves(left, right)))


def _solves(left: Node, right: Node) -> bool:
    """u(t) = 12 t/T^3 - 6/T^2 and v-dot = 6 - 12 t: a path, or its rate, by the time and by constants."""
    left = left.of if isinstance(left, tree.Derivative) and left.by == (Symbol("t"),) else left
    path = isinstance(left, Symbol) and left.name in ("x", "p", "w") and left.at in (None, Symbol("t"))
    return path and not symbols(right) & {"x", "p", "w", "H", "J"}


def is_renamed(node: Node, context: Context) -> bool:
    """a of a = x_1(T)."""
    known = context.letters.get(key(node)) if isinstance(node, tree.Letter) else None
    return known is not None and isinstance(known.body, Symbol) and known.body.at == Symbol("t1")


def follows(pair: tuple[Node, Node], context: Context) -> bool:
    """x(T) = 1 + int f dt, x(T) = x_0 exp(a T), and a = 3 where a = x(T): consequences, and no ends that are held."""
    integrated = any(isinstance(part, tree.Integral) for part in walk(pair[1]))
    end, value = resolve(pair[0], context), resolve(pair[1], context)
    free = is_paid_for(end, context) or is_solved(end, context)
    return integrated or free or is_solution(value) or is_renamed(pair[0], context) or end in walk(value)


def is_solved(end: Node, context: Context) -> bool:
    """Is it x_1(1) of an x_1(t) that a line before has told outright, by the time alone?"""
    told = [replace(law.left, at=None) for law in context.laws
            if law.kind == "solution" and isinstance(law.left, Symbol) and symbols(law.right) <= {"t"}]
    return isinstance(end, Symbol) and replace(end, at=None) in told


def is_paid_for(end: Node, context: Context) -> bool:
    """Is x(1) or x_2(1) a part of the cost as a formula?  Then it is free, and x(1) = 1 is what comes out."""
    law = context.law("objective")
    return law is not None and end in _written_out(law.right)


def _written_out(node: Node) -> Iterator[Node]:
    """The parts of a formula that are no arguments of a function that is only named, such as x(T) of Phi(x(T))."""
    yield node
    for child in () if isinstance(node, Applied) else children(node):
        yield from _written_out(child)


def is_solution(value: Node) -> bool:
    """x_0 exp(a T), exp(A) x(0): what the start becomes."""
    begun = "x0" in symbols(value) or Symbol("x", at=Symbol("t0")) in walk(value)
    grows = any(isinstance(part, tree.Function) or part in (Symbol("theta"), Symbol("t1")) for part in walk(value))
    return begun and grows


def end_named(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """x_f = x(t_f): a name for where the state ends, which holds it nowhere."""
    pair, states = pair_of(chain), {known.letter: known for known in context.of("x")}
    letter = pair[0] if pair is not None else None
    if pair is None or not isinstance(letter, tree.Letter) or len(letter.below) != 1 or not isinstance(pair[1], tree.Call):
        return None
    end = Symbol("x", at=Symbol("t1"))
    if letter.name not in states or key(letter) in context.letters or resolve(pair[1], context) != end or context.over() != "time":
        return None
    named = Declared(key(letter), own(key(letter)), states[letter.name].shape, "defined", body=end, source="proposed")
    return "definition", (key(letter),), context.declare(named)
