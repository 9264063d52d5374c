"""Both sides of a formula as numbers in several worlds: they agree, or a world contradicts, or the worlds cannot say.

How far a number may be believed is measured: the same formula in the same world on a coarser grid, with all data moved in their last
digits.  A world contradicts where the sides differ by SURE times what that changes in them, and by more than AGREE of their size;
what lies between is left open, and so is what depends on something the notes never said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np

from adjointcheck.notes.finding import Counterexample
from adjointcheck.notes.letters.components import extent, free
from adjointcheck.notes.letters.context import LATER, ROLES, Context, own
from adjointcheck.notes.letters.costs import starting
from adjointcheck.notes.letters.curvature import directions, is_tangent_law
from adjointcheck.notes.letters.end_time import ENDS, FIXED, UNTOLD
from adjointcheck.notes.letters.forms import about_end_time, is_at_end, is_general, is_solved_state, weighed
from adjointcheck.notes.letters.meaning import AXES, Applied, Symbol, children, symbols, unknown, walk
from adjointcheck.notes.letters.progression import RANGES, is_product, is_unlimited, read_as
from adjointcheck.notes.letters.quantities import Formal, instead
from adjointcheck.notes.letters.starting import unheld
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.ansatz import departs
from adjointcheck.notes.systems.arrivals import is_met, rests_on_arrival
from adjointcheck.notes.systems.blocks import components
from adjointcheck.notes.systems.endless import regulated, rests_on_rest
from adjointcheck.notes.systems.multiplier import OPEN_SIGN, has_open_sign, negated, with_other_sign
from adjointcheck.notes.systems.observed import written_out
from adjointcheck.notes.systems.own_clock import ends_free, on_own_clock
from adjointcheck.notes.systems.stages import free_indices
from adjointcheck.notes.systems.values import decimals, digits, number_of
from adjointcheck.notes.systems.wholes import moved_components
from adjointcheck.notes.worlds.evaluation import Env, NoValue, ShapeError, evaluate
from adjointcheck.notes.worlds.fields import COARSE, within
from adjointcheck.notes.worlds.jet import real
from adjointcheck.notes.worlds.named_functions import formula
from adjointcheck.notes.worlds.optima import NO_OPTIMUM
from adjointcheck.notes.worlds.plan import Stage
from adjointcheck.notes.worlds.staging import make_world
from adjointcheck.notes.worlds.world import UNBOUNDED, World

AGREE, ALIKE, SURE = 1e-7, 1e-4, 100.0  # of sides; of a matrix and a transpose, for the words alone; of errors
TIMES, INDICES = (0.31, 0.5, 0.73), (1, 2)
LONG = 1.0  # the end of a horizon up to which solutions seldom leave their bounds
SPARE = 4  # worlds to try in the place of hopeless ones
SMALL = (0.04, 0.02, 0.01, 0.005, 0.0025)
OPTIMAL_END, OPTIMAL_CONTROL = "where the end time is optimal", "where the control is optimal"
CLOCKS = tuple((Symbol(name),) for name in ("t", "t0", "t1"))  # in which a derivative has the shape of what is differentiated
ARRIVES = "the notes hold the end state, and this world does not"
PLACED = ROLES.keys() - {"I", "eps", "t", "noise"}  # what a problem has to give a value
UNFITTING = "shapes do not fit"
NEARLY = "its last digits are others, which may come of the rounding before"
ROUNDED = "it is so to the digits that are written"
EQUALS = ("=", ":=", "=:", "equiv", "==")


@dataclass(frozen=True)
class Agreement:
    """No world contradicts; `note` says under which reading or hypothesis."""

    worlds: int
    note: str = ""


@dataclass(frozen=True)
class Contradiction:
    """A world in which the sides differ, or shapes that fit in no layout; `sides` as they were compared, in which kinds of world."""

    counterexample: Counterexample
    sides: tuple[Node, Node] | None = field(default=None, compare=False, repr=False)
    stages: tuple[Stage, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Undecided:
    """Nothing can be said, and why; `shapes`: because they do not fit in the layout that was read."""

    reason: str
    shapes: bool = False


Outcome = Agreement | Contradiction | Undecided


def judge_in_worlds(chain: tree.Chain, context: Context) -> tuple[Outcome, ...]:
    """One outcome for each relation of a resolved chain."""
    pairs = zip(chain.sides, chain.sides[1:], chain.relations, strict=False)
    return tuple(judge_pair(left, right, relation, context) for left, right, relation in pairs)


@np.errstate(all="ignore")  # a world that overflows has no value, and is left out
def judge_pair(left: Node, right: Node, relation: str, context: Context) -> Outcome:
    """The sides of one relation, in every reading that the notes leave open."""
    left, right, context = written_out(left, right, regulated(context))
    letters = [*unknown(left), *unknown(right)]
    if letters:
        return Undecided(f"the letter {letters[0]} is not declared")
    expansion = any(True for side in (left, right) for _ in _orders(side))
    if relation == "approx" and digits(right):
        return _rounded(judge_pair(left, right, "=", context), right)
    if relation not in EQUALS and not (expansion and relation == "approx"):
        return Undecided(f"`{relation}` is not judged by numbers")
    if len(context.of("x")) > 1:
        return Undecided("notes with several states are not evaluated")
    if left == right:
        return Agreement(0, "both sides are the same")
    pairs = components(left, right)
    if len(pairs) > 1:
        return _together([judge_pair(one, other, relation, context) for one, other in pairs])
    found = _settled({note: _in_reading(left, right, reading) for note, reading in readings(left, right, context)})
    found = _in_no_layout(left, right, context, found) if isinstance(found, Undecided) and found.shapes else found
    found = _in_one_size(left, right, context, found) if isinstance(found, Undecided) and found.shapes else found
    return Undecided(NEARLY) if _is_near(found, right) else found


def _rounded(outcome: Outcome, right: Node) -> Outcome:
    """Of c \\approx 0.514: the digits behind the last one may be cut off."""
    gap = _gap_of(outcome)
    cut = abs(gap) < 2 * digits(right) and (gap < 0) == isinstance(right, tree.Negative)
    return Undecided(ROUNDED) if cut else Undecided(NEARLY) if abs(gap) < 2 * digits(right) else outcome


def _gap_of(outcome: Outcome) -> float:
    """Left less right in the world that contradicts; infinite where there is none."""
    fits = isinstance(outcome, Contradiction) and outcome.counterexample.gap not in ("", UNFITTING) and outcome.counterexample.gap[0] != "["
    return float(outcome.counterexample.gap) if fits and isinstance(outcome, Contradiction) else np.inf


def _is_near(outcome: Outcome, right: Node) -> bool:
    """Is 0.1293 off by less than three units of its last digit, and by less than a thousandth?"""
    gap, size = _gap_of(outcome), abs(float(number_of(right) or 0))
    return bool([*decimals(right)]) and abs(gap) < min(6 * digits(right), size / 1000)


def _in_no_layout(left: Node, right: Node, context: Context, outcome: Undecided) -> Outcome:
    """Shapes that fit with no Jacobian and with no transposed one: wrong, where only explicit partial derivatives are told."""
    slopes = [part for side in (left, right) for part in walk(side) if isinstance(part, tree.Derivative) and part.by not in CLOCKS]
    told = all(slope.kind == "partial" and isinstance(slope.of, Applied) and len(slope.by) == 1 for slope in slopes)
    if not slopes or not told or context.option("jacobian"):
        return outcome
    turned = _in_reading(left, right, replace(context, options={**context.options, "jacobian": "transposed"}))
    if not isinstance(turned, Undecided) or not turned.shapes:
        return outcome
    return Contradiction(Counterexample((("shapes", "n = 3, k = 2, m = 4"),), outcome.reason, "", UNFITTING))


def _in_one_size(left: Node, right: Node, context: Context, outcome: Undecided) -> Outcome:
    """A gradient by a letter of no size that the notes tell: wrong, where it is for equal sizes, and transposed too."""
    by = left.by[0] if isinstance(left, tree.Derivative) and left.of == Symbol("J") and len(left.by) == 1 else None
    state = next((known.shape[0] for known in context.of("x")), "")
    proposed = [known for known in context.letters.values() if known.source == "proposed" and known.symbol in ("w", own(known.letter))]
    sizes = {size for known in proposed for size in known.shape} - {"1", "", state}
    if not sizes or not any(isinstance(by, Symbol) and by.name == known.symbol and sizes & {*known.shape} for known in proposed):
        return outcome
    shapes = [[state if size in sizes else size for size in known.shape] for known in proposed]
    alike = {known.letter: replace(known, shape=(rows, cols)) for known, (rows, cols) in zip(proposed, shapes, strict=True)}
    there = replace(context, letters={**context.letters, **alike})
    found = [_settled({note: _in_reading(left, side, reading) for note, reading in readings(left, side, there)})
             for side in (right, tree.Transposed(right))]
    return found[0] if all(isinstance(each, Contradiction) for each in found) else outcome


def _together(outcomes: list[Outcome]) -> Outcome:
    """Of the entries of a vector: the first that contradicts, else the first that cannot say."""
    for kind in (Contradiction, Undecided):
        for outcome in outcomes:
            if isinstance(outcome, kind):
                return outcome
    return Agreement(sum(outcome.worlds for outcome in outcomes if isinstance(outcome, Agreement)))


def readings(left: Node, right: Node, context: Context) -> Iterator[tuple[str, Context]]:
    """The context in every answer to what it leaves open, with these answers in words."""
    for answers in product(*_open(left, right, context)):
        there = context
        for option, value, _ in answers:
            there = _with(there, option, value) if value else there
        yield "; ".join(words for _, _, words in answers), there


Answer = tuple[str, str, str]  # option, value, words


def _open(left: Node, right: Node, context: Context) -> Iterator[list[Answer]]:
    """The answers to each question: nabla f or its transpose, the order of a product, the limits of a sum, the first layer's costate."""
    nodes = [part for side in (left, right) for part in walk(side)]
    nabla = any(isinstance(part, tree.Derivative) and part.kind == "nabla" for part in nodes)
    if nabla and not context.option("nabla") and not context.option("jacobian"):
        yield [("nabla", "components", "nabla of a vector read as its Jacobian"),
               ("nabla", "transposed", "nabla of a vector read as the transposed Jacobian")]
    if any(map(is_product, nodes)) and not context.option("product"):
        yield [("product", "rising", "products of matrices with the lowest index on the left"),
               ("product", "falling", "products of matrices with the highest index on the left")]
    if any(is_unlimited(part, context) for part in nodes) and not context.option("sums"):
        yield [("sums", "", "a sum without limits from 0 to N - 1"), *(("sums", name, f"a sum without limits {name}") for name in RANGES)]
    if is_first_open(left, right, context):
        yield [("first costate", which, f"the costate at the first layer {which} what is paid there") for which in ("without", "with")]


