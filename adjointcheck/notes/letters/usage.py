"""How letters are used before they are understood: what stands at the head of an expression, and what custom takes a letter for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial, reduce
from itertools import pairwise

from adjointcheck.notes.letters.context import GREEK, ORDER, ROLES, USUAL, Context, Declared, Shape, key, own
from adjointcheck.notes.letters.costs import integrates
from adjointcheck.notes.letters.meaning import INDICES, Applied, Symbol, children, resolve, symbols, walk
from adjointcheck.notes.letters.own_inputs import takes_parameters
from adjointcheck.notes.letters.own_letters import LOOSE, is_placed, own_letters, walk_letters
from adjointcheck.notes.letters.partitions import block_slot
from adjointcheck.notes.letters.quantities import OPTIMAL, STARS, instead, is_output, weights_apart
from adjointcheck.notes.letters.slopes import weighted_apart
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import instant
from adjointcheck.notes.reading.tree import Node

EQUALS = ("=", ":=", "=:", "equiv", "==")
USUAL_STATES = ("x", "z", "y", "h", "q", "X", "s")
USUAL_COSTATES = ("lambda", "p", "a", "mu", "psi", "pi", "varphi", "chi", "nu")
USUAL_CONTROLS = ("u", "w", "v")
USUAL_PARAMETERS = ("theta", "vartheta", "phi", "p", "alpha", "beta", "mu", "c", "k", "W", "w", "Theta")
USUAL_TERMINALS = ("Phi", "Psi", "phi", "varphi", "psi", "E", "ell_f", "L_f", "Phi_f", "V_f", "M", "K", "m", "mathcal{L}", "ell", "l", "S")
USUAL_WEIGHTS = ("Q", "R", "S", "M", "Q_f", "Q_T", "Q_N", "Q_0", "F", "P_f", "P_T")
HAMILTONIANS = ("H", "mathcal{H}", "mathscr{H}", "mathfrak{H}", "mathbb{H}")
RANDOM = "random"  # the option that keeps eps of E[eps^T A eps]
USUAL_ROLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("p", USUAL_COSTATES), ("w", ("u",)), ("theta", ("theta", "vartheta")), ("f", ("f", "F")), ("H", HAMILTONIANS),
    ("Psi", ("Psi", "Phi")), ("L", ("L", "ell")), ("J", ("J", "mathcal{J}")),
)


def head(node: Node) -> tree.Letter | None:
    """The letter of x, x(t), x^T, -x."""
    if isinstance(node, tree.Call):
        return head(node.function)
    if isinstance(node, tree.Negative | tree.Transposed):
        return head(node.of)
    return node if isinstance(node, tree.Letter) else None


def is_unit(letter: tree.Letter) -> bool:
    """e_i, a unit vector, which moves one component alone."""
    return letter.name == "e" and len(letter.below) == 1


def is_symmetric(declared: Declared, context: Context) -> bool:
    """A matrix that is said to be symmetric, or a weight: Q of x' Q x, e' Q^-1 e in a cost, if the dynamics do not speak of it."""
    paid, laws = tree.Sum(tuple(_paid(context))), [context.law("dynamics"), context.law("layers")]
    weighs = declared.symbol in symbols(paid)
    moves = any(law is not None and declared.symbol in symbols(law.right) for law in laws)
    return f"symmetric {declared.letter}" in context.hypotheses or (
        weighs and not moves and (declared.letter in USUAL_WEIGHTS or _is_weight(declared.symbol, paid)))


def _paid(context: Context) -> Iterator[Node]:
    """The cost, with what one observation costs, and what is paid at the start."""
    yield from (law.right for law in context.laws if law.kind in ("objective", "start cost"))
    yield from (known.body for known in context.of("phi") if known.body is not None)


def _is_weight(name: str, cost: Node) -> bool:
    """Does it stand in quadratic forms v' Q v, v' Q^-1 v and (Q v, v) alone?"""
    count = sum(isinstance(part, Symbol) and part.name == name for part in walk(cost))
    forms = (_form(part) for part in walk(cost))
    return 0 < count == sum(_weighs(form, name) for form in forms if isinstance(form, tree.Product))


def _form(node: Node) -> Node:
    """v' Q v of the scalar product (Q v, v)."""
    match node:
        case tree.Function(name="inner", arguments=(tree.Product(factors) as weighed, plain)) if factors[-1] == plain:
            return replace(weighed, factors=(tree.Transposed(plain), *factors))
    return node


