"""Notes that tell of any field first and then of an example: xdot = f(x, u), and later x_1-dot = x_2, x_2-dot = -x_2 + u.

The example is a problem of its own.  What it takes from before it are letters (state, costate with its sign, control, parameters,
ends, H) and whether the control is optimal, not the field and not the costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import LATER, ROLES, Context, Declared, key
from adjointcheck.notes.letters.costs import integrates
from adjointcheck.notes.letters.meaning import Symbol, symbols, walk
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.letters.primes import unprimed
from adjointcheck.notes.letters.quantities import letters_of
from adjointcheck.notes.letters.shorthand import is_size
from adjointcheck.notes.letters.usage import (
    HAMILTONIANS,
    USUAL_CONTROLS,
    USUAL_COSTATES,
    differentiates,
    head,
    moving,
    pair_of,
    role_in,
    straight,
    successor,
)
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.document import Formula
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tasks import task_of
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.component_letters import COSTATES, WHOLE
from adjointcheck.notes.systems.concrete import NUMBERS, is_plain, moved_letters, unscripted
from adjointcheck.notes.systems.endless import lasts
from adjointcheck.notes.systems.entries import motions, solved_for_rate
from adjointcheck.notes.systems.mechanics import accelerated, first_order, solved
from adjointcheck.notes.systems.motion import sloped
from adjointcheck.notes.systems.normality import MULTIPLIER, NORMAL
from adjointcheck.notes.systems.readouts import COSTS
from adjointcheck.notes.systems.reservations import INPUTS, Reservation
from adjointcheck.notes.systems.variations import CURVE, steered

KEPT = ("p", "x", "w", "theta", "t", "t0", "t1", "nu", "p_alg", "P", "K")
PAID = ("J", "L", "Psi")
SETTLED = ("goal", "gradients", "jacobian", "nabla", "star", "prime", MULTIPLIER, NORMAL)
RETOLD = "told anew"
BESIDE = 4  # formulas from the motion to the cost of an exercise, or of a second problem
TOTALS = (*COSTS, "mathcal{E}", "mathcal{C}", "G", "Loss")
GIVEN_TIME = (r"\$\s*(?:%s)\s*(?:>\s*0\s*)?\$\s+(?:is|ist|sei|est|es|è)\s+(?:now\s+)?(?:given|fixed|prescribed|fest|gegeben|vorgegeben"
              r"|fixée?|donnée?|imposée?|fij[oa]|dad[oa]|fissat[oa]|dat[oa])\b")
PRICED = re.compile(r"\bcosts?\b|\bobjective|\bloss\b|minimi[sz]|maximi[sz]|kosten|zielfunk|minimier|maximier|coût|critère|coste\b|costo\b"
                    r"|funcional|стоимост|функционал|минимиз|代价|成本|最小化")  # what an example pays, in words
NO = r"\b(?:no|without|ohne|kein\w*|sans|sin|senza|без)\b"


def example_of(formulas: Sequence[Formula], context: Context) -> int | None:
    """Where the first example starts, after a field that is only named; None in notes without."""
    state, twice = "", False
    pairs = _pairs(formulas, context)
    moved = {letter.name for pair in pairs if pair is not None for letter, _ in moved_letters(*pair)}
    for i, pair in enumerate(pairs):
        state = state or _sloped(formulas[i], context)
        if pair is None:
            continue
        letter = moving(pair[0]) or accelerated(pair[0])
        if not state:
            named = letter is not None and not letter.below and _is_named(pair[1]) and not _is_costate(letter, context)
            named = named and getattr(head(pair[1]), "name", "") not in moved  # h-dot(t) = v(t)
            state, twice = letter.name if named and letter is not None else "", accelerated(pair[0]) is not None
        elif twice:  # q-ddot = -k q, and not q-dot = v
            motion = solved(*pair)
            if motion is not None and motion[0].name == state and _is_formula(motion[1]):
                return _opening(formulas, i, context)
        elif any(found.name == state for motion in _motions(pair) for found in _spelt(motion, moved, context)):
            return _opening(formulas, i - _is_speed(pairs[i - 1], state), context)
        elif _is_system([*_motions(pair), *pairs[i + 1 : i + 2]], state, moved, context):
            return _opening(formulas, i, context)
    return None


def _sloped(formula: Formula, context: Context) -> str:
    """z of df(z(t), t, theta)/dz, beside which notes may say no motion."""
    chain = _read(formula, context)
    return next((letter.name for part in (walk(chain) if chain is not None else ()) if (letter := sloped(part)) is not None), "")


def _is_speed(pair: tuple[Node, Node] | None, state: str) -> bool:
    """q-dot = v, right before v-dot = -k q."""
    return pair is not None and moving(pair[0]) is not None and getattr(head(pair[1]), "name", "") == state


def _opening(formulas: Sequence[Formula], at: int, context: Context) -> int:
    """Where an example starts: at its field, or at its size or its cost where that is written out right before it."""
    sized = (chain := _read(formulas[at - 1], context)) is not None and is_size(chain)
    return at - 1 if sized or _is_paid_plainly(formulas[at - 1], context) else at


def _is_paid_plainly(formula: Formula, context: Context) -> bool:
    """int u^2 dt, not int L dt, and not beside Phi(x(T)) of any Phi."""
    chain = _read(formula, context)
    parts = [*walk(chain)] if chain is not None else []
    paid = [part for part in parts if isinstance(part, tree.Integral)]
    named = any(isinstance(value, tree.Call) for part in parts if isinstance(part, tree.Call) for value in part.arguments)
    return chain is not None and bool(paid) and not (named or differentiates(chain)) and all(is_plain(part.body) for part in paid)


def paid_before(before: Sequence[Formula], example: Sequence[Formula], context: Context) -> list[Formula]:
    """The one cost that is written out before an example, |x(T) - x_d|^2 + gamma int |u|^2 dt, where the example tells none of its own."""
    chains = [_read(formula, context) for formula in example]
    own = any(chain is not None and (is_total(chain) or _is_cost(pair_of(chain))) for chain in chains)
    own |= any(_spelt_cost(formula, context) or _is_paid_plainly(formula, context) for formula in example)
    own |= any(PRICED.search(formula.paragraph.lower()) for formula in example)
    told = [(formula, chain) for formula in before if (chain := _read(formula, context)) is not None and is_total(chain)]
    paid = [formula for formula, chain in told if any(isinstance(part, tree.Integral) for part in walk(chain))]
    return paid if not own and len(paid) == 1 and _is_paid_plainly(paid[0], context) else []


def sequel_of(formulas: Sequence[Formula], context: Context) -> int | None:
    """Where the same state goes on with a new letter: x-dot = -a x + u after x-dot = -x + u."""
    rates: dict[str, Node] = {}
    pairs = [_pair(formula, context) for formula in formulas]
    known = {costate.letter for costate in context.of("p")} | {key(letter) for pair in pairs if pair for letter, _ in moved_letters(*pair)}
    for i, pair in enumerate(pairs):
        for letter, right in moved_letters(*pair) if pair is not None else ():
            first, names = rates.setdefault(key(letter), right), letters_of(right)
            new = names - known - {*NUMBERS}
            if new and first is not right and letters_of(first) <= names and is_plain(right) and is_plain(first):
                return None if _is_costate(letter, context) else i
        known |= {name for side in pair or () for name in letters_of(side)}
    return None


def scalar_of(formulas: Sequence[Formula], context: Context) -> int | None:
    """Where the letter of components moves alone, in an example of one number: y-dot = -p y after y_1-dot and y_2-dot."""
    components: set[str] = set()
    for i, pair in enumerate(_pairs(formulas, context)):
        moved = [*moved_letters(*pair)] if pair is not None else []
        plain = [letter for letter, right in moved if not letter.below and is_plain(right) and not any(map(str.isupper, letters_of(right)))]
        if any(letter.name in components for letter in plain):
            return i
        components |= {letter.name for letter, _ in moved if letter.below and not _is_costate(letter, context)}
    return None


def retold_of(formulas: Sequence[Formula], context: Context) -> int | None:
    """Where the next exercise starts: the motion of the same state is told anew, with its control, and so is the cost."""
    pairs, told, paid = _pairs(formulas, context), dict[str, Node](), False
    for i, pair in enumerate(pairs):
        for letter, right in _motion(pair, context) if pair is not None else ():
            first = told.setdefault(key(letter), right)
            steered = letters_of(first) & {*USUAL_CONTROLS} <= {name.partition("_")[0] for name in letters_of(right)}
            if paid and steered and right != first and any(map(_is_cost, pairs[i : i + BESIDE])):
                return beginning(formulas, i)
        paid |= pair is not None and _is_cost(pair)
    return None


def beginning(formulas: Sequence[Formula], at: int) -> int:
    """Where the sentence begins that ends in a formula: `let w in [0, 1] be the effort in x-dot = x - w` says what w is."""
    while at and not formulas[at - 1].display and formulas[at].before.startswith(f"{formulas[at - 1].before} "):
        at -= 1
    return at


def _motion(pair: tuple[Node, Node], context: Context) -> Iterator[tuple[tree.Letter, Node]]:
    """The letters whose motion is a formula: x of x-dot = A x + B u and of x_{k+1} = A x_k + B u_k, no step of length h."""
    left, right = pair
    if isinstance(left, tree.Letter) and (index := successor(left)) is not None and replace(left, below=(index,)) not in tree.terms(right):
        yield from [(replace(left, below=()), right)] if _is_formula(right) else []
    for letter, rate in moved_letters(*pair):
        if _is_formula(rate) and not _is_costate(letter, context):
            yield letter, rate


def _is_cost(pair: tuple[Node, Node] | None) -> bool:
    """J = int ..., J = sum_k ... or max P = int ..."""
    left, right = pair or (None, tree.Words(""))
    letter = head(left) if isinstance(left, tree.Letter | tree.Call) else None
    named = isinstance(left, tree.Extremum) or (letter is not None and letter.name in COSTS)
    return named and lasts(right)


def another_of(formulas: Sequence[Formula], context: Context) -> int | None:
    """Where a second problem starts, after a first one with its cost: a letter that is new moves by itself, and is paid for soon."""
    chains = [_read(formula, context) for formula in formulas]
    costs = [i for i, chain in enumerate(chains) if chain is not None and is_total(chain)]
    moved = [_moved(chain) if chain is not None else "" for chain in chains]
    for i, state in enumerate(moved):
        since = i - 1 if i and getattr(chains[i - 1], "relations", ()) == ("in",) else i  # x_0, ..., x_N in R^n
        paid = next((at for at in costs if i < at <= i + BESIDE), None)
        begun = any(moved[:i]) or context.option("layers above")
        if not state or paid is None or costs[0] > i or not begun or any(state in _names(chain) for chain in chains[:since]):
            continue
        own, others = _names(chains[i], 1) | _names(chains[paid], 1), {*moved[:paid], ""} - {state}
        if state in _names(chains[i], 1) & _names(chains[paid], 1) and not others & own:
            return since
    return None


def apart_of(formulas: Sequence[Formula], context: Context) -> int | None:
    """Where a second problem starts, after a first one with its cost: a letter moves that never did, and the states of before are gone.

    A letter that was something else, x of h(0) = x, is a state of its own where the second cost speaks of it;
    v of h-dot = v and x of x = h are none.
    """
    chains = [_read(formula, context) for formula in formulas]
    titles = [head(chain.sides[0]) if chain is not None else None for chain in chains]
    moved, named = [_moved(chain) if chain is not None else "" for chain in chains], [_names(chain) for chain in chains]
    paid = [at for at, chain in enumerate(chains) if chain is not None and (is_total(chain) or _is_posed(chain))]
    for i, state in enumerate(moved):
        before = {*moved[:i], ""} - {state}
        last = max((at for at in range(len(named)) if before & named[at]), default=-1)
        if not state or not -1 < last < i or not paid or paid[0] > last or state in moved[: last + 1]:
            continue
        new = all(state not in names for names in named[: last + 1])
        if any(state in named[at] for at in range(last + 1) if moved[at] or getattr(titles[at], "name", "") == state):
            continue
        costs = [at for at in paid if at > last and (new or state in named[at])]
        if costs:
            return next((at for at in range(last + 1, i) if at in costs or (new and state in named[at])), i)
    return None


def _is_posed(chain: tree.Chain) -> bool:
    """min int L dt, and H = L + p f."""
    left = chain.sides[0]
    letter = head(left) if chain.relations else None
    return isinstance(left, tree.Extremum) or (letter is not None and letter.name in HAMILTONIANS and not letter.below)


def reversed_of(formulas: Sequence[Formula], context: Context) -> int | None:
    """Where a flow whose density was told goes on with another letter for its state: u-dot = f(u, t) from data on, after z-dot."""
    told: tuple[tree.Letter, Node] | None = None
    spoken, traced = set[str](), False
    for i, chain in enumerate(_read(formula, context) for formula in formulas):
        pair = pair_of(chain) if chain is not None else None
        letter = moving(pair[0]) if pair is not None else None
        named = letter is not None and not (letter.below or letter.accents) and pair is not None and isinstance(pair[1], tree.Call)
        if pair is not None and letter is not None and named and isinstance(pair[1], tree.Call) and letter in map(head, pair[1].arguments):
            told = told or (letter, pair[1].function)
            if traced and told[0] != letter and told[1] == pair[1].function and letter.name not in spoken:
                return i
        spoken |= _names(chain)
        traced |= chain is not None and any(isinstance(part, tree.Function) and part.name in ("tr", "div", "det") for part in walk(chain))
    return None


def stepped_of(formulas: Sequence[Formula], context: Context) -> int | None:
    """Where notes leave a problem in time for one in steps, x_{k+1} = A x_k + B u_k with a sum as its cost; no step of length h."""
    chains = [_read(formula, context) for formula in formulas]
    pairs = [pair_of(chain) if chain is not None else None for chain in chains]
    flows = [i for i, pair in enumerate(pairs) if pair is not None and moving(pair[0]) is not None]
    sums = [i for i, chain in enumerate(chains) if chain is not None and _is_sum(chain)]
    for i, pair in enumerate(pairs):
        beside = [at for at in sums if abs(at - i) <= BESIDE]
        if flows and flows[-1] < i and beside and pair is not None and _is_stepped(pair, context):
            return min(i, *beside)
    return None


def _is_stepped(pair: tuple[Node, Node], context: Context) -> bool:
    letter = pair[0] if isinstance(pair[0], tree.Letter) and successor(pair[0]) is not None else None
    return letter is not None and any(_motion(pair, context)) and not _is_costate(replace(letter, below=()), context)


def _is_sum(chain: tree.Chain) -> bool:
    """J = x_N^T Q x_N + sum_k ..., or min sum_k ...; without any integral."""
    told = is_total(chain) or isinstance(chain.sides[0], tree.Extremum)
    return told and {type(part) for part in walk(chain)} & {tree.Series, tree.Integral} == {tree.Series}


def _moved(chain: tree.Chain) -> str:
    """x of xdot = f(x) and of x_{k+1} = f(x_k), for letters that are no usual costate."""
    pair = pair_of(chain)
    left = pair[0] if pair is not None else tree.Words("")
    letter = moving(left) or accelerated(left) or (left if isinstance(left, tree.Letter) and successor(left) else None)
    return letter.name if letter is not None and letter.name not in (*USUAL_COSTATES, "delta") and not letter.accents else ""


def is_total(chain: tree.Chain) -> bool:
    """J = Phi(x_N) + sum_k l_k(x_k), L = 1/2 |x(T) - y|^2."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    return letter is not None and letter.name in {*TOTALS} - _names(chain, 1) and not differentiates(chain)


