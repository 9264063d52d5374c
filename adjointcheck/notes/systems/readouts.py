"""Heads of networks: o = W z(T) + c, pi = softmax(o), L = -sum_k y_k log pi_k, a cost of the end state of which no more is carried."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.usage import constants, differentiates, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.classifiers import READOUT, cross_entropy, misfit, probabilities, readout_of, scores, told_of
from adjointcheck.notes.systems.several_costs import law_of, of_end

SCORES = tree.Letter("scores")  # where the notes have no letter for them
COSTS = ("J", "L", "E", "C", "ell", "mathcal{L}", "mathcal{J}", "l")


def readout(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """A letter for what is made of the end state and of data, or the cost that is made of such letters."""
    pair = pair_of(chain)
    letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) else None
    if pair is not None and letter is not None and isinstance(inner := _squashed(pair[1]), tree.Sum | tree.Product):  # softmax(W z(T) + b)
        found = readout(tree.Chain((SCORES, inner), ("=",)), context) if not is_read(SCORES, context) else None
        return readout(replace(chain, sides=(letter, tree.Function("softmax", (SCORES,)))), found[2]) if found is not None else None
    indexed = letter is not None and pair is not None and probabilities(letter, pair[1], context) is not None  # pi_j
    plain = letter is not None and (not letter.below or indexed) and {*letter.accents} <= {"hat", "tilde"}
    if pair is None or letter is None or not plain or context.over() != "time" or not context.of("x"):
        return None
    if (whole := _with_penalties(letter, pair[1], context)) is not None:
        return whole
    moving = differentiates(pair[1]) or any(isinstance(part, tree.Integral) for part in walk(pair[1]))
    chained = len(chain.sides) > 2 and letter.name not in COSTS  # l = -log pi_c = -s_c + log sum_j exp s_j says more of the cost
    if moving or chained or role_in(letter, context) not in ("", "L", "J") or not _is_of_end(pair[1], context):
        return None
    if letter.name in COSTS and is_read(pair[1], context) and not context.law("objective"):
        return "definition", (key(letter),), _paid(letter, pair[1], context)
    name = key(replace(letter, below=()))
    body, count = probabilities(letter, pair[1], context) or (None, "")
    if body is not None and body == told_of(name, context):  # pi = softmax(o) once more, entry by entry
        return "definition", (name,), context
    if name in context.letters or letter.name in COSTS:
        return None
    if is_column(pair[1], context):
        context, body, count = scores(pair[1], context)
    return "definition" if indexed else "assumption", (name,), readout_of(name, body, count, context)


def _squashed(node: Node) -> Node | None:
    return node.arguments[0] if isinstance(node, tree.Function) and node.name == "softmax" else None


def _paid(letter: tree.Letter, right: Node, context: Context) -> Context:
    """The cost as cross-entropy, as a squared error, or as any of the end state."""
    found = cross_entropy(right, context) or misfit(right, context)
    if found is None:
        return of_end(letter, context)
    after = of_end(letter, found[0])
    return replace(after, laws=(*after.laws[:-1], law_of(letter, found[1])))


def _with_penalties(letter: tree.Letter, right: Node, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """L = -sum_k y_k log pi_k + mu/2 |K|^2 + int L dt: what is paid for a readout, and along the way or for weights."""
    paid, beside = ([term for term in tree.terms(right) if is_read(term, context) == read] for read in (True, False))
    if letter.name not in COSTS or not (paid and beside) or context.law("objective"):
        return None
    found = readout(tree.Chain((letter, tree.Sum(tuple(paid)) if len(paid) > 1 else paid[0]), ("=",)), context)
    after = constants(tree.Sum(tuple(beside)), found[2], ("1", "1")) if found is not None else context
    more = tuple(resolve(term, after) for term in beside)
    if found is None or not after.law("objective") or any(map(unknown, more)):
        return None
    *laws, law = after.laws
    runs = ["running"] * any(isinstance(part, tree.Integral) for term in beside for part in walk(term))
    whole = replace(law, right=tree.Sum((*tree.terms(law.right), *more)))
    return found[0], found[1], replace(after, laws=(*laws, whole)).believed(runs)


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