def _weighs(node: tree.Product, name: str) -> int:
    """How often it stands between a vector and itself."""
    inner = [factor.base if isinstance(factor, tree.Power) else factor for factor in node.factors]
    return sum(getattr(inner[i], "name", "") == name and tree.Transposed(node.factors[i + 1]) == node.factors[i - 1]
               for i in range(1, len(inner) - 1))


def weighs_control(node: Node) -> bool:
    """w' R w."""
    first, last = (node.factors[-3], node.factors[-1]) if isinstance(node, tree.Product) and len(node.factors) > 2 else (node, node)
    return isinstance(first, tree.Transposed) and first.of == last and isinstance(last, Symbol) and last.name == "w"


def moving(node: Node) -> tree.Letter | None:
    """The letter x of xdot, xdot(t), dx/dt, d x(t)/dt."""
    letter = head(node)
    if letter is not None and letter.accents == ("dot",):
        return replace(letter, accents=())
    if isinstance(node, tree.Derivative) and node.kind in ("total", "partial") and len(node.by) <= 1:
        by = head(node.by[0]) if node.by else None
        if by is None or (by.name == "t" and not by.below):  # dL/dt_1 is no rate
            return head(node.of)
    return None


def pair_of(chain: tree.Chain) -> tuple[Node, Node] | None:
    return (chain.sides[0], chain.sides[1]) if chain.relations and chain.relations[0] in EQUALS else None


def straight(chain: tree.Chain) -> tree.Chain:
    """u' = f(u) of u' = du/dt = f(u)."""
    rates = [moving(side) for side in chain.sides]
    again = len(rates) == 3 and rates[0] is not None and rates[0] == rates[1]
    return tree.Chain((chain.sides[0], chain.sides[2]), chain.relations[1:]) if again else chain


def role_in(letter: tree.Letter | None, context: Context) -> str:
    declared = context.letters.get(key(letter)) if letter else None
    return declared.symbol if declared else ""


def show_plain(node: Node) -> str:
    return key(node) if isinstance(node, tree.Letter) else instant(node)


def differentiates(node: Node) -> bool:
    marked = [part for part in walk(node) if isinstance(part, tree.Letter) and part.below and part.name in "fHL"]
    slopes = [part for part in marked if isinstance(part.below[0], tree.Letter) and part.below[0].name not in INDICES
              and (len(part.below[0].name) == 1 or part.below[0].name in GREEK)]  # L_val is a name
    return bool(slopes) or any(isinstance(part, tree.Derivative) for part in walk(node))


def introduced_function(node: Node, symbol: str, context: Context, timed: bool = True) -> tuple[Context, tuple[str, ...]]:
    """Declare the function of a call, and what its arguments are, by the letters known and usual."""
    function = head(node)
    assert function is not None
    if isinstance(node, tree.Call) and "|" in node.separators:  # p(y | z), a density of data
        return context, ()
    names: list[str] = []
    slots: list[str] | None = None
    if isinstance(node, tree.Call):
        slots, context = [], steering(node, context) if symbol == "L" else context
        for argument in node.arguments:
            context, slot = slot_of(argument, symbol, context, timed, names)
            slots.append(slot)
    role = ROLES[symbol]
    if slots is not None:  # data are no arguments, nor are weights that are told apart
        slots = [slot for slot in slots if slot in ("", *ORDER) or (symbol != "phi" and slot != weights_apart(context))]
    arguments = tuple(slots) if slots is not None else None
    counters = {*INDICES, *(counter.letter for counter in context.of("l"))}
    number = successor(function) or next(iter(function.below), None)  # M_{k+1}(x_k) is of the same family as M_k
    indexed = len(function.below) == 1 and isinstance(number, tree.Letter) and number.name in counters
    function = replace(function, below=()) if indexed and context.over() == "layers" else function
    if slots == ["t"] and symbol in ("L", "f"):
        arguments = None
    known = context.letters.get(key(function))
    if known is not None and known.symbol == symbol and known.source == "declared":
        if known.arguments is None and arguments is not None:
            context = replace(context, letters={**context.letters, key(function): replace(known, arguments=arguments)})
        return context, tuple(names)
    declared = Declared(key(function), symbol, role.shape, role.kind, arguments=arguments, source="proposed")
    return context.declare(declared), (key(function), *names)


