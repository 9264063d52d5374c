"""Outputs of a state: y(t) = h(x(t), theta), and y_i(t) = h_i(x(t), theta) one by one, with weights 1/sigma_ij^2.

    sum_i ((y_ij - y_i(t_j))/sigma_ij)^2   is   (y_j - h(x(t_j)))^T sigma_j^-1 sigma_j^-1 (y_j - h(x(t_j))),   sigma_j a matrix

What holds for every symmetric sigma_j holds for a diagonal one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, USUAL, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.usage import constants, head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.measured import NAMES

Introduced = tuple[str, tuple[str, ...], Context] | None
OUTPUTS = ("y", "Y", "z", "o")
INDEX = "output index"  # the option that keeps i of y_i
STATE = (("x", None), ("x", Symbol("t")))
ONE = tree.Number(Fraction(1))
NORMALISATION = tree.Letter("log_sigma")  # sum_i log(2 pi sigma_ij^2), a constant


def output(chain: tree.Chain, context: Context) -> Introduced:
    """y(t) = h(x(t), theta), or y_i = h_i: what the notes call an output is put in from here on."""
    pair = pair_of(chain)
    left, right = (head(pair[0]), pair[1]) if pair is not None else (None, chain)
    function = right.function if isinstance(right, tree.Call) else None
    if left is None or not isinstance(right, tree.Call) or not isinstance(function, tree.Letter) or not _is_new(left, context):
        return None
    if left.below != function.below or len(left.below) > 1 or not _is_map(function, left, context):
        return None
    if context.over() == "layers" or getattr(resolve(right.arguments[0], context), "name", "") != "x":
        return None
    call = replace(right, function=replace(function, below=()))
    options = {INDEX: left.below[0].name} if left.below and isinstance(left.below[0], tree.Letter) else {}
    pieces = {**context.pieces, _piece(left): call}
    return "definition", (left.name,), replace(context, pieces=pieces, options={**context.options, **options})


def linear_output(chain: tree.Chain, context: Context) -> Introduced:
    """y(t) = C x(t) with a matrix C of which nothing is said: y stands for C x from here on."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    factors = pair[1].factors if pair is not None and isinstance(pair[1], tree.Product) else ()
    if pair is None or letter is None or len(factors) != 2 or not isinstance(factors[0], tree.Letter) or not context.law("dynamics"):
        return None
    space, matrix, state = context.letters.get(key(letter)), key(factors[0]), resolve(factors[1], context)
    fresh = matrix[:1].isupper() and not {matrix} & {*context.letters, *USUAL}
    if not fresh or not _may_be_output(letter, context) or not isinstance(state, Symbol) or (state.name, state.at) not in STATE:
        return None
    rows = space.shape[0] if space is not None else "o"
    context = replace(context, letters={name: known for name, known in context.letters.items() if known is not space})
    context = context.declare(Declared(matrix, own(matrix), (rows, context.of("x")[0].shape[0]), source="proposed"))
    stands = Declared(key(letter), own(key(letter)), (rows, "1"), "defined", body=resolve(pair[1], context), source="proposed")
    return "definition", (key(letter),), context.declare(stands)


def is_readout(chain: tree.Chain, context: Context) -> bool:
    """y_t = V h_t + c of layers h_t: what a net puts out, and no state."""
    pair = pair_of(chain)
    letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) else None
    if pair is None or letter is None or letter.name not in OUTPUTS or context.over() != "layers" or not context.law("layers"):
        return False
    places = {part.at for part in walk(resolve(pair[1], context)) if isinstance(part, Symbol) and part.name == "x"}
    return places == {Symbol("l")} and [resolve(mark, context) for mark in letter.below] == [Symbol("l")]


def of_readouts(node: Node, context: Context) -> Node:
    """The slope of l_t at y_t for d l_t/d y_t, where l_t(y_t) is paid for an output y_t = V h_t."""
    law = context.law("objective") if context.over() == "layers" else None
    paid = [part for part in walk(law.right) if isinstance(part, Applied) and part.name in ("L", "Psi")] if law is not None else []
    put_out = {part.name: value for part in paid for slot, value in part.arguments if slot == "x" and getattr(value, "name", "x") != "x"}
    return _of_readouts(node, put_out) if put_out else node