def _names(chain: tree.Chain | None, since: int = 0) -> set[str]:
    """The letters of the sides from `since` on, without what stands at them."""
    sides = chain.sides[since:] if chain is not None else ()
    return {part.name for side in sides for part in walk(side) if isinstance(part, tree.Letter)}


def moves_again(formula: Formula, sequel: Formula, context: Context) -> bool:
    """Does it give the rate of a letter of which the sequel says another?"""
    ours, others = ({key(letter) for letter, _ in moved_letters(*(_pair(item, context) or ()))} for item in (formula, sequel))
    return bool(ours & others)


def taken(after: Context, before: Context, formulas: Sequence[Formula]) -> Context:
    """The context in which an example starts: the header's, with what the notes have said of letters until there.

    An example that spells L or Psi out has the cost of before.
    """
    costate = next((known for known in after.of("p") if known.told), None)
    pairs = [pair for pair in _pairs(formulas[:2], after) if pair is not None]
    names = {letter.name for pair in pairs for letter, _ in moved_letters(*pair)}
    same = names & {known.letter for known in after.of("x")}
    begun = ("x0",) if not after.option("starts") else ()
    symbols = (*KEPT, *begun) if same else (*KEPT[:1], *KEPT[4:])  # x, w, theta are no letters of an example whose state has other names
    kept = {name: _again(known, costate) for name, known in after.letters.items() if known.symbol in symbols and not known.part}
    kept |= {name: known for name, known in after.letters.items() if same and _is_sensitivity(known)}
    told = {key(letter) for left, right in filter(None, _pairs(formulas, after)) if (letter := head(left)) and integrates(right)}
    kept |= {known.letter: _again(known, None) for known in after.of("J") if known.letter in told}
    ends = {symbol for formula in formulas for symbol in _own_ends(formula, after)}
    gone = {*ends, *_told_again(formulas, after)}
    kept = {name: known for name, known in kept.items() if known.symbol not in gone}
    if "t1" not in ends and "t0" in ends:
        kept |= {"0": Declared("0", "t0", kind="place", source="proposed")}
    gone = {*ends, *(() if same else ("x", "w", "theta", "J"))}
    letters = {name: known for name, known in before.letters.items() if known.kind != "function" and known.symbol not in gone}
    bare = Declared("", "H", kind="function", sign=_sign(costate), source="proposed")
    functions = {known.letter: replace(bare, letter=known.letter) for known in after.of("H")}
    if same:
        functions |= {known.letter: Declared(known.letter, "f", kind="function", source="proposed") for known in after.of("f")}
    options = {name: value for name, value in after.options.items() if name in SETTLED}
    state = next((known.letter for known in after.of("x") if not same and known.letter.isalpha()), "")
    options |= {WHOLE: state} if state else {}
    options |= {COSTATES: " ".join(known.letter for known in after.parts("p"))} if after.option(BLOCKS) else {}
    carried = dict.fromkeys((*before.hypotheses, *sorted({"optimal", "free end time"} & {*after.hypotheses})))
    hypotheses = tuple(name for name in carried if name != "free end time" or not _ends_at_given_time(formulas, after))
    laws = tuple(law for law in before.laws if law.kind != "objective")  # of the example before
    letters = {**letters, **kept, **functions}
    made = replace(before, letters=letters, laws=laws, options={**before.options, **options}, hypotheses=hypotheses)
    spelt = {role for formula in _before_own_cost(formulas, after) if (role := _spelt_cost(formula, after))}
    return _with_cost(after, made, formulas) if spelt and _is_certain(spelt, formulas, after) else made