def steering(paid: tree.Call, context: Context) -> Context:
    """With c of a running cost U(c) as the control, where it was taken for a constant of the dynamics and nothing else steers."""
    letter = head(paid.arguments[0]) if len(paid.arguments) == 1 else None
    known = context.letters.get(key(letter)) if letter is not None else None
    if known is None or (known.source, known.kind, known.symbol) != ("proposed", "constant", own(known.letter)) or context.of("w"):
        return context
    laws = tuple(replace(law, right=instead(law.right, Symbol(known.symbol), Symbol("w"))) for law in context.laws)
    return replace(context.declare(replace(known, symbol="w", kind="path")), laws=laws)


def slot_of(argument: Node, function: str, context: Context, timed: bool, names: list[str]) -> tuple[Context, str]:
    """Which argument this is: a known letter's role, a time, a control written with its time, else a parameter."""
    letter = head(argument)
    new = letter is not None and bool(letter.below) and letter.name not in (*context.letters, "t", "tau")
    if context.over() == "layers" and letter is not None and new and not context.of("w"):
        names.append(letter.name)
        return context.declare(Declared(letter.name, "w", ROLES["w"].shape, ROLES["w"].kind, source="proposed")), "w"
    made = resolve(argument, context)
    if block := block_slot(made, context):
        return context, block
    if _is_driven(argument, made, context):
        names.append("theta")
        return context.declare(Declared("theta", "w", ROLES["w"].shape, ROLES["w"].kind, source="proposed")), "w"
    roles = ("x", "x0", "stage", "stage_control", "w", "theta", "p")
    found = next((part.name for part in walk(made) if isinstance(part, Symbol) and part.name in roles), "")
    if not found and isinstance(made, Symbol) and is_output(made, context):
        return as_long_as_state(made, context), "x"
    if found:
        return context, {"x0": "x", "stage": "x", "stage_control": "w"}.get(found, found)
    if any(isinstance(part, Symbol) and part.name in ("t", "t0", "t1", "s") for part in walk(made)):
        return context, "t"
    if letter is None or key(letter) in context.letters:
        return context, key(letter) if letter else ""
    name = key(letter) if not letter.below or context.over() != "layers" else letter.name
    written = isinstance(argument, tree.Call) or name in context.timed or (letter.below and context.over() == "layers")
    usual_control = name in USUAL_CONTROLS and (written or name == "u" or not timed)
    symbol = "w" if (written or usual_control) and not context.of("w") else "theta"
    if context.of(symbol) or (symbol == "theta" and takes_parameters(context)):  # two letters of one role would be mistaken for each other
        weighs = symbol == "theta" and not (letter.below or letter.above or letter.accents) and {name} & {*GREEK, *USUAL_PARAMETERS}
        held = function in ("phi", "Psi", "L") and context.over() == "time"
        return (weighted_apart(name, (function,), context), own(name)) if weighs and held else (context, "")
    names.append(name)
    return context.declare(Declared(name, symbol, ROLES[symbol].shape, ROLES[symbol].kind, source="proposed")), symbol


def _is_driven(argument: Node, made: Node, context: Context) -> bool:
    """theta(t), weights that change with time."""
    usual = getattr(made, "name", "") == "theta" and not context.of("theta") and not context.of("w") and context.over() != "layers"
    return usual and isinstance(argument, tree.Call) and argument.arguments == (tree.Letter("t"),)