def _with(context: Context, name: str, value: str) -> Context:
    return replace(context, options={**context.options, name: value})


def is_first_open(left: Node, right: Node, context: Context) -> bool:
    """Does it speak of the first layer's costate, where a cost of the first state is paid beside the others?"""
    law = context.law("objective")
    told = any(known.told == "declared" for known in context.of("p"))  # p = dJ/dx, which all lines have to agree with
    if context.over() != "layers" or told or context.option("first costate") or law is None or not starting(law.right).terms:
        return False
    places = [part.at for side in (left, right) for part in walk(side) if isinstance(part, Symbol) and part.name == "p"]
    return any(place in (Symbol("t0"), tree.Number(Fraction(0))) for place in places)


def _settled(outcomes: Mapping[str, Outcome]) -> Outcome:
    """One reading that agrees is enough where only a layout is open; a reading whose shapes do not fit is none."""
    if all(isinstance(outcome, Agreement) for outcome in outcomes.values()):
        return next(iter(outcomes.values()))
    for note, outcome in outcomes.items():
        if isinstance(outcome, Agreement):
            return replace(outcome, note="; ".join(filter(None, (outcome.note, note)))) if len(outcomes) > 1 else outcome
    undecided = [outcome for outcome in outcomes.values() if isinstance(outcome, Undecided)]
    wrong = [outcome for outcome in outcomes.values() if isinstance(outcome, Contradiction)]
    senseless = all(outcome.shapes for outcome in undecided)
    return (wrong if wrong and senseless else undecided or list(outcomes.values()))[0]


