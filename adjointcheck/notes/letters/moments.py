"""x_t is x(t), in notes over time that write the time below their letters: x-dot_t = f(x_t, theta_t)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.posing import dated
from adjointcheck.notes.letters.usage import USUAL_COSTATES, USUAL_PARAMETERS, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

TIMES = (tree.Letter("t"), tree.Letter("s"), tree.Letter("tau"), tree.Letter("T"))


def below(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the letters that have the time below, where the notes write x-dot_t or dx_t/dt, and x_{t+1} nowhere."""
    chains = list(chains)
    pairs = [pair for chain in chains if (pair := pair_of(chain)) is not None]
    rates = [moving(dated(pair[0])) for pair in pairs if any(node == moving(dated(pair[0])) for node in walk(pair[1]))]  # no a_t
    if not any(letter is not None and letter.below == TIMES[:1] for letter in rates) or context.over() == "layers":
        return context
    moved = _dated(chains, context)
    timed = replace(context, timed=context.timed | moved)
    weights = (moved & {*USUAL_PARAMETERS}) - {*USUAL_COSTATES}
    if len(weights) == 1 and not context.of("w") and not weights & context.letters.keys():  # theta_t is an input of each moment
        timed = timed.declare(Declared(min(weights), "w", ROLES["w"].shape, ROLES["w"].kind, source="proposed"))
    return replace(timed, options={**context.options, "time below": " ".join(sorted(moved))})


def _dated(chains: Iterable[tree.Chain], context: Context) -> frozenset[str]:
    """x of x_t, and no f of f_t(x)."""
    nodes = [node for chain in chains for node in walk(chain)]
    called = {node.function for node in nodes if isinstance(node, tree.Call)}
    letters = {node.name for node in nodes if isinstance(node, tree.Letter) and node.below == TIMES[:1] and node not in called}
    return frozenset(name for name in letters if not _is_function(name, context))


def _is_function(name: str, context: Context) -> bool:
    symbol = role_in(tree.Letter(name), context)
    return name in ("f", "F", "H", "L", "J") or (symbol in ROLES and ROLES[symbol].kind in ("function", "functional"))


def above(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with x(t) for x_t."""
    names = frozenset(context.option("time below").split())
    made = _above(chain, names | _dated((chain,), context)) if names else chain
    assert isinstance(made, tree.Chain)
    return made


def _above(node: Node, names: frozenset[str]) -> Node:
    if isinstance(node, tree.Letter) and node.name in names and len(node.below) == 1 and _is_time(node.below[0]):
        return tree.Call(replace(node, below=()), node.below, span=node.span)
    if isinstance(node, tree.Derivative) and node.kind == "nabla" and isinstance(node.of, tree.Evaluated) and node.of.at == TIMES[:1]:
        node = replace(node, of=node.of.of)  # (nabla J(u))_t
    return rebuilt(node, lambda child: _above(child, names))


def _is_time(node: Node) -> bool:
    """t, T, t + h, and 0 that is the start."""
    terms = node.terms if isinstance(node, tree.Sum) else (node,)
    return terms[0] in TIMES or node == tree.Number(Fraction(0)) or (isinstance(node, tree.Letter) and node.name == "t")
