"""Stages of Runge-Kutta methods: what X_i, k_i, a_ij and b_i are follows from the two laws of a method.

    X_i = x_n + h sum_j a_ij f(X_j)   or   k_i = f(x_n + h sum_j a_ij k_j)   and then   x_{n+1} = x_n + h sum_i b_i f(X_i)

A stage letter with one index of its own in a line about costates is the costate P_i of a stage (Hager 2000): what J gains by a change
of the slope k_i, over h b_i; a letter with two indices is the partner's tableau, b_j - b_j a_ji / b_i, unless the notes define it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import MOTIONS, ROLES, Context, Declared, Law, key
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.numbered import STEPS
from adjointcheck.notes.letters.own_letters import slope_shape
from adjointcheck.notes.letters.quantities import OWN_STAGE, is_staged
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, head, introduced_function, pair_of, propose, role_in, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
TABLEAUS = {"lower", "weights", "nodes", "partner", "stages"}
ONE = tree.Number(Fraction(1))
SPOKEN = {*TABLEAUS, "x", "p", "f", "h", "l", "t", "theta", "stage", "slope", "stage_costate", "stage_control"}  # of by a letter of stages


def staged(context: Context) -> bool:
    """Do the notes have a law of stages?"""
    return context.law("stages") is not None


def _index(node: Node) -> str:
    """The name of a plain index."""
    return node.name if isinstance(node, tree.Letter) and not (node.below or node.above or node.accents) else ""


def _layer(node: Node, context: Context) -> bool:
    """n, n + 1: an index of layers?"""
    names = {part.name for part in walk(node) if isinstance(part, tree.Letter)}
    return any(context.letters.get(name, Declared("", "")).symbol in ("l", "N") for name in names)


def _own_indices(letter: Node | None, context: Context) -> tuple[str, ...]:
    """The indices of a letter that do not count layers, if all of them are plain."""
    if not isinstance(letter, tree.Letter) or {*letter.accents} & {*MOTIONS} or letter.above:
        return ()
    names = tuple(_index(part) for part in letter.below if not _layer(part, context))
    return names if all(names) else ()


def named(letter: tree.Letter) -> str:
    """a of a_ij, hat a of hat a_ij."""
    return key(replace(letter, below=()))


def _sums(node: Node, context: Context) -> Iterator[tuple[tree.Series, tree.Letter]]:
    """Sums over stages, each with its coefficient: the first letter in it with stage indices alone."""
    for part in walk(node):
        if isinstance(part, tree.Series) and part.kind == "sum" and _index_of(part):
            found = [letter for letter in walk(part.body) if _index_of(part) in _own_indices(letter, context)]
            yield from ((part, letter) for letter in found[:1] if isinstance(letter, tree.Letter))


def _index_of(series: tree.Series) -> str:
    return _index(series.index) if series.index is not None else ""


def _nodes(node: Node, context: Context) -> Iterator[tuple[str, Node]]:
    """(c, h) of t_n + c_i h."""
    for part in walk(node):
        if not isinstance(part, tree.Sum) or len(part.terms) != 2:
            continue
        time, shift = part.terms
        timed = isinstance(time, tree.Letter) and "t" in (time.name, role_in(replace(time, below=()), context))
        factors = shift.factors if timed and isinstance(shift, tree.Product) and len(shift.factors) == 2 else ()
        counted = [factor for factor in factors if len(_own_indices(factor, context)) == 1]
        steps = [factor for factor in factors if factor not in counted]
        if len(counted) == len(steps) == 1 and isinstance(counted[0], tree.Letter):
            yield named(counted[0]), steps[0]


def _clocked(node: Node, context: Context) -> Context:
    """With the nodes c_i and the time step h of t_n + c_i h."""
    for name, step in _nodes(node, context):
        context = _declared("nodes", name, context)
        if isinstance(step, tree.Letter) and key(step) not in context.letters and not context.of("h"):
            context = context.declare(Declared(key(step), "h", source="proposed"))
    return context


def _state(node: Node, context: Context) -> tree.Letter | None:
    """The x_n in a law: the first letter with one subscript that is the state's, or that counts nothing here."""
    subscripted = (part for part in walk(node) if isinstance(part, tree.Letter) and len(part.below) == 1 and _index(part.below[0]))
    return next((part for part in subscripted if role_in(replace(part, below=()), context) == "x"), None)


