"""States of rest, f(x, theta) = 0, and fixed points, z = f(z, theta), as of deep equilibrium models: there is no time.

    dx/dtheta = -f_x^-1 f_theta,   f_x' xi = Psi_x',   dPsi/dtheta = Psi_theta - xi' f_theta      (the implicit function theorem)

A letter that solves a linear equation, xi or lambda in any sign, is what that equation makes of it; in a Lagrangian Psi + lambda' f
it is what makes that stationary in x.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import LATER, ROLES, Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import STARS, Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.nets import in_full
from adjointcheck.notes.letters.quantities import LAGRANGIAN, OPTIMAL
from adjointcheck.notes.letters.shorthand import squares
from adjointcheck.notes.letters.usage import USUAL_PARAMETERS, constants, head, moving, pair_of, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.linear_rest import declared, is_symmetric, restated

Introduced = tuple[str, tuple[str, ...], Context] | None
ZERO, ONE = tree.Number(Fraction(0)), tree.Number(Fraction(1))
INVERSE = tree.Negative(ONE)
REACH = 8  # formulas behind the equation, one of which speaks of how its state depends on the parameters
KEPT = ("gradients", "jacobian", "star", "prime", "net")
MOVED = {tree.Derivative(Symbol("x"), (Symbol(name),), "total") for name in ("theta", "w")}
FLOW = (Applied("f"), Symbol("x"))


def is_moving(chain: tree.Chain) -> bool:
    """Does something move in time, or from layer to layer?"""
    pair = pair_of(chain)
    return pair is not None and (moving(pair[0]) is not None or (isinstance(pair[0], tree.Letter) and successor(pair[0]) is not None))


def resting(chains: Sequence[tree.Chain | None], said: Sequence[tree.Chain], fields: frozenset[str], context: Context,
            moved: bool = True) -> Context | None:
    """The context of an equilibrium whose equation is the first formula, where the next ones speak of how it depends on parameters.

    `said`: what the words between them name, such as l(z).  `fields`: the functions by which something moves; of any others no equation
    is one of rest where something has `moved` before.
    """
    chains, linear = restated([chain if chain is None else replace(chain, sides=tuple(map(squares, chain.sides))) for chain in chains])
    behind = [chain for chain in chains[1 : REACH + 1] if chain is not None]
    first = chains[0] if chains and not is_symmetric(linear, context) else None
    found = (_equation(first) or _equation_of_slopes(first, behind)) if first is not None else None
    if found is None or (fields and moved and key(found[0].function) not in fields):  # type: ignore[arg-type]
        return None
    call, fixed = in_full(found[0]), found[1]
    letters = [letter for argument in call.arguments if (letter := _whole(argument)) is not None]
    pair = _pair(behind, letters, fixed, bool(fields))
    told = _differentiates((chain for chain in chains if chain is not None), letters, fixed) if pair is not None else None
    pair = told or pair
    others = [letter for letter in letters if pair is not None and letter not in pair]
    stepped = len({letter.name for letter in letters}) < len(letters)  # r_k(x_k, x_{k-1}) = 0
    if pair is None or len(letters) < len(call.arguments) or len(others) > 1 or stepped:
        return None
    roles = {"x": pair[0], "theta": pair[1], **({"w": others[0]} if others else {})}
    slots = tuple(next(role for role, letter in roles.items() if letter == one) for one in letters)
    name = key(call.function)  # type: ignore[arg-type]
    made = [Declared(key(letter), role, ROLES[role].shape, ROLES[role].kind, source="proposed") for role, letter in roles.items()]
    made += [Declared(name, "f", ROLES["f"].shape, "function", arguments=slots, source="proposed"), *_costs(chains, said, name, roles)]
    weighed = {"net": name} if len(found[0].arguments) < len(call.arguments) else {}
    options = {**{option: value for option, value in context.options.items() if option in KEPT}, **weighed}
    bare = replace(context, letters={known.letter: known for known in made}, options=options, laws=())
    law = Law("rest", Symbol("x") if fixed is not None else ZERO, Applied("f"))
    paid = (Law("objective", Symbol("J"), Applied("Psi")),) if bare.of("Psi") else ()
    return _foretold(behind, declared(linear, replace(bare, laws=(law, *paid))))


def goes_on(rest: Context, before: Context) -> bool:
    """Is it the same equation once more, at rest as before?"""
    rests = rest.law("rest") is not None and before.law("rest") is not None
    return rests and all(_letters_of(rest, role) == _letters_of(before, role) for role in (("f",), ("x", "theta", "w")))


def _letters_of(context: Context, roles: Iterable[str]) -> set[str]:
    return {known.letter for role in roles for known in context.of(role)}


def _foretold(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With the letter that the first adjoint equation further down tells."""
    for chain in chains:
        if (found := lagrangian_told(chain, context) or adjoint_told(chain, context)) is not None:
            later = {name: replace(known, told=LATER) if known.kind == "defined" else known for name, known in found[2].letters.items()}
            return replace(found[2], letters=later)
    return context