def _ends_at_given_time(formulas: Sequence[Formula], context: Context) -> bool:
    """$T$ is given."""
    letters = "|".join(re.escape(known.letter) for known in context.of("t1"))
    return bool(letters) and any(re.search(GIVEN_TIME % letters, formula.paragraph.lower(), re.IGNORECASE) for formula in formulas[:BESIDE])


def _is_sensitivity(known: Declared) -> bool:
    """s of s = dy/dp."""
    slope = known.body if known.kind == "alias" else None
    return isinstance(slope, tree.Derivative) and [getattr(part, "name", "") for part in (slope.of, *slope.by)] == ["x", "theta"]


def _told_again(formulas: Sequence[Formula], context: Context) -> Iterator[str]:
    """P, where lambda = P x says anew what it is, K, where u = K x gives it another sign, and p, where the costate has another letter."""
    own = formulas[: retold_of(formulas, context)]
    yield from ["p"] if _renames_costate([chain for formula in own if (chain := _read(formula, context)) is not None], context) else []

    def role(letter: tree.Letter) -> str:
        return role_in(letter, context) or role_in(replace(letter, below=()), context)

    for left, right in filter(None, _pairs(own, context)):
        names = {role(part) for part in walk(right) if isinstance(part, tree.Letter)}
        said = role(letter) if isinstance(right, tree.Product | tree.Negative) and (letter := head(left)) is not None else ""
        yield from ["P"] if said == "p" and "P" in names else []
        yield from ["K"] if said == "w" and "K" in names and isinstance(right, tree.Product) else []