def as_long_as_state(node: Symbol, context: Context) -> Context:
    """With as many components of an output as the state has, where nothing tells how many: costs are functions of columns so long."""
    size, state = context.of(node.name)[0].shape[0], context.of("x")[0].shape[0]
    if size not in LOOSE:
        return context
    def fitted(shape: Shape) -> Shape:
        return state if shape[0] == size else shape[0], state if shape[1] == size else shape[1]

    return replace(context, letters={name: replace(known, shape=fitted(known.shape)) for name, known in context.letters.items()})


MATRICES = {"A": ("n", "n"), "B": ("n", "k"), "Q": ("n", "n"), "R": ("k", "k"), "S": ("n", "n"), "M": ("n", "n"), "F": ("n", "n"),
            "G": ("n", "k"), "W": ("n", "n"), "b": ("n", "1")}


def constants(node: Node, context: Context, shape: tuple[str, str] = ("n", "1"), held: bool = False) -> Context:
    """Letters that a law of that shape brings in without a word: a control unless `held`, what fits, matrices A, B ..., a discount."""
    context, state = discount(node, context), next(iter(context.of("x")), None)
    shape = state.shape if state is not None and shape == ROLES["x"].shape else shape  # z in R^d
    letters = [part.function if isinstance(part, tree.Call) else part for part in walk_letters(node, context)]
    new = [letter for letter in letters if isinstance(letter, tree.Letter) and not _explains(letter, context)]
    for letter in new:
        name = letter.name if is_placed(letter, context) else key(letter)
        if name in USUAL_CONTROLS and not (held or context.of("w") or _tells_time(letter, node)):
            context = context.declare(Declared(name, "w", ("k", "1"), "path", source="proposed"))
    for name in {key(letter) for letter in new} & {*_beside_numbers(node)}:
        context = context.declare(Declared(name, own(name), source="proposed"))
    context = own_letters(shape, node, reduce(partial(_fitted, node, shape), letters, context))
    for letter in new:
        if letter.name in MATRICES and not _explains(letter, context):
            context = context.declare(Declared(key(letter), own(key(letter)), MATRICES[letter.name], source="proposed"))
    return context


def _beside_numbers(node: Node) -> Iterator[str]:
    """b of w^T x + b, a number."""
    for terms in (part.terms for part in walk(node) if isinstance(part, tree.Sum)):
        forms = [term.factors for term in terms if isinstance(term, tree.Product) and len(term.factors) == 2]
        turned = [one.of for one, _ in forms if isinstance(one, tree.Transposed)]
        yield from ["b"] if tree.Letter("b") in terms and any(isinstance(of, tree.Letter) and of.name.islower() for of in turned) else []


def _tells_time(letter: tree.Letter, node: Node) -> bool:
    """v of W x + t v + b, which weighs the time and is no control."""
    products = (part.factors for part in walk(node) if isinstance(part, tree.Product))
    return any(letter in factors and tree.Letter("t") in factors for factors in products)


def _fitted(node: Node, shape: tuple[str, str], context: Context, letter: Node) -> Context:
    """With u of f(x) + u as long as the state, where the notes do not say how long it is."""
    known = context.letters.get(key(letter)) if isinstance(letter, tree.Letter) else None
    terms = (tree.unsigned(term) for term in tree.terms(node))
    alone = any(isinstance(term, tree.Letter | tree.Call) and head(term) == letter for term in terms)
    if known is None or known.symbol != "w" or known.shape != ROLES["w"].shape or not alone:
        return context
    return replace(context, letters={**context.letters, known.letter: replace(known, shape=shape)})


def noise(node: Node, context: Context, shape: tuple[str, str] = ("n", "1")) -> Context:
    """epsilon of mu + sigma * epsilon, entry by entry: a vector, and no small number."""
    for part in walk(node):
        letters = part.arguments if isinstance(part, tree.Function) and part.name == "hadamard" else ()
        for letter in letters:
            if isinstance(letter, tree.Letter) and USUAL.get(key(letter)) == "eps" and key(letter) not in context.letters:
                context = context.declare(Declared(key(letter), own(key(letter)), shape, source="proposed"))
    return context