def goes_back(chain: tree.Chain, one: Context, other: Context) -> bool | None:
    """Does a formula leave the state of rest, or return to it?  None where neither of the two is one."""
    if one.law("rest") is None and other.law("rest") is None:
        return None
    names = {key(part) for part in walk(chain) if isinstance(part, tree.Letter)} & (other.letters.keys() - one.letters.keys())
    foreign = {other.letters[name].kind for name in names}
    if one.law("rest") is None:
        return "defined" in foreign and not is_moving(chain)
    timed = any(isinstance(part, tree.Integral) or (isinstance(part, tree.Letter) and "dot" in part.accents) for part in walk(chain))
    return timed or is_moving(chain) or bool(foreign & {"path", "function", "functional"})


def _equation(chain: tree.Chain) -> tuple[tree.Call, tree.Letter | None] | None:
    """f(x, theta) of f(x, theta) = 0; f(z, theta) and z of z = f(z, theta)."""
    pair = pair_of(chain)
    for call, other in (pair, pair[::-1]) if pair is not None else ():
        name = call.function if isinstance(call, tree.Call) else None
        plain = isinstance(name, tree.Letter) and not (name.accents or name.above)
        if plain and isinstance(call, tree.Call) and len(in_full(call).arguments) > 1:
            letter = _whole(other)
            if other == ZERO or (letter is not None and letter in map(_whole, call.arguments)):
                return call, letter
    return None


def _equation_of_slopes(chain: tree.Chain, behind: Sequence[tree.Chain]) -> tuple[tree.Call, None] | None:
    """f(x, theta) of df/dtheta = f_theta + f_x dx/dtheta = 0, where f_x has an inverse further down, which no slope of a cost has."""
    for terms in (side.terms for side in chain.sides if isinstance(side, tree.Sum) and len(side.terms) == 2 and chain.sides[-1] == ZERO):
        through = next((term.factors for term in terms if isinstance(term, tree.Product) and len(term.factors) == 2), ())
        slopes = [part for part in (*terms, *through) if isinstance(part, tree.Derivative) and len(part.by) == 1]
        names = [(_whole(part.of), _whole(part.by[0])) for part in slopes]
        if len(names) != 3 or None in (letters := {letter for pair in names for letter in pair}) or len(letters) != 3:
            continue
        (name, inputs), (also, state), last = names
        inverse = any(isinstance(part, tree.Power) and part.exponent == INVERSE and _is_slope(part.base, name, state)
                      for other in behind for part in walk(other))
        if name == also and last == (state, inputs) and inverse:
            return tree.Call(name, (state, inputs)), None  # type: ignore[arg-type]
    return None


def _is_slope(node: Node, of: tree.Letter | None, by: tree.Letter | None) -> bool:
    return isinstance(node, tree.Derivative) and len(node.by) == 1 and (_whole(node.of), _whole(node.by[0])) == (of, by)


def _whole(argument: Node) -> tree.Letter | None:
    """u of u, u(p), u^* and u_*."""
    of = argument.arguments if isinstance(argument, tree.Call) else ()
    timed = any(not isinstance(part, tree.Letter) or part.name in ("t", "T") for part in of)  # x(0), x(t_1)
    letter = head(argument) if isinstance(argument, tree.Letter | tree.Call) and not timed else None
    starred = letter is not None and all(getattr(mark, "name", "") in (*STARS, OPTIMAL) for mark in letter.above)
    return replace(letter, above=(), span=(0, 0)) if letter is not None and starred and not letter.accents else None