def stage_law(chain: tree.Chain, context: Context) -> Introduced:
    """X_i = x_n + h sum_j a_ij f(X_j), k_i = f(x_n + h sum_j a_ij k_j)."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    if pair is None or not isinstance(letter, tree.Letter) or context.law("stages") or role_in(replace(letter, below=()), context) == "x":
        return None
    state = _state(pair[1], context)
    context = _counted(state, context)
    own = _own_indices(letter, context)
    sums = [(series, c) for series, c in _sums(pair[1], context) if len(own) == 1 and _own_indices(c, context) == (*own, _index_of(series))]
    nodes = {name for name, _ in _nodes(pair[1], context)}
    inner = {named(part) for series, _ in sums for part in walk(series.body)
             if isinstance(part, tree.Letter) and _own_indices(part, context) == (_index_of(series),)} - nodes
    controls = {name for name in inner - {named(letter)} if name in USUAL_CONTROLS or role_in(tree.Letter(name), context) == "w"}
    inner -= controls
    if state is None or len(sums) != 1 or inner != {named(letter)} or len(nodes) > 1:
        return None
    sloped = isinstance(pair[1], tree.Call)
    context = _controlled(controls, _clocked(pair[1], context))
    names = named(letter), named(sums[0][1])
    context = _declared("slope" if sloped else "stage", names[0], _declared("lower", names[1], context))
    context = _method(pair[1], context)
    law = Law("stages", resolve(letter, context), resolve(pair[1], context))
    return ("assumption", names, replace(context, laws=(*context.laws, law))) if not unknown(law.right) else None


def _controlled(names: set[str], context: Context) -> Context:
    """With u_{ki} as the control of a stage; u_k is the one of a time step still."""
    for name in names:
        known = context.letters.get(name) or Declared(name, "w", source="proposed")
        role = ROLES["stage_control"]
        made = replace(known, symbol=role.symbol, shape=context.of("w")[0].shape if context.of("w") else role.shape, kind=role.kind)
        context = replace(context, letters={**context.letters, name: made})
    return context


def stage_update(chain: tree.Chain, context: Context) -> Introduced:
    """x_{n+1} = x_n + h sum_i b_i f(X_i)."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    if pair is None or not staged(context) or context.law("layers") or not isinstance(letter, tree.Letter) or successor(letter) is None:
        return None
    context = _clocked(pair[1], context)
    sums = [(series, c) for series, c in _sums(pair[1], context) if _own_indices(c, context) == (_index_of(series),)]
    if role_in(replace(letter, below=()), context) != "x" or len(sums) != 1:
        return None
    name = named(sums[0][1])
    context = _method(pair[1], _declared("weights", name, context))
    law = Law("layers", resolve(letter, context), resolve(pair[1], context))
    return ("assumption", (name,), replace(context, laws=(*context.laws, law))) if not unknown(law.right) else None


