"""Concrete worlds in which formulas have numbers: random smooth fields and costs, trajectories, costates by forward sensitivities.

Fields have Jacobians without symmetry, depend on time where the notes let them, and every argument is live.  Over time, a world
solves xdot = f by collocation (Chebyshev points, Picard's iteration); over layers it just runs.  The costate is computed as
dJ/dx(t) from perturbed solutions, never from an adjoint equation.  All inputs may be jets, so every derivative is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from adjointcheck.notes.letters.context import ROLES
from adjointcheck.notes.letters.costs import objective_of, one_of, parts, running, starting
from adjointcheck.notes.letters.meaning import Applied, Symbol, symbols, walk
from adjointcheck.notes.letters.own_inputs import own_input
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.elementwise import written_out
from adjointcheck.notes.worlds.evaluation import (
    CLOSE,
    Env,
    NoValue,
    assembled,
    by_letter,
    columns,
    component,
    dimensions,
    evaluate,
    lawful,
    place_of,
    scalar,
)
from adjointcheck.notes.worlds.fields import START, Path, Smooth, grid, spread
from adjointcheck.notes.worlds.gains import gains, standing
from adjointcheck.notes.worlds.jet import Value, along, direction, directions, moved, moved_along, real
from adjointcheck.notes.worlds.own_values import at_place, constant, own_path, started
from adjointcheck.notes.worlds.plan import Stage
from adjointcheck.notes.worlds.riccati import Regulator, regulator_of

LAYERS = OBSERVATIONS = 4
UNBOUNDED = "the solution of this world leaves its bounds"


class World:
    """A stage with inputs; every method takes times (layers: indices)."""

    def __init__(self, stage: Stage, inputs: Mapping[str, Value], origin: tuple[Value, Value] | None = None, before: World | None = None,
                 guess: Value | None = None, kin: World | None = None) -> None:
        self.stage, self.inputs, self.before, self.guess = stage, inputs, before, guess
        self.origin = origin or ((0 if stage.layered else inputs["t0"]), inputs["x0"])
        self.context, self.layered, self.count = stage.context, stage.layered, int(stage.context.option("few layers") or LAYERS)
        self.slots, self.shape, self.grid = stage.slots, stage.shape, grid(stage.nodes, stage.span)
        self._varied: dict[int, World] = {}
        self._put: dict[Any, World] = {}
        self.memory: dict[Any, Value] = {}
        kin = kin or before
        self._functions: dict[str, Smooth] = kin._functions if kin else {}
        self._constants: dict[str, Value] = kin._constants if kin else {}

    def function(self, name: str, side: str = "") -> Smooth:
        """By its name; where an event switches fields, there are two of f."""
        other = name == "f" and side == "after" and self.context.law("dynamics after") is not None
        key = f"{name} {side}" if other else name
        if key not in self._functions:
            made = self.stage.function(name)
            self._functions[key] = replace(made, seed=made.seed + 1) if other else made
        return self._functions[key]

    def component(self, node: Symbol, value: Value, env: Env) -> Value:
        """One entry of a vector."""
        return component(node, value, env)

    def field(self, node: Applied, env: Env) -> Smooth:
        """The function that a node means."""
        return self.function(node.name, node.side)

    # Times

    def first(self) -> Value:
        return 0 if self.layered else self.inputs["t0"]

    def last(self) -> Value:
        return self.count if self.layered else self.inputs["t1"]

    def clock(self, time: Value) -> Value:
        return START + self.inputs["h"] * float(real(time)) if self.layered else time

    moment: float | None = None  # of an event
    blocks: tuple[slice, ...] = ()  # of a state that is made of several

    def times(self, times: tuple[float, ...], sides: frozenset[str]) -> tuple[float, ...]:
        """Where to look."""
        return times

    def stretch(self, start: Value, end: Value) -> str:
        """On which side of an event a smooth part of an interval lies."""
        return ""

    def cuts(self) -> tuple[Value, ...]:
        """Times at which something jumps."""
        observed = tuple(float(time) for time in np.ravel(real(self.inputs["s"]))) if "s" in self.inputs else ()
        return (*observed, *((*self.before.cuts(), self.origin[0]) if self.before else ()))

    # Values

    def value(self, node: Symbol, place: Value, env: Env) -> Value:
        """The quantity `node` at a time or layer."""
        follows = node.name not in ("J", "J_a")
        if follows and self.before is not None and float(real(place)) < float(real(self.origin[0])) - CLOSE:
            return self.before.value(node, place, env.within(self.before))
        name = node.name
        if name == "p" and "s" in self.inputs:
            return self.jumping_costate(place, node.side)
        maker = getattr(self, f"value_{name}", None)
        if maker is not None:
            return maker(place)
        if name in self.inputs:
            return self.inputs[name]
        declared = self.context.letters.get(name) or next(iter(self.context.of(name)), None)
        if declared is not None and declared.body is not None:
            found, bump = evaluate(declared.body, env if node.at is None else env.at(place)), self.inputs.get(f"bump {name}")
            return found + bump[1] if bump is not None and bump[0] in (None, place) else found
        if declared is not None:
            if name in ROLES or not (name in self.spoken or self.stage.algebra or declared.letter == self.context.option("step size")):
                raise NoValue(f"the notes never say what {declared.letter} is")
            if name not in self._constants:
                self._constants[name] = own_path(self, declared) if declared.kind == "path" else constant(self.stage, declared)
            found = self._constants[name]
            bump = self.inputs.get(f"bump {name}")
            found = found if declared.kind != "path" else at_place(self, found, place, declared)
            return found + bump[1] if bump is not None and bump[0] in (None, place) else found
        raise NoValue(f"{name} has no value in this world")

    @cached_property
    def alike(self) -> frozenset[str]:
        """The functions that the laws write without an index of layers: one for all of them."""
        written = [part for law in self.context.laws for part in walk(law.right) if isinstance(part, Applied)]
        return frozenset(part.name for part in written) - frozenset(part.name for part in written if part.at is not None)

    @cached_property
    def spoken(self) -> frozenset[str]:
        """The letters that the laws rest on; any others are free, and a formula about them is true or false by what they mean."""
        bodies = [d.body for d in self.context.letters.values() if d.body is not None]
        return frozenset().union(*(symbols(law.right) for law in self.context.laws), *map(symbols, bodies))

    def value_I(self, place: Value) -> Value:
        return np.eye(self.shape("x")[0])

    def value_nu(self, place: Value) -> Value:
        """Any multiplier of the end condition psi: the cost here is J + nu psi."""
        return self.stage.rng("nu").uniform(0.3, 0.9, self.shape("nu")) * self.stage.unit

    def value_t(self, place: Value) -> Value:
        """t_k of a layer."""
        return self.clock(place)

    def value_N(self, place: Value) -> Value:
        return np.float64(self.count)

    def value_w(self, place: Value) -> Value:
        control = self.inputs["w"]
        if not self.layered:
            return control(place).reshape(*self.shape("w"))
        if not 0 <= place < len(control):
            raise NoValue(f"there is no control at layer {place}")
        return control[place]

    def value_x(self, place: Value) -> Value:
        if not self.layered:
            return self.trajectory(place).reshape(*self.shape("x"))
        if not 0 <= place <= self.count:
            raise NoValue(f"there is no layer {place}")
        return self.states[place - int(self.origin[0])]

    def value_p(self, place: Value) -> Value:
        if not self.layered:
            return self.costate(place).reshape(*self.shape("p"))
        if not 0 <= place <= self.count:
            raise NoValue(f"there is no costate at layer {place}")
        paid, first = starting(self.objective), self.context.option("first costate")
        if place == 0 and paid.terms and not first:
            raise NoValue("the costate at the first layer, where a cost is paid: with it or without it")
        if place not in self.costates:
            self.costates[place] = self._price(place)
        if place or first != "without":
            return self.costates[place]
        alone = columns(lambda value: evaluate(paid, Env(self.put("x0", value), 0)), self.inputs["x0"])
        return self.costates[0] - alone.reshape(*self.shape("p"))

    def value_observation(self, place: Value) -> Value:
        """Any observation that is neither the first nor the last."""
        return np.float64(2.0)

    def value_J(self, place: Value) -> Value:
        return lawful(self.objective, Env(self, self.last()))

    def value_rho(self, place: Value) -> Value:
        """Mass is kept: rho(t) is det dx(t1)/dx(t) times a density at the end, exp(-Psi) where the notes have that one."""
        last = self.last()
        flow = columns(lambda jump: self.restarted(place, jump).value_x(last), np.zeros(self.shape("x")))
        density = self.function("Psi") if self.context.of("base") else replace(self.stage.function("Psi"), seed=7, slots=("x",))
        end = density({**self.inputs, "t": last, "x": self.value_x(last)})
        return jet.exponential(-scalar(end)) * (jet.determinant(flow) if dimensions(flow) else flow)

    def value_M(self, place: Value) -> Value:
        return self._sensitivity("x0", place)

    def value_S(self, place: Value) -> Value:
        return self._sensitivity("theta", place)

    def value_v(self, place: Value) -> Value:
        with direction() as bit:
            return along(self.put("x0", moved(self.inputs["x0"], bit, self.inputs["d_x0"])).value_x(place), bit)

    def _sensitivity(self, name: str, place: Value) -> Value:
        def state(value: Value) -> Value:
            return self.put(name, value).value_x(place)
        return columns(state, self.inputs[name])

    def value_a_theta(self, place: Value) -> Value:
        """The derivative of the cost in theta where theta moves from this time on."""
        def cost(value: Value) -> Value:
            return self.restarted(place, theta=value).value_J(place)
        slopes = columns(cost, self.inputs["theta"])
        return slopes.reshape(1, -1) if dimensions(slopes) else slopes

    def value_a_t(self, place: Value) -> Value:
        """The derivative of the cost in the time at which the solution goes on from its state: from where f, going back, leads."""
        return -evaluate(self.reduced(), Env(self, place, {"t": place}))

    def value_K(self, place: Value) -> Value:
        """The gain of the optimal control."""
        return self.gains[1][place] if self.layered else self.regulator.gain(self.riccati(place)).reshape(*self.shape("K"))

    @cached_property
    def gains(self) -> tuple[list[Value], list[Value]]:
        return gains(self)

    def value_P(self, place: Value) -> Value:
        """The Riccati matrix of a regulator: x' P x (with x' Q x in the cost; x' P x / 2 with x' Q x / 2) is the optimal cost to go."""
        return self.gains[0][place] if self.layered else self.riccati(place).reshape(*self.shape("P"))

    def value_lasting(self, place: Value) -> Value:
        """S of x' S x, what a regulator without an end pays from any time on."""
        return standing(self) if self.layered else scalar(self.regulator.end / self.regulator.scale)

    @cached_property
    def riccati(self) -> Path:
        return self.regulator.riccati(self)

    @cached_property
    def regulator(self) -> Regulator:
        return regulator_of(self)

    # Dynamics

    @cached_property
    def rule(self) -> Node:
        law = self.context.law("layers" if self.layered else "dynamics")
        if law is not None:
            return law.right
        if self.layered:
            return tree.Sum((Symbol("x"), tree.Product((Symbol("h"), Applied("f")))))
        return Applied("f")

    @cached_property
    def objective(self) -> Node:
        return objective_of(self.context)

    def hamiltonian(self) -> Node:
        """The body that the notes give, or L + p f."""
        declared = next((d for d in self.context.of("H") if d.body is not None), None)
        if declared is not None and declared.body is not None:
            return declared.body
        return self.reduced()

    def reduced(self) -> Node:
        """L + p f, whatever the notes call H."""
        flow = tree.Product((Symbol("p"), self.rule))
        cost = self.running()
        return tree.Sum((cost, flow)) if cost is not None else flow

    def running(self) -> Node | None:
        """The integrand of the cost."""
        if self.layered:
            raise NoValue("H is used, but not defined; write H = L + p f")
        rate = running(self.objective)
        return rate if rate.terms else None

    def rates(self, states: Value) -> Value:
        """f at all nodes; states: (nodes, n)."""
        rule = self.rule
        if self.context.parts("x") and isinstance(rule, tree.Vector):
            return written_out(rule, states, self)
        if isinstance(rule, Applied) and rule.at is None and all(_stands(slot, value) for slot, value in rule.arguments):
            function = self.function("f", rule.side)
            blocks = {"x": states.T, "t": self.grid.times.reshape(1, -1)} | ({"w": self.controls(states)} if "w" in function.slots else {})
            if untold := {*function.slots} - {*blocks, *self.inputs}:
                raise NoValue(f"a field of {untold.pop()}, of which the notes do not say how it moves")
            known = [blocks[slot] if slot in blocks else self.inputs[slot].reshape(-1, 1) for slot in function.slots]
            return function.many(known, np.zeros((1, self.grid.count))).T
        size = int(np.prod(self.shape("x")))
        rates = [lawful(rule, self.beside(i, states[i])) for i in range(self.grid.count)]
        if np.size(real(rates[0])) != size:  # f(x) = 1, of a state of several components
            raise NoValue("a field that is not as long as the state")
        return jet.stacked([rate.reshape(size) for rate in rates])

    def controls(self, states: Value) -> Value:
        """The control at all nodes, where the states are these: (k, nodes)."""
        return self.inputs["w"].values.T

    @cached_property
    def trajectory(self) -> Path:
        """x(t) = x(s) + int_s^t f, iterated."""
        place, value = self.origin
        flat = value.reshape(-1)
        states: Value = self.guess if self.guess is not None else np.zeros((self.grid.count, 1)) + flat
        for _ in range(200):
            flow = Path(spread(self.grid.integrals)(self.rates(states)), self.grid.span)
            offset = flat - (flow(place) if not same(place, self.grid.span[0]) else np.zeros(dimensions(flat)))
            following = flow.values + offset
            gap = jet.largest(following - states)
            states = following
            if not np.isfinite(gap):
                break
            if gap < 1e-14 * (1 + jet.largest(states)):
                return Path(states, self.grid.span)
        if gap < 1e-11 * (1 + jet.largest(states)):
            return Path(states, self.grid.span)
        raise NoValue(UNBOUNDED)

    @cached_property
    def states(self) -> list[Value]:
        """Layer by layer from the origin on."""
        first = int(self.origin[0])
        states = [self.origin[1]]
        law = self.context.law("layers")
        later = int(law is not None and getattr(law.left, "at", None) == Symbol("l"))  # x_l = F(x_{l-1}) is written at the next layer
        implicit = law is not None and law.left in walk(law.right)
        for index in range(first, self.count):
            states.append(self.stepped(index, later, states[-1], implicit))
        return states

    def stepped(self, index: int, later: int, before: Value, implicit: bool) -> Value:
        """The next state; one that stands in its own law, x_{l+1} = x_l + h f(x_{l+1}), is iterated."""
        after = before
        for _ in range(200 if implicit else 1):
            held = (("x", float(index), scalar(before)), ("x", float(index + 1), scalar(after)))[: 1 + implicit]
            there = Env(self, index + later, {"l": np.float64(index + later)}, held)
            gap, after = after, lawful(self.rule, there).reshape(*self.shape("x"))
            if not implicit or jet.largest(after - gap) < 1e-15 * (1 + jet.largest(after)):
                return after
        raise NoValue(UNBOUNDED)

    # Perturbations

    def put(self, name: str, value: Value) -> World:
        """With another input; made once for each value."""
        key = name, tuple((mask, np.asarray(part).tobytes()) for mask, part in jet.parts_of(value).items())
        if key not in self._put:
            self._put[key] = self._with(name, value)
        return self._put[key]

    def _with(self, name: str, value: Value) -> World:
        inputs = {**self.inputs, name: value}
        inputs = started(self, inputs) if name == "theta" and self.before is None else inputs
        guess = self.trajectory.values if not self.layered else None
        if self.before is not None:
            return type(self)(self.stage, inputs, self.origin, self.before, guess)
        return type(self)(self.stage, inputs, None, None, guess, self)

    def restarted(self, place: Value, jump: Value | None = None, **inputs: Value) -> World:
        """Another future from `place` on: the state there plus `jump`, other inputs; the past stays."""
        here = self.value_x(place)
        there = here if jump is None else here + jump
        guess = self.trajectory.values if not self.layered else None
        return type(self)(self.stage, {**self.inputs, **inputs}, (place, there), self, guess)

    def shifted(self, bits: list[int]) -> World:
        """The state at the origin moved along its components."""
        place, value = self.origin
        units = np.eye(len(bits)).reshape(-1, *self.shape("x"))
        inputs = {**self.inputs, "x0": moved_along(self.inputs["x0"], bits, units)} if self.before is None else self.inputs
        guess = self.trajectory.values if not self.layered else None
        return type(self)(self.stage, inputs, (place, moved_along(value, bits, units)), self.before, guess, self)

    def varied(self, bit: int) -> World:
        """All inputs that delta moves, each along its own direction; solved once for each name of the direction."""
        if bit not in self._varied:
            self._varied[bit] = self._vary(bit)
        return self._varied[bit]

    def held(self, node: Node) -> Node:
        """x(t1) of delta x(t1), at the time that was the end, however the end moves."""
        ended = isinstance(node, Symbol) and (node.name, node.at) == ("x", Symbol("t1")) and not self.layered
        return replace(node, at=tree.Number(Fraction(float(real(self.inputs["t1"]))))) if ended and isinstance(node, Symbol) else node

    def _vary(self, bit: int) -> World:
        inputs: Any = dict(self.inputs)
        for name in self.stage.varied:
            if name == "w" and not self.layered:
                inputs["w"] = _shifted(inputs["w"], bit, inputs["d_w"])
            elif name == "w":
                inputs["w"] = [moved(value, bit, by) for value, by in zip(self.inputs["w"], self.inputs["d_w"], strict=True)]
            else:
                inputs[name] = moved(inputs[name], bit, self.stage.along(name, inputs[f"d_{name}"]))
        return self.remade(started(self, inputs) if "theta" in self.stage.varied else inputs)

    def remade(self, inputs: Mapping[str, Value]) -> World:
        """The same with other inputs from the start on."""
        return type(self)(self.stage, inputs, None, None, self.trajectory.values if not self.layered else None, self)

    def derivative(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        """The total derivative of what `inner` computes, by an input or by the state at a place."""
        name = symbol.name
        if name == "x" and symbol.at is not None and self.before is None and _is_start(symbol.at):
            name = "x0"
        if name == "x":
            return self._by_state(inner, symbol, env)
        if name == "w":
            return self._by_control(inner, symbol, env)
        if name in ("theta", "x0", "s") and symbol.part:
            return self._by_component(inner, symbol, env)
        if name not in ROLES and any(known.body is not None and (self.layered or known.kind != "path") for known in self.context.of(name)):
            return self._by_stage(inner, symbol, env)
        if name not in ROLES and own_input(symbol, self.context) is not None and not symbol.side:
            return self._by_own(inner, symbol, env)
        if name in self.inputs and not name.startswith("d_") and (name in ("t0", "t1") or dimensions(self.inputs[name])):
            return columns(lambda value: inner(env.within(self.put(name, value))), self.inputs[name])
        raise NoValue(f"a derivative by {name} through the whole system")

    def _by_component(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        """One number of theta or x0, or one observation's time, moves; the others stay."""
        value = self.inputs[symbol.name]
        unit = np.eye(np.size(real(value)))[round(float(real(evaluate(symbol.part[0], env)))) - 1].reshape(dimensions(value))
        with direction() as bit:
            return along(inner(env.within(self.put(symbol.name, moved(value, bit, unit)))), bit)

    def _by_stage(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        """What the notes define changes by itself: a stage in one time step, and what a cost speaks of wherever it stands."""
        name, staged = f"bump {symbol.name}", any(known.kind == "path" for known in self.context.of(symbol.name))
        if not staged and symbol.name not in symbols(self.objective):
            raise NoValue(f"a derivative by {symbol.name}, on which the cost rests through other letters")
        place, before = (self.place(symbol, env), 0.0) if staged else (None, self.inputs.get(name, (None, 0.0))[1])  # a second derivative
        size = np.zeros(self.shape("x") if staged else dimensions(self.value(symbol, env.time, env)))
        return columns(lambda bump: inner(env.within(self.remade({**self.inputs, name: (place, before + bump)}))), size)

    def _by_own(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        """A letter of the notes changes, at one layer or wherever it stands; the gradient in a matrix has its shape."""
        declared = own_input(symbol, self.context)
        if declared is None or (declared.kind == "path" and not self.layered):
            raise NoValue(f"a derivative by {symbol.name} through the whole system")
        here = self.place(symbol, env)
        place, shape = here if declared.kind == "path" else None, dimensions(self.value(symbol, here, env))
        name = f"bump {symbol.name}"
        slopes = columns(lambda bump: inner(env.within(self.remade({**self.inputs, name: (place, bump)}))), np.zeros(shape))
        if len(shape) < 2 or min(shape) == 1:
            return slopes
        if len(dimensions(slopes)) != 1:
            raise NoValue("the derivative of a vector in a matrix")
        return slopes.reshape(shape)

    def _by_state(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        place = self.place(symbol, env)
        return columns(lambda jump: inner(env.within(self.restarted(place, jump))), np.zeros(self.shape("x")))

    def place(self, symbol: Symbol, env: Env) -> Value:
        return place_of(symbol.at, env)

    def _by_control(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        """Over layers the derivative; over time the density: a pulse at t moves the state by f_w and costs L_w."""
        place = self.place(symbol, env)
        if self.layered:
            def changed(value: Value) -> Value:
                control = [value if i == place else old for i, old in enumerate(self.inputs["w"])]
                return inner(env.within(type(self)(self.stage, {**self.inputs, "w": control})))
            return columns(changed, self.value_w(place))
        here = Env(self, place, {"t": place})
        rate = self._slope(self.rule, here)
        rate = rate.reshape(-1, self.shape("w")[0]) if dimensions(rate) else rate
        cost = self.running()
        direct = self._slope(cost, here).reshape(-1) if cost is not None else np.zeros(self.shape("w")[0])
        jumps = [rate[:, column].reshape(*self.shape("x")) if dimensions(rate) else rate for column in range(self.shape("w")[0])]
        slopes = jet.slopes(lambda jump: inner(env.within(self.restarted(place, jump))), np.zeros(self.shape("x")), jumps)
        return assembled(slopes, True) + direct

    def _slope(self, node: Node, env: Env) -> Value:
        """The explicit derivative in w, in no layout of the notes."""
        return by_letter(lambda there: evaluate(node, there), Symbol("w"), replace(env, world=self))

    # Costates

    @cached_property
    def costate(self) -> Path:
        """dJ/dx(t) over the whole horizon."""
        return self.priced(lambda there: there)

    def priced(self, whole: Callable[[World], World]) -> Path:
        """dJ/dx(t) = (dJ/dx(s) - what was paid until t) (dx(t)/dx(s))^-1, all from the solution moved at its origin s.

        J is the cost of the `whole` of which this solution is a stretch.
        """
        size = int(np.prod(self.shape("x")))
        flows, prices, paid = [], [], []
        rate, first = running(self.objective), starting(self.objective)
        names = {part.by.name for part in walk(self.objective) if isinstance(part, tree.Integral) and isinstance(part.by, Symbol)}
        with directions(size) as bits:
            there = self.shifted(bits)
            whole_there = whole(there)
            before = lawful(first, Env(whole_there, whole_there.first())) if first.terms else 0.0
            cost = whole_there.value_J(0) - before
            rates = [lawful(rate, there.standing(i, names)) for i in range(self.grid.count)] if rate.terms else []
            for bit in bits:
                flows.append(along(there.trajectory.values, bit))
                prices.append(along(cost, bit))
                if rates:
                    total = Path(spread(self.grid.integrals)(jet.stacked([along(value, bit) for value in rates])), self.grid.span)
                    paid.append(total.values - total(self.origin[0]))
        rows = []
        for i in range(self.grid.count):
            price = jet.stacked([prices[k] - (paid[k][i] if paid else 0.0) for k in range(size)])
            rows.append(price.reshape(1, -1) @ jet.inverse(jet.stacked([flow[i] for flow in flows], 1)))
        return Path(jet.stacked([row.reshape(-1) for row in rows]), self.grid.span)

    def standing(self, node: int, names: Iterable[str] = ()) -> Env:
        """Where the clock and the integrals' letters `names` stand at a node, with the state of this solution, however far it goes."""
        return self.beside(node, self.trajectory.values[node], names)

    def beside(self, node: int, state: Value, names: Iterable[str] = ()) -> Env:
        """The same with another state."""
        time = self.grid.times[node]
        here = (("x", float(time), scalar(state.reshape(*self.shape("x")))),)
        return Env(self, time, dict.fromkeys({"t", *names}, time), here)

    @cached_property
    def deposits(self) -> list[tuple[Value, Path]]:
        """(s_j, d phi_j/dx(s) (dx(t)/dx(s))^-1 as a path in t): what the costate gives up at each observation."""
        flows, slopes = [], []
        with directions(int(np.prod(self.shape("x")))) as bits:
            there = self.shifted(bits)
            values = [evaluate(body, env) for body, env in there.observed()]
            for bit in bits:
                flows.append(along(there.trajectory.values, bit))
                slopes.append([along(value, bit) for value in values])
        inverses = [jet.inverse(jet.stacked([flow[i] for flow in flows], 1)) for i in range(self.grid.count)]
        rows = [jet.stacked(list(row)).reshape(1, -1) for row in zip(*slopes, strict=True)]
        paths = [Path(jet.stacked([(row @ inverse).reshape(-1) for inverse in inverses]), self.grid.span) for row in rows]
        return [(self.inputs["s"][i % OBSERVATIONS], path) for i, path in enumerate(paths)]

    def observed(self) -> Iterator[tuple[Node, Env]]:
        """The costs of the observations one by one with their factors, each where it is paid."""
        for term in parts(self.objective):
            for series in (part for part in walk(term) if isinstance(part, tree.Series)):
                for index in range(1, OBSERVATIONS + 1):
                    bound = {series.index.name: np.float64(index)} if isinstance(series.index, Symbol) else {}
                    yield one_of(term, series), Env(self, self.last(), bound)

    def jumping_costate(self, place: Value, side: str) -> Value:
        """dJ/dx(t), which no longer counts the observations that are over."""
        value = self.costate(place)
        for time, paid in self.deposits:
            here = abs(float(real(time)) - float(real(place))) < CLOSE
            if here and not side:
                raise NoValue("p jumps at an observation; write p(s^-) or p(s^+)")
            if side == "after" if here else float(real(time)) < float(real(place)):
                value = value - paid(place)
        return value.reshape(*self.shape("p"))

    @cached_property
    def costates(self) -> dict[int, Value]:
        """dJ/dx_l of the layers that were asked for."""
        return {}

    def _price(self, index: int) -> Value:
        slopes = columns(lambda jump: self.restarted(index, jump).value_J(index), np.zeros(self.shape("x")))
        return slopes.reshape(*self.shape("p"))


def _shifted(path: Path, bit: int, by: Path) -> Path:
    return Path(moved(path.values, bit, by.values), path.span)


def _stands(slot: str, value: Node) -> bool:
    """x or x(t) as the argument x."""
    return isinstance(value, Symbol) and value.at in (None, Symbol("t")) and value.name == slot and not value.part


def same(place: Value, other: float) -> bool:
    return not isinstance(place, jet.Jet) and abs(float(place) - other) < CLOSE


def _is_start(place: Node) -> bool:
    return (isinstance(place, Symbol) and place.name == "t0") or place == tree.Number(Fraction(0))