def _explains(letter: tree.Letter, context: Context) -> bool:
    """Is the letter known, or a layer's value of a known one?"""
    base = context.letters.get(letter.name)
    placed = base is not None and (base.kind == "function" or (is_placed(letter, context) and base.kind == "path"))
    return key(letter) in {*context.letters, *USUAL} or bool(letter.above) or placed


def discount(node: Node, context: Context) -> Context:
    """rho of exp(-rho t): a constant, for a rate that changed in time would stand under an integral."""
    powers = (part.arguments[0] for part in walk(node) if isinstance(part, tree.Function) and part.name == "exp" and part.arguments)
    for power in powers:
        factors = next((part.factors for part in walk(power) if isinstance(part, tree.Product)), ())
        letters = [factor for factor in factors if isinstance(factor, tree.Letter) and not (factor.above or factor.accents)]
        if len(letters) == len(factors) == 2 and key(letters[1]) == "t" and key(letters[0]) not in {*context.letters, *USUAL}:
            context = context.declare(Declared(key(letters[0]), own(key(letters[0])), source="proposed"))
    return context


def successor(letter: tree.Letter) -> tree.Letter | None:
    """l of x_{l+1}."""
    below = letter.below[-1] if len(letter.below) == 1 else None
    if isinstance(below, tree.Sum) and len(below.terms) == 2 and below.terms[1] == tree.Number(Fraction(1)):
        return below.terms[0] if isinstance(below.terms[0], tree.Letter) else None
    return None


def ended_function(node: Node, context: Context) -> tree.Letter | None:
    """The function of Phi(x(T), T): a call with the state at the end, or at the last layer."""
    function = head(node)
    if not isinstance(node, tree.Call) or function is None or function.accents or role_in(function, context) in ("x", "p", "w"):
        return None
    for argument in node.arguments:
        made = resolve(argument, context)
        if isinstance(made, Symbol) and made.name == "x" and isinstance(made.at, Symbol) and made.at.name in ("t1", "N"):
            return function
    return None


def ends(context: Context, symbol: str, node: Node) -> Context:
    """With the letter of t0 or t1, if it is a new one."""
    name = show_plain(node)
    return context.declare(Declared(name, symbol, kind="place", source="proposed")) if name and name not in context.letters else context


def with_ends(integral: tree.Integral, context: Context) -> Context:
    """The limits of the cost's integral are the ends of the horizon, where the notes have not said what these are."""
    for symbol, limit in (("t0", integral.lower), ("t1", integral.upper)):
        if limit is not None and not context.of(symbol) and USUAL.get(show_plain(limit), symbol) == symbol:
            context = ends(context, symbol, limit)
    return context


def is_paid(node: Node) -> bool:
    """Is it free of integrals, or a constant times one over the whole horizon?"""
    if isinstance(node, tree.Integral):
        return not integrates(node.body) and node.lower in (None, Symbol("t0")) and node.upper in (None, Symbol("t1"))
    if isinstance(node, tree.Sum | tree.Negative):
        return all(map(is_paid, children(node)))
    if isinstance(node, tree.Product | tree.Quotient) and integrates(node):
        running = [part for part in children(node) if integrates(part)]
        constant = not any({"x", "w", "p"} & symbols(part) for part in children(node) if part not in running)
        return len(running) == 1 and constant and is_paid(running[0]) and running[0] is not getattr(node, "below", None)
    return not integrates(node)