def one_stage(chain: tree.Chain, context: Context) -> Context:
    """Without the stages of before, where x_{n+1} = x_n + h f(x_n, u_n), or one of f at other states, is the method from here on."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    if pair is None or not staged(context) or not isinstance(letter, tree.Letter) or successor(letter) is None:
        return context
    made, state = resolve(pair[1], context), role_in(replace(letter, below=()), context) == "x"
    told = {known.symbol for known in context.letters.values() if (known.kind, known.body is None) in (("path", False), ("constant", True))}
    inner = {name for name in told if not is_staged(name)}
    series = any(isinstance(part, tree.Series) for part in walk(made))
    plain = not series and symbols(made) <= {"x", "h", "f", "w", "theta", "t", "l", *inner}
    return _without_stages(context) if state and plain and "f" in symbols(made) else context


def _without_stages(context: Context) -> Context:
    spoken = (*TABLEAUS, "stage", "slope", "stage_costate")
    letters = {name: replace(known, symbol="w") if known.symbol == "stage_control" else known for name, known in context.letters.items()
               if known.symbol not in spoken and not is_staged(known.symbol)}
    laws = tuple(law for law in context.laws if law.kind not in ("stages", "layers"))
    return replace(context, letters=letters, laws=laws)


def _declared(symbol: str, name: str, context: Context) -> Context:
    role = ROLES[symbol]
    return context if name in context.letters else context.declare(Declared(name, symbol, role.shape, role.kind, source="proposed"))


def _counted(state: tree.Letter | None, context: Context) -> Context:
    """The n of x_n counts layers."""
    name = _index(state.below[0]) if state is not None else ""
    context = context.declare(Declared(name, "l", kind="index", source="proposed")) if name and not context.of("l") else context
    return replace(context, options={**context.options, "over": "layers"}) if name else context


def _method(node: Node, context: Context) -> Context:
    """The field and the time step of a law."""
    for part in walk(node):
        function = head(part) if isinstance(part, tree.Call) else None
        known = context.letters.get(key(function)) if function is not None else None
        if function is not None and (known is None or (known.symbol == "f" and known.arguments is None)):
            context, _ = introduced_function(part, "f", context)
    for part in walk(node):
        factor = next((f for f in part.factors if _index(f) or _is_step(f)), None) if isinstance(part, tree.Product) else None
        summed = isinstance(part, tree.Product) and any(isinstance(f, tree.Series) for f in part.factors)
        if isinstance(factor, tree.Letter) and summed and key(factor) not in context.letters and not context.of("h"):
            context = context.declare(Declared(key(factor), "h", source="proposed"))
    return context


def _is_step(node: Node) -> bool:
    """Delta t."""
    return isinstance(node, tree.Letter) and key(node) in STEPS


def stage_letters(chain: tree.Chain, context: Context) -> Context:
    """Unknown letters of a claim with stage indices: the costates of stages, the partner's tableau."""
    if not staged(context):
        return context
    costates = any(isinstance(part, tree.Letter) and role_in(replace(part, below=()), context) == "p" for part in walk(chain))
    for part in _outside_calls(chain):
        own = _own_indices(part, context)
        if not isinstance(part, tree.Letter) or named(part) in context.letters or not own:
            continue
        if len(own) == 2:
            context = context.declare(Declared(named(part), "partner", ("s", "s"), source="usual"))
        elif costates:
            p = context.of("p")[0]
            context = context.declare(replace(p, letter=named(part), symbol="stage_costate", source="usual"))
    return context


def _outside_calls(node: Node) -> Iterator[Node]:
    """All parts that are no argument of a function."""
    yield node
    for child in (node.function,) if isinstance(node, tree.Call) else children(node):
        yield from _outside_calls(child)


def guessed(sides: Iterable[Node], context: Context) -> str:
    """The letter in a formula of which nothing but custom says what it is."""
    names = {part.name for side in sides for part in walk(side) if isinstance(part, Symbol)}
    open_ = (d.letter for symbol in ("stage_costate", "partner") if symbol in names for d in context.of(symbol) if d.source == "usual")
    return next(open_, "")


def confirmed(sides: Iterable[Node], context: Context) -> Context:
    """With the letters of a proved formula, which holds for what custom takes them for."""
    names = {part.name for side in sides for part in walk(side) if isinstance(part, Symbol)}
    letters = {name: replace(d, source="proposed") if d.source == "usual" and d.symbol in names & {"stage_costate", "partner"} else d
               for name, d in context.letters.items()}
    return replace(context, letters=letters)


def stage_gradient(chain: tree.Chain, context: Context) -> Introduced:
    """bar k_i = dJ/dk_i of an explicit method with X_i and k_i = f(X_i): h b_i p_{n+1}' + h sum_{j>i} a_ji f_x(X_j)' bar k_j."""
    pair, law = pair_of(chain), context.law("stages")
    letter = pair[0] if pair else None
    own = _own_indices(letter, context)
    if pair is None or law is None or not isinstance(letter, tree.Letter) or len(own) != 1 or named(letter) in context.letters:
        return None
    context = propose(tree.Chain((pair[1],), ()), context)
    right = resolve(pair[1], context)
    slope, column = (right.of, True) if isinstance(right, tree.Transposed) else (right, False)
    by = slope.by[0] if isinstance(slope, tree.Derivative) and len(slope.by) == 1 else None
    paid = isinstance(slope, tree.Derivative) and getattr(slope.of, "name", "") in ("J", "Psi")
    if not paid or not isinstance(by, Symbol) or by.name != "slope" or not context.of("stage") or not explicit(law.right):
        return None
    name = f"{OWN_STAGE}{named(letter).replace(' ', '_')}"
    body = _gained(name, own[0], by.at, law.right, column)
    shape = ("n", "1") if column else ("1", "n")
    made = Declared(named(letter), name, shape, ROLES["stage"].kind, arguments=own, source="proposed", body=body)
    return "definition", (named(letter),), context.declare(made)


