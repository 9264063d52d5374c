"""The best linear estimate, with which notes on data assimilation begin (3D-Var), or what they say where nothing moves.

    J(x) = (x - x_b)' B^-1 (x - x_b)/2 + (H x - y)' R^-1 (H x - y)/2,      0 = B^-1 (x_a - x_b) + H' R^-1 (H x_a - y)

x_a = X claims that this is so for x_a = X: the cost has no other minimum.  With numbers for all letters of one variable, lines are
reckoned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from adjointcheck.notes.letters.context import Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.implicit_states import is_moving

INVERSE, ONE, ZERO = (tree.Negative(tree.Number(Fraction(1))), tree.Number(Fraction(1)), tree.Number(Fraction(0)))
HALF = (tree.Quotient(ONE, tree.Number(Fraction(2))), tree.Number(Fraction(1, 2)))
MARKS = ("a", "*", "hat", "opt")  # of the estimate: x_a, x^a, x^*, hat x
KEPT = ("gradients", "jacobian", "star", "prime")
NUMBER = "number of "
REACH = 10  # formulas in which an estimate, its gain and its numbers are told
SHAPES = {"prior": ("n", "1"), "spread": ("n", "n"), "operator": ("d", "n"), "data": ("d", "1"), "noise": ("d", "d")}


@dataclass(frozen=True)
class Estimate:
    """x_b, B, H, y and R as they are written, and x where the cost is."""

    prior: tree.Letter
    spread: tree.Letter
    operator: tree.Letter
    data: tree.Letter
    noise: tree.Letter
    state: tree.Letter | None = None

    @property
    def letters(self) -> Mapping[str, tree.Letter]:
        """By what they are."""
        return {name: getattr(self, name) for name in SHAPES}


def name_of(letter: tree.Letter) -> str:
    """x_b, x^b and hat x."""
    return "^".join([key(letter), *(getattr(mark, "name", "?") for mark in letter.above)])


def marked(node: Node, state: tuple[Node, ...] = ()) -> Node:
    """Letters with a mark above, x^b and hat x, as plain letters of that name; nabla is by the state."""
    power = node if isinstance(node, tree.Power) and isinstance(node.base, tree.Letter) and isinstance(node.exponent, tree.Letter) else None
    if power is not None and isinstance(power.base, tree.Letter) and isinstance(power.exponent, tree.Letter):
        return tree.Letter(f"{key(power.base)}^{power.exponent.name}") if power.exponent.name != "T" else tree.Transposed(power.base)
    if isinstance(node, tree.Letter) and (node.above or node.accents):
        return tree.Letter(name_of(node))
    if isinstance(node, tree.Derivative) and node.kind == "nabla" and not node.by:
        node = replace(node, by=state)
    return rebuilt(node, lambda child: marked(child, state))


def in_estimate(formula: Node, context: Context) -> Node:
    """A formula of an estimate, with its letters by their names."""
    state = tuple(tree.Letter(known.letter) for known in context.of("theta"))
    return marked(formula, state) if context.law("estimate") is not None else formula


def estimating(chains: Sequence[tree.Chain | None], context: Context) -> Context | None:
    """The context of an estimate whose cost, or whose value with its gain right behind it, is the first formula."""
    near = [made for chain in chains[:REACH] if chain is not None and isinstance(made := marked(chain), tree.Chain)]
    found = _of_cost(near[0]) or _of_gain(near[0], near[1:]) if near and chains[0] is not None else None
    if found is None:
        return None
    letters = [Declared(name_of(letter), own(name_of(letter).replace("^", "_")), SHAPES[role], source="proposed")
               for role, letter in found.letters.items()]
    letters += [Declared(key(found.state), "theta", ("n", "1"), source="proposed")] if found.state is not None else []
    options = {option: value for option, value in context.options.items() if option in KEPT}
    bare = replace(context, letters={known.letter: known for known in letters}, options=options, laws=())
    bare = bare.assume(f"symmetric {name_of(found.spread)}", f"symmetric {name_of(found.noise)}")
    law = Law("estimate", ZERO, _slope(found, tree.Letter("x at rest"), replace(bare, letters={
        **bare.letters, "x at rest": Declared("x at rest", "estimate", ("n", "1"))})))
    best = _best(found, bare)
    named = {name_of(letter) for chain in near for letter in walk(chain) if isinstance(letter, tree.Letter) and _is_marked(letter)
             and letter.name.partition("^")[0].rpartition(" ")[2] == found.prior.name.partition("^")[0]}
    for name in named - bare.letters.keys():
        symbol = own(name.replace("^", "_").replace(" ", "_"))
        bare = bare.declare(Declared(name, symbol, SHAPES["prior"], "defined", body=best, source="proposed"))
    return _foretold(near[1:], replace(bare, laws=(law, Law("best", ZERO, best))))


def _slope(found: Estimate, state: tree.Letter, context: Context) -> Node:
    """B^-1 (x - x_b) + H' R^-1 (H x - y)."""
    gap = tree.Sum((state, tree.Negative(found.prior)))
    missed = tree.Sum((tree.Product((found.operator, state)), tree.Negative(found.data)))
    paid = tree.Product((tree.Power(found.spread, INVERSE), gap))
    seen = tree.Product((tree.Transposed(found.operator), tree.Power(found.noise, INVERSE), missed))
    return resolve(tree.Sum((paid, seen)), context)


