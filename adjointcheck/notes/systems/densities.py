"""Densities along a flow: which letters are densities, the one given at an end of the horizon, and the score.

p(z(t), t) is a number along each solution; a base density pi, told of the end state alone, is exp(-Psi) where Psi is the cost -log pi.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from typing import TypeGuard

from adjointcheck.notes.letters.context import ROLES, USUAL, Context, Declared, key, own
from adjointcheck.notes.letters.costs import is_still
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.transport import fluxes, rated
from adjointcheck.notes.letters.usage import RANDOM, constants, head, pair_of, show_plain
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

LOGARITHMS = ("log", "ln")
START, END = (Symbol("x", at=Symbol(place)) for place in ("t0", "t1"))
NORMAL = re.compile(r"\bgau(?:ss|ß)|\bгаусс|高斯|正态|ガウス|standard[- ]?normal|\bnormal (?:density|distribution|law|prior|base)"  # noqa: RUF001
                    r"|normal(?:verteil|dichte)|\b(?:loi|densité) normale|(?:distribuci[oó]n|distribuzione|distribuição|densidad) normal"
                    r"|нормальн\w* (?:распредел|плотн)|\\mathcal\s*\{?\s*n\s*\}?\s*\(")
EVIDENCE = "evidence of "  # before the letter of a bound, in what the notes say that it is made of
DIVERGENCES = ("KL", "mathrm{KL}")
GIVEN = ("p", "q", "P", "Q", "KL", "mathrm{KL}", "D")  # of p(x | z), and of divergences of one from another
STILL = ("constant", ("1", "1"), None)  # a number of which no more is known
SOLENOIDAL = re.compile(r"(?:\\nabla\s*\\cdot|\\(?:operatorname|mathrm)\{div\})\s*(?:\\,\s*)?\\?[a-zA-Z]+(?:\([^()]*\))?\s*=\s*0(?![.\d])"
                        r"|(?<!not )(?:[Dd]ivergence[- ]free|[Ss]olenoidal|[Ii]ncompressible|[Dd]ivergenzfrei|divergence nulle)")
ENDS = ("T", "T_f", "t_1", "t_f", "t_N", "1")


def told(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With p of log p(z(t), t) and of div(p f) as a density, and pi of log pi(z(T)) beside it, or in a cost, as the density at the end."""
    chains = list(chains)
    return rated(chains, _named(chains, reduce(_with_noise, chains, context)))


def _with_noise(context: Context, chain: tree.Chain) -> Context:
    """With v of E[v v^T] = I as noise, and eps of E[eps^T A eps] as a vector there, whatever small number it is elsewhere."""
    means = [part for part in walk(chain) if isinstance(part, tree.Expectation)]
    for letter in (part for mean in means for part in walk(mean.body) if isinstance(part, tree.Letter)):
        if USUAL.get(key(letter)) == "eps" and key(letter) not in context.letters:
            context = replace(context, options={**context.options, RANDOM: key(letter)})
    pair = pair_of(chain)
    for mean in means:  # v of E_v[v^T A v]
        if _is_estimate(mean.over, mean.body) and not {key(mean.over)} & {*context.letters, *USUAL}:
            return context if context.of("noise") else context.declare(_noise(mean.over))
    mean = pair[0] if pair is not None and isinstance(pair[0], tree.Expectation) else None
    factors = [*mean.body.factors] if mean is not None and isinstance(mean.body, tree.Product) else []
    white = pair is not None and pair[1] == tree.Letter("I") and len(factors) == 2 and factors[1] == tree.Transposed(factors[0])
    letter = factors[0] if white and isinstance(factors[0], tree.Letter) else None
    if letter is None or key(letter) in {*context.letters, *USUAL} or context.of("noise"):
        return context
    return context.declare(_noise(letter))


def _noise(letter: tree.Letter) -> Declared:
    return Declared(key(letter), "noise", ROLES["noise"].shape, "constant", source="proposed")