def _pair(chains: Sequence[tree.Chain], letters: Sequence[tree.Letter],
          fixed: tree.Letter | None, strict: bool) -> tuple[tree.Letter, tree.Letter] | None:
    """The state and the parameters: u and p of du/dp, or of an equation that a new letter solves, R_u' lambda = -J_u'."""
    if (told := _differentiates(chains, letters, fixed)) is not None:
        return told
    state = fixed or next(iter(letters), None)
    others = [letter for letter in letters if letter != state]
    usual = [letter for letter in others if letter.name in USUAL_PARAMETERS] or others
    varied = any(isinstance(part, tree.Variation) and _whole(part.of) in letters for chain in chains for part in walk(chain))
    meant = fixed is not None or (varied and not strict) or any(_is_solved_for(chain, strict) for chain in chains)
    return (state, usual[0]) if state is not None and usual and meant else None


def _differentiates(chains: Iterable[tree.Chain], letters: Sequence[tree.Letter],
                    fixed: tree.Letter | None) -> tuple[tree.Letter, tree.Letter] | None:
    """u and p of du/dp."""
    for part in (part for chain in chains for part in walk(chain) if isinstance(part, tree.Derivative) and len(part.by) == 1):
        state, inputs = _whole(part.of), _whole(part.by[0])
        if state in letters and inputs in letters and state != inputs and fixed in (None, state):
            return state, inputs  # type: ignore[return-value]
    return None


def _is_solved_for(chain: tree.Chain, strict: bool) -> bool:
    """R_u' lambda = ..., lambda R_u = ... where not `strict`, and the inverse of a slope."""
    def slopes(node: Node) -> bool:
        return any(isinstance(part, tree.Derivative) or (isinstance(part, tree.Letter) and bool(part.below)) for part in walk(node))

    factors = chain.sides[0].factors if isinstance(chain.sides[0], tree.Product) else ()
    turned = any(isinstance(part, tree.Transposed) and slopes(part) for factor in factors[:1] for part in walk(factor))
    powers = (part for part in walk(chain) if isinstance(part, tree.Power) and part.exponent == INVERSE)
    row = not strict and len(factors) == 2 and slopes(factors[1]) and not slopes(factors[0])
    column = turned and any(isinstance(factor, tree.Letter) for factor in factors[-1:])
    return row or column or any(slopes(power.base) for power in powers)


def _costs(chains: Sequence[tree.Chain | None], said: Sequence[tree.Chain], name: str, roles: dict[str, tree.Letter]) -> Iterator[Declared]:
    """What is paid at rest: gamma of gamma_y and d gamma/dp, with the arguments of gamma(y, p)."""
    inputs, chains = {letter: role for role, letter in roles.items()}, [chain for chain in chains if chain is not None]
    calls = [part for chain in (*chains, *said) for part in walk(chain) if isinstance(part, tree.Call)]
    told = {_whole(call.function): tuple(inputs[one] for value in call.arguments if (one := _whole(value)) in inputs)  # type: ignore[index]
            for call in reversed(calls) if roles["x"] in map(_whole, call.arguments)}
    sought = (letter for chain in chains for part in walk(chain) if (letter := _sought(part)) in told)
    found = (letter for chain in chains for part in walk(chain) if (letter := _differentiated(part, inputs)) is not None)
    weighs = {head(chain.sides[0]) for chain in chains if len(chain.sides) > 1 and name in _names(chain.sides[1])}  # L = J + lambda' f
    free = [letter for letter in (*sought, *found) if letter is not None and letter not in {*inputs, *weighs} and key(letter) != name]
    letter = next((letter for letter in free if letter in told), next(iter(free), None))
    if letter is not None:
        yield from _reduced(chains, letter, roles["theta"])
        yield Declared(key(letter), "Psi", ROLES["Psi"].shape, "function", arguments=told.get(letter), source="proposed")


