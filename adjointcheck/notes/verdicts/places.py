"""Lines that leave open where something is taken: d/dt Phi(x(t)) = Phi_x f, a slope at theta = ln 2, a value J = 0.35 of numbers untold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.end_time import ENDS, FIXED
from adjointcheck.notes.letters.meaning import Applied, Symbol, symbols, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.values import digits
from adjointcheck.notes.systems.variations import CURVE
from adjointcheck.notes.verdicts.comparison import UNFITTING, Contradiction, Outcome, points
from adjointcheck.notes.worlds.evaluation import NoValue, ShapeError, evaluate
from adjointcheck.notes.worlds.jet import real
from adjointcheck.notes.worlds.plan import Stage
from adjointcheck.notes.worlds.staging import make_world

RUNNING = (Symbol("x"), Symbol("x", at=Symbol("t")))
COARSE = 0.04  # 0.5 and 0.1 are constants of problems; with more digits they are values
VARIES = 1e-3


def asks_for_end(sides: Sequence[Node], context: Context, outcome: Outcome) -> bool:
    """L + p f = 0 at the end, written out: the best end time, where it may be the best, and no world has shown that it is not?"""
    nodes = [part for side in sides for part in walk(side)]
    places = {part.at for part in nodes if isinstance(part, Symbol) and part.name in ("x", "p", "w")}
    spoken = any(getattr(part, "name", "") in ("w", "L", "f") for part in nodes)
    tried = context.option(ENDS) == FIXED or any(stage.end_time for stage in getattr(outcome, "stages", ()))
    return tree.Number(Fraction(0)) in sides and places == {Symbol("t1")} and spoken and not (tried or context.option(CURVE))


def leaves_place_open(sides: Iterable[Node], context: Context) -> bool:
    """Does Psi stand at x(t) and without a place in one line, where anything moves?"""
    paid = [part for side in sides for part in walk(side) if isinstance(part, Applied) and part.name == "Psi"]
    along = any(("x", state) in part.arguments for part in paid for state in RUNNING)
    return along and context.law("rest") is None and any(not part.arguments and part.at is None for part in paid)


def may_be_optimum(sides: Iterable[Node], context: Context) -> bool:
    """J_p + lambda' R_p = 0 at rest, which holds where the parameters are optimal."""
    nodes = [part for side in sides for part in walk(side)]
    varied = any(isinstance(part, tree.Derivative) and getattr(part.of, "name", "") in ("J", "Psi") and len(part.by) == 1
                 and getattr(part.by[0], "name", "") in ("theta", "w") for part in nodes)
    return context.law("rest") is not None and tree.Number(Fraction(0)) in [*sides] and varied


def pairs_of(chain: tree.Chain) -> Iterator[tuple[Node, Node]]:
    """The sides of each relation; a bar behind the first side, dJ/dx(0)|_{theta = ln 2} = p(0) = 1/2, is meant of the others too."""
    first, *others = chain.sides
    if isinstance(first, tree.Evaluated) and at_value((first,)):
        others = [side if isinstance(side, tree.Number | tree.Evaluated) else replace(first, of=side) for side in others]
    return pairwise((first, *others))


def at_value(sides: Iterable[Node]) -> bool:
    """dJ/dtheta at theta = ln 2, where worlds have another theta."""
    bars = [part for side in sides for part in walk(side) if isinstance(part, tree.Evaluated)]
    places = [place.sides for bar in bars for place in bar.at if isinstance(place, tree.Chain)]
    return any("theta" in symbols(sides[0]) and not symbols(sides[1]) for sides in places)


def fits_numbers_alone(outcome: Outcome) -> bool:
    """(y-hat - y) sigma'(z) a, which no shapes but those of numbers make a gradient."""
    return isinstance(outcome, Contradiction) and outcome.counterexample.gap == UNFITTING


def is_of_example(outcome: Outcome) -> bool:
    """J = 0.350 and J = -log(0.701) of a J that is another number in another world."""
    if not isinstance(outcome, Contradiction) or outcome.sides is None or not outcome.stages:
        return False
    left, right = outcome.sides
    if symbols(right) or not any(isinstance(part, tree.Number) and 0 < digits(part) < COARSE for part in walk(right)):
        return False
    with suppress(NoValue, ShapeError, np.linalg.LinAlgError):
        values = [_first_value(left, right, replace(outcome.stages[-1], seed=seed)) for seed in (0, 1)]
        return bool(np.max(np.abs(values[0] - values[1])) > VARIES * np.max(np.abs(values[0])))
    return False


def _first_value(left: Node, right: Node, stage: Stage) -> Any:
    """The left side in a world, where one looks first."""
    return np.asarray(real(evaluate(left, next(iter(points(make_world(stage), left, right))))))
