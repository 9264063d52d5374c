"""Formulas about stages in the letters of a method with 2 and with 3 stages: sums written out, indices put in.

A line is proved when it is proved for every value of its free indices in both methods, which have letters for all coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.indices import Unclear
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.quantities import is_staged
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.stages import clock, explicit, free_indices, indexed_by, staged, tableau_of

COUNTS = (2, 3)
WORDS = f"proved for methods of {' and of '.join(map(str, COUNTS))} stages, whatever their coefficients"
HERE = Symbol("l")
NEXT = tree.Sum((HERE, tree.Number(Fraction(1))))
ZERO = tree.Number(Fraction(0))


def instances(left: Node, right: Node, context: Context) -> Iterator[tuple[Node, Node, Context]]:
    """The equation with its stages written out; as it is where the notes have none."""
    if not staged(context) or context.over() != "layers":
        yield left, right, context
        return
    left, right = by_costates(left, right, context)
    names = sorted(free_indices((left, right)))
    method = context.option("method")
    for count in (len(tableau_of(method)[0]),) if method else COUNTS:
        there = replace(context, options={**context.options, "stages": str(count)})
        for values in product(range(1, count + 1), repeat=len(names)):
            stages = Stages(context, count, dict(zip(names, values, strict=True)))
            yield _without_zeros(stages.written(left)), _without_zeros(stages.written(right)), there


def by_costates(left: Node, right: Node, context: Context) -> tuple[Node, Node]:
    """p_n = p_{n+1} R for dx_{n+1}/dx_n = R, where nothing is paid on the way: it is so for every end cost, so for every p_{n+1}."""
    core = left.of if isinstance(left, tree.Transposed) else left
    step = tree.Derivative(Symbol("x", at=NEXT), (Symbol("x", at=HERE),), "total")
    spoken = symbols(right).union(*(symbols(law.right) for law in context.laws))
    if core != step or spoken & {"p", "L", "J"} or context.of("L"):
        return left, right
    turned = (left is core) == (context.option("jacobian") == "transposed")
    after, before = Symbol("p", at=NEXT), Symbol("p", at=HERE)
    if turned:
        return tree.Transposed(before), tree.Product((right, tree.Transposed(after)))
    return before, tree.Product((after, right))


def _without_zeros(node: Node) -> Node:
    """p + h 0, where a sum over stages is empty, is p."""
    node = rebuilt(node, _without_zeros)
    if isinstance(node, tree.Product | tree.Transposed | tree.Negative):
        return ZERO if ZERO in (node.factors if isinstance(node, tree.Product) else (node.of,)) else node
    terms = tuple(term for term in node.terms if term != ZERO) if isinstance(node, tree.Sum) else ()
    return node if not isinstance(node, tree.Sum) else tree.Sum(terms) if len(terms) > 1 else terms[0] if terms else ZERO


def words_of(context: Context) -> str:
    """For which methods a proof holds."""
    return "proved for the method that the notes name" if context.option("method") else WORDS


def kind_of(context: Context) -> str:
    """explicit or full."""
    law = context.law("stages")
    return "explicit" if law is not None and explicit(law.right) else "full"


@dataclass(frozen=True)
class Stages:
    """What stage indices are."""

    context: Context
    count: int
    values: Mapping[str, int]

    def written(self, node: Node) -> Node:
        if isinstance(node, tree.Series) and self.over_stages(node):
            return self.total(node)
        if isinstance(node, Symbol) and is_staged(node.name):
            return self.letter(node)
        if isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name in ("f", "L") and node.of.arguments:
            return replace(node, of=self.function(node.of))
        if isinstance(node, Applied) and node.name in ("f", "L") and node.arguments:
            return self.function(node)
        return rebuilt(node, self.written)

    def over_stages(self, node: tree.Series) -> bool:
        names = {part.name for part in walk(node.body) if isinstance(part, Symbol) and is_staged(part.name) and node.index in part.part}
        return bool(names)

    def number(self, node: Node) -> int:
        """The value of an index."""
        match node:
            case tree.Number(value):
                return int(value)
            case tree.Negative(of):
                return -self.number(of)
            case tree.Sum(terms):
                return sum(map(self.number, terms))
            case Symbol(name="stages"):
                return self.count
            case Symbol(name=name) if name in self.values:
                return self.values[name]
        raise Unclear(node, "a stage's index")

    def total(self, node: tree.Series) -> Node:
        if node.kind != "sum" or node.lower is None or node.upper is None or not isinstance(node.index, Symbol):
            raise Unclear("a sum", "a sum over stages with both ends")
        numbers = range(self.number(node.lower), self.number(node.upper) + 1)
        terms = tuple(replace(self, values={**self.values, node.index.name: i}).written(node.body) for i in numbers)
        return tree.Sum(terms) if len(terms) > 1 else terms[0] if terms else ZERO

    def letter(self, node: Symbol) -> Node:
        """X2, f2, P2, b2, a21, A21, and what the notes define."""
        indices = [self.number(part) for part in node.part]
        if any(not 1 <= index <= self.count for index in indices):
            raise Unclear("a stage", f"stages 1 ... {self.count}")
        declared = next((d for d in self.context.of(node.name) if d.body is not None and d.arguments is not None), None)
        if declared is not None and declared.body is not None and declared.arguments is not None:
            if node.at not in (None, HERE, replace(HERE, bound=True)):
                raise Unclear("a letter of stages at another layer", "letters of stages at one layer")
            return replace(self, values=dict(zip(declared.arguments, indices, strict=True))).written(declared.body)
        if node.name == "lower" and indices[1] >= indices[0] and kind_of(self.context) == "explicit":
            return ZERO
        if (method := self.context.option("method")) and node.name in ("weights", "lower"):
            lower, (weights,) = tableau_of(method)
            return tree.Number(Fraction(weights[indices[0] - 1] if node.name == "weights" else lower[indices[0] - 1][indices[1] - 1]))
        name = {"stage": "X", "slope": "f", "stage_costate": "P", "weights": "b", "lower": "a", "partner": "A"}.get(node.name)
        if name is None:
            raise Unclear(node.name, "stages, slopes, costates of stages, a_ij and b_i")
        constant = node.name in ("weights", "lower", "partner")
        at = None if constant else node.at or HERE
        return replace(node, name=name + "".join(map(str, indices)), part=(), at=at)

    def function(self, node: Applied) -> Applied:
        """f(X_i) is f_i; the argument may also be the stage's own law."""
        argument = dict(node.arguments).get("x")
        stage = argument.part if isinstance(argument, Symbol) and argument.name == "stage" else None
        numbers = range(1, self.count + 1)
        if stage is not None and any(d.body is not None for d in self.context.of("stage")):
            stage, argument = None, self.written(argument) if argument is not None else None
        control = dict(node.arguments).get("w")
        own = isinstance(control, Symbol) and (control.part == stage if control.name == "stage_control" else self.count == 1)
        if self.context.of("stage_control") and control is not None and not own:
            raise Unclear(f"{node.name} with the control of another stage", "stages with their own controls")
        number = self.number(stage[0]) if stage is not None else next((i for i in numbers if self.is_stage(argument, i)), 0)
        place = argument.at if isinstance(argument, Symbol) else None
        time, timed = dict(node.arguments).get("t"), clock(self.context)
        if time is not None and (timed is None or self.put(time) != self.put(indexed_by(*timed, tree.Number(Fraction(number))))):
            raise Unclear(f"{node.name} at the time of another stage", "stages at their own times")
        if not number:
            raise Unclear(f"{node.name} at a state that is no stage's", "stages")
        return Applied(f"{node.name}{number}", at=place or HERE)

    def put(self, node: Node) -> Node:
        """With the values of all stage indices."""
        if isinstance(node, Symbol) and node.bound and node.name in self.values:
            return tree.Number(Fraction(self.values[node.name]))
        return rebuilt(node, self.put)

    def is_stage(self, argument: Node | None, number: int) -> bool:
        """Is it x_n + h sum_j a_ij k_j?"""
        law = self.context.law("stages")
        assert law is not None
        own = dict(law.right.arguments).get("x") if isinstance(law.right, Applied) else law.right
        letter = law.left.part[0].name if isinstance(law.left, Symbol) and isinstance(law.left.part[0], Symbol) else ""
        there = replace(self, values={letter: number})
        return argument is not None and own is not None and _without_zeros(there.written(own)) == _without_zeros(self.written(argument))