def _renames_costate(chains: Sequence[tree.Chain], context: Context) -> bool:
    """Does another usual costate move, and is that of before not spoken of?"""
    moved = {letter.name for chain in chains if (pair := pair_of(chain)) and (letter := moving(pair[0])) is not None}
    names = {part.name for chain in chains for part in walk(chain) if isinstance(part, tree.Letter)}
    before = {known.letter.partition("_")[0] for known in context.of("p")}
    return bool(before and moved & {*USUAL_COSTATES}) and not names & before


def _own_ends(formula: Formula, context: Context) -> Iterator[str]:
    """t0 and t1, where an integral runs from a number to another or without an end; t0 alone, where it runs to T, or x_1(0) is told."""
    chain = _read(formula, context)
    started = chain.sides[0] if chain is not None and len(chain.sides) == 2 else None
    if isinstance(started, tree.Call) and started.arguments == (tree.Number(Fraction(0)),) and "0" not in context.letters:
        yield "t0"
    for part in walk(chain) if chain is not None else ():
        if isinstance(part, tree.Integral) and isinstance(part.lower, tree.Number):
            usual = {*ROLES["t1"].usual, "tau"} - context.letters.keys() if context.of("t1") else set()
            other = isinstance(part.upper, tree.Letter) and key(part.upper) in usual - {getattr(part.by, "name", "")}  # T beside t_f
            ends = other or isinstance(part.upper, tree.Number) or part.upper == tree.Letter("infty")
            yield from ("t0", "t1") if ends else ("t0",)


