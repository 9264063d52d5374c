"""Samples i = 1 ... N that share weights: each has a state and a costate of its own, and the cost is a mean, a sum or an expectation.

    x^i-dot = f(x^i, theta)     J = 1/N sum_i Phi_i(x^i(T))     J = E[Phi(x(T), y)]

What is linear in J and in means holds for all samples where it holds for one, and the notes are read as those of one sample.  A line
about one sample in which nothing is a mean may not rest on what only a mean does, such as H_theta = 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import children, rebuilt, walk
from adjointcheck.notes.letters.posing import dated
from adjointcheck.notes.letters.usage import head, moving, pair_of, role_in, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.ambiguities import SAMPLE
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node

if TYPE_CHECKING:
    from adjointcheck.notes.reading.document import Formula

MARK = tree.Letter(SAMPLE)
ONE = tree.Number(Fraction(1))
_SUMMED = re.compile(r"\\sum(?:\\limits|\\nolimits)?\s*_\s*\{?\s*([a-z])\b")
_EXPECTED = re.compile(r"\\mathbb\s*\{?\s*E|\\operatorname\s*\{E\}|\\mathop\{\\mathbb|\\E\b")
DATA = ("y", "d", "b", "c", "z", "ell", "q", "m", "g")
NOISE = ("epsilon", "varepsilon", "eta", "xi", "zeta", "v")  # of an estimator, which is no sample
WEIGHED = "weighed"  # a mean, of which each sample's costate has its share
EACH, ALL = "of one sample", "of all samples"
MEAN = "mean of costs"
MIXED = "it speaks of one sample and of all of them"


def peopled(formulas: Iterable[Formula], context: Context) -> Context:
    """With the letter that counts samples, where states have it in their motion and a cost sums over it; or with an expected cost."""
    texts = [formula.text for formula in formulas if not formula.unread]
    for letter in dict.fromkeys(found[1] for text in texts for found in _SUMMED.finditer(text)):
        there = replace(context, sample=letter)
        chains = [chain for text in texts if not isinstance(chain := read_formula(text, there.reader()), Unread)]
        states = {state for chain in chains if (state := _moved(chain))}
        paid = next((series for chain in chains for series in _sums(chain, letter, states)), None) if states else None
        if paid is not None:
            count = key(paid.upper) if isinstance(paid.upper, tree.Letter) else "N"
            way = "mean" if any(_is_mean(part, letter, count) for chain in chains for side in chain.sides for part in walk(side)) else "sum"
            if way == "mean" and any(map(_prices_each, chains)):
                there, way = there.declare(Declared(count, own(count), source="proposed")), WEIGHED
            return replace(there, options={**context.options, "samples": way, "sample count": count})
    chains = [chain for text in texts if _EXPECTED.search(text) and not isinstance(chain := read_formula(text, context.reader()), Unread)]
    expected = any(_expects(chain) for chain in chains)
    return replace(context, options={**context.options, "samples": "expected"}) if expected else context


def _prices_each(chain: tree.Chain) -> bool:
    """a_i = dJ/dz_i: the costate of a sample is the derivative of the whole cost, and has the share 1/N."""
    return len(chain.sides) > 1 and _is_marked(chain.sides[0]) and any(map(_is_slope, chain.sides[1:]))


def _is_slope(node: Node) -> bool:
    """dJ/dz_i(t) of a cost that is that of no sample."""
    if not isinstance(node, tree.Derivative) or not isinstance(node.of, tree.Letter) or MARK in node.of.above:
        return False
    return bool(node.by) and all(_is_marked(head(by) or by) for by in node.by)


def _moved(chain: tree.Chain) -> str:
    """x of x^i-dot = f(x^i, theta) and of x^i_{k+1} = F(x^i_k, theta_k): no component, and no particle that meets others."""
    pair = pair_of(chain)
    letter = (moving(dated(pair[0])) or pair[0]) if pair else None
    if pair is None or not isinstance(letter, tree.Letter) or MARK not in letter.above:
        return ""
    if moving(dated(pair[0])) is None and successor(letter) is None:
        return ""
    states = [part for part in walk(pair[1]) if isinstance(part, tree.Letter) and part.name == letter.name]
    functions = [part.function for part in walk(pair[1]) if isinstance(part, tree.Call) and head(part) not in states]
    marked = any(map(_is_marked, functions))
    summed = any(isinstance(part, tree.Series | tree.Expectation) for part in walk(pair[1]))
    return letter.name if states and not marked and not summed and all(MARK in part.above for part in states) else ""


def _sums(chain: tree.Chain, letter: str, states: set[str]) -> Iterator[tree.Series]:
    """The sums over samples of what is paid for their states."""
    for part in (part for side in chain.sides for part in walk(side)):
        summed = isinstance(part, tree.Series) and _is_sum(part, letter)
        if isinstance(part, tree.Series) and summed and any(getattr(p, "name", "") in states and _is_marked(p) for p in walk(part.body)):
            yield part


def _is_marked(node: Node) -> bool:
    return isinstance(node, tree.Letter) and MARK in node.above


def _expects(chain: tree.Chain) -> bool:
    """J = E[Phi(x(T)) + int L dt]: a letter, or what is made small, is an expected cost."""
    left = chain.sides[0].body if isinstance(chain.sides[0], tree.Extremum) and chain.sides[0].body else chain.sides[0]
    costs = chain.sides[1:] if head(left) is not None else (left,) if isinstance(chain.sides[0], tree.Extremum) else ()
    means = [part for side in costs for part in walk(side) if isinstance(part, tree.Expectation) and not _is_noisy(part)]
    return any(isinstance(part, tree.Call) for mean in means for part in walk(mean.body))


def _is_noisy(node: tree.Expectation) -> bool:
    """Is it over the noise of an estimator, or over what an encoder draws, E_q?"""
    drawn = head(node.over) if node.over is not None else None
    return (drawn is not None and drawn.name == "q") or any(getattr(part, "name", "") in NOISE for part in walk(node))


def _is_sum(node: Node, letter: str) -> bool:
    return isinstance(node, tree.Series) and node.kind == "sum" and node.index == tree.Letter(letter)


def _is_mean(node: Node, letter: str, count: str) -> bool:
    """1/N sum_i, h/N sum_i, (sum_i ...)/N."""
    return _unscaled(node, letter, count) is not None


def _unscaled(node: Node, letter: str, count: str) -> Node | None:
    """A mean over samples without 1/N; None for anything else."""
    number = tree.Letter(count)
    if isinstance(node, tree.Quotient) and node.below == number and any(_is_sum(part, letter) for part in _factors(node.above)):
        return node.above
    if not isinstance(node, tree.Product) or not any(_is_sum(factor, letter) for factor in node.factors):
        return None
    shares = [factor for factor in node.factors if isinstance(factor, tree.Quotient) and factor.below == number]
    if len(shares) != 1:
        return None
    kept = [getattr(factor, "above", factor) if factor is shares[0] else factor for factor in node.factors]
    kept = [factor for factor in kept if factor != ONE]
    return tree.Product(tuple(kept), span=node.span) if len(kept) > 1 else kept[0]


def _factors(node: Node) -> tuple[Node, ...]:
    return node.factors if isinstance(node, tree.Product) else (node,)


def single(chain: tree.Chain, context: Context) -> tuple[tree.Chain, str, tuple[str, ...]]:
    """The formula for one sample, whether it speaks of one or of all of them, and why it cannot be told so."""
    way = context.option("samples")
    if not way:
        return _in_the_mean(chain, context)
    told = _Told(context, way)
    made = replace(chain, sides=tuple(map(told.one, chain.sides)), conditions=tuple(map(told.one, chain.conditions)))
    assert isinstance(made, tree.Chain)
    chain = replace(chain, sides=tuple(map(_own_slopes, chain.sides))) if way == WEIGHED else chain
    whole = any(told.is_whole(part) for side in chain.sides for part in walk(side))
    if not whole:
        return made, EACH if any(told.is_own(part) for side in chain.sides for part in walk(side)) else "", ()
    zero = any(side == tree.Number(Fraction(0)) for side in chain.sides)
    named = [side for side in chain.sides if any(told.is_whole(part) for part in walk(side))]
    clear = all(map(told.is_linear, chain.sides)) and not any(map(told.owns, chain.sides))
    posed = isinstance(chain.sides[0], tree.Extremum) or _names_cost(chain.sides[0], context)
    return made, ALL, () if clear and (zero or posed or len(named) == len(chain.sides)) else (MIXED,)


def averaged(chain: Node, context: Context) -> Context:
    """With the letter of L = 1/B sum_m l^(m) + r, of notes on one sample whose cost is l."""
    letter = chain.sides[0] if isinstance(chain, tree.Chain) and len(chain.sides) == 2 else None
    mean = isinstance(letter, tree.Letter) and not context.option("samples") and any(_cost_of_mean(part, context) for part in walk(chain))
    return replace(context, options={**context.options, MEAN: key(letter)}) if mean and isinstance(letter, tree.Letter) else context


def _in_the_mean(chain: tree.Chain, context: Context) -> tuple[tree.Chain, str, tuple[str, ...]]:
    """dL/dW = dl/dW + dr/dW for dL/dW = 1/B sum_m dl^(m)/dW + dr/dW, which is linear; what has no mean beside L is of one sample."""
    means = any(_cost_of_mean(part, context) for side in chain.sides for part in walk(side))
    named = any(isinstance(part, tree.Letter) and key(part) == context.option(MEAN) for side in chain.sides for part in walk(side))
    made = replace(chain, sides=tuple(_of_one(side, context) for side in chain.sides))
    return made, "", (MIXED,) if named and not means and len(chain.sides) > 1 else ()


def _of_one(node: Node, context: Context) -> Node:
    return _cost_of_mean(node, context) or rebuilt(node, lambda child: _of_one(child, context))


def _cost_of_mean(node: Node, context: Context) -> Node | None:
    """l of 1/B sum_{m=1}^B l^(m), and dl/dW of 1/B sum_m dl^(m)/dW, where l is the cost of one sample."""
    match node:
        case tree.Product(factors=(tree.Quotient(above=above, below=count), tree.Series(kind="sum", body=body, index=index, upper=upper))):
            cost = body.of if isinstance(body, tree.Derivative) else body
            bare = replace(cost, above=(), below=()) if isinstance(cost, tree.Letter) and (index,) in (cost.above, cost.below) else None
            if bare is not None and above == ONE and upper in (count, None) and role_in(bare, context) == "J":
                return replace(body, of=bare) if isinstance(body, tree.Derivative) else bare
    return None


def _own_slopes(node: Node) -> Node:
    """A letter of one sample for dJ/dz_i."""
    return tree.Letter("slope", above=(MARK,)) if _is_slope(node) else rebuilt(node, _own_slopes)


def _names_cost(left: Node, context: Context) -> bool:
    """J, J_h, or the first letter that may be a cost."""
    letter = head(left)
    if letter is None or (isinstance(left, tree.Call) and left.arguments[0] == tree.Letter("t")):
        return False
    return "J" in (role_in(letter, context), role_in(replace(letter, below=()), context)) or not context.of("J")


def one_sample(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula for one sample."""
    return single(chain, context)[0]