def _in_reading(left: Node, right: Node, context: Context) -> Outcome:
    """All worlds that the hypotheses allow; open arguments of functions must not matter."""
    left, right = (read_as(side, context) for side in (left, right))
    timed = on_own_clock(left, right, context)
    context = timed if timed is not None and Stage(timed).span[1] <= LONG else context  # a long horizon comes second
    kinds = stages(left, right, context)
    outcomes = {name: in_stage(left, right, stage) for name, stage in kinds.items()}
    bad = {name: outcome for name, outcome in outcomes.items() if not isinstance(outcome, Agreement)}
    if not bad:
        return next(iter(outcomes.values()))
    good = [name for name in outcomes if name not in bad]
    if good:
        return Undecided(f"it holds {good[0]}, but not {next(iter(bad))}; write the functions with their arguments")
    undecided = next((outcome for outcome in bad.values() if isinstance(outcome, Undecided)), None)
    first = undecided or next(iter(bad.values()))
    return _rescued(left, right, context, replace(first, sides=(left, right))) if isinstance(first, Contradiction) else first


def _rescued(left: Node, right: Node, context: Context, outcome: Contradiction) -> Outcome:
    """A contradiction stands only if the hypotheses in force do not remove it, and no sign was taken from custom alone."""
    stage = next(iter(stages(left, right, context).values()))
    tried = [stage]
    if outcome.counterexample.gap == UNFITTING:
        return replace(outcome, stages=(stage,))
    steered = bool(context.of("w") or context.of("theta")) if not context.parts("x") else bool(context.of("w"))
    steered &= context.law("rest") is None
    if "optimal" in context.hypotheses or (steered and _about_optimum(left, right) and not is_general(left, right)):
        tried.append(replace(stage, optimal=True))
        found = in_stage(left, right, tried[-1])
        if isinstance(found, Agreement):
            return replace(found, note=OPTIMAL_CONTROL)
        if isinstance(found, Undecided) and not _ignores_control(left, right, stage):
            return found
    asks = about_end_time(left, right) and context.option(ENDS) != FIXED
    if asks or ("free end time" in context.hypotheses and _rests_on_end_time(left, right, context)):
        best = steered and not is_general(left, right)  # H(t) = H(T) - int H_t ds
        for optimal in dict.fromkeys(("optimal" in context.hypotheses, "optimal" in context.hypotheses or best)):
            tried.append(replace(stage, end_time=True, optimal=optimal))
            found = in_stage(left, right, tried[-1])
            if isinstance(found, Agreement):
                return replace(found, note=OPTIMAL_END) if ends_free(context) else Undecided(UNTOLD)
            if isinstance(found, Undecided):
                return found
    if rests_on_arrival(left, right, context) and not (context.option("ends") and tried[-1].optimal and is_met(context)):
        timed = on_own_clock(left, right, context)
        return _in_reading(left, right, timed) if timed is not None and is_met(timed) else Undecided(ARRIVES)
    if rests_on_rest(left, right, context):
        return Undecided("it is of the one solution that is the best without an end, and this world has another")
    if (timed := on_own_clock(left, right, context)) is not None:
        return _in_reading(left, right, timed)
    other = has_open_sign(context, left, right)
    if other and "p_alg" in symbols(left) | symbols(right) and not all(known.told for known in context.of("p_alg")):
        return Undecided(OPEN_SIGN)  # each of two multipliers may have either sign
    if other and isinstance(_in_reading(negated(left), negated(right), with_other_sign(context, LATER)), Agreement):
        return Undecided(OPEN_SIGN)
    return replace(outcome, stages=tuple(tried))