def _before_own_cost(formulas: Sequence[Formula], context: Context) -> Iterator[Formula]:
    """The formulas until J = 1/2 int u^2 dt, a cost that the example has of its own."""
    for formula in formulas:
        pair = _pair(formula, context)
        if pair is not None and role_in(head(pair[0]), context) == "J" and _is_paid_plainly(formula, context):
            return
        yield formula


def _spelt_cost(formula: Formula, context: Context) -> str:
    """L of g = x_2, Psi of phi = 0: which part of the cost of before is told here."""
    pair = _pair(formula, context)
    letter = head(pair[0]) if pair is not None else None
    role = role_in(letter, context)
    return role if role in ("L", "Psi") else ""


def _is_certain(spelt: set[str], formulas: Sequence[Formula], context: Context) -> bool:
    """Is the end cost told, denied, or that of before?  Beside psi = x_1(T) of its own it may be left out."""
    chains = (_read(formula, context) for formula in formulas)
    own = any(chain is not None and chain.sides[0] == tree.Letter("psi") for chain in chains)
    return "Psi" in spelt or not own or _denied(formulas, context)


def _denied(formulas: Sequence[Formula], context: Context) -> bool:
    """no $\\phi$."""
    letters = "|".join(re.escape(known.letter) for known in context.of("Psi"))
    return bool(letters) and any(re.search(rf"{NO}\s*\$\\?(?:{letters})\$", formula.before.lower()) for formula in formulas[:3])