def _reduced(chains: Sequence[tree.Chain], cost: tree.Letter, inputs: tree.Letter) -> Iterator[Declared]:
    """The cost along all states of rest, tilde J of d tilde J/dp, where no line says that it is something else."""
    slopes = (part.of for chain in chains for part in walk(chain) if isinstance(part, tree.Derivative) and part.by == (inputs,))
    marked = {letter for of in slopes if (letter := head(of)) is not None and letter.accents and replace(letter, accents=()) == cost}
    told = {head(chain.sides[0]) for chain in chains if len(chain.sides) > 1}
    yield from (Declared(key(letter), "J", kind="functional", source="proposed") for letter in marked - told)  # type: ignore[operator]


def _sought(part: Node) -> tree.Letter | None:
    """J of min J(u, p)."""
    return head(part.body) if isinstance(part, tree.Extremum) and part.body is not None else None


def _names(node: Node) -> set[str]:
    return {part.name for part in walk(node) if isinstance(part, tree.Letter)}


def _differentiated(part: Node, inputs: Container[tree.Letter | None]) -> tree.Letter | None:
    """gamma of gamma_y and of d gamma/dy."""
    if isinstance(part, tree.Letter) and len(part.below) == 1 and _whole(part.below[0]) in inputs:
        return _whole(replace(part, below=()))
    slope = isinstance(part, tree.Derivative) and len(part.by) == 1 and _whole(part.by[0]) in inputs
    return _whole(part.of) if slope and isinstance(part, tree.Derivative) else None


def at_rest(chain: tree.Chain, context: Context) -> Introduced:
    """f(x, theta) = 0 and z = f(z, theta), in the context of this equation."""
    law, found = context.law("rest"), _equation(chain)
    if law is None or found is None or getattr(resolve(found[0], context), "name", "") != "f":
        return None
    return ("assumption", (), context) if (found[1] is None) == (law.left == ZERO) else None


def reduced_cost(chain: tree.Chain, context: Context) -> Introduced:
    """hat J(p) = J(u(p), p): the cost along all states of rest."""
    pair = pair_of(chain) if context.law("rest") is not None else None
    name = pair[0].function if pair is not None and isinstance(pair[0], tree.Call) else None
    if pair is None or not isinstance(name, tree.Letter) or not unknown(resolve(name, context)):
        return None
    inputs = [resolve(argument, context) for argument in pair[0].arguments] if isinstance(pair[0], tree.Call) else []
    paid = without_time(tree.Chain((resolve(pair[1], context),), ()), context).sides[0]
    plain = isinstance(paid, Applied) and paid.name == "Psi" and all(value == Symbol(slot) for slot, value in paid.arguments)
    if not plain or not {getattr(value, "name", "") for value in inputs} <= {"theta", "w"}:
        return None
    return "definition", (key(name),), context.declare(Declared(key(name), "J", kind="functional", source="proposed"))


def adjoint_told(chain: tree.Chain, context: Context) -> Introduced:
    """A new letter by the linear equation that it solves: f_x' xi = Psi_x', or u = f_z' u + Psi_z'."""
    pair = pair_of(chain) if context.law("rest") is not None else None
    if pair is None:
        return None
    context = _without_foretold(chain, context)
    new = {letter for part in walk(chain) if (letter := _new(part, context)) is not None}
    terms = [*tree.terms(pair[0]), *(tree.Negative(term) for term in tree.terms(pair[1]))]
    found = _solved(terms, new.pop(), context) if len(new) == 1 else None
    if found is None:
        return None
    letter, made, shape = found
    slopes = [part for part in walk(made) if isinstance(part, tree.Derivative)]
    price = any(getattr(slope.of, "name", "") == "Psi" for slope in slopes) or not _speaks_of_cost(made, context)
    whole = {LAGRANGIAN, "J"} & symbols(made)
    if unknown(made) or {slope.by for slope in slopes} != {(Symbol("x"),)} or "f" not in symbols(made) or not price or whole:
        return None
    return "definition", (key(letter),), _declared(letter, made, shape, context)


def _speaks_of_cost(body: Node, context: Context) -> bool:
    """Has it letters that the cost has not, or is no formula of the cost told?"""
    told = {name for known in context.of("Psi") if known.body is not None for name in symbols(known.body)}
    return not told or not symbols(body) <= {*told, "f", "x", "I"}