def _rests_on_end_time(left: Node, right: Node, context: Context) -> bool:
    """H, or what stands at the end; but not costates alone, on which the end time has no influence in itself.

    In an example 1 - p^2/2 = 0 says that H is 0, and x(t) = x_0 - 2 t is so for the best end time.
    """
    names = symbols(left) | symbols(right)
    moves = any(isinstance(part, tree.Derivative) for side in (left, right) for part in walk(side))
    alone = names <= {"p", "theta"} and not is_at_end(left, right) and not moves
    solved = bool(context.parts("x")) and (alone or is_solved_state(left, right))
    return "H" in names or solved or (is_at_end(left, right) and bool(names - {"p", "theta", "t", "t0", "t1"}))


def _ignores_control(left: Node, right: Node, stage: Stage) -> bool:
    """Are both sides the same under another control, so that they need no optimal one?"""
    try:
        world = make_world(stage)
        if world.layered or not stage.context.of("w"):
            return False
        other = world.remade({**world.inputs, "w": world.inputs["d_w"]})
        moved = [_difference(real(evaluate(side, env)), real(evaluate(side, env.within(other))), env)
                 for env in points(world, left, right) for side in (left, right)]
        return max(moved) < AGREE**2
    except (ShapeError, NoValue, np.linalg.LinAlgError):
        return False