def _with_cost(after: Context, made: Context, formulas: Sequence[Formula]) -> Context:
    paid = {name: _again(known, None) for name, known in after.letters.items() if known.symbol in PAID}
    laws = tuple(law for law in after.laws if law.kind == "objective")
    if _denied(formulas, after):
        kept = [[term for term in tree.terms(law.right) if getattr(term, "name", "") != "Psi"] for law in laws]
        laws = tuple(replace(law, right=tree.summed(terms)) for law, terms in zip(laws, kept, strict=True))
    return replace(made, letters={**made.letters, **paid}, laws=(*made.laws, *laws))


def speaks_of(chain: tree.Chain, one: Context, other: Context) -> bool:
    """Does a formula speak of a function or a path that only `other` knows, and of no component and no path that only `one` knows?

    The field f bears its name in both, and steps of it, z_{k+1} = z_k + h f(z_k), are of no example.  From the next exercise on nothing
    goes back.
    """
    if one.option(RETOLD):
        return False
    if one.over() == "time" and one.parts("x") and _steps_field(chain, other):
        return True
    letters = [part for part in walk(chain) if isinstance(part, tree.Letter)]
    bare = [letter for letter in letters if key(letter) not in {*one.letters} & {*other.letters}]  # f_0, the cost of both, is no f
    names = {key(letter) for letter in letters} | {letter.name for letter in bare}
    standing = [*unscripted(chain)]
    fields = {letter.name for letter in bare if letter in standing} & {known.letter for known in other.of("f")} if one.parts("x") else set()
    theirs = (names & other.letters.keys() - one.letters.keys()) | fields
    foreign = {name for name in theirs if other.letters[name].kind in ("function", "path")}
    if one.option(CURVE) and other.option(CURVE):  # the curve bears its name in both
        curves = names & {*other.option(CURVE).split()} - one.letters.keys()
        any_form = any(other.letters[name].kind == "function" for name in foreign) or _calls_integrand(chain, other)
        return bool(curves) or any_form or steered(chain, other) is not None
    known = (one.letters[name] for name in names & one.letters.keys())
    return bool(foreign) and not any(letter.part or (letter.kind == "path" and letter.letter not in other.letters) for letter in known)


