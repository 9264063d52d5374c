"""Stages of Runge-Kutta methods: what X_i, k_i, a_ij and b_i are follows from the two laws of a method.

    X_i = x_n + h sum_j a_ij f(X_j)   or   k_i = f(x_n + h sum_j a_ij k_j)   and then   x_{n+1} = x_n + h sum_i b_i f(X_i)

A stage letter with one index of its own in a line about costates is the costate P_i of a stage (Hager 2000): what J gains by a change
of the slope k_i, over h b_i; a letter with two indices is the partner's tableau, b_j - b_j a_ji / b_i, unless the notes define it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import ROLES, Context, Declared, Law, key
from adjointcheck.notes.meaning import Applied, Symbol, children, resolve, unknown, walk
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import head, introduced_function, pair_of, role_in, successor

Introduced = tuple[str, tuple[str, ...], Context] | None
INDEXED = {"stage": 1, "slope": 1, "stage_costate": 1, "weights": 1, "nodes": 1, "lower": 2, "partner": 2}  # how many stage indices


TABLEAUS = {"lower", "weights", "nodes", "partner", "stages"}


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
    if not isinstance(letter, tree.Letter) or letter.accents or letter.above:
        return ()
    names = tuple(_index(part) for part in letter.below if not _layer(part, context))
    return names if all(names) else ()


def _sums(node: Node, context: Context) -> Iterator[tuple[tree.Series, tree.Letter]]:
    """Sums over stages, each with its coefficient: the first letter in it with stage indices alone."""
    for part in walk(node):
        if isinstance(part, tree.Series) and part.kind == "sum" and _index_of(part):
            found = [letter for letter in walk(part.body) if _index_of(part) in _own_indices(letter, context)]
            yield from ((part, letter) for letter in found[:1] if isinstance(letter, tree.Letter))


def _index_of(series: tree.Series) -> str:
    return _index(series.index) if series.index is not None else ""


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
    inner = {part.name for series, _ in sums for part in walk(series.body)
             if isinstance(part, tree.Letter) and _own_indices(part, context) == (_index_of(series),)}
    if state is None or len(sums) != 1 or inner != {letter.name}:
        return None
    sloped = isinstance(pair[1], tree.Call)
    context = _declared("slope" if sloped else "stage", letter.name, _declared("lower", sums[0][1].name, context))
    names = (letter.name, sums[0][1].name)
    context = _method(pair[1], context)
    law = Law("stages", resolve(letter, context), resolve(pair[1], context))
    return ("assumption", names, replace(context, laws=(*context.laws, law))) if not unknown(law.right) else None


def stage_update(chain: tree.Chain, context: Context) -> Introduced:
    """x_{n+1} = x_n + h sum_i b_i f(X_i)."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    if pair is None or not staged(context) or context.law("layers") or not isinstance(letter, tree.Letter) or successor(letter) is None:
        return None
    sums = [(series, c) for series, c in _sums(pair[1], context) if _own_indices(c, context) == (_index_of(series),)]
    if role_in(replace(letter, below=()), context) != "x" or len(sums) != 1:
        return None
    context = _method(pair[1], _declared("weights", sums[0][1].name, context))
    law = Law("layers", resolve(letter, context), resolve(pair[1], context))
    return ("assumption", (sums[0][1].name,), replace(context, laws=(*context.laws, law))) if not unknown(law.right) else None


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
        factor = next((f for f in part.factors if _index(f)), None) if isinstance(part, tree.Product) else None
        summed = isinstance(part, tree.Product) and any(isinstance(f, tree.Series) for f in part.factors)
        if isinstance(factor, tree.Letter) and summed and key(factor) not in context.letters and not context.of("h"):
            context = context.declare(Declared(factor.name, "h", source="proposed"))
    return context


def stage_letters(chain: tree.Chain, context: Context) -> Context:
    """Unknown letters of a claim with stage indices: the costates of stages, the partner's tableau."""
    if not staged(context):
        return context
    costates = any(isinstance(part, tree.Letter) and role_in(replace(part, below=()), context) == "p" for part in walk(chain))
    for part in _outside_calls(chain):
        own = _own_indices(part, context)
        if not isinstance(part, tree.Letter) or part.name in context.letters or not own:
            continue
        if len(own) == 2:
            context = context.declare(Declared(part.name, "partner", ("s", "s"), source="usual"))
        elif costates:
            p = context.of("p")[0]
            context = context.declare(replace(p, letter=part.name, symbol="stage_costate", source="usual"))
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


def stage_definition(chain: tree.Chain, context: Context) -> Introduced:
    """A_ij = b_j - b_j a_ji / b_i, Y_i = y_n + h sum_j a_ij k_j: a tableau or stages that the notes define."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    own = _own_indices(letter, context)
    if pair is None or not isinstance(letter, tree.Letter) or len(own) not in (1, 2) or not staged(context):
        return None
    body = resolve(pair[1], context)
    names = {part.name for part in walk(body) if isinstance(part, Symbol | Applied) and not getattr(part, "bound", False)}
    tableaus, states = names <= TABLEAUS, "slope" in names and names <= {"x", "h", "l", "stages", "slope", "lower"}
    taken = letter.name in context.letters or (len(own) == 1 and context.of("stage"))
    if unknown(body) or taken or not (tableaus if len(own) == 2 else states):
        return None
    symbol = "partner" if len(own) == 2 else "stage"
    declared = Declared(letter.name, symbol, ROLES[symbol].shape, ROLES[symbol].kind, arguments=own, body=body, source="proposed")
    return "definition", (letter.name,), context.declare(declared)


def free_indices(nodes: Iterable[Node], bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """The stage indices that no sum binds."""
    found: frozenset[str] = frozenset()
    for node in nodes:
        inner = bound | {node.index.name} if isinstance(node, tree.Series) and isinstance(node.index, Symbol) else bound
        parts = node.part if isinstance(node, Symbol) and node.name in INDEXED else ()
        found |= {part.name for item in parts for part in walk(item) if isinstance(part, Symbol) and part.bound} - bound
        found |= free_indices(children(node), inner)
    return found