def _about_optimum(left: Node, right: Node) -> bool:
    """H_w = 0, w = ... argmin, dH/dt = ...: what only an optimal control satisfies."""
    nodes = [*walk(left), *walk(right)]
    slopes = any(isinstance(n, tree.Derivative) and any(isinstance(b, Symbol) and b.name == "w" for b in n.by) for n in nodes)
    zero = any(isinstance(side, tree.Number) and side.value == 0 for side in (left, right))
    energy = any(isinstance(n, tree.Derivative) and n.kind == "total" and "H" in symbols(n.of) for n in nodes)
    chosen = (isinstance(left, Symbol) and left.name == "w") or is_solved_state(left, right)
    fed = "P" in symbols(left) | symbols(right) and not departs(left, right)
    return (slopes and zero) or weighed(nodes, symbols(left) | symbols(right)) or energy or chosen or fed


def stages(left: Node, right: Node, context: Context) -> dict[str, Stage]:
    """Worlds by name; where a function's arguments were never written, with few and with many."""
    names = symbols(left) | symbols(right)
    told = frozenset() if is_tangent_law(left) else directions(context)  # z-dot = f_x z may be told of a fixed control
    moved = told | (varied(left, right) - {"x0"}) if told else unheld(varied(left, right), (left, right), context)
    moved |= varied(left, right) & context.moved & {"x0"}  # delta x(0) = y_0, of which the line speaks
    stage = Stage(context, varied=moved, components=moved_components((left, right)), algebra=not names & PLACED)
    bare = sorted(name for name in used_functions(left, right, context) if not any(d.arguments is not None for d in context.of(name)))
    if "autonomous" in context.hypotheses or not bare:
        return {"as written": replace(stage, wide=not bare)}
    names = ", ".join(bare)
    return {f"where {names} take all arguments": stage, f"where {names} take few arguments": replace(stage, wide=False)}


def used_functions(left: Node, right: Node, context: Context) -> set[str]:
    """The functions that the formula's numbers rest on."""
    found = {part.name for side in (left, right) for part in walk(side) if isinstance(part, Applied)} & AXES.keys()
    names = symbols(left) | symbols(right)
    bodies = (known.body for known in context.letters.values() if known.symbol in names and known.body is not None)
    if {"J", "J_a", "p", "a_theta"} & names.union(*map(symbols, bodies)):
        law = context.law("objective")
        found |= {part.name for part in walk(law.right) if isinstance(part, Applied)} if law else {"Psi", "L"}
    return {name for name in found & AXES.keys() - {"H"} if context.of(name)}


def varied(left: Node, right: Node) -> frozenset[str]:
    """The inputs whose variation the formula names; the initial state if it names none."""
    found = {inner.name for side in (left, right) for part in walk(side) if isinstance(part, tree.Variation)
             for inner in [_inside(part.of)] if isinstance(inner, Symbol)}
    starts = any(isinstance(part, tree.Variation) and isinstance(inner := _inside(part.of), Symbol) and inner.name == "x"
                 and isinstance(inner.at, Symbol) and inner.at.name == "t0" for side in (left, right) for part in walk(side))
    inputs = (found & {"w", "theta", "x0", "t0", "t1"}) | ({"x0"} if starts or "v" in symbols(left) | symbols(right) else set())
    return frozenset(inputs or {"x0"})


