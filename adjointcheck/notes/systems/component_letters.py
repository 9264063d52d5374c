"""Letters for the components of a state, of its costate and of inputs: which letter is which component, and what tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, walk
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.letters.quantities import here
from adjointcheck.notes.letters.speeds import speed_at
from adjointcheck.notes.letters.usage import HAMILTONIANS, USUAL_COSTATES, USUAL_STATES, head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Rates = Mapping[str, tuple[tree.Letter, Node]]
Product = frozenset[tuple[Node, int]]  # its factors, and how often each stands there
COSTATES, STATES = "costates of before", "states of before"  # as the notes had them before a sequel, in their order
WHOLE = "whole state"  # the letter that was the state before an example


def spelt(node: Node) -> Node:
    """delta x y is a rate delta times x and y, d x y one of d: nothing is varied in a field."""
    if isinstance(node, tree.Variation):
        factors = node.of.factors if isinstance(node.of, tree.Product) else (node.of,)
        return tree.Product((tree.Letter("d" if node.total else "delta"), *map(spelt, factors)))
    node = rebuilt(node, spelt)
    nested = [factor.factors if isinstance(factor, tree.Product) else (factor,) for factor in getattr(node, "factors", ())]
    return replace(node, factors=tuple(factor for factors in nested for factor in factors)) if isinstance(node, tree.Product) else node


def in_components(context: Context, symbol: str, letters: Iterable[tree.Letter], source: str = "proposed") -> Context:
    """Letters as components of x, p, w or theta behind those that the header names, with a letter for the whole."""
    names = [*dict.fromkeys([*(known.letter for known in context.parts(symbol)), *map(key, letters)])]
    if not names:
        return context
    role, known = ROLES[symbol], next(iter(context.of(symbol)), None)
    whole = known or Declared("", symbol, role.shape, role.kind, source=source)
    whole_letter = context.option(WHOLE) if symbol == "x" else ""
    title = known.letter if known and known.letter not in names else _title(symbol, names, context)
    title = whole_letter if whole_letter and whole_letter not in (*names, *context.letters) else title
    size = str(len(names))
    whole = replace(whole, letter=title, shape=("1", size) if role.shape[0] == "1" else (size, "1"))
    part = Declared("", symbol, kind=role.kind, sign=whole.sign, source=whole.source, told=whole.told)
    parts = {name: replace(part, letter=name, part=i) for i, name in enumerate(names, 1)}
    kept = {name: other for name, other in context.letters.items() if name not in names and other != known}
    return replace(context, letters={**kept, title: whole, **parts})


def _title(symbol: str, names: Sequence[str], context: Context) -> str:
    """x of states x_1 and x_2; (S,I) of other names, and (k_1,k_2) of parameters."""
    names = names if symbol != "theta" else [f"({','.join(names)})"]
    bases = {base for base, _, index in (name.rpartition("_") for name in names) if index.isdigit()} if len(names) > 1 else set()
    own = len(bases) == 1 and all("_" in name for name in names) and not bases & context.letters.keys()
    return bases.pop() if own else f"({','.join(names)})"


def costates_named(chains: Sequence[tree.Chain], states: Sequence[str], used: Sequence[Node], context: Context) -> Context:
    """lambda_1, lambda_2, or lambda_x, lambda_y for states x, y, and p_A for x_A; for one state, the costate itself.

    A letter of the field or of the cost, such as the price p, is none.
    """
    known = {key(part) for part in used if isinstance(part, tree.Letter)}
    letters = {key(part): part for chain in chains for part in walk(chain) if isinstance(part, tree.Letter) and key(part) not in known}
    whole = next((known.letter for known in context.of("p")), "")
    moved = {letter.name for chain in chains if (letter := moving(chain.sides[0])) is not None}
    usual = dict.fromkeys(letter.name for letter in letters.values() if letter.name in USUAL_COSTATES)
    for base in [whole] if whole else sorted(usual, key=lambda name: name not in moved):  # p of p-dot, before a of H(x, p, a)
        counted = [f"{base}_{i + 1}" for i in range(len(states))]
        marked = [f"{base}_{state.partition('_')[2]}" for state in states]
        for names in (counted, [f"{base}_{state}" for state in states], marked, [base] * (len(states) == 1)):
            if names and letters.keys() >= {*names} and not {*names} & {*states}:
                return in_components(context, "p", [letters[name] for name in names], "usual")
    again = context.option(COSTATES).split()
    same = len(again) == len(states) and letters.keys() >= {*again}
    return in_components(context, "p", [letters[name] for name in again], "usual") if same else context


def costates_told(chains: Sequence[tree.Chain], states: Rates, context: Context) -> Context:
    """lambda and mu of lambda = dJ/dx, mu = dJ/dy, or of H = L + lambda f + mu g for x-dot = f, y-dot = g."""
    if context.parts("p"):
        return context
    moved = {key(letter) for chain in chains if (letter := moving(chain.sides[0]) or _ended(chain.sides[0])) is not None}
    for chain in chains:
        pair = pair_of(chain)
        title = head(pair[0]) if pair else None
        if pair and title is not None and key(title) in HAMILTONIANS:
            found = _multipliers(pair[1], states, moved - states.keys(), context)
            if len(found) == len(states):
                return in_components(context, "p", [found[name] for name in states], "usual")
    for chain in chains:
        adjoined = {state: (letter, sign) for state, letter, sign in multiplied(chain) if state in states}
        if len(adjoined) == len(states):
            made = in_components(context, "p", [adjoined[name][0] for name in states], "usual")
            signs = {sign for _, sign in adjoined.values()}
            return with_sign(made, signs.pop(), "its Lagrangian") if len(signs) == 1 else made
    costs = {*_costs(chains)}
    slopes = {name: (letter, sign) for chain in chains for name, letter, sign in _slopes(chain, states, costs, context)}
    if len(slopes) != len(states):
        return context
    made, signs = in_components(context, "p", [slopes[name][0] for name in states]), {sign for _, sign in slopes.values()}
    return with_sign(made, -1, "its meaning") if signs == {-1} else made


def in_their_order(chains: Iterable[tree.Chain], states: Rates, context: Context) -> Rates:
    """h, v, m where v-dot comes first and the Hamiltonian has p_1 v + p_2 (a/m - g) + p_3 m-dot: as the costates are numbered."""
    known = in_components(context, "x", [letter for letter, _ in states.values()])
    for pair in filter(None, map(pair_of, chains)):
        title = head(pair[0])
        found = _multipliers(pair[1], states, (), known) if title is not None and key(title) in HAMILTONIANS else {}
        numbers = {name: letter.below[0] for name, letter in found.items() if len(letter.below) == 1}
        order = sorted((part.value, name) for name, part in numbers.items() if isinstance(part, tree.Number))
        if [value for value, _ in order] == [*range(1, len(states) + 1)] and not context.parts("x"):
            return {name: states[name] for _, name in order}
    return states


def with_whole(chains: Iterable[tree.Chain], states: Rates, context: Context) -> Context:
    """With x of H(x, p, a) as the whole state, where its components have other letters, h, v and m."""
    calls = (part for chain in chains for part in walk(chain) if isinstance(part, tree.Call) and len(part.arguments) > 1)
    found = (call.arguments[0] for call in calls if (letter := head(call.function)) is not None and key(letter) in HAMILTONIANS)
    first = next(found, None)
    new = isinstance(first, tree.Letter) and first.name in USUAL_STATES and key(first) not in {*states, *context.letters, "t"}
    whole = key(first) if isinstance(first, tree.Letter) and new and not context.option(WHOLE) else ""
    return replace(context, options={**context.options, WHOLE: whole}) if whole else context


def multiplied(chain: tree.Chain) -> Iterator[tuple[str, tree.Letter, int]]:
    """(x, lambda, 1) of int [L + lambda (f - x-dot)] dt; -1 where lambda is -dJ/dx, as in L + lambda (x-dot - f)."""
    for terms in (list(tree.terms(part.body)) for part in walk(chain) if isinstance(part, tree.Integral)):
        found = {at: made for at, term in enumerate(terms) if (made := _multiplier(term)) is not None}
        paid = [term for at, term in enumerate(terms) if at not in found]
        cost = -1 if paid and all(isinstance(term, tree.Negative) for term in paid) else 1
        yield from ((state, letter, sign * cost) for state, letter, sign in found.values())


def _multiplier(term: Node) -> tuple[str, tree.Letter, int] | None:
    sign, term = (-1, term.of) if isinstance(term, tree.Negative) else (1, term)
    factors = term.factors if isinstance(term, tree.Product) and len(term.factors) == 2 else ()
    letter = next((made for factor in factors if (made := head(factor)) is not None and not made.accents), None)
    for part in (part for factor in factors if isinstance(factor, tree.Sum) for part in factor.terms):
        turned, inner = (1, part.of) if isinstance(part, tree.Negative) else (-1, part)
        state = moving(inner)
        if state is not None and letter is not None:
            return key(state), letter, sign * turned
    return None


def _multipliers(body: Node, states: Rates, moved: Container[str], context: Context) -> dict[str, tree.Letter]:
    """What all terms of a Hamiltonian multiply by the right sides, or by the rates: usual letters, and others that move or end too."""
    def total(terms: Iterable[tuple[int, Node]]) -> Counter[Product]:
        return counted((sign, _plain(term, context)) for sign, term in terms)

    sides = {name: (right, tree.Letter(name, accents=("dot",))) for name, (_, right) in states.items()}
    rates = {name: [total(spread(1, value)) for value in values] for name, values in sides.items()}
    totals = [(letter, total(parts)) for letter, parts in gathered(body) if _may_be(letter, context) or key(letter) in moved]
    return {name: letter for name, values in rates.items() for letter, share in totals if share in values}


def gathered(body: Node) -> list[tuple[tree.Letter, list[tuple[int, Node]]]]:
    """Every letter of a sum of products with all that it multiplies: (q, [a, -b]) of p c + q (a - b)."""
    letters: dict[str, tree.Letter] = {}
    shares: dict[str, list[tuple[int, Node]]] = {}
    for sign, term in spread(1, body):
        for letter, cofactor in cofactors(term):
            letters.setdefault(key(letter), replace(letter, above=(), accents=()))
            shares.setdefault(key(letter), []).append((sign, cofactor))
    return [(letters[name], parts) for name, parts in shares.items()]


def counted(terms: Iterable[tuple[int, Node]]) -> Counter[Product]:
    """How often each product stands in a sum, whatever the order of its factors."""
    found: Counter[Product] = Counter()
    for sign, term in terms:
        found[frozenset(Counter(term.factors if isinstance(term, tree.Product) else (term,)).items())] += sign
    return found


def spread(sign: int, node: Node) -> Iterator[tuple[int, Node]]:
    """a c and -b c of (a - b) c, with their signs."""
    match node:
        case tree.Negative(of):
            yield from spread(-sign, of)
        case tree.Sum(terms):
            yield from (made for term in terms for made in spread(sign, term))
        case tree.Product(factors) if any(isinstance(factor, tree.Sum | tree.Negative | tree.Product) for factor in factors):
            at = next(i for i, factor in enumerate(factors) if isinstance(factor, tree.Sum | tree.Negative | tree.Product))
            for way, term in spread(sign, factors[at]):
                inner = term.factors if isinstance(term, tree.Product) else (term,)
                yield from spread(way, tree.Product((*factors[:at], *inner, *factors[at + 1 :])))
        case _:
            yield sign, node


def _ended(node: Node) -> tree.Letter | None:
    """zeta of zeta(T)."""
    return head(node) if is_last(node) else None


def cofactors(term: Node) -> Iterator[tuple[tree.Letter, Node]]:
    """(xi, x (a - b y)), (x, xi (a - b y)) of xi x (a - b y): each letter of a product with what it multiplies."""
    factors = term.factors if isinstance(term, tree.Product) else ()
    for at, factor in enumerate(factors):
        others = (*factors[:at], *factors[at + 1 :])
        if (letter := head(factor)) is not None:
            yield letter, others[0] if len(others) == 1 else replace(term, factors=others)  # type: ignore[type-var]


def _plain(node: Node, context: Context) -> Node:
    made = here(resolve(spelt(node), context))
    return replace(made, arguments=()) if isinstance(made, Applied) else made  # f of f(x, y) for x-dot


def _may_be(letter: tree.Letter, context: Context) -> bool:
    """A usual letter; beside fields that are only named any that is not known otherwise."""
    return letter.name in (*USUAL_COSTATES, "q") or (bool(context.option(BLOCKS)) and key(letter) not in context.letters)


def _costs(chains: Iterable[tree.Chain]) -> Iterator[str]:
    """J of J = Phi(x(T)) + int L dt."""
    for chain in chains:
        pair = pair_of(chain)
        letter = head(pair[0]) if pair and not (isinstance(pair[0], tree.Call) and is_last(pair[0])) else None
        if pair and letter is not None and moving(pair[0]) is None and not letter.accents:
            yield from [key(letter)] if any(isinstance(part, tree.Integral) or is_last(part) for part in walk(pair[1])) else []


def is_last(node: Node) -> bool:
    """x(T), x(1)."""
    place = node.arguments[0] if isinstance(node, tree.Call) and len(node.arguments) == 1 else None
    return key(place) in ROLES["t1"].usual if isinstance(place, tree.Letter) else isinstance(place, tree.Number) and place.value > 0


def _slopes(chain: tree.Chain, states: Rates, costs: Container[str], context: Context) -> Iterator[tuple[str, tree.Letter, int]]:
    """(x, lambda, 1) of lambda(t) = dJ/dx(t) and of lambda = (dJ/dx)^T, -1 with a minus."""
    pair = pair_of(chain)
    slope, sign = _turned(pair[1]) if pair else (None, 1)
    letter = head(pair[0]) if pair else None
    of = head(slope.of) if isinstance(slope, tree.Derivative) and len(slope.by) == 1 else None
    cost = of is not None and (key(of) in costs or role_in(of, context) == "J" or not (costs or role_in(of, context)))
    paid = cost or not context.option(BLOCKS)  # A of A = df/dx is no costate
    told = letter is not None and (_may_be(letter, context) or (cost and key(letter) not in context.letters))
    if isinstance(slope, tree.Derivative) and slope.by and letter is not None and paid and told:
        name = _state(slope.by[0], context)
        yield from [(name, letter, sign)] if name in states else []


def _turned(node: Node) -> tuple[Node, int]:
    """dJ/dx and -1 of -(dJ/dx)^T."""
    sign = -1 if isinstance(node, tree.Negative) else 1
    node = node.of if isinstance(node, tree.Negative) else node
    return (node.of if isinstance(node, tree.Transposed) else node), sign


def _state(by: Node, context: Context) -> str:
    """q of dJ/dq(t), v of dJ/dv and dJ/d q-dot where v is that rate; "" of dJ/dq(T)."""
    made = here(speed_at(resolve(by, context), context))
    number = made.part[0] if isinstance(made, Symbol) and (made.name, made.at, len(made.part)) == ("x", None, 1) else None
    return next((known.letter for known in context.parts("x") if number == tree.Number(Fraction(known.part))), "")


def with_sign(context: Context, sign: int, told: str) -> Context:
    turned = {name: replace(known, sign=sign, told=told) for name, known in context.letters.items() if known.symbol == "p"}
    return replace(context, letters={**context.letters, **turned})