def propose(chain: tree.Chain, context: Context) -> Context:
    """Letters that are not declared but usual: a costate, a control, parameters, costs; each shown as taken from custom."""
    letters = [part for part in walk(chain) if isinstance(part, tree.Letter) and not _is_labelled(part)]
    bare = [letter.name for letter in letters if key(letter) not in context.letters]  # H_i that is known is no H
    bare = [] if context.parts("x") else bare  # lambda_1 beside x_1 is no part of a lambda
    names = dict.fromkeys([key(letter) for letter in letters] + bare)
    context = density(chain, context)
    if not context.of("x") or context.law("rest") is not None:
        return context
    context = penalised(chain, loss(chain, context))
    for call in walk(chain):
        function = head(call) if isinstance(call, tree.Call) else None
        if function is not None and not role_in(function, context) and key(function) not in USUAL and not function.accents:
            if ended_function(call, context) is not None and not context.of("Psi") and key(function) in USUAL_TERMINALS:
                context, _ = introduced_function(call, "Psi", context)
    matrices = {*multiplying(chain, context), *(["F"] if _is_written_out(context) else [])}
    moved = {*USUAL_COSTATES} & context.rates  # where lambda moves, no a, p or mu that stands still is a costate
    for symbol, usual in USUAL_ROLES:
        still = {*usual} - moved if symbol == "p" and moved else set[str]()
        found = next((name for name in names if name in usual and name not in {*context.letters, *matrices, *still}), None)
        if found and not context.of(symbol):
            role = ROLES[symbol]
            context = context.declare(Declared(found, symbol, role.shape, role.kind, source="usual"))
    return near_identity(chain, small(chain, context))


def penalised(chain: tree.Chain, context: Context) -> Context:
    """With mu of d(J + mu/2 |K|^2)/dK, which no line before has, as a number."""
    slopes = [part.of for part in walk(chain) if isinstance(part, tree.Derivative) and isinstance(part.of, tree.Sum)]
    products = [term.factors for of in slopes for term in tree.terms(of) if isinstance(term, tree.Product)]
    for factors in (factors for factors in products if any(map(_is_square_norm, factors))):
        letters = [part for factor in factors if not _is_square_norm(factor) for part in walk(factor) if isinstance(part, tree.Letter)]
        for name in {key(letter) for letter in letters} - context.letters.keys():
            context = context.declare(Declared(name, own(name), source="proposed"))
    return context


def _is_square_norm(node: Node) -> bool:
    return isinstance(node, tree.Power) and isinstance(node.base, tree.Function) and node.base.name == "norm"


def near_identity(chain: tree.Chain, context: Context) -> Context:
    """With any square matrix A of det(I + eps A), and of tr(A)."""
    inside = [part.arguments[0] for part in walk(chain) if isinstance(part, tree.Function) and part.name == "det"]
    traced = {part.arguments[0] for part in walk(chain) if isinstance(part, tree.Function) and part.name == "tr"}
    sums = [part.terms for part in inside if isinstance(part, tree.Sum)]
    products = [term.factors for terms in sums if tree.Letter("I") in terms for term in terms if isinstance(term, tree.Product)]
    letters = [*(factor for factors in products for factor in factors), *traced]
    for name in {letter.name for letter in letters if isinstance(letter, tree.Letter) and letter.name in MATRICES}:
        size = context.of("x")[0].shape[0]
        context = context if name in context.letters else context.declare(Declared(name, own(name), (size, size), source="proposed"))
    return context


def _is_written_out(context: Context) -> bool:
    """Is a motion told without a field, A x + B u, beside which F is a matrix?"""
    law = context.law("layers") or context.law("dynamics")
    return law is not None and not any(isinstance(part, Applied) for part in walk(law.right))


def multiplying(chain: tree.Chain, context: Context) -> Iterator[str]:
    """H of H_k x_k, H_k^T and H_k^{-1}: matrices, and neither costs nor fields."""
    for node in walk(chain):
        factors = node.factors if isinstance(node, tree.Product) else ()
        before = [one for one, other in pairwise(factors) if role_in(_bare(head(_varied(other))), context) == "x"]
        inverted = isinstance(node, tree.Power) and isinstance(node.exponent, tree.Negative)
        turned = [node.of] if isinstance(node, tree.Transposed) else [node.base] if isinstance(node, tree.Power) and inverted else []
        scalar = [item for item in turned if isinstance(item, tree.Letter) and item.name not in ("f", "F", *USUAL_COSTATES)]
        yield from (item.name for item in (*before, *scalar) if isinstance(item, tree.Letter) and role_in(_bare(item), context) == "")


