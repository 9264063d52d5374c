"""Heads of networks: o = W z(T) + c, pi = softmax(o), L = -sum_k y_k log pi_k, a cost of the end state of which no more is carried."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, resolve, walk
from adjointcheck.notes.letters.usage import differentiates, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.several_costs import of_end

READOUT = "readout"  # the kind of what is made of the end state
COSTS = ("J", "L", "E", "C", "ell", "mathcal{L}", "mathcal{J}", "l")


def readout(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """A letter for what is made of the end state and of data, or the cost that is made of such letters."""
    pair = pair_of(chain)
    letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) else None
    plain = letter is not None and not letter.below and {*letter.accents} <= {"hat", "tilde"}
    if pair is None or letter is None or not plain or context.over() != "time" or not context.of("x"):
        return None
    moving = differentiates(pair[1]) or any(isinstance(part, tree.Integral) for part in walk(pair[1]))
    if moving or len(chain.sides) > 2 or role_in(letter, context) not in ("", "L", "J") or not _is_of_end(pair[1], context):
        return None
    if letter.name in COSTS and is_read(pair[1], context) and not context.law("objective"):
        return "definition", (key(letter),), of_end(letter, context)
    if key(letter) in context.letters or letter.name in COSTS:
        return None
    declared = Declared(key(letter), own(key(letter)), ("", ""), READOUT, source="proposed")
    return "assumption", (key(letter),), context.declare(declared)


def is_read(node: Node, context: Context) -> bool:
    """Does it speak of a readout, pi of pi_k too?"""
    letters = [part for part in walk(node) if isinstance(part, tree.Letter)]
    names = {key(named) for part in letters for named in (part, replace(part, below=()))}
    return any(known.kind == READOUT for name in names if (known := context.letters.get(name)) is not None)


def is_column(node: Node, context: Context) -> bool:
    """W z(T) + c, a matrix times the end state: no cost."""
    terms = [term.factors for term in tree.terms(node) if isinstance(term, tree.Product)]
    return any(len(factors) == 2 and isinstance(factors[0], tree.Letter) and factors[0].name.isupper() and factors[0].name != "J"
               and isinstance(factors[1], tree.Call) and _at_end(resolve(factors[1], context)) for factors in terms)


def _is_of_end(node: Node, context: Context) -> bool:
    """Of the end state or a readout, and of no other time."""
    made = resolve(node, context)
    states = [part for part in walk(made) if isinstance(part, Symbol) and part.name in ("x", "p", "w", "t")]
    matrices = is_column(node, context) and all(part.name == "x" for part in states)
    return all(map(_at_end, states)) and (matrices or (not states and is_read(node, context)))


def _at_end(node: Node) -> bool:
    return isinstance(node, Symbol) and node.name == "x" and node.at == Symbol("t1")