def _gained(name: str, index: str, at: Node | None, rule: Node, column: bool) -> Node:
    """What J gains by a change of the slope k_i, as a column or a row."""
    here, later = (Symbol(letter, bound=True) for letter in (index, "j" if index != "j" else "i"))
    field = next(part for part in walk(rule) if isinstance(part, Applied) and part.name == "f")
    arguments = tuple((slot, Symbol("stage", at=at, part=(later,)) if slot == "x" else value) for slot, value in field.arguments)
    slope: Node = tree.Derivative(replace(field, arguments=arguments), (Symbol("x"),), "partial")
    price: Node = Symbol("p", at=tree.Sum((Symbol("l"), ONE)))
    own: Node = Symbol(name, at=at, part=(later,))
    pulled = (tree.Transposed(slope), own) if column else (own, slope)
    weighed = tree.Product((Symbol("lower", part=(later, here)), *pulled))
    rest = tree.Series("sum", weighed, later, tree.Sum((here, ONE)), Symbol("stages"))
    first = tree.Product((Symbol("h"), Symbol("weights", part=(here,)), tree.Transposed(price) if column else price))
    return tree.Sum((first, tree.Product((Symbol("h"), rest))))


def stage_definition(chain: tree.Chain, context: Context) -> Introduced:
    """A_ij = b_j - b_j a_ji / b_i, Y_i = y_n + h sum_j a_ij k_j, F_i = f_x(Y_i), M_i = h f_x(Y_i)^T (b_i p_{n+1} + sum_{j>i} a_ji M_j)."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    own = _own_indices(letter, context)
    if pair is None or not isinstance(letter, tree.Letter) or len(own) not in (1, 2) or not staged(context):
        return None
    name, usual = named(letter), "partner" if len(own) == 2 else "stage"
    if name in context.letters:
        return None
    new = Declared(name, f"{OWN_STAGE}{name.replace(' ', '_')}", ROLES[usual].shape, ROLES[usual].kind, arguments=own, source="proposed")
    body = on_clock(resolve(pair[1], context.declare(new)), context)
    names = {part.name for part in walk(body) if isinstance(part, Symbol | Applied) and not getattr(part, "bound", False)}
    others = {known.symbol for known in context.letters.values() if is_staged(known.symbol)}
    states = "slope" in names and names <= {"x", "h", "l", "stages", "slope", "lower"} and not context.of("stage")
    if len(own) == 1 and isinstance(body, tree.Derivative) and isinstance(body.of, Applied) and body.of.name == "f" and "stage" in names:
        return "definition", (name,), context.declare(replace(new, shape=slope_shape(body, context), body=body))  # f_x(X_i)
    weighed = "p" in names or any(name.startswith(OWN_STAGE) for name in names - {new.symbol})
    fits = names <= TABLEAUS if len(own) == 2 else states or (weighed and names <= {*SPOKEN, *others, new.symbol})
    if unknown(body) or not fits or (new.symbol in names and not _descends(body, new)):
        return None
    taken = len(own) == 1 and not states
    declared = replace(new, symbol=new.symbol if taken or context.of(usual) else usual, body=body)
    return "definition", (name,), context.declare(declared)


def _descends(body: Node, new: Declared) -> bool:
    """Does a letter rest on itself at later stages alone, or at earlier ones?  P_i = p_{n+1} + ... is the costate of a stage by custom."""
    inner = [part for part in walk(body) if isinstance(part, tree.Series) and new.symbol in symbols(part)]
    alone = any(isinstance(core, Symbol) and core.name == "p" for core in map(core_of, tree.terms(body)))
    beyond = {"lower": tree.Number(Fraction(1)), "upper": tree.Negative(tree.Number(Fraction(1)))}
    own = Symbol(new.arguments[0], bound=True) if new.arguments else None
    strict = all(any(getattr(part, end) == tree.Sum((own, step)) for end, step in beyond.items()) for part in inner if own is not None)
    return bool(inner) and strict and not alone


def clock(context: Context) -> tuple[Node, str] | None:
    """(t_n + c_j h, j) of the law of stages; None where it speaks of no time."""
    law = context.law("stages")
    functions = [part for part in walk(law.right) if isinstance(part, Applied) and part.name == "f"] if law is not None else []
    time = dict(functions[0].arguments).get("t") if functions else None
    nodes = [part for part in walk(time) if isinstance(part, Symbol) and part.name == "nodes"] if time is not None else []
    index = nodes[0].part[0] if nodes else None
    return (time, index.name) if time is not None and isinstance(index, Symbol) else None


def indexed_by(node: Node, letter: str, index: Node) -> Node:
    """With another stage index in the place of a letter."""
    if isinstance(node, Symbol) and node.bound and node.name == letter:
        return index
    return rebuilt(node, lambda child: indexed_by(child, letter, index))


def on_clock(node: Node, context: Context) -> Node:
    """f(t_n + c_i h, X_i) for f(X_i), where f depends on time."""
    found = clock(context)
    if found is None:
        return node
    node = rebuilt(node, lambda child: on_clock(child, context))
    arguments = dict(node.arguments) if isinstance(node, Applied) and node.name == "f" else {}
    stage = arguments.get("x")
    if not isinstance(node, Applied) or "t" in arguments or not isinstance(stage, Symbol) or stage.name != "stage":
        return node
    return replace(node, arguments=(("t", indexed_by(found[0], found[1], stage.part[0])), *node.arguments))


def is_particular(sides: Iterable[Node], context: Context) -> bool:
    """Does it speak of the second stage or of f at x_n, and of no a_21 or b_2: of one method, whose coefficients no formula tells?"""
    nodes = [part for side in sides for part in walk(side)] if staged(context) and not context.option("method") else []
    staged_letters = [part for part in nodes if isinstance(part, Symbol) and is_staged(part.name)]
    fields = [dict(part.arguments).get("x") for part in nodes if isinstance(part, Applied) and part.name == "f"]
    if not staged_letters and any(isinstance(state, Symbol) and state.name == "x" for state in fields):
        return True
    counted = [part for part in staged_letters if part.name != "nodes" and all(isinstance(index, tree.Number) for index in part.part)]
    fixed = {part.name in TABLEAUS for part in counted}
    return fixed == {False}


def is_step_alone(sides: Iterable[Node], context: Context) -> bool:
    """p_n = (1 + h c + h^2 c^2/2) p_{n+1}: of one time step, without a letter of the method."""
    names = {name for side in sides for name in symbols(side)} if staged(context) and not context.option("method") else set()
    return {"p", "h"} <= names and not any(map(is_staged, names))


def free_indices(nodes: Iterable[Node], bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """The stage indices that no sum binds."""
    found: frozenset[str] = frozenset()
    for node in nodes:
        inner = bound | {node.index.name} if isinstance(node, tree.Series) and isinstance(node.index, Symbol) else bound
        parts = node.part if isinstance(node, Symbol) and is_staged(node.name) else ()
        found |= {part.name for item in parts for part in walk(item) if isinstance(part, Symbol) and part.bound} - bound
        found |= free_indices(children(node), inner)
    return found


def tableau_of(text: str) -> tuple[list[list[str]], list[list[str]]]:
    """The rows of a_ij, and b_i as one row, of a method that the notes name (`named_methods.Method.written`)."""
    lower, weights = ([row.split() for row in part.split(";")] for part in text.split("|"))
    return lower, weights


def explicit(rule: Node) -> bool:
    """Do the sums in a law of stages end before the stage itself?"""
    uppers = [part.upper for part in walk(rule) if isinstance(part, tree.Series)]
    return bool(uppers) and all(isinstance(upper, tree.Sum) for upper in uppers)