def _inside(node: Node) -> Node:
    return _inside(node.of) if isinstance(node, tree.Negative | tree.Transposed) else node


# One kind of world

HOPELESS = (Undecided(UNBOUNDED), Undecided(NO_OPTIMUM))  # of one draw of numbers, and perhaps not of the next


@np.errstate(all="ignore")
def in_stage(left: Node, right: Node, stage: Stage) -> Outcome:
    """Both sides at several points of two worlds; a world whose solution leaves its bounds is passed over."""
    wanted = 1 if stage.optimal else 2  # an optimal control takes long to find
    outcome: Outcome = Agreement(0)
    counted = []
    for seed in range(wanted + SPARE):
        outcome = _in_world(left, right, replace(stage, seed=seed))
        counted += [outcome.worlds] if isinstance(outcome, Agreement) else []
        if len(counted) == wanted:
            return Agreement(sum(counted))
        if not isinstance(outcome, Agreement) and outcome not in HOPELESS:
            return outcome
    return outcome if not isinstance(outcome, Agreement) else Undecided(UNBOUNDED)


def _in_world(left: Node, right: Node, stage: Stage) -> Outcome:
    """Both sides at several points of one world."""
    count = 0
    try:
        for env in points(make_world(stage), left, right):
            gap, scale, values = _gap(left, right, env)
            if gap > AGREE * scale and gap > SURE * uncertainty(left, right, env, values):
                return Contradiction(counterexample(left, right, env, values))
            if not gap <= AGREE * scale:
                return Undecided(f"the sides differ by {gap:.1e} at size {scale:.1e}, too little to contradict")
            count += not _is_empty(left, right, values)
    except ShapeError as error:
        return _unfitting(error)
    except NoValue as error:
        return Undecided(str(error))
    except (np.linalg.LinAlgError, ZeroDivisionError, FloatingPointError, OverflowError, RecursionError) as error:
        return Undecided(f"no number: {error}")
    return Agreement(count)


def _is_empty(left: Node, right: Node, values: tuple[Any, Any]) -> bool:
    """Are both sides 0, as all is of a costate where nothing is paid for at the end?  Neither says so, and nothing was compared."""
    told = any(isinstance(side, tree.Number) for side in (left, right))
    return not told and all(not isinstance(value, str) and float(np.max(np.abs(value))) == 0.0 for value in values)


def uncertainty(left: Node, right: Node, env: Env, values: tuple[Any, Any]) -> float:
    """How far `values` may be off: what a coarser grid, with all data moved in their last digits, changes in either side."""
    there = env.within(make_world(replace(env.world.stage, nodes=COARSE)))
    _, scale, others = _gap(left, right, there)
    if isinstance(values[0], str):
        return 0.0 if values == others else np.inf
    moved = sum(float(np.max(np.abs(one - other))) for one, other in zip(values, others, strict=True))
    return moved + np.finfo(float).eps * scale


def _unfitting(error: ShapeError) -> Outcome:
    if error.loose:
        return Undecided(f"shapes do not fit in the layout that was read: {error}", shapes=True)
    return Contradiction(Counterexample((("shapes", "n = 3, k = 2, m = 4"),), str(error), "", UNFITTING))


def points(world: World, left: Node, right: Node) -> Iterator[Env]:
    """The moments, for each of them every component that an index letter may mean."""
    letters = sorted(free(left) | free(right))
    sizes = (int(np.prod(world.shape(extent(left, letter) or extent(right, letter)))) for letter in letters)
    ranges = [range(1, size + 1) for size in sizes]
    for env in _moments(world, left, right):
        for numbers in product(*ranges):
            yield replace(env, bound={**env.bound, **dict(zip(letters, map(np.float64, numbers), strict=True))})