def _without_foretold(chain: tree.Chain, context: Context) -> Context:
    """The context in which a line tells of a letter that lines before it speak of."""
    names = {key(part) for part in walk(chain) if isinstance(part, tree.Letter)}
    told = {name for name in names if getattr(context.letters.get(name), "told", "") == LATER}
    return replace(context, letters={name: known for name, known in context.letters.items() if name not in told}) if told else context


def _new(node: Node, context: Context) -> tree.Letter | None:
    plain = isinstance(node, tree.Letter) and not (node.above or node.accents or node.name in STARS)
    return replace(node, span=(0, 0)) if plain and isinstance(node, tree.Letter) and unknown(resolve(node, context)) else None


def _declared(letter: tree.Letter, body: Node, shape: tuple[str, str], context: Context) -> Context:
    return context.declare(Declared(key(letter), own(key(letter)), shape, "defined", body=body, source="proposed"))


def _solved(terms: Iterable[Node], letter: tree.Letter, context: Context) -> tuple[tree.Letter, Node, tuple[str, str]] | None:
    """-C^-1 b of C xi + b = 0, -(b C^-1)' of xi' C + b = 0, and -b C^-1 of xi C + b = 0 for a row; b' where gradients are columns."""
    column, turned, row = (letter, False), (tree.Transposed(letter), True), (letter, True)
    for (sought, first), shape in ((column, ("n", "1")), (turned, ("n", "1")), (row, ("1", "n"))):
        parts = [_coefficient(term, sought, first) for term in terms]
        weights = [resolve(weight, context) for weight, _ in parts if weight is not None]
        others = [other for _, other in parts if other is not None]
        rest = [resolve(other, context) for other in others]
        if not weights or not rest or any(letter in walk(other) for other in others) or all(map(_is_one, weights)):
            continue
        transposed = any(isinstance(part, tree.Transposed) for weight in weights for part in walk(weight))
        turn = transposed and not first and all(map(_is_row, rest))
        inverse, paid = tree.Power(tree.summed(weights), INVERSE), tree.Negative(tree.summed(rest))
        body: Node = tree.Product((paid, inverse)) if first else tree.Product((inverse, tree.Transposed(paid) if turn else paid))
        return letter, tree.Transposed(body) if sought != letter else body, shape
    return None


def _is_row(term: Node) -> bool:
    """dPsi/dx without a sign of transposition, which stands for a column beside f_x' xi."""
    inner = tree.unsigned(term)
    return isinstance(inner, tree.Derivative) and getattr(inner.of, "name", "") == "Psi" and inner.kind == "partial"


def _is_one(weight: Node) -> bool:
    return tree.unsigned(weight) in (tree.Letter("I"), Symbol("I"))


def _coefficient(term: Node, sought: Node, first: bool) -> tuple[Node | None, Node | None]:
    """(C, None) of C xi, or of xi C where it stands first; (None, b) of any other b."""
    if isinstance(term, tree.Negative):
        weight, rest = _coefficient(term.of, sought, first)
        return (tree.Negative(weight) if weight is not None else None), (tree.Negative(rest) if rest is not None else None)
    factors = term.factors if isinstance(term, tree.Product) else (term,)
    at = 0 if first else -1
    others = factors[1:] if first else factors[:-1]
    if factors[at] != sought or any(sought in walk(other) for other in others):
        return None, term
    return (others[0] if len(others) == 1 else tree.Product(others) if others else tree.Letter("I")), None


def lagrangian_told(chain: tree.Chain, context: Context) -> Introduced:
    """Psi(x, theta) + lambda' f(x, theta), and with a minus: lambda makes it stationary in x."""
    found = _lagrangian(chain, context) if context.law("rest") is not None else None
    if found is None:
        return None
    name, paid, letter, residual, sign = found
    context = with_cost(paid, _without_foretold(chain, context))
    slope, cost, known = _slope_of(residual), _cost(paid, context), context.letters.get(key(letter))
    if slope is None or cost is None or not (_new(letter, context) or (known is not None and known.kind == "defined")):
        return None
    price = tree.Transposed(tree.Derivative(cost, (Symbol("x"),), "partial"))
    body: Node = tree.Product((tree.Power(tree.Transposed(slope), INVERSE), price))
    after = _declared(letter, tree.Negative(body) if sign > 0 else body, ("n", "1"), context) if known is None else context
    weighed = tree.Product((tree.Transposed(resolve(letter, after)), residual))
    whole = tree.Sum((cost, weighed if sign > 0 else tree.Negative(weighed)))
    return "definition", (key(name),), after.declare(Declared(key(name), LAGRANGIAN, ("1", "1"), "defined", body=whole, source="proposed"))