def _steps_field(chain: tree.Chain, general: Context) -> bool:
    left, right = pair_of(chain) or (None, tree.Words(""))
    if not isinstance(left, tree.Letter) or successor(left) is None or role_in(replace(left, below=()), general) != "x":
        return False
    called = (head(part) for part in walk(right) if isinstance(part, tree.Call))
    return any(letter is not None and role_in(letter, general) == "f" for letter in called)


def _calls_integrand(chain: tree.Chain, general: Context) -> bool:
    """p = F_{y'}(x, y, y') after F = y sqrt(1 + y'^2): again of any F, as nothing new is told of F(x, y, y')."""
    integrand = general.option(CURVE).split()[-1] if not general.parts("x") else ""
    calls = [part for side in chain.sides[1:] for part in walk(side) if isinstance(part, tree.Call) and len(part.arguments) > 1]
    return any(getattr(part, "name", "") == integrand for call in calls for part in walk(call.function))


def prices_anew(chain: tree.Chain, general: Context, example: Context) -> bool:
    """L = 1 of the general L, after an example that has its cost written out: is it what another example pays?"""
    pair, law = pair_of(chain), example.law("objective")
    letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) else None
    return letter is not None and role_in(letter, general) in PAID[1:] and law is not None and not {*PAID} & symbols(law.right)


def _again(known: Declared, costate: Declared | None) -> Declared:
    if known.symbol == "p" and costate is not None:
        return replace(known, sign=costate.sign, told=LATER, source="proposed")
    shape = ROLES["x"].shape if known.symbol == "x" else known.shape  # z in R^d is said of the general part
    return replace(known, body=None, source="proposed", shape=shape)