def _varied(node: Node) -> Node:
    return node.of if isinstance(node, tree.Variation) else node


def _bare(letter: tree.Letter | None) -> tree.Letter | None:
    return replace(letter, below=()) if letter is not None else None


def _is_labelled(letter: tree.Letter) -> bool:
    """H^{pv}, one of two Hamiltonians."""
    return letter.name in HAMILTONIANS and any(getattr(mark, "name", "") not in (*STARS, OPTIMAL) for mark in letter.above)


LOSSES = ("L", "ell", "mathcal{L}", "E", "C", "loss", "mathcal{E}", "mathcal{C}")


def loss(chain: tree.Chain, context: Context) -> Context:
    """L of dL/dx_l, dL/dx(t), dL/dtheta and L(x(T)), where the notes name no cost: what is paid in the end, through all that follows."""
    law = context.law("objective")
    nameless = law is not None and not {"L", "phi"} & symbols(law.right)  # told in words, "the loss is |x(T) - y|^2"
    for part in walk(chain) if not context.of("J") else ():
        ended = ended_function(part, context) if isinstance(part, tree.Call) and len(part.arguments) == 1 else None
        if ended is not None and key(ended) in LOSSES and key(ended) not in context.letters:
            return context.declare(Declared(key(ended), "J", kind="functional", source="usual"))
        letter = part.of if isinstance(part, tree.Derivative) and len(part.by) == 1 else None
        named = isinstance(letter, tree.Letter) and key(letter) in LOSSES and key(letter) not in context.letters
        if not isinstance(part, tree.Derivative) or not isinstance(letter, tree.Letter) or not named:
            continue
        made = resolve(part.by[0], context)
        layered = context.over() == "layers" and context.law("layers") is not None and getattr(made, "name", "") not in ROLES  # z_l, W_l
        told = part.kind == "total" or nameless
        through = told and getattr(made, "name", "") in ("theta", "x0", "t0", "t1") and context.over() != "layers"
        if through or (isinstance(made, Symbol) and (made.name == "x" or layered) and isinstance(made.at, Symbol | tree.Sum)):
            return context.declare(Declared(key(letter), "J", kind="functional", source="usual"))
    return context


def density(chain: tree.Chain, context: Context) -> Context:
    """p of log p(z(t)): the density along the solution."""
    for part in walk(chain):
        if isinstance(part, tree.Function) and part.name == "log" and part.arguments and isinstance(part.arguments[0], tree.Call):
            if "|" in part.arguments[0].separators:  # p(y | z) of data
                continue
            letter, timed = head(part.arguments[0]), all(getattr(value, "name", "") in ("t", "T") for value in part.arguments[0].arguments)
            if letter is not None and not timed and not context.of("rho") and role_in(letter, context) == "":
                context = context.declare(Declared(letter.name, "rho", kind="path", source="usual"))
    return context


def small(chain: tree.Chain, context: Context) -> Context:
    """The letter of a limit to 0, inside O(...), or of d/ds at s = 0: small."""
    for part in walk(chain):
        letters = (part.by,) if isinstance(part, tree.Limit) else tuple(walk(part.of)) if isinstance(part, tree.BigO) else ()
        if isinstance(part, tree.Evaluated) and isinstance(part.of, tree.Derivative):
            zeros = (at.sides[0] for at in part.at if isinstance(at, tree.Chain) and at.sides[1:] == (tree.Number(Fraction(0)),))
            letters = tuple(letter for letter in zeros if letter in part.of.by)
        for letter in letters:
            if isinstance(letter, tree.Letter) and key(letter) not in context.letters and key(letter) not in USUAL:
                context = context.declare(Declared(key(letter), "eps", kind="variable", source="usual"))
    return context
