"""Problems of the calculus of variations, J[y] = int F(x, y, y') dx and S[q] = int L(t, q, q-dot) dt, posed as problems of control.

    y-dot = u,   J = int F(t, y, u) dt,   so that H = F + p u, F_u = -p along an optimum, and p-dot = -F_y is Euler's equation
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain as joined

from adjointcheck.notes.letters.context import LATER, Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, walk
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_COSTATES, ends, head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.curves import Curve, along, rate_name, rate_of
from adjointcheck.notes.reading.regions import sentences
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.arrivals import CURVE, FREE, arrivals, ends_known, in_doubt, laws, released
from adjointcheck.notes.systems.component_letters import costates_named, in_components
from adjointcheck.notes.systems.concrete import is_plain, parameters, unscripted
from adjointcheck.notes.systems.densities import along_flow
from adjointcheck.notes.systems.mechanics import accelerated
from adjointcheck.notes.systems.multiplier import may_be_costate
from adjointcheck.notes.systems.special_cases import restricted

Introduced = tuple[str, tuple[str, ...], Context] | None
_PLACE = r"(?:\s*\(\s*[a-z]\s*\))?"
_SMALL = r"(?:\\(?:var)?epsilon|\\alpha|[sht])(?![A-Za-z])"
SPOKEN = "end cost in words"  # option: its letter
HELD_END = "held end"  # of reservations: y(b) = B
LEFT = "free end of any curve"  # option: y(b) is free, and not in a case apart
HELD = "held ends"  # option: t0 t1, where all variations vanish there
FIXED = re.compile(r"(?:vanish|zero|null|verschwind|annul)\w*\s+(?:\w+\s+){0,3}(?:end|bound|rand|extr|bord)"
                   r"|fixed\s+end|fest\w*\s+(?:rand|end)|(?:extr[eé]m|bord)\w*\s+fix")
FREE_END = re.compile(r"\b(?:frei\w*|free|libres?|liber[oa]|unspecified|natural|naturel\w*|natürlich\w*)\b"
                      r"|\b(?:not|nicht|non|no|pas)\b[^.;]*\b(?:prescribed|specified|fixed|given|vorgeschrieben|fest|fixée?|prescri\w+|fijad[oa]|imposée?)")
CASED = "".join(f"(?<!{word} )" for word in ("if", "when", "wenn", "falls", "si", "se", "quando", "cuando"))
LEFT_FREE = re.compile(CASED + r"\$\s*\\?\w+\s*\([^()$]{1,8}\)\s*\$\s+(?:\w+\s+){0,2}"
                       r"(?:free|frei|libres?|liber[oa]|unspecified|not\s+(?:prescribed|specified|fixed|given))\b")
_PAID = r"\$\s*(?:[A-Z][^$+]*\+\s*)?\\?(psi|phi|varphi|g|h)\s*\(\s*[a-z]\s*\([^$]*\$"
_ADDED = r"\b(?:add|ajout|hinzu|addier|añad|aggiung|прибав|добав)\w*"
END_COST = re.compile(rf"{_ADDED}\b[^.;]*{_PAID}|{_PAID}[^.;$]*{_ADDED}", re.IGNORECASE)  # where Psi(y(b)) is added to J
STILL = re.compile(r"\bautonom|\bexplicit|\bexplizit|\bindependent|unabhängig|indépendant"
                   r"|\b(?:not|nicht|non|no|ne)\b[^.;]*\b(?:depend|abhäng|häng|dépend|dipend)")
SUPPOSING = re.compile(r"(?:^|[}\n])\s*(?:now\s+)?(?:suppos|assum|angenommen|sei\b|supong|предположим)", re.IGNORECASE)
VECTORS = re.compile(r"\\mathbb\s*\{?\s*R\s*\}?\s*\^|\\top(?![a-z])|(?<!_\w)(?<!\})\^\s*\{?T(?![a-z])|\\[lr]angle|\\cdot(?![a-z])"
                     r"|\\(?:mathbf|boldsymbol|bm|vec)(?![a-z])")
BESIDE = 5  # formulas from a cost to what is held beside it
RATES = Law("dynamics", tree.Derivative(Symbol("x"), (Symbol("t"),)), Symbol("w"))


def varying(chains: Iterable[tree.Chain], text: str, context: Context) -> Context:
    """With the rate of y as the control, where the notes pay for a curve y(x) and its rate, of which they say no law."""
    chains = list(chains)
    integral, told = next(_paid(chains), (None, ()))
    if integral is None or context.of("w") or context.law("dynamics"):
        return context
    (name,) = _payers(integral, told)
    if {known.letter for known in context.of("x")} - {name}:
        return context
    steered = any(isinstance(part, tree.Letter) and part.name in USUAL_CONTROLS for part in walk(integral.body))
    first = next((at for at, chain in enumerate(chains) if integral in walk(chain)), 0)
    if steered or any(_moves(chain, name) for chain in chains) or any(map(is_held_length, chains[: first + BESIDE])):
        return context
    curve = Curve(name, next(joined(_variations(text, name), _directions(chains, name)), "-"), next(_names(integral, chains), "-"))
    spelt = {"prime": context.option("prime") or "rate", CURVE: f"{curve.name} {curve.varied} {curve.integrand}"}
    spelt |= {HELD: "t0 t1"} if FIXED.search(text.lower()) else {LEFT: "free"} if LEFT_FREE.search(text.lower()) else {}
    letters = {other: known for other, known in context.letters.items() if other != name}  # a header may call the curve a state
    context = replace(context, options={**context.options, **spelt}, letters=letters)
    for symbol, limit in (("t0", integral.lower), ("t1", integral.upper)):
        context = ends(context, symbol, limit) if limit is not None else context
    plain = [node for node in _integrands(integral, told) if _is_spelt(along(node, curve))]
    if not plain:
        return _of_any_form(name, "n" if VECTORS.search(text) else "1", context)
    return _in_numbers([along(node, curve) for node in plain], [along(chain, curve) for chain in chains], name, context)


def _is_spelt(node: Node) -> bool:
    return is_plain(node) and not isinstance(node, tree.Letter)


def example_of_curve(chains: Sequence[tree.Chain | None], context: Context) -> tuple[int, Context] | None:
    """Where the notes write an integrand out, after a curve of any F or of another one, and what holds from there on."""
    curve = Curve(*context.option(CURVE).split()) if context.option(CURVE) else None
    before: list[Node] = []
    for at, chain in enumerate(chains) if curve is not None else ():
        integral = _spelt_integral(chain, curve) if chain is not None and curve is not None else None
        if integral is not None and before and integral.body not in before:
            following = [other for other in chains[at:] if other is not None]
            bare = _without_curve(context, integral.lower is not None)
            made = varying([tree.Chain((tree.Letter("J"), integral), ("=",)), *following], "", bare)
            made = _going_on(curve, made)
            made = freed(made, None, made.option(LEFT))
            return (at, made if integral.lower is not None else _paying(integral.body, curve, made)) if made.parts("x") else None
        before += [integral.body] if integral is not None else [tree.Words("")] * (at == 0)
    return None


def _going_on(general: Curve | None, context: Context) -> Context:
    """With the F of any curve, where an example has no letter for its own: a later one may tell it."""
    own_ = Curve(*context.option(CURVE).split()) if context.option(CURVE) else None
    if general is None or own_ is None or own_.integrand != "-":
        return context
    return replace(context, options={**context.options, CURVE: f"{own_.name} {own_.varied} {general.integrand}"})


def _paying(integrand: Node, general: Curve | None, context: Context) -> Context:
    """With the cost of an F that is told without its integral; F is what is told then, and no more any function."""
    body = resolve(along(integrand, Curve(*context.option(CURVE).split())), context)
    name = general.integrand if general is not None else "-"
    context = context.declare(Declared(name, own(name), kind="defined", source="proposed", told=LATER))
    paid = tree.Integral(body, Symbol("t"), Symbol("t0"), Symbol("t1"))
    return replace(context, laws=(*context.laws, Law("objective", Symbol("J"), paid)))


def _spelt_integral(chain: tree.Chain, curve: Curve) -> tree.Integral | None:
    """int (y'^2 + y^2) dx, and that of F = y'^2 + y^2; none of a second variation int (F_{yy} eta^2 + ...) dx."""
    if any(isinstance(part, tree.Letter) and part.name == curve.integrand and part.below for part in walk(chain)):
        return None
    pair = pair_of(chain)
    named = pair is not None and getattr(head(pair[0]), "name", "") == curve.integrand
    told = tree.Chain((tree.Integral(pair[1], tree.Letter("t"), None, None),), ()) if named and pair is not None else chain
    integral, _ = next(_paid([told]), (None, ()))
    (name,) = _payers(integral, ()) if integral is not None else ("",)
    return integral if integral is not None and _is_spelt(along(integral.body, Curve(name))) else None


def with_momentum(after: Context, example: Context) -> Context:
    """With p of p = F_{y'} and H as the notes have told them for any F."""
    told = next((known for known in after.of("p") if known.told), None)
    letters = dict(example.letters)
    for known in after.of("H") if told is not None else ():
        letters[known.letter] = Declared(known.letter, "H", kind="function", sign=told.sign if told else 1, source="proposed")
    example = replace(example, letters=letters).assume(*({"optimal"} & {*after.hypotheses}))
    if told is None or example.of("p"):
        return replace(example, letters={name: replace(known, sign=told.sign, told=LATER) if told and known.symbol == "p" else known
                                         for name, known in letters.items()})
    made = in_components(example, "p", [tree.Letter(told.letter)])
    return replace(made, letters={name: replace(known, sign=told.sign, told=LATER) if known.symbol == "p" else known
                                  for name, known in made.letters.items()})


def is_of_any(context: Context) -> bool:
    """Does it speak of an F of any form, F(x, y, y')?"""
    return bool(context.option(CURVE)) and not context.parts("x")


def _without_curve(context: Context, ends_told: bool) -> Context:
    kept = ("t",) if ends_told else ("t", "t0", "t1")
    letters = {name: known for name, known in context.letters.items() if known.symbol in kept or known.source == "declared"}
    options = {name: value for name, value in context.options.items() if name not in (CURVE, HELD, FREE)}
    return replace(context, letters=letters, options=options, laws=())


def _of_any_form(name: str, size: str, context: Context) -> Context:
    shape = (size, "1")
    for letter, symbol in ((name, "x"), (rate_name(name), "w")):
        context = context.declare(Declared(letter, symbol, shape, "path", source="proposed"))
    return replace(context, laws=(*context.laws, RATES))


def _in_numbers(paid: Iterable[Node], chains: Sequence[Node], name: str, context: Context) -> Context:
    """With y, y' and the constants of an F that is written out as components."""
    used = [part for node in paid for part in unscripted(node)]
    context = in_components(in_components(context, "x", [tree.Letter(name)]), "w", [tree.Letter(rate_name(name))])
    context = in_components(context, "theta", parameters(used, context))
    places = [tree.Letter(known.letter) for symbol in ("t0", "t1") for known in context.of(symbol)]
    context = costates_named(chains, [name], [*used, *places], context)  # type: ignore[arg-type]
    held_ends = list(arrivals(chains, context))  # type: ignore[arg-type]
    context = in_components(context, "theta", [*(letter for letter in parameters(used, context)), *(item.multiplier for item in held_ends)])
    context = replace(context, laws=(*context.laws, *laws(held_ends, context)))
    first = (tree.Number(Fraction(1)),)
    return replace(context, laws=(*context.laws, replace(RATES, right=tree.Vector(((Symbol("w", part=first),),)))))


def _paid(chains: Sequence[tree.Chain]) -> Iterator[tuple[tree.Integral, Sequence[tree.Chain]]]:
    """The integrals in time that take the rate of one letter, or an F that the notes write out so; F(x, y, y') is told before."""
    for at, chain in enumerate(chains):
        for node in (part for side in chain.sides for part in walk(side) if isinstance(part, tree.Integral)):
            told = chains[: at + 1] if isinstance(node.body, tree.Call) else chains
            if node.by == tree.Letter("t") and len(_payers(node, told)) == 1:
                yield node, told


def _integrands(integral: tree.Integral, chains: Iterable[tree.Chain]) -> tuple[Node, ...]:
    """F of int F dx, and what the notes say it is."""
    function = head(integral.body)
    told = [pair for chain in chains if function is not None and (pair := pair_of(chain)) and head(pair[0]) == function]
    return integral.body, *(side for pair in told for side in pair)


def _names(integral: tree.Integral, chains: Iterable[tree.Chain]) -> Iterator[str]:
    """F of int F dx, and of F = y'^2 + y^2 where that is the integrand."""
    called = head(integral.body)
    equal = [pair[0] for chain in chains if (pair := pair_of(chain)) and pair[1] == integral.body]
    letters = [letter for letter in (called, *map(head, equal)) if letter is not None and not (letter.below or letter.above)]
    yield from (letter.name for letter in letters)


def _payers(integral: tree.Integral, chains: Sequence[tree.Chain]) -> set[str]:
    paid = _integrands(integral, chains)
    nodes = [part for node in paid for part in walk(node)]
    if any(rate_of(term) for node in nodes if isinstance(node, tree.Sum) for term in map(tree.unsigned, node.terms)):  # lambda (z-dot - f)
        return set()
    weighed = [part for node in nodes for part in _weighed(node)]
    weighed += [part for node in paid if isinstance(node, tree.Call) for part in node.arguments]
    return {name for part in weighed if (name := rate_of(part)) == "varphi" or (name.islower() and name not in ("f", "g", *USUAL_COSTATES))}


def _directions(chains: Iterable[tree.Chain], name: str) -> Iterator[str]:
    """eta of int (F_y eta + F_{y'} eta') dx."""
    for body in (part.body for chain in chains for part in walk(chain) if isinstance(part, tree.Integral)):
        moved = [term.factors[-1] for term in tree.terms(body) if isinstance(term, tree.Product)]
        rates = [rate_of(part) for part in moved]
        yield from (letter for letter in rates if letter not in ("", name) and tree.Letter(letter) in moved)


def _weighed(node: Node) -> tuple[Node, ...]:
    """y' of y'^2, |y'|^2 and y'^T M y'."""
    if isinstance(node, tree.Power):
        return (node.base,)
    if isinstance(node, tree.Function):
        return node.arguments
    first = node.factors[0] if isinstance(node, tree.Product) else None
    turned = isinstance(node, tree.Product) and isinstance(first, tree.Transposed) and first.of == node.factors[-1]
    return (first.of,) if turned and isinstance(first, tree.Transposed) else ()


def is_held_length(chain: tree.Chain) -> bool:
    """int sqrt(1 + y'^2) dx = l, which not every neighbour satisfies."""
    pair = pair_of(chain)
    told = isinstance(pair[1], tree.Letter | tree.Number) and pair[1] != tree.Number(Fraction(0)) if pair is not None else False
    return told and pair is not None and any(isinstance(part, tree.Integral) for part in walk(pair[0]))


def _moves(chain: tree.Chain, name: str) -> bool:
    """y-dot = f(y, u), y-ddot = F(y, y-dot): a field, or more than a control's letter."""
    pair = pair_of(chain)
    if pair is not None and accelerated(pair[0]) == tree.Letter(name):
        return isinstance(pair[1], tree.Call) and tree.Letter(name) in pair[1].arguments
    if pair is None or rate_of(pair[0]) != name or isinstance(pair[1], tree.Letter):
        return False
    calls = [part for part in walk(pair[1]) if isinstance(part, tree.Call) and tree.Letter(name) in map(head, part.arguments)]
    return bool(calls) or any(isinstance(part, tree.Letter) and part.name in USUAL_CONTROLS for part in walk(pair[1]))


def _variations(text: str, name: str) -> Iterator[str]:
    """eta of y + epsilon eta; the delta of y + epsilon delta y is read as it is."""
    sign = re.escape(name if len(name) == 1 else f"\\{name}")
    found = re.search(rf"(?<![A-Za-z\\]){sign}{_PLACE}\s*\+\s*{_SMALL}\s*(?:\\,\s*)?\\?([A-Za-z]+){_PLACE}", text)
    yield from [found[1]] if found is not None and found[1] != "delta" else []


def momentum(chain: tree.Chain, context: Context) -> Introduced:
    """p = F_{y'}: minus the costate along an optimum, and so of H = p y' - F."""
    pair = pair_of(chain)
    letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) else None
    if pair is None or letter is None or not context.option(CURVE) or not may_be_costate(key(letter), context):
        return None
    made = resolve(pair[1], context)
    sign, slope = (1, made.of) if isinstance(made, tree.Negative) else (-1, made)
    if not _is_slope(slope):
        return None
    known = context.letters.get(key(letter))
    costate = known if known is not None and known.symbol == "p" else Declared(key(letter), "p", ("1", "n"), "path", source="proposed")
    costate = replace(costate, sign=sign, told="its meaning")
    return "definition", (key(letter),), replace(context.assume("optimal"), letters={**context.letters, key(letter): costate})


def steered(chain: tree.Chain, context: Context) -> Introduced:
    """y' = u, the view of control: another name for the rate, and costates beside the momentum p = F_{y'}, which stays what it was."""
    pair = pair_of(chain) if is_of_any(context) else None
    pair = pair[::-1] if pair is not None and isinstance(pair[0], tree.Letter) and key(pair[0]) in USUAL_CONTROLS else pair  # u = y'
    letter = pair[1] if pair is not None and resolve(pair[0], context) == Symbol("w") and isinstance(pair[1], tree.Letter) else None
    if letter is None or key(letter) not in USUAL_CONTROLS or key(letter) in context.letters:
        return None
    momenta = {known.letter: _as_slope(known) for known in context.of("p") if known.told == "its meaning"}
    letters = {name: known for name, known in {**context.letters, **momenta}.items() if known.symbol != "H"}  # of p y' - F
    rate = next(known for known in context.of("w"))
    return "assumption", (), replace(context, letters={**letters, key(letter): replace(rate, letter=key(letter))})


def _as_slope(momentum: Declared) -> Declared:
    """p as F_{y'}, and no more as minus the costate."""
    slope = tree.Derivative(Applied("L"), (Symbol("w"),), "partial")
    body = slope if momentum.sign < 0 else tree.Negative(slope)
    return Declared(momentum.letter, own(momentum.letter), momentum.shape, "defined", body=body, source="proposed")


def _is_slope(node: Node) -> bool:
    """F_{y'}."""
    named = isinstance(node, tree.Derivative) and isinstance(node.of, Symbol | Applied) and node.of.name == "L"
    return named and isinstance(node, tree.Derivative) and [getattr(by, "name", "") for by in node.by] == ["w"]


def sliding(chain: tree.Chain, context: Context) -> Introduced:
    """y = phi(x): another curve, on which an end may slide, and no costate phi."""
    pair = pair_of(chain) if is_of_any(context) else None
    letter = head(pair[1]) if pair is not None and isinstance(pair[1], tree.Call) else None
    plain = pair is not None and letter is not None and not letter.below and getattr(pair[1], "arguments", ()) == (tree.Letter("t"),)
    if pair is None or letter is None or not plain or key(letter) in context.letters or resolve(pair[0], context) != Symbol("x"):
        return None
    return "assumption", (key(letter),), context.declare(Declared(key(letter), own(key(letter)), kind="path", source="proposed"))


def held(chain: tree.Chain, context: Context) -> Introduced:
    """eta(a) = eta(b) = 0: curves through given ends."""
    ends_ = (Symbol("t0"), Symbol("t1"))
    sides = [resolve(side, context) for side in chain.sides] if context.option(CURVE) else []
    moved = [side.of for side in sides[:-1] if isinstance(side, tree.Variation)]
    if not moved or sides[-1] != tree.Number(Fraction(0)) or {*chain.relations} != {"="} or len(moved) != len(sides) - 1:
        return None
    places = {part.at for part in moved if isinstance(part, Symbol) and part.name == "x"}
    if not places or not places <= {*ends_}:
        return None
    told = {*context.option(HELD).split(), *(place.name for place in places if isinstance(place, Symbol))}
    return "assumption", (), replace(context, options={**context.options, HELD: " ".join(sorted(told))})


def is_held_end(node: Node) -> bool:
    """eta(b) of eta(a) = eta(b) = 0."""
    return isinstance(node, tree.Variation) and getattr(node.of, "at", None) in (Symbol("t0"), Symbol("t1"))


def are_held(context: Context) -> bool:
    """Does no variation move an end, by what is said of it, or as all curves start and end at given points?"""
    given = context.law("start") is not None and "fixed end" in context.hypotheses
    return bool(context.option(CURVE)) and (given or context.option(HELD).split() == ["t0", "t1"])


def between_held_ends(left: Node, right: Node) -> tuple[Node, Node]:
    """delta J = int (F_y - g-dot) eta dt as int (F_y eta + g eta-dot) dt, which is the same where the ends are held."""
    nodes = [*walk(left), *walk(right)]
    moves = any(isinstance(node, tree.Variation) and getattr(node.of, "name", "") in ("J", "w") for node in nodes)
    placed = any(isinstance(node, tree.Evaluated) and node.less for node in nodes)
    return (_beside_ends(left), _beside_ends(right)) if moves and not placed else (left, right)


def objection(left: Node, right: Node, context: Context, sentence: str) -> str:
    """Of F_{y'} = 0 at a, where y(a) may be given; of y'' = y for any F; of variations that solve Jacobi's equation; "" of all else."""
    if not context.option(CURVE):
        return in_doubt(left, right, context)
    nodes = [*walk(left), *walk(right)]
    names, moved = symbols(left) | symbols(right), [node for node in nodes if isinstance(node, tree.Variation)]
    if isinstance(left, tree.Evaluated) and left.at == (Symbol("t0"),) and _is_slope(left.of):
        return "a natural condition at the start, where the settings have a given state"
    if "w" in names and not moved and not names & {"L", "H", "p", "J", "J_a"} and not context.parts("w"):
        return "it is of an integrand of its own"
    alone = isinstance(left, Symbol) and left.name in ("x", "w", "J") and not names & {"x", "w", "p", "L"} - {left.name}
    if alone and left not in walk(right) and not (ends_known(context) or frees(sentence, context)):
        return "it is of the one curve through given ends"
    rates = (node for node in nodes if isinstance(node, tree.Derivative) and _is_rate(node))
    varied_rate = any(part in moved and getattr(getattr(part, "of", None), "name", "") == "w" for node in rates for part in walk(node.of))
    return "it is of variations that lead to other extremals" if varied_rate and not names & {"J", "p"} else ""


def _beside_ends(side: Node) -> Node:
    kept = _with_rates(side, False)
    return side if kept is None else tree.Sum((*tree.terms(side), tree.Negative(kept), tree.Negative(_taken_over(kept))))


def _with_rates(node: Node, inside: bool) -> Node | None:
    """int g-dot eta dt alone, with all signs and factors; None where nothing is differentiated in time."""
    if isinstance(node, tree.Derivative):
        return node if inside and _is_rate(node) else None
    if isinstance(node, tree.Integral):
        body = _with_rates(node.body, True)
        return replace(node, body=body) if body is not None else None
    if isinstance(node, tree.Negative):
        inner = _with_rates(node.of, inside)
        return tree.Negative(inner) if inner is not None else None
    if isinstance(node, tree.Sum):
        terms = tuple(term for part in node.terms if (term := _with_rates(part, inside)) is not None)
        return tree.Sum(terms) if len(terms) > 1 else terms[0] if terms else None
    factors = [_with_rates(factor, inside) for factor in node.factors] if isinstance(node, tree.Product) else []
    if not isinstance(node, tree.Product) or len(factors) - factors.count(None) != 1:
        return None
    return replace(node, factors=tuple(made or factor for made, factor in zip(factors, node.factors, strict=True)))


def _taken_over(node: Node) -> Node:
    """int g eta-dot dt of int g-dot eta dt."""
    if isinstance(node, tree.Derivative) and _is_rate(node):
        return node.of
    if isinstance(node, tree.Variation) and isinstance(node.of, Symbol) and node.of.name == "x":
        return replace(node, of=replace(node.of, name="w"))
    return rebuilt(node, _taken_over)


def _is_rate(node: tree.Derivative) -> bool:
    return node.kind == "total" and [getattr(by, "name", "") for by in node.by] == ["t"]


def supposed(paragraph: str) -> str:
    """`Suppose that F does not depend on x.` of the paragraph before a formula, whose sentence may be another one."""
    return " ".join(words for words in sentences(paragraph) if SUPPOSING.search(words))


def frees(sentence: str, context: Context) -> bool:
    """Does it speak of an end that is not prescribed, or of an end cost that is added, for which there is a choice then?"""
    return bool(context.option(CURVE)) and (FREE_END.search(sentence.lower()) or END_COST.search(sentence)) is not None


def _is_still(left: Node, sentence: str, context: Context) -> bool:
    """Do the words say that F does not depend on the argument that a first integral is free of: on x, or on y for F_{y'}?"""
    found = STILL.search(sentence.lower())
    named = {*re.findall(r"\$\s*\\?(\w+)\s*\$", sentence[found.start() :])} if found is not None else set()
    curve, clock = context.option(CURVE).split()[0], context.option("clock of time") or "t"
    asked = curve if isinstance(left, tree.Derivative) and isinstance(left.of, tree.Derivative) else clock
    return found is not None and (asked in named or not named & {curve, clock})


def _paid_at_end(context: Context) -> Context:
    """With Psi(y(b)) added to what is paid, of any Psi."""
    priced = Applied("Psi", (("x", Symbol("x", at=Symbol("t1"))),))
    laws_ = (replace(law, right=tree.Sum((law.right, priced))) if law.kind == "objective" else law for law in context.laws)
    return replace(context, laws=tuple(laws_))


def _with_end_cost(words: str, context: Context) -> Context:
    """With g of "if g(y(b)) is added" as the end cost, and without it where the next words say no such thing."""
    found, before = END_COST.search(words), context.option(SPOKEN)
    name = (found[1] or found[2]) if found is not None else ""
    if name == before or (name and name in context.letters):
        return context
    context = replace(context, letters={other: known for other, known in context.letters.items() if other != before},
                      options={**context.options, SPOKEN: name})
    return context.declare(Declared(name, "Psi", kind="function", source="proposed")) if name else context


def freed(context: Context, chain: object, *words: str) -> Context:
    """With the end of an example's curve free, where the words of its formulas say so: y(1) libre; and a part of an end that was held."""
    if words and not context.option(CURVE):
        return released(context, chain, words[0])
    context = _with_end_cost(" ".join(words), context)
    free = frees(" ".join(words), context) and context.parts("x")
    return replace(context, options={**context.options, FREE: "yes"}) if free else context


def in_its_problem(left: Node, right: Node, context: Context, sentence: str) -> tuple[Node, Node, Context]:
    """With the end free, or F free of x or of y, or div f = 0, where the sentence says so of what holds then."""
    left, right = along_flow(left, right, context, sentence)
    if frees(sentence, context):
        hypotheses = tuple(name for name in context.hypotheses if name != "fixed end")
        laws_ = tuple(law for law in context.laws if law.kind not in ("end", "arrival"))
        context = freed(replace(context, hypotheses=hypotheses, laws=laws_), None, sentence)
        context = _paid_at_end(context) if END_COST.search(sentence) else context
    left, right = (_inner(side) if context.option(CURVE) else side for side in (left, right))
    if not frees(sentence, context) and are_held(context):
        left, right = between_held_ends(left, right)
    if context.option(CURVE) and not _moves_curve(left, right):
        context = context.assume("optimal")
    if "t0" in context.option(HELD).split():
        context = context.assume("fixed start")
    if not context.option(CURVE) or not is_first_integral(left, right) or not _is_still(left, sentence, context):
        return left, right, context
    return next(first_integrals(left, right, context))


def _inner(node: Node) -> Node:
    """L_w w of w L_w, which is a number in whatever order it is written."""
    node = rebuilt(node, _inner)
    factors = node.factors if isinstance(node, tree.Product) and len(node.factors) == 2 else ()
    turned = bool(factors) and factors[0] == Symbol("w") and _is_slope(factors[1])
    return replace(node, factors=factors[::-1]) if turned and isinstance(node, tree.Product) else node


def _moves_curve(left: Node, right: Node) -> bool:
    """Does it speak of neighbours of the curve, and not of extremals alone, and of what J is for these?"""
    nodes = [*walk(left), *walk(right)]
    worth = left == Symbol("J") and not symbols(right) & {"x", "w", "L", "J"}
    return any(isinstance(node, tree.Variation) or (getattr(node, "name", "") in ("J", "eps") and not worth) for node in nodes)


def first_integrals(left: Node, right: Node, context: Context) -> Iterator[tuple[Node, Node, Context]]:
    """d/dx (F - y' F_{y'}) = 0 for an F that is free of x, d/dx F_{y'} = 0 for one that is free of y."""
    if context.option(CURVE) and is_first_integral(left, right):
        alone = isinstance(left, tree.Derivative) and isinstance(left.of, tree.Derivative)
        yield restricted(left, right, context.assume("optimal"), "x" if alone else "t", ("L",), False)


def is_first_integral(left: Node, right: Node) -> bool:
    """d/dx (F - y' F_{y'}) = 0."""
    return isinstance(left, tree.Derivative) and _is_rate(left) and right == tree.Number(Fraction(0))