def _of_readouts(node: Node, put_out: Mapping[str, Node]) -> Node:
    of, by = (node.of, node.by) if isinstance(node, tree.Derivative) else (None, (node,))
    value = put_out.get(of.name) if isinstance(of, Applied) and len(by) == 1 else None
    named = value is not None and getattr(by[0], "name", "") == getattr(value, "name", "")
    if named and isinstance(node, tree.Derivative) and isinstance(of, Applied) and {slot for slot, _ in of.arguments} <= {"x"}:
        return replace(node, of=replace(of, arguments=(("x", by[0]),)), by=(Symbol("x"),), kind="partial")
    return rebuilt(node, lambda child: _of_readouts(child, put_out))


def told_at_readouts(name: str, context: Context) -> Context:
    """With e_t = d l_t/d y_t, which the notes define, as the slope of l_t at y_t."""
    known = context.letters[name]
    told = replace(known, body=of_readouts(known.body, context)) if known.body is not None else known
    return replace(context, letters={**context.letters, name: told})


def with_signal(node: Node, context: Context) -> Context:
    """With x_d of x - x_d and C, r of r - C x: a state or an output less a signal of which nothing else is known."""
    terms = tree.terms(node) if len(context.of("x")) == 1 and context.over() == "time" else ()
    inner = [tree.unsigned(term) for term in terms]
    states = [term for term in inner if _is_state(term, context)]
    signals = [term for term in inner if term not in states and isinstance(term, tree.Letter | tree.Call)]
    if sorted(map(len, (terms, states, signals))) != [1, 1, 2] or sum(isinstance(term, tree.Negative) for term in terms) != 1:
        return context
    known = context.letters.get(key(letter)) if (letter := head(states[0])) is not None else None
    return constants(node, context, known.shape if known is not None else ("o", "1"))


def _is_state(term: Node, context: Context) -> bool:
    """x, C x, or y that stands for C x."""
    letter = head(term.factors[-1] if isinstance(term, tree.Product) else term)
    known = context.letters.get(key(letter)) if letter is not None else None
    shown = known is not None and known.kind == "defined" and known.body is not None and "x" in symbols(known.body)
    return known is not None and (known.symbol == "x" or shown)


def _may_be_output(letter: tree.Letter, context: Context) -> bool:
    """A usual letter, of which no more is known than its space."""
    known = context.letters.get(key(letter))
    spaced = known is not None and (known.symbol, known.body, known.source) == (own(key(letter)), None, "proposed")
    return letter.name in OUTPUTS and not (letter.below or letter.above or letter.accents) and (known is None or spaced)


def _is_new(letter: tree.Letter, context: Context) -> bool:
    plain = letter.name in OUTPUTS and not (letter.above or letter.accents)
    return plain and letter.name not in context.letters and bool(context.of("x"))


def _is_map(function: tree.Letter, of: tree.Letter, context: Context) -> bool:
    """h, of which nothing else is known."""
    known = context.letters.get(function.name)
    named = known.symbol == "O" if known is not None else function.name in NAMES
    return named and not function.accents and function.name != of.name


def _piece(letter: tree.Letter) -> str:
    """The name under which the formula of an output is kept."""
    return f"{letter.name}(t)"


def observed(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context]:
    """A formula in vectors of outputs, with outputs put in; and the context with the weights sigma_j that it brings in."""
    indices = _indices(chain, context)
    for name in sorted(indices):
        context = _weighed(chain, name, context)
        chain = replace(chain, sides=tuple(_whole(side, name) for side in chain.sides))
    if NORMALISATION in walk(chain):
        context = context.declare(Declared(NORMALISATION.name, own(NORMALISATION.name), source="proposed"))
    pieces = {name: call for name, call in context.pieces.items() if name.endswith("(t)") and isinstance(call, tree.Call)}
    return (replace(chain, sides=tuple(_put(side, pieces, context) for side in chain.sides)) if pieces else chain), context


def _put(node: Node, pieces: dict[str, tree.Call], context: Context) -> Node:
    """h(x(t_j), theta) of y(t_j) and of y(t_j, theta), and h of dy/dx."""
    plain = isinstance(node, tree.Call) and all(isinstance(argument, tree.Letter) for argument in node.arguments[1:])
    letter = node.function if isinstance(node, tree.Call) and plain else node
    call = pieces.get(_piece(letter)) if isinstance(letter, tree.Letter) and not (letter.below or letter.above or letter.accents) else None
    if call is None:
        return rebuilt(node, lambda child: _put(child, pieces, context))
    return _at(call, node.arguments[0], context) if isinstance(node, tree.Call) else call.function