def _moments(world: World, left: Node, right: Node) -> Iterator[Env]:
    """Where to look: over time three times, over layers two; once where nothing depends on it."""
    eps = {"eps": np.float64(0.07)}
    if world.layered:
        for index in INDICES:
            for stages in stage_indices((left, right)):
                yield Env(world, index, {"l": np.float64(index), **eps, **stages})
    elif _pointwise(left) or _pointwise(right):
        for time in world.times(tuple(within(world.grid.span, time) for time in TIMES), sides_of(left) | sides_of(right)):
            yield Env(world, np.float64(time), {"t": np.float64(time), **eps})
    else:
        middle = np.float64(within(world.grid.span, TIMES[1]))
        yield Env(world, middle, {"t": middle, **eps})


def stage_indices(sides: tuple[Node, Node]) -> Iterator[dict[str, Any]]:
    """Numbers for the stage indices that stand free: neighbours, in both orders."""
    names = sorted(free_indices(sides))
    for first in (1, 2) if names else (1,):
        yield {name: np.float64((first + i) % 3 + 1) for i, name in enumerate(names)}


def sides_of(node: Node) -> frozenset[str]:
    """The sides of an event whose field the formula names in passing."""
    passing = (part for part in walk(node) if isinstance(part, Applied) and part.side and part.at is None)
    return frozenset(part.side for part in passing if not any(getattr(value, "at", None) for _, value in part.arguments))  # f^-(x(tau^-))


def _pointwise(node: Node) -> bool:
    """Does the value depend on the running time?"""
    if isinstance(node, tree.Integral):
        return any(limit is not None and _pointwise(limit) for limit in (node.lower, node.upper))
    if isinstance(node, Symbol):
        return node.name not in ("J", "J_a", "theta", "t0", "t1", "tau") and (node.at is None or _pointwise(node.at))
    return isinstance(node, Applied) or any(map(_pointwise, children(node)))


def _gap(left: Node, right: Node, env: Env) -> tuple[float, float, tuple[Any, Any]]:
    """The largest difference, the size to compare it with, and both values."""
    orders = [order for side in (left, right) for order in _orders(side)]
    if orders:
        return _order_gap(left, right, orders[0], env)
    values = real(evaluate(left, env)), real(evaluate(right, env))
    gap = _difference(*values, env)
    if AGREE * max(0.05, abs(float(np.max(np.abs(values[0]))))) < gap < rounding(left, env) + rounding(right, env):
        raise NoValue(ROUNDED)
    return gap, max(0.05, *(float(np.max(np.abs(value))) for value in values)), values


def rounding(side: Node, env: Env) -> float:
    """How far a side may be off for decimals in it that were rounded: half a unit of its last digit, and what those inside it change."""
    here = real(evaluate(side, env)) if (inner := [*decimals(side)]) and not digits(side) else 0.0
    moved = (real(evaluate(instead(side, number, off), env)) for number, off in inner) if not digits(side) else ()
    return digits(side) + sum(float(np.max(np.abs(value - here))) for value in moved)


def agrees(wanted: Any, value: Any, env: Env) -> bool:
    """Are two values the same within what may be believed?"""
    return _difference(wanted, value, env) <= AGREE * max(0.05, float(np.max(np.abs(wanted))))


def _orders(node: Node) -> Iterator[tree.BigO]:
    """The remainders that stay; inside a limit they vanish."""
    if isinstance(node, tree.BigO):
        yield node
    elif not isinstance(node, tree.Limit):
        for child in children(node):
            yield from _orders(child)


def _difference(a: Any, b: Any, env: Env) -> float:
    """The largest entry of a - b; a vector without layout fits rows and columns."""
    if np.size(a) == np.size(b) == 1:
        return abs(np.asarray(a).item() - np.asarray(b).item())
    shapes = np.shape(a), np.shape(b)
    if shapes[0] == shapes[1] or (() in shapes and (np.all(np.asarray(a) == 0) or np.all(np.asarray(b) == 0))):
        return float(np.max(np.abs(np.asarray(a) - np.asarray(b))))
    if () in shapes:
        other = a if shapes[1] == () else b
        if np.ndim(other) == 2 and np.shape(other)[0] == np.shape(other)[1]:
            return float(np.max(np.abs(np.asarray(a) * np.eye(len(other)) if shapes[0] == () else a - np.asarray(b) * np.eye(len(other)))))
        raise ShapeError(f"left {_words(shapes[0])}, right {_words(shapes[1])}", 1 in map(len, shapes))
    if np.size(a) == np.size(b) and (1 in map(len, shapes) or _loose(env)) and min(*shapes[0], *shapes[1], np.size(a)) in (1, np.size(a)):
        return float(np.max(np.abs(np.reshape(a, -1) - np.reshape(b, -1))))
    turned = shapes[0] == shapes[1][::-1] and np.allclose(a, np.transpose(b), rtol=ALIKE)
    told = ", equal but for a transpose" if turned else ""
    raise ShapeError(f"left {_words(shapes[0])}, right {_words(shapes[1])}{told}", turned or 1 in map(len, shapes) or _loose(env))


