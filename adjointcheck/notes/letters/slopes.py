"""Parameters that only derivatives tell of: q of dJ/dq = int (l_q + lambda^T f_q) dt, where f and l came without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.derivatives import is_start
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import DECODER, written_below
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

FUNCTIONS = ("f", "L", "Psi", "phi", "O")
THETA = Symbol("theta")


def parametric(chain: tree.Chain, context: Context) -> Context:
    """With a new letter, by which the cost and a function of the problem are differentiated, as the parameters."""
    if not context.of("x") or context.of("theta") or context.parts("theta"):
        return context
    slopes = [(name, letter) for part in walk(chain) for name, letter in _slopes(part, context)]
    letters = {key(letter): letter for name, letter in slopes if name == "J"}
    by = next((letter for name, letter in letters.items() if any(key(other) == name and of in FUNCTIONS for of, other in slopes)), None)
    if by is None or not unknown(resolve(by, context)):
        return context
    role = ROLES["theta"]
    context = context.declare(Declared(key(by), role.symbol, role.shape, role.kind, source="proposed"))
    return _depending({name for name, letter in slopes if key(letter) == key(by)} & {*FUNCTIONS}, context)


def weighted_apart(letter: str, functions: Iterable[str], context: Context) -> Context:
    """With weights that move nothing but these functions, beside the parameters of the dynamics."""
    context = context.declare(Declared(letter, own(letter), ("k", "1"), source="proposed"))
    return replace(context, options={**context.options, DECODER: " ".join((own(letter), *functions))})


def decoded(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """dJ/dpsi with the weights psi of y = g_psi(x) as the parameters, where those of the dynamics are held."""
    name, *functions = context.option(DECODER).split() or [""]
    weights, seen = Symbol(name), {*functions}
    asked = any(isinstance(part, tree.Derivative) and part.of == Symbol("J") and part.by == (weights,) for part in walk(left))
    if not asked or any("theta" in symbols(side) for side in (left, right)):
        return left, right, context
    held = {letter: replace(known, arguments=tuple(slot for slot in known.arguments or () if slot != "theta") or None,
                          body=known.body and _seen(known.body, weights))
            for letter, known in context.letters.items() if known.symbol not in ("theta", name)}
    laws = tuple(replace(law, right=_seen(law.right, weights)) for law in context.laws)
    made = replace(context, letters=held, laws=laws).declare(Declared("weights", "theta", ROLES["theta"].shape, source="proposed"))
    return _with(_seen(left, weights), seen), _with(_seen(right, weights), seen), _depending(seen, made)


def _seen(node: Node, weights: Symbol) -> Node:
    """With theta for psi, and functions that do not move with what was theta before."""
    node = rebuilt(node, lambda child: _seen(child, weights))
    if isinstance(node, Applied):
        return replace(node, arguments=tuple(pair for pair in node.arguments if pair[0] != "theta"))
    if isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.by == (THETA,):
        return replace(node, kind="partial")
    return THETA if node == weights else node


def _of_start(node: Node, context: Context) -> Node:
    """dy_0/dp for y_{0,p}, where p are the parameters."""
    below = written_below(node.below) if isinstance(node, tree.Letter) and node.below else ()
    if not isinstance(node, tree.Letter) or len(below) != 2 or resolve(below[1], context) != THETA:
        return node
    first = replace(node, below=(below[0],))
    return tree.Derivative(first, (below[1],), "partial") if is_start(resolve(first, context)) else node


def called(node: Node, context: Context) -> Node:
    """G of G(z), and G(t_i) of G(z(t_i)), for a slope G = dg/dx that the notes define without arguments; dy_0/dp of y_{0,p}."""
    node = _of_start(rebuilt(node, lambda child: called(child, context)), context)
    letter = node.function if isinstance(node, tree.Call) and len(node.arguments) == 1 else None
    known = context.letters.get(key(letter)) if isinstance(letter, tree.Letter) else None
    slope = known is not None and known.kind == "defined" and not known.given and isinstance(known.body, tree.Derivative)
    state = resolve(node.arguments[0], context) if slope and isinstance(node, tree.Call) else None
    if not isinstance(state, Symbol) or state.name != "x" or state.part or not isinstance(node, tree.Call) or letter is None:
        return node
    return letter if state.at is None else replace(node, arguments=getattr(node.arguments[0], "arguments", node.arguments))


def _slopes(node: Node, context: Context) -> Iterator[tuple[str, tree.Letter]]:
    """("f", q) of df/dq, f_q and nabla_q f."""
    of, by = (node.of, node.by) if isinstance(node, tree.Derivative) else (None, ())
    if isinstance(node, tree.Letter) and len(node.below) == 1:
        of, by = replace(node, below=()), node.below
    made = resolve(of, context) if of is not None else None
    for letter in by:
        if isinstance(letter, tree.Letter) and not (letter.below or letter.above or letter.accents) and isinstance(made, Symbol | Applied):
            yield made.name, letter


def _depending(functions: set[str], context: Context) -> Context:
    """The functions with the parameters as one more argument, in the laws too."""
    letters = {name: replace(known, arguments=(*known.arguments, "theta")) if known.symbol in functions and known.arguments else known
               for name, known in context.letters.items()}
    letters = {name: replace(known, body=known.body and _with(known.body, functions)) for name, known in letters.items()}
    laws = tuple(replace(law, right=_with(law.right, functions)) for law in context.laws)
    return replace(context, letters=letters, laws=laws)


def _with(node: Node, functions: set[str]) -> Node:
    node = rebuilt(node, lambda child: _with(child, functions))
    grown = isinstance(node, Applied) and node.name in functions and node.arguments
    return replace(node, arguments=(*node.arguments, ("theta", THETA))) if grown and isinstance(node, Applied) else node