def _is_estimate(over: Node | None, body: Node) -> TypeGuard[tree.Letter]:
    """v^T A v, also under an integral."""
    body = body.body if isinstance(body, tree.Integral) else body
    factors = [*body.factors] if isinstance(body, tree.Product) and isinstance(over, tree.Letter) else []
    ends = over is not None and len(factors) > 2 and (factors[0], factors[-1]) == (tree.Transposed(over), over)
    return ends and not any(over in [*walk(factor)] for factor in factors[1:-1])


def estimated_traces(chain: tree.Chain, context: Context) -> tree.Chain:
    """log p = log p_0 - int tr(A) dt for log p = log p_0 - E[int v^T A v dt]: Hutchinson's theorem beside a density."""
    dense = any(getattr(part, "name", "") in LOGARITHMS for side in chain.sides for part in walk(side)) and bool(context.of("rho"))
    return replace(chain, sides=tuple(_traced(side, context) for side in chain.sides)) if dense else chain


def _traced(node: Node, context: Context) -> Node:
    node = rebuilt(node, lambda child: _traced(child, context))
    known = next(iter(context.of("noise")), None)
    letter = next((part for part in walk(node) if isinstance(part, tree.Letter) and known is not None and key(part) == known.letter), None)
    if not isinstance(node, tree.Expectation) or letter is None or not _is_estimate(letter, node.body):
        return node
    inner = node.body.body if isinstance(node.body, tree.Integral) else node.body
    assert isinstance(inner, tree.Product)
    middle = [*inner.factors[1:-1]]
    trace = tree.Function("tr", (tree.Product(tuple(middle)) if len(middle) > 1 else middle[0],))
    return replace(node.body, body=trace) if isinstance(node.body, tree.Integral) else trace


def _named(chains: Sequence[tree.Chain], context: Context) -> Context:
    traces = any(isinstance(part, tree.Function) and part.name in ("tr", "div", "det") for chain in chains for part in walk(chain))
    if context.of("rho") or context.over() == "layers" or not traces:
        return context
    places: dict[str, set[str]] = {}
    for name, place in (found for chain in chains for found in (*_logarithms(chain, context), *_flowing(chain, context))):
        places.setdefault(name, set()).add(place)
    places = {name: found for name, found in places.items() if name.partition("_")[0] not in places or "_" not in name}  # p_0 beside p_t
    moving = [name for name, found in places.items() if not _is_at_end(found)]
    ends = [name for name in places if name not in moving]
    for name in moving:
        context = context.declare(Declared(name, "rho", kind="path", source="usual"))
    return context.declare(Declared(ends[0], "base", kind="function", source="usual")) if len(ends) == 1 else context


def shaped(words: str, context: Context) -> Context:
    """With a base density that is told by name, so that -log of it is no cost of which nothing is known."""
    return replace(context, options={**context.options, "base": "normal"}) if NORMAL.search(words.lower()) else context


def rests_on_shape(sides: Iterable[Node], context: Context) -> bool:
    """Does it speak of a state by itself, as x(T) of a(T) = x(T)', where the base density is a normal one?"""
    return bool(context.of("base")) and context.option("base") == "normal" and any(map(_spells_state, sides))


def _spells_state(node: Node) -> bool:
    inside = () if isinstance(node, tree.Derivative | Applied) else children(node)
    return (isinstance(node, Symbol) and node.name in ("x", "x0")) or any(map(_spells_state, inside))