def of_each(context: Context) -> bool:
    """Does a formula speak of one sample, for which the control need not be optimal?"""
    return context.option("about") == EACH


class _Told:
    """What is a mean, what belongs to one sample, and what is linear in means."""

    def __init__(self, context: Context, way: str) -> None:
        self.context, self.way = context, way
        self.letter, self.count = context.sample, context.option("sample count")

    def one(self, node: Node) -> Node:
        """Without means and marks."""
        if self.way == "mean" and (inner := _unscaled(node, self.letter, self.count)) is not None:
            return self.summand(inner)
        if self.way == WEIGHED and (inner := _unscaled(node, self.letter, self.count)) is not None:
            return tree.Product((tree.Quotient(ONE, tree.Letter(self.count)), self.summand(inner)))
        if self.way in ("sum", WEIGHED) and self.is_mean(node):
            return self.summand(node)
        if isinstance(node, tree.Expectation) and self.is_mean(node):
            return self.one(node.body)
        if isinstance(node, tree.Call) and len(node.arguments) > 1:
            kept = tuple(argument for argument in node.arguments[1:] if not self.is_datum(argument))
            node = replace(node, arguments=(node.arguments[0], *kept), separators=node.separators[: len(kept)])
        if isinstance(node, tree.Letter) and MARK in node.above:
            node = replace(node, above=tuple(mark for mark in node.above if mark != MARK))
        return rebuilt(node, self.one)

    def summand(self, node: Node) -> Node:
        """The body of the sum in a product."""
        if _is_sum(node, self.letter):
            assert isinstance(node, tree.Series)
            return self.one(node.body)
        return rebuilt(node, self.summand) if isinstance(node, tree.Product) else self.one(node)

    def is_mean(self, node: Node) -> bool:
        """A mean, a sum or an expectation, in notes whose cost is one."""
        match self.way:
            case "mean":
                return _is_mean(node, self.letter, self.count)
            case "sum":
                return _is_sum(node, self.letter)
            case "weighed":
                return _is_sum(node, self.letter) or _is_mean(node, self.letter, self.count)
        return isinstance(node, tree.Expectation) and not _is_noisy(node)

    def is_whole(self, node: Node) -> bool:
        """A mean, any sum over samples, or the cost."""
        cost = isinstance(node, tree.Letter) and MARK not in node.above and role_in(node, self.context) in ("J", "J_a")
        return cost or self.is_mean(node) or (bool(self.letter) and _is_sum(node, self.letter))

    def is_own(self, node: Node) -> bool:
        """A letter of one sample."""
        if not isinstance(node, tree.Letter):
            return False
        return MARK in node.above or (self.way == "expected" and role_in(replace(node, below=(), accents=()), self.context) in ("x", "p"))

    def is_datum(self, node: Node) -> bool:
        """The label y^i of a sample, which nothing moves."""
        if not isinstance(node, tree.Letter) or node.name not in DATA or role_in(replace(node, below=()), self.context):
            return False
        return self.way == "expected" or MARK in node.above

    def owns(self, node: Node) -> bool:
        """Is there a letter of one sample outside all means?"""
        if self.is_mean(node):
            return False
        plain = isinstance(node, tree.Derivative) and not any(MARK in getattr(by, "above", ()) for by in node.by)
        return self.is_own(node) or any(map(self.owns, (node.of,) if isinstance(node, tree.Derivative) and plain else children(node)))

    def is_linear(self, node: Node) -> bool:
        """Is it linear in the cost and in means, and has no other sum over samples?"""
        if self.is_mean(node):
            inner = _unscaled(node, self.letter, self.count) if self.way in ("mean", WEIGHED) else node
            sums = [part for part in walk(inner or node) if self.is_whole(part)]
            return len(sums) == 1
        if self.is_whole(node):
            return isinstance(node, tree.Letter)
        whole = [child for child in children(node) if any(self.is_whole(part) for part in walk(child))]
        match node:
            case tree.Sum() | tree.Negative() | tree.Transposed() | tree.Variation() | tree.Extremum() | tree.Call():
                return all(map(self.is_linear, whole))
            case tree.Product():
                return len(whole) <= 1 and all(map(self.is_linear, whole))
            case tree.Quotient(above=inner) | tree.Integral(body=inner) | tree.Series(body=inner):
                return whole in ([], [inner]) and all(map(self.is_linear, whole))
            case tree.Derivative(of=inner) | tree.Evaluated(of=inner):
                return whole in ([], [inner]) and all(map(self.is_linear, whole))
        return not whole