def _at(node: Node, time: Node, context: Context) -> Node:
    """h(x, theta) or h(x(t), theta) with the state at another time."""
    state = {known.letter for known in context.of("x")}
    if isinstance(node, tree.Letter) and node.name == "t" and not node.below:
        return time
    if isinstance(node, tree.Letter) and key(node) in state:
        return tree.Call(node, (time,))
    if isinstance(node, tree.Call):
        return replace(node, arguments=tuple(_at(argument, time, context) for argument in node.arguments))
    return node


# Components


def _indices(chain: tree.Chain, context: Context) -> set[str]:
    """i of sum_i (y_ij - y_i(t_j))^2: the index letters of outputs, and of no time or layer."""
    found = {context.option(INDEX)} - {""}
    names = {name[:-3] for name in context.pieces if name.endswith("(t)")} | {known.letter for known in context.of("O")}
    states = {known.letter for known in context.of("x")} if context.over() == "layers" else set()
    for series in (part for part in walk(chain) if isinstance(part, tree.Series)):
        for name in _names(series.index):
            parts = [part for part in walk(series.body) if isinstance(part, tree.Letter) and name in _names(*part.below)]
            calls = {letter.name for letter in _called_in_time(series.body) if letter in parts}
            if any(part.name in names | calls for part in parts) and not any(part.name in ("t", "tau", "s", *states) for part in parts):
                found.add(name)
    return found


def _called_in_time(body: Node) -> Iterator[tree.Letter]:
    """h_i of h_i(x(t_j))."""
    for part in walk(body):
        if isinstance(part, tree.Call) and isinstance(part.function, tree.Letter) and isinstance(part.arguments[0], tree.Call):
            if part.function.name in NAMES:
                yield part.function


def _names(*nodes: Node | None) -> set[str]:
    return {part.name for node in nodes if node is not None for part in walk(node) if isinstance(part, tree.Letter)}


def _stripped(node: Node, index: str) -> Node:
    """y_j of y_ij."""
    node = rebuilt(node, lambda child: _stripped(child, index))
    return replace(node, below=tuple(part for part in node.below if part != tree.Letter(index))) if isinstance(node, tree.Letter) else node


def _whole(node: Node, index: str) -> Node:
    """Sums over i as products of vectors."""
    if isinstance(node, tree.Series) and index in _names(node.index) and _counts_all(node):
        rest = [part for part in _factors_of(node.index) if part != tree.Letter(index)]
        if rest:  # sum_{i,j}
            return replace(node, body=_summed(node.body, index), index=rest[0])
        if isinstance(node.body, tree.Series):
            return replace(node.body, body=_whole(replace(node, body=node.body.body), index))
        return _summed(node.body, index)
    if isinstance(node, tree.Letter):
        return _stripped(node, index)
    return rebuilt(node, lambda child: _whole(child, index))


def _counts_all(node: tree.Series) -> bool:
    """i = 1 ... n and 0 ... n - 1, but not 0 ... n, which is one more than there are."""
    less = isinstance(node.upper, tree.Sum) and isinstance(node.upper.terms[-1], tree.Negative)
    return not isinstance(node.lower, tree.Number) or node.upper is None or node.lower.value == 1 - less


def _factors_of(node: Node | None) -> tuple[Node, ...]:
    return node.factors if isinstance(node, tree.Product) else (node,) if node is not None else ()


def _summed(body: Node, index: str) -> Node:
    """The sum over i of a product of two components and of weights, term by term; as it stands where it is no such product."""
    found = _split(body, index)
    if len(found.vectors) == 1 and isinstance(found.vectors[0], tree.Sum):
        whole = tree.Sum(tuple(_summed(term, index) for term in found.vectors[0].terms))
        return tree.Product((*found.numbers, whole)) if found.numbers else whole
    if len(found.vectors) == 1 and isinstance(found.vectors[0], tree.Function) and not found.weights:  # log(2 pi sigma_ij^2)
        return tree.Product((*found.numbers, NORMALISATION)) if found.numbers else NORMALISATION
    if len(found.vectors) != 2:
        return tree.Series("sum", body, tree.Letter(index), None, None)
    left, right = sorted(found.vectors, key=_place)
    scales = tuple(part if power > 0 else tree.Power(part, tree.Negative(ONE)) for part, power in found.weights)
    return _stripped(tree.Product((*found.numbers, _row(left), *scales, right)), index)