def supposed(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """p(z, T) = pi(z), E[eps] = 0, E[eps eps'] = I, div f = 0: what is said of a density, of noise and of a case is taken for granted."""
    pair = pair_of(chain)
    if pair is None or len(chain.sides) > 2:
        return None
    if (spelt := _base_spelt(*pair, context)) is not None:
        return spelt
    left, right = (resolve(side, context) for side in pair)
    density = isinstance(left, Symbol) and left.name == "rho" and (
        getattr(right, "name", "") == "base" or (isinstance(right, tree.Function) and "Psi" in symbols(right)))
    noise = isinstance(left, tree.Expectation) and symbols(left) == {"noise"} and symbols(right) <= {"I"}
    told_ = (density and bool(context.of("base"))) or noise or is_solenoidal(left, right)
    return ("assumption", (), context) if told_ else None


def is_solenoidal(left: Node, right: Node) -> bool:
    """div f = 0, of a case apart: no field has that by itself."""
    slope = left.arguments[0] if isinstance(left, tree.Function) and left.name == "tr" else None
    bare = isinstance(slope, tree.Derivative) and isinstance(slope.of, Applied) and slope.of.name == "f" and slope.by == (Symbol("x"),)
    return bare and right == tree.Number(Fraction(0))


def along_flow(left: Node, right: Node, context: Context, words: str) -> tuple[Node, Node]:
    """log p(z(1)) = log p_0(z(0)) - int_0^1 tr(A) dt for - tr A, and with the trace that vanishes where the words say so of this line."""
    ends = [{part.at for part in walk(side) if isinstance(part, Symbol) and part.name == "rho"} for side in (left, right)]
    if ends != [{Symbol("t1")}, {Symbol("t0")}] or any(isinstance(part, tree.Integral) for part in walk(right)):
        return left, right
    if not (symbols(right) & {"f", "x", "p"} or [*_traces(right)]) and SOLENOIDAL.search(words) and context.law("dynamics"):
        field = tree.Derivative(Applied("f", ()), (Symbol("x"),), "partial")
        return left, tree.Sum((*tree.terms(right), tree.Negative(_over_time(tree.Function("tr", (field,))))))
    begun = any(known.letter == "0" for known in context.of("t0"))
    unit = begun and any(known.letter == "1" for known in context.of("t1"))
    return (left, tree.Sum(tuple(_spread(term, unit) for term in tree.terms(right)))) if begun and [*_traces(right)] else (left, right)


def _traces(node: Node) -> Iterator[tree.Function]:
    return (part for part in walk(node) if isinstance(part, tree.Function) and part.name == "tr")


def _spread(term: Node, unit: bool) -> Node:
    """int_0^T tr(A) dt for T tr(A), and for tr(A) where T is 1, of what does not change with time."""
    match term:
        case tree.Negative(of=of):
            return replace(term, of=_spread(of, unit))
        case tree.Product(factors=(Symbol(name="t1", at=None), trace)) if not symbols(trace) & {"x", "t", "f", "t1", "rho"}:
            return _over_time(trace)
        case tree.Function(name="tr") if unit and not symbols(term) & {"x", "t", "f", "rho"}:
            return _over_time(term)
    return term


def _over_time(node: Node) -> Node:
    return tree.Integral(node, Symbol("t", bound=True), Symbol("t0"), Symbol("t1"))


def transported(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """z_1 = F(z_0): F is what the flow makes of its start, whatever it is; y = z(t_1), a datum."""
    pair = pair_of(chain)
    if pair is not None and isinstance(pair[0], tree.Letter) and len(chain.sides) == 2 and resolve(pair[1], context) == END:
        seen = datum(pair[0], context) if context.of("rho") else context
        return ("assumption", (key(pair[0]),), seen) if seen is not context else None
    call = pair[1] if pair is not None and isinstance(pair[1], tree.Call) and len(chain.sides) == 2 else None
    letter = call.function if call is not None and len(call.arguments) == 1 else None
    if pair is None or call is None or not isinstance(letter, tree.Letter) or context.over() != "time" or context.parts("x"):
        return None
    ends = resolve(pair[0], context), resolve(call.arguments[0], context)
    if isinstance(ends[0], Symbol) and ends[0] == Symbol("x", part=(tree.Number(Fraction(1)),)) and isinstance(pair[0], tree.Letter):
        last = Declared(key(pair[0]), own(key(pair[0])), context.of("x")[0].shape, "alias", body=END, source="proposed")
        ends, context = (END, ends[1]), context.declare(last)
    if ends[0] != END or ends[1] not in (START, Symbol("x0")) or letter.accents or not unknown(resolve(letter, context)):
        return None
    made = Declared(key(letter), own(key(letter)), context.of("x")[0].shape, "alias", body=END, source="proposed")
    return "assumption", (key(letter),), context.declare(made)


def datum(letter: tree.Letter, context: Context) -> Context:
    """With y of x(t_1) = y as the end state, a datum of which the density is asked, and no end that is held."""
    if letter.accents or letter.above or not unknown(resolve(letter, context)):
        return context
    return context.declare(Declared(key(letter), own(key(letter)), context.of("x")[0].shape, "alias", body=END, source="proposed"))


def bound(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """F = -E_q[log p(x | z)] + KL(q || p): a new letter for what is made of densities of data, which says nothing of a path."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    calls = [part for part in walk(chain) if isinstance(part, tree.Call) and "|" in part.separators]
    given = [call for call in calls if getattr(call.function, "name", "") in GIVEN]
    new = letter is not None and key(letter) not in context.letters and isinstance(chain.sides[0], tree.Letter | tree.Call)
    if pair is None or letter is None or not new or len(chain.sides) != 2 or not given:
        return None
    if (evidence := _evidence(pair[1])) is not None:
        context = replace(context, pieces={**context.pieces, f"{EVIDENCE}{own(key(letter))}": evidence})
        return "definition", (), context.declare(Declared(key(letter), own(key(letter)), ("", ""), "functional", source="proposed"))
    body = resolve(pair[1], context)
    told = Declared(key(letter), own(key(letter)), kind="functional", body=body, source="proposed")
    return "definition", (), context.declare(told) if not unknown(body) and is_still(body, context) else context


def _evidence(node: Node) -> Node | None:
    """J + KL of -E_q[log p(x | z)] + KL(q || p): the cost of one sample, and what is paid for the encoder's outputs."""
    terms = [*tree.terms(node)]
    priors = [term.function for term in terms if isinstance(term, tree.Call) and getattr(term.function, "name", "") in DIVERGENCES]
    likely = [term for term in terms if isinstance(term, tree.Negative) and any(_is_logarithm(part) for part in walk(term))]
    if len(terms) != 2 or not (len(priors) == len(likely) == 1) or not isinstance(priors[0], tree.Letter):
        return None
    return tree.Sum((Symbol("J"), Symbol(own(key(priors[0])))))


def _is_logarithm(node: Node) -> bool:
    """log p(x | z)."""
    inner = node.arguments[0] if isinstance(node, tree.Function) and node.name in LOGARITHMS and node.arguments else None
    return isinstance(inner, tree.Call) and "|" in inner.separators


def _base_spelt(left: Node, right: Node, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """log pi(z) = -z' z / 2 - (d/2) log(2 pi): the end cost is minus this."""
    made, states = resolve(left, context), (Symbol("x"), Symbol("x", at=Symbol("t1")))
    state = next((state for state in states if made == tree.Negative(Applied("Psi", (("x", state),)))), None)
    if not isinstance(left, tree.Function) or left.name not in LOGARITHMS or state is None or context.of("Psi"):
        return None
    size = context.of("x")[0].shape[0]  # d of R^d is no letter of the problem, but a number beside it
    after = constants(right, context.declare(Declared(size, f"{size}_", source="proposed")), ("1", "1"))
    body = instead(resolve(tree.Negative(right), after), state, Symbol("x"))
    odd = any(isinstance(part, Applied | tree.Derivative | tree.Integral) or getattr(part, "at", None) is not None for part in walk(body))
    if unknown(body) or odd or not symbols(body) & {"x"}:
        return None
    letter = f"-log {next(known.letter for known in context.of('base'))}"
    after = after.declare(Declared(letter, "Psi", kind="function", arguments=("x",), body=body, source="proposed"))
    return "definition", (letter,), replace(after, options={**after.options, "base": ""})


def with_logarithms(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """An equation and its context with log(2 pi s^2) as a constant, of which no proof asks how large it is; s is a number that stays."""
    bodies = [known.body for known in context.letters.values() if known.body is not None]
    moved = {by for node in (left, right) for part in walk(node) for by in _moved(part)}
    still = {Symbol(known.symbol) for known in context.letters.values() if (known.kind, known.shape, known.body) == STILL}
    found = dict.fromkeys(part for node in (left, right, *bodies) for part in walk(node) if _is_constant(part, still - moved))
    if not found or context.parts("x"):
        return left, right, context
    put: dict[Node, Node] = {node: Symbol(f"log_{i}") for i, node in enumerate(found, 1)}
    named = {symbol.name: Declared(symbol.name, symbol.name, source="convention") for symbol in put.values() if isinstance(symbol, Symbol)}
    letters = {name: replace(known, body=known.body and _put(known.body, put)) for name, known in context.letters.items()}
    laws = tuple(replace(law, right=_put(law.right, put)) for law in context.laws)
    return _put(left, put), _put(right, put), replace(context, letters={**letters, **named}, laws=laws)


def _moved(node: Node) -> tuple[Node, ...]:
    """What is differentiated by, and what is varied."""
    return node.by if isinstance(node, tree.Derivative) else (node.of,) if isinstance(node, tree.Variation) else ()


def _is_constant(node: Node, still: set[Symbol]) -> bool:
    """Is it the logarithm of numbers alone?"""
    numbers = [*walk(node)][1:] if isinstance(node, tree.Function) and node.name in LOGARITHMS else []
    plain = tree.Number | tree.Pi | tree.Product | tree.Quotient | tree.Power
    return bool(numbers) and all(isinstance(part, plain) or part in still for part in numbers)


def _put(node: Node, values: Mapping[Node, Node]) -> Node:
    return values[node] if node in values else rebuilt(node, lambda child: _put(child, values))


def untraced(node: Node) -> Node:
    """1 for traces and divergences, in which a cost may differentiate the field."""
    traces = isinstance(node, tree.Function) and node.name in ("tr", "div")
    return tree.Number(Fraction(1)) if traces else rebuilt(node, untraced)


def _logarithms(node: Node, context: Context) -> Iterator[tuple[str, str]]:
    """(p, where) of log p(z(t)), for letters that nothing explains: at the end, or anywhere else."""
    for part in walk(node):
        call = part.arguments[0] if isinstance(part, tree.Function) and part.name in LOGARITHMS and len(part.arguments) == 1 else None
        letter = head(call) if isinstance(call, tree.Call) else None
        if not isinstance(call, tree.Call) or letter is None or letter.accents or letter.below or key(letter) in context.letters:
            continue
        told = all(head(argument) is not None or isinstance(argument, tree.Number) for argument in call.arguments)
        if told and "|" not in call.separators:
            yield _bare(letter), _whereabouts(call)


def _whereabouts(call: tree.Call) -> str:
    """Where z(T), z(t) and a state alone, z, are, with its letter."""
    argument = call.arguments[0]
    if len(call.arguments) > 1 or (_place(argument) and _place(argument) not in ENDS):
        return "elsewhere"
    return f"{'end' if _place(argument) else 'anywhere'} {getattr(head(argument), 'name', '?')}"


def _is_at_end(places: set[str]) -> bool:
    """Is it told of z(T), and else of the same letter alone, z?"""
    told = {(where, letter) for place in places for where, _, letter in [place.partition(" ")]}
    ended = {letter for where, letter in told if where == "end"}
    return bool(ended) and all(where != "elsewhere" and letter in ended for where, letter in told)


def _flowing(chain: tree.Chain, context: Context) -> Iterator[tuple[str, str]]:
    """(p, where) of div(p f), for p that nothing explains."""
    unknown = [letter for letter in fluxes(chain, context) if key(letter) not in context.letters]
    yield from ((_bare(letter), "elsewhere") for letter in unknown)


def _bare(letter: tree.Letter) -> str:
    """p of p_t, which is p at t."""
    return letter.name if letter.below == (tree.Letter("t"),) else key(letter)


def _place(node: Node) -> str:
    """T of z(T) and z_T."""
    letter = head(node)
    inner = node.arguments if isinstance(node, tree.Call) else letter.below if letter is not None else ()
    return show_plain(inner[0]) if len(inner) == 1 else ""