def _cost(paid: Node, context: Context) -> Applied | None:
    """Psi of Psi(x, theta), and of the formula that it is."""
    value = resolve(paid, context)
    told = [known.body for known in context.of("Psi") if known.body is not None]
    return value if isinstance(value, Applied) and value.name == "Psi" else Applied("Psi") if value in told else None


def with_cost(paid: Node, context: Context) -> Context:
    """With 1/2 |P x - d|^2 as the cost, where nothing else has been paid."""
    if isinstance(paid, tree.Letter | tree.Call) or context.of("Psi"):
        return context
    after = constants(paid, context, ("1", "1"))
    body = resolve(paid, after)
    if unknown(body) or "x" not in symbols(body) or symbols(body) & {"f", "t"}:
        return context
    letter = Declared("cost", "Psi", ROLES["Psi"].shape, "function", body=body, source="proposed")
    return replace(after.declare(letter), laws=(*after.laws, Law("objective", Symbol("J"), Applied("Psi"))))


def _lagrangian(chain: tree.Chain, context: Context) -> tuple[tree.Letter, Node, tree.Letter, Node, int] | None:
    """L, J, lambda, f and the sign of L = J + lambda' f."""
    pair = pair_of(chain)
    name, terms = (head(pair[0]), tree.terms(pair[1])) if pair is not None else (None, ())
    if name is None or len(terms) < 2 or _new(name, _without_foretold(chain, context)) is None:
        return None
    inner, sign = (terms[-1].of, -1) if isinstance(terms[-1], tree.Negative) else (terms[-1], 1)
    factors = inner.factors if isinstance(inner, tree.Product) else inner.arguments if isinstance(inner, tree.Function) else ()
    letter = factors[0].of if factors and isinstance(factors[0], tree.Transposed) else factors[0] if factors else None
    if not isinstance(letter, tree.Letter) or len(factors) != 2:
        return None
    return name, tree.summed(terms[:-1]), letter, resolve([*factors][1], context), sign


def _of_lagrangian(node: Node, context: Context) -> Node:
    """J_u + lambda' f_u of dL/du, where lambda is held, f of dL/d lambda, and dJ/dp of dL/dp with straight d."""
    whole = next((known.body for known in context.of(LAGRANGIAN)), None)
    by = node.by[0] if isinstance(node, tree.Derivative) and node.of == Symbol(LAGRANGIAN) and len(node.by) == 1 else None
    if not isinstance(whole, tree.Sum) or not isinstance(by, Symbol) or not isinstance(node, tree.Derivative):
        return rebuilt(node, lambda child: _of_lagrangian(child, context))
    term = tree.unsigned(whole.terms[1])
    assert isinstance(term, tree.Product)
    if by.name in ("theta", "w") and node.kind == "total":
        return replace(node, of=Symbol("J"))
    rows = context.option("gradients") == "row"
    if by.name not in ("x", "theta", "w"):
        residual = term.factors[1] if term is whole.terms[1] else tree.Negative(term.factors[1])
        held = tree.Transposed(by) == term.factors[0]
        return node if not held else tree.Transposed(residual) if rows else residual
    made = replace(term, factors=(term.factors[0], _partial(term.factors[1], by)))
    row = tree.Sum((_partial(whole.terms[0], by), made if term is whole.terms[1] else tree.Negative(made)))
    return tree.Transposed(row) if node.kind == "nabla" and not rows else row