def _best(found: Estimate, context: Context) -> Node:
    """x_b + B H' (H B H' + R)^-1 (y - H x_b)."""
    turned = tree.Transposed(found.operator)
    seen = tree.Sum((tree.Product((found.operator, found.spread, turned)), found.noise))
    missed = tree.Sum((found.data, tree.Negative(tree.Product((found.operator, found.prior)))))
    return resolve(tree.Sum((found.prior, tree.Product((found.spread, turned, tree.Power(seen, INVERSE), missed)))), context)


def _foretold(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With K of x_a = x_b + K (y - H x_b), which is K = ... right behind it."""
    for chain in chains:
        pair = pair_of(chain)
        letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) else None
        if pair is None or letter is None or name_of(letter) in context.letters or _is_marked(letter):
            continue
        body = resolve(pair[1], context)
        if not unknown(body) and symbols(body) & {known.symbol for known in context.letters.values()}:
            context = context.declare(Declared(name_of(letter), own(name_of(letter)), ("", ""), "defined", body=body, source="proposed",
                                               told="a later line"))
    return context


def _is_marked(letter: tree.Letter) -> bool:
    """x_a, x^a, hat x."""
    marks = [getattr(mark, "name", "") for mark in letter.below] or [letter.name.partition("^")[2] or letter.name.partition(" ")[0]]
    return len(marks) == 1 and marks[0] in MARKS


def _of_cost(chain: tree.Chain) -> Estimate | None:
    """J(x) = (x - x_b)' B^-1 (x - x_b)/2 + (H x - y)' R^-1 (H x - y)/2."""
    pair = pair_of(chain)
    call = pair[0] if pair is not None and isinstance(pair[0], tree.Call) and len(pair[0].arguments) == 1 else None
    state = call.arguments[0] if call is not None else None
    terms = tree.terms(pair[1]) if pair is not None else ()
    parts = [part for term in terms if (part := _misfit(term)) is not None]
    if not isinstance(state, tree.Letter) or state.below or len(terms) != 2 or len(parts) != 2:
        return None
    priors = [(other, weight) for gap, weight in parts if (other := _beside(gap, state)) is not None]
    seen = [(factors[0], other, weight) for gap, weight in parts for term in gap
            if len(factors := _factors(term)) == 2 and factors[1] == state and (other := _beside(gap, tree.Product(factors))) is not None]
    if len(priors) != 1 or len(seen) != 1:
        return None
    (prior, spread), (operator, data, noise) = priors[0], seen[0]
    return Estimate(prior, spread, operator, data, noise, state) if isinstance(operator, tree.Letter) else None


def _misfit(term: Node) -> tuple[tuple[Node, ...], tree.Letter] | None:
    """The terms of r, without their signs, and W of r' W^-1 r/2."""
    factors = _spread(_factors(term))
    if len(factors) != 4 or factors[0] not in HALF or factors[1] != tree.Transposed(factors[3]) or not isinstance(factors[3], tree.Sum):
        return None
    weight = factors[2].base if isinstance(factors[2], tree.Power) and factors[2].exponent == INVERSE else None
    signs = {isinstance(part, tree.Negative) for part in factors[3].terms}
    if not isinstance(weight, tree.Letter) or len(factors[3].terms) != 2 or len(signs) != 2:
        return None
    return tuple(tree.unsigned(part) for part in factors[3].terms), weight


def _spread(factors: Sequence[Node]) -> tuple[Node, ...]:
    """With r' W r for the square of the norm of r in W."""
    found: list[Node] = []
    for factor in factors:
        norm = factor.base if isinstance(factor, tree.Power) and factor.exponent == tree.Number(Fraction(2)) else None
        if isinstance(norm, tree.Function) and norm.name == "norm" and norm.below is not None:
            found += [tree.Transposed(norm.arguments[0]), norm.below, norm.arguments[0]]
        else:
            found.append(factor)
    return tuple(found)


def _factors(node: Node) -> tuple[Node, ...]:
    return node.factors if isinstance(node, tree.Product) else ()


def _beside(gap: Sequence[Node], one: Node) -> tree.Letter | None:
    """The letter that is the other term."""
    others = [part for part in gap if part != one]
    return others[0] if len(others) == 1 and isinstance(others[0], tree.Letter) else None


def _of_gain(chain: tree.Chain, behind: Sequence[tree.Chain]) -> Estimate | None:
    """x_a = x_b + K (y - H x_b), and K = B H' (H B H' + R)^-1 behind it."""
    pair = pair_of(chain)
    prior, *corrected = tree.terms(pair[1]) if pair is not None else (ZERO,)
    factors = _factors(corrected[0]) if len(corrected) == 1 else ()
    gap = factors[1].terms if len(factors) == 2 and isinstance(factors[1], tree.Sum) else ()
    told = next((found for other in behind[:2] if (found := _gain(other, factors[:1])) is not None), None)
    if pair is None or told is None or not isinstance(pair[0], tree.Letter) or not _is_marked(pair[0]) or len(gap) != 2:
        return None
    plain = [tree.unsigned(part) for part in gap]
    data = [part for part in plain if isinstance(part, tree.Letter)]
    fits = tree.Product((told[1], prior)) in plain and len(data) == 1
    return Estimate(prior, told[0], told[1], data[0], told[2]) if fits and isinstance(prior, tree.Letter) else None


def _gain(chain: tree.Chain, gain: tuple[Node, ...]) -> tuple[tree.Letter, tree.Letter, tree.Letter] | None:
    """B, H and R of K = B H' (H B H' + R)^-1."""
    pair = pair_of(chain)
    match _factors(pair[1]) if pair is not None and (pair[0],) == gain else ():
        case (tree.Letter() as spread, tree.Transposed(of=tree.Letter() as operator) as turned, tree.Power() as power):
            terms = tree.terms(power.base) if power.exponent == INVERSE else ()
        case _:
            return None
    noise = [term for term in terms if term != tree.Product((operator, spread, turned))]
    return (spread, operator, noise[0]) if len(terms) == 2 and len(noise) == 1 and isinstance(noise[0], tree.Letter) else None


def estimated(chain: tree.Chain, context: Context) -> tuple[str, tree.Chain, tuple[str, ...], Context] | None:
    """What a line says of an estimate: a number of one of its letters, what follows from the numbers, or 0 = grad J(X) of x_a = X."""
    law = context.law("estimate")
    if law is None or len(chain.sides) < 2 or {*chain.relations} != {"="}:
        return None
    return _numbered(chain, context) or _reckoned(chain, context) or _analysed(chain, law.right, context)


def _numbered(chain: tree.Chain, context: Context) -> tuple[str, tree.Chain, tuple[str, ...], Context] | None:
    """x_b = 10."""
    letter = chain.sides[0]
    known = context.letters.get(name_of(letter)) if isinstance(letter, tree.Letter) else None
    value = _value(resolve(chain.sides[1], context), {})
    if known is None or known.body is not None or known.symbol == "theta" or value is None or len(chain.sides) > 2:
        return None
    return "assumption", chain, (), replace(context, pieces={**context.pieces, NUMBER + known.symbol: value})


def _reckoned(chain: tree.Chain, context: Context) -> tuple[str, tree.Chain, tuple[str, ...], Context] | None:
    """K = 4/5, where all letters of K have numbers."""
    numbers = {name.removeprefix(NUMBER): value for name, value in context.pieces.items() if name.startswith(NUMBER)}
    bodies = {known.symbol: known.body for known in context.letters.values() if known.body is not None}
    values = [_value(resolve(side, context), {**bodies, **numbers}) for side in chain.sides]
    named = symbols(resolve(chain.sides[0], context))
    if not numbers or any(value is None for value in values) or not named:
        return None
    if not _is_sound(values[0], numbers, context):
        return "definition", chain, (), context
    return "claim", replace(chain, sides=tuple(value for value in values if value is not None)), (), context


def _is_sound(value: Node | None, numbers: Mapping[str, Node], context: Context) -> bool:
    """Is it the gain, the estimate or its variance, or is nothing divided?  A letter may be told wrongly, and its number be right."""
    prior, spread, operator, data, noise = (numbers.get(known.symbol) for known in [*context.letters.values()][: len(SHAPES)])
    known = [_fraction(number) for number in (prior, spread, operator, data, noise)]
    made = _fraction(value)
    if not any(isinstance(part, tree.Power) for part in walk(value or ZERO)):
        return True
    if made is None or any(number is None for number in known):
        return False
    x, b, h, y, r = (number or Fraction(0) for number in known)
    gain = b * h / (h * b * h + r) if h * b * h + r else Fraction(0)
    return made in (gain, (1 - gain * h) * b, x + gain * (y - h * x))


def _fraction(node: Node | None) -> Fraction | None:
    """Of a formula in numbers alone."""
    match node:
        case tree.Number(value=value):
            return Fraction(value)
        case tree.Negative(of=of):
            return -inner if (inner := _fraction(of)) is not None else None
        case tree.Sum(terms=parts) | tree.Product(factors=parts):
            values = [_fraction(part) for part in parts]
            whole = sum if isinstance(node, tree.Sum) else prod
            return None if None in values else Fraction(whole(value for value in values if value is not None))
        case tree.Quotient(above=above, below=below):
            a, b = _fraction(above), _fraction(below)
            return a / b if a is not None and b else None
        case tree.Power(base=base, exponent=exponent):
            a, b = _fraction(base), _fraction(exponent)
            return Fraction(a**b) if a and b is not None and b.denominator == 1 else None
        case _:
            return None


def _value(node: Node, known: Mapping[str, Node]) -> Node | None:
    """The formula with numbers for its letters, of one variable; None where one has none."""
    if isinstance(node, Symbol):
        inner = ONE if node.name == "I" else known.get(node.name)
        return None if inner is None or node.at is not None else inner if isinstance(inner, tree.Number) else _value(inner, known)
    if isinstance(node, tree.Transposed):
        return _value(node.of, known)
    if not isinstance(node, tree.Number | tree.Sum | tree.Product | tree.Quotient | tree.Power | tree.Negative):
        return None
    made = rebuilt(node, lambda child: _value(child, known) or tree.Words("?"))
    return None if any(isinstance(part, tree.Words) for part in walk(made)) else made


def _analysed(chain: tree.Chain, slope: Node, context: Context) -> tuple[str, tree.Chain, tuple[str, ...], Context] | None:
    """x_a = X claims that the cost is stationary there."""
    letter, value = chain.sides[0], resolve(chain.sides[1], context)
    new = isinstance(letter, tree.Letter) and _is_marked(letter) and len(chain.sides) == 2
    data = next(known.symbol for known in context.letters.values() if known.shape == SHAPES["data"])
    told = data in symbols(value) and not any(isinstance(part, tree.Extremum) for part in walk(value))
    if not new or unknown(value) or not isinstance(letter, tree.Letter) or not told:
        return None
    return "claim", tree.Chain((_put(slope, value), ZERO), ("=",)), (), context


def _put(node: Node, value: Node) -> Node:
    return value if node == Symbol("estimate") else rebuilt(node, lambda child: _put(child, value))


def leaves(chain: tree.Chain, one: Context, other: Context) -> bool | None:
    """Does a formula leave an estimate?  Nothing returns to it; None where neither of the two is one."""
    if one.law("estimate") is None:
        return None if other.law("estimate") is None else False
    return is_apart(chain, one)


def is_apart(chain: tree.Chain, context: Context) -> bool:
    """Does a formula speak of a model: does something move, is something summed, or do new letters bear an index of steps?"""
    summed = any(isinstance(part, tree.Series | tree.Integral) for part in walk(chain))
    return is_moving(chain) or summed or any(_is_placed(part, context) for part in walk(chain) if isinstance(part, tree.Letter))


def _is_placed(letter: tree.Letter, context: Context) -> bool:
    """x_k and x_0."""
    indices = {getattr(mark, "name", "") or str(getattr(mark, "value", "")) for mark in letter.below}
    return bool(indices & {"k", "i", "n", "t", "j", "0"}) and name_of(letter) not in context.letters


def opening(chains: Sequence[tree.Chain | None], context: Context) -> tuple[int, int, Context] | None:
    """Where an estimate begins and ends, and its context."""
    at, found = next(((i, found) for i in range(len(chains)) if (found := estimating(chains[i:], context)) is not None), (0, None))
    if found is None:
        return None
    ends = (i for i, chain in enumerate(chains) if i > at and chain is not None and is_apart(chain, found))
    return at, next(ends, len(chains)), found