@dataclass(frozen=True)
class Split:
    """The factors of a term: without the index, components with it, and weights with their powers 1 or -1."""

    numbers: tuple[Node, ...]
    vectors: tuple[Node, ...]
    weights: tuple[tuple[tree.Letter, int], ...]


def _split(body: Node, index: str) -> Split:
    factors = list(_factored(body, 1))
    numbers = tuple(part if power > 0 else tree.Quotient(ONE, part) for part, power in factors if not _speaks(part, index))
    inside = [(part, power) for part, power in factors if _speaks(part, index)]
    vectors = [part for part, power in inside if power > 0 and not isinstance(part, tree.Letter)]
    vectors = vectors if len(vectors) == 2 else [part for part, power in inside if power > 0]  # r_ij^2
    weights = tuple((part, power) for part, power in inside if part not in vectors and isinstance(part, tree.Letter))
    return Split(numbers, tuple(vectors) if len(vectors) + len(weights) == len(inside) else (), weights)


def _factored(node: Node, power: int) -> Iterator[tuple[Node, int]]:
    """(factor, 1 or -1) of products, quotients and squares."""
    if isinstance(node, tree.Product):
        for factor in node.factors:
            yield from _factored(factor, power)
    elif isinstance(node, tree.Quotient):
        yield from _factored(node.above, power)
        yield from _factored(node.below, -power)
    elif isinstance(node, tree.Negative):
        yield tree.Number(Fraction(-1)), 1
        yield from _factored(node.of, power)
    elif isinstance(node, tree.Power) and node.exponent in (tree.Number(Fraction(2)), tree.Negative(tree.Number(Fraction(2)))):
        for _ in range(2):
            yield from _factored(node.base, power if isinstance(node.exponent, tree.Number) else -power)
    else:
        yield node, power


def _speaks(node: Node, index: str) -> bool:
    return any(isinstance(part, tree.Letter) and index in _names(*part.below) for part in walk(node))


def _place(node: Node) -> int:
    """(dh_i/dx)^T stands before r_i, and r_i before dh_i/dx."""
    slopes = any(isinstance(part, tree.Derivative) for part in walk(node))
    return 0 if slopes and _is_column(node) else 2 if slopes else 1


def _is_column(node: Node) -> bool:
    return isinstance(node, tree.Transposed) or (isinstance(node, tree.Derivative) and node.kind == "nabla")


def _row(node: Node) -> Node:
    """What stands before the weights: r^T of components, h_x^T of columns."""
    if isinstance(node, tree.Derivative) and node.kind == "nabla":
        return tree.Transposed(replace(node, kind="partial"))
    return node if isinstance(node, tree.Transposed) else tree.Transposed(node)


def _weighed(chain: tree.Chain, index: str, context: Context) -> Context:
    """With sigma_ij and w_ij as symmetric matrices sigma_j and w_j."""
    for series in (part for part in walk(chain) if isinstance(part, tree.Series) and index in _names(part.index)):
        for letter in _weights(series.body.body if isinstance(series.body, tree.Series) else series.body, index):
            context = _with_weight(_stripped(letter, index), context)
    return context


def _weights(body: Node, index: str) -> Iterator[tree.Letter]:
    found = _split(body, index)
    yield from (letter for letter, _ in found.weights)
    for part in found.vectors if len(found.vectors) == 1 else ():
        for term in part.terms if isinstance(part, tree.Sum) else ():
            yield from _weights(term, index)


def _with_weight(letter: Node, context: Context) -> Context:
    """A letter of which nothing is known weighs what stands beside it."""
    if not isinstance(letter, tree.Letter) or not unknown(resolve(letter, context)):
        return context
    name, size = key(letter), ROLES["O"].shape[0]
    return context.declare(Declared(name, own(name), (size, size), source="proposed")).assume(f"symmetric {name}")