def _partial(node: Node, by: Symbol) -> Node:
    """f_x - I of f - x."""
    slope = _slope_of(node) if by.name == "x" and isinstance(node, tree.Sum) else None
    terms = [tree.Derivative(term, (by,), "partial") for term in tree.terms(node) if isinstance(tree.unsigned(term), Applied)]
    return slope if slope is not None else tree.summed(terms)


def _slope_of(residual: Node) -> Node | None:
    """f_x of f, f_x - I of f - x, I - f_x of x - f."""
    terms = tree.terms(residual)
    made = {Applied("f"): tree.Derivative(Applied("f"), (Symbol("x"),), "partial"), Symbol("x"): Symbol("I")}
    found = [_signed(term, made) for term in terms]
    return tree.summed([term for term in found if term is not None]) if all(found) and len(terms) < 3 else None


def _signed(term: Node, made: dict[Node, Node]) -> Node | None:
    if isinstance(term, tree.Negative):
        inner = _signed(term.of, made)
        return tree.Negative(inner) if inner is not None else None
    return made.get(replace(term, arguments=()) if isinstance(term, Applied) else term)


def without_time(chain: tree.Chain, context: Context) -> tree.Chain:
    """Of a state of rest: du/dp is along all states of rest, d gamma/dy is by the argument, df/dp is f_u u_p + f_p, and what f or u_p
    enters is a gradient through it.
    """
    if context.law("rest") is None:
        return chain
    first, *others = (_kinds(_of_lagrangian(side, context)) for side in chain.sides)
    through = any("f" in symbols(side) or any("f" in symbols(known.body) for name in symbols(side) for known in context.of(name)
                                              if known.body is not None) for side in others)
    through |= any(MOVED & {*walk(side)} for side in others)
    same = _core(first) in (part for side in others for part in walk(side))  # dJ/dp = dJ/du du/dp + dJ/dp
    others = others if same else [_whole_gradients(side) for side in others]
    return replace(chain, sides=(_gradient(first) if through else _whole_gradients(first), *others))


def _core(node: Node) -> Node:
    return _core(node.of) if isinstance(node, tree.Transposed) else node


def _kinds(node: Node) -> Node:
    node = rebuilt(node, _kinds)
    if isinstance(node, Symbol) and node.name == "x" and getattr(node.at, "name", "") in ("theta", "w"):
        return replace(node, at=None)
    by = node.by[0] if isinstance(node, tree.Derivative) and len(node.by) == 1 else None
    if not isinstance(node, tree.Derivative) or not isinstance(by, Symbol):
        return node
    if node.of == Symbol("x") and by.name in ("theta", "w"):
        return replace(node, kind="total")
    if getattr(node.of, "name", "") == "f" and by.name in ("theta", "w") and node.kind == "total":
        through = tree.Product((tree.Derivative(node.of, (Symbol("x"),), "partial"), tree.Derivative(Symbol("x"), (by,), "total")))
        return tree.Sum((through, replace(node, kind="partial")))
    return replace(node, kind="partial") if isinstance(node.of, Applied) and by.name == "x" else node


def _is_slope_of_cost(node: Node) -> bool:
    return isinstance(node, tree.Derivative) and getattr(node.of, "name", "") == "Psi" and getattr(node.by[0], "name", "") in ("theta", "w")


def _gradient(node: Node) -> Node:
    """d Psi/d theta through the state, alone on the left."""
    if isinstance(node, tree.Transposed):
        return replace(node, of=_gradient(node.of))
    return replace(node, of=Symbol("J"), kind="total") if _is_slope_of_cost(node) and isinstance(node, tree.Derivative) else node


def _whole_gradients(node: Node) -> Node:
    """d Psi/d theta with straight d, wherever it stands."""
    if isinstance(node, tree.Derivative) and node.kind == "total":
        return _gradient(node)
    return rebuilt(node, _whole_gradients)


def is_partial_of_adjoint(chain: tree.Chain, context: Context) -> bool:
    """Is a letter that solves an equation at rest inside of a partial derivative, which holds it?"""
    if context.law("rest") is None:
        return False
    solved = {known.symbol for known in context.letters.values() if known.kind == "defined"}
    return any(bool(symbols(part.of) & solved) for part in walk(chain) if isinstance(part, tree.Derivative) and part.kind != "total")