def _loose(env: Env) -> bool:
    """No layout is declared anywhere in the notes."""
    return not env.world.context.option("gradients") and not any(d.layout for d in env.world.context.of("p"))


def _words(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) if len(shape) == 2 else f"a vector of {shape[0]}" if shape else "a number"


def _order_gap(left: Node, right: Node, order: tree.BigO, env: Env) -> tuple[float, float, tuple[Any, Any]]:
    """A remainder O(eps^k): its size falls like eps^k, seen by its slope between small values."""
    name = next((part.name for part in walk(order.of) if isinstance(part, Symbol) and part.name in env.bound), "eps")
    sizes = []
    for small in SMALL:
        there = env.binding(name, np.float64(small))
        rest = float(np.max(np.abs(real(evaluate(left, there)) - real(evaluate(right, there)))))
        sizes.append((rest, abs(float(real(evaluate(order.of, there))))))
    if max(rest for rest, _ in sizes) < 1e-11:
        return 0.0, 1.0, (0.0, 0.0)
    slopes = [np.log((one + 1e-300) / (next_ + 1e-300)) / np.log(2.0) for (one, _), (next_, _) in pairwise(sizes)]
    wanted = np.log(sizes[-2][1] / sizes[-1][1]) / np.log(2.0)
    gap = 0.0 if slopes[-1] > wanted - 0.3 else 1.0 if max(slopes[-3:]) < wanted - 0.4 else 1e-5
    return gap, 1.0, (f"a remainder of order {slopes[-1]:.1f}", f"order {wanted:.0f}")


# What is shown of a contradiction


def counterexample(left: Node, right: Node, env: Env, values: tuple[Any, Any]) -> Counterexample:
    """The world's field, costs, inputs and point, and both values."""
    world = env.world
    opaque = any(isinstance(part, Applied) and part.name == "f" for part in walk(world.rule))
    functions = sorted({*used_functions(left, right, world.context), *("f" * opaque)} & AXES.keys() - {"H", "phi", "g", "r", "psi"})
    setting = [] if opaque else [("next x" if world.layered else "dx/dt", show(world.rule))]
    setting += [(name, world.function(name).words(name)) for name in functions if _present(name, world)]
    setting += [(show(function), show(formula(function, world.stage))) for function in _left_open(left, right, world)]
    setting += [(name, _number(world.inputs[name])) for name in ("x0", "theta") if name == "x0" or world.context.of("theta")]
    horizon = "" if world.layered else f" in [{float(real(world.first())):g}, {float(real(world.last())):g}]"
    place = ("layer" if world.layered else "t", f"{float(real(env.time)):g}{horizon}")
    comparable = not isinstance(values[0], str) and np.shape(values[0]) == np.shape(values[1])
    return Counterexample((*setting, place), _number(values[0]), _number(values[1]), _number(values[0] - values[1]) if comparable else "")


def _left_open(left: Node, right: Node, world: World) -> list[Formal]:
    """F(x), each of the functions that the notes leave open once."""
    parts = (part for node in (left, right, world.rule, world.objective) for part in walk(node))
    return [*dict.fromkeys(replace(part, by=()) for part in parts if isinstance(part, Formal))]


def _present(name: str, world: World) -> bool:
    return name == "f" or bool(world.context.of(name))


def _number(value: Any) -> str:
    if isinstance(value, str):
        return value
    return np.array2string(np.asarray(real(value)), precision=6, separator=", ", suppress_small=True).replace("\n", "")