def _sign(costate: Declared | None) -> int:
    """-1 for H = lambda f - L, which is -(L + p f)."""
    return costate.sign if costate is not None and costate.told in ("its Hamiltonian", LATER) else 1


def _read(formula: Formula, context: Context) -> tree.Chain | None:
    chain = formula.unread or read_formula(formula.text, context.reader())
    return None if isinstance(chain, Unread) else unprimed(chain, context)


def _pair(formula: Formula, context: Context) -> tuple[Node, Node] | None:
    chain = _read(formula, context)
    return pair_of(chain) if chain is not None else None


def _pairs(formulas: Iterable[Formula], context: Context) -> list[tuple[Node, Node] | None]:
    """The equations, with f(x, u) = (x_2, -x_1 + u) as one of motion."""
    chains = [_read(formula, context) for formula in formulas]
    moving_ = iter(motions([solved_for_rate(straight(chain)) for chain in chains if chain is not None], context))
    return [pair_of(next(moving_)) if chain is not None else None for chain in chains]


def _motions(pair: tuple[Node, Node]) -> list[tuple[Node, Node]]:
    """q-dot = v and v-dot = f of q-ddot = f; anything else as it is."""
    return [found for chain in first_order([tree.Chain(pair, ("=",))]) if (found := pair_of(chain)) is not None]


def _is_named(node: Node) -> bool:
    """f(x, u), not cos(x), not x-dot(t) and not a formula."""
    return isinstance(node, tree.Call) and isinstance(node.function, tree.Letter) and not node.function.above and moving(node) is None


def _is_costate(letter: tree.Letter, context: Context) -> bool:
    usual = not context.letters.get(key(letter)) and letter.name in USUAL_COSTATES and not context.of("p")
    return usual or role_in(letter, context) == "p"


def _spelt(pair: tuple[Node, Node], moved: set[str], context: Context) -> list[tree.Letter]:
    """The letters of which the pair gives the rates in plain letters: no costates, and not in terms of costates, which move too."""
    rates = [(letter, right) for letter, right in moved_letters(*pair) if not _is_costate(letter, context) and not _is_augmented(right)]
    return [letter for letter, right in rates if _is_formula(right) and not any(
        part.name in moved and _is_costate(part, context) for part in walk(right) if isinstance(part, tree.Letter) and not part.below)]


def _is_augmented(right: Node) -> bool:
    """f, 0 and 1 of [z, theta, t]^. = [f, 0, 1]."""
    return isinstance(right, tree.Number) or (isinstance(right, tree.Letter) and right.name in ("f", "F"))


def _is_formula(node: Node) -> bool:
    """A x + B u, or -a x: written out, with matrices too."""
    calls = any(isinstance(part, tree.Call) and getattr(part.arguments[0], "name", "") not in ("t", "tau", "s") for part in walk(node))
    linear = all(isinstance(part, tree.Letter | tree.Sum | tree.Product | tree.Negative | tree.Number | tree.Call) for part in walk(node))
    return not differentiates(node) and (is_plain(node) or (linear and not calls and not isinstance(node, tree.Call)))


def _is_system(pairs: Iterable[tuple[Node, Node] | None], state: str, moved: set[str], context: Context) -> bool:
    """Two rates in plain letters, one after the other, of other letters than the state of before."""
    names = [letter for pair in pairs if pair is not None for letter in _spelt(pair, moved, context)]
    return len({key(letter) for letter in names}) >= 2 and all(letter.name != state for letter in names)


def is_over(item: Reservation, words: str, context: Context) -> bool:
    """Does a reservation end where another task begins, or, said of layers, where a flow has a cost of its own?"""
    law = context.law("objective") if context.over() == "time" and context.law("dynamics") else None
    paid = law is not None and any(getattr(part, "at", None) == Symbol("t1") or isinstance(part, tree.Integral) for part in walk(law.right))
    return (item.task and bool(task_of(words))) or (item.layered and paid and not item.inputs & {*INPUTS, "end"})
