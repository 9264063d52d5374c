"""Inference rules of the adjoint derivation: each turns premises and a claim into equalities that must hold exactly.

A rule decides nothing itself.  It returns `Obligation`s for the zero test, or raises StepRejected when the claim has not
the form that the figure in its docstring shows.  Names: x.dot and p_x.dot are time derivatives, x.delta a variation,
x.delta.dot its time derivative; p_x is the costate of x; J = Psi(t1, x(t1)) + int L dt + sum_j l_j(s_j, x(s_j)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from adjointcheck.errors import StepRejected
from adjointcheck.expression.calculus import derivative, gradient
from adjointcheck.expression.node import ONE, Expression, neg, substitute, symbol, symbols_of, total

Claim = Mapping[str, Expression]


@dataclass(frozen=True)
class Setting:
    """What is given: the statement alone, in the small language."""

    rates: Mapping[str, Expression]
    initial: Mapping[str, Expression]
    controls: tuple[str, ...]
    parameters: tuple[str, ...]
    running: Expression
    terminal: Expression
    observations: tuple[Expression, ...]
    positive: frozenset[str]
    columns: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def states(self) -> tuple[str, ...]:
        return tuple(self.rates)

    @cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every state with its costate."""
        return tuple((name, f"p_{name}") for name in self.rates)

    @cached_property
    def costates(self) -> tuple[str, ...]:
        return tuple(costate for _, costate in self.pairs)

    @cached_property
    def varied(self) -> tuple[str, ...]:
        return (*self.states, *self.costates, *self.controls, *self.parameters)

    @cached_property
    def scope(self) -> frozenset[str]:
        """Every name that a step may speak of."""
        return frozenset({"t", *self.varied, *(column for columns in self.columns for column in columns)})

    @property
    def dynamics(self) -> dict[str, Expression]:
        """Direction of the total time derivative along solutions: t moves at 1, x at f."""
        return {"t": ONE, **self.rates}


@dataclass(frozen=True)
class Obligation:
    """`left` must equal `right`; `subject` is the quantity that the equality is about."""

    left: Expression
    right: Expression
    subject: str = ""


Rule = Callable[[Setting, Sequence[Claim], Claim], list[Obligation]]


def _keys(claim: Claim, expected: Sequence[str], rule: str) -> None:
    if set(claim) != set(expected):
        raise StepRejected(f"rule {rule}", ", ".join(claim) or "nothing", f"claims named {', '.join(expected)}")


def _free_of(claim: Claim, suffixes: tuple[str, ...], rule: str) -> None:
    for name, expression in claim.items():
        bad = sorted(s for s in symbols_of(expression) if s.endswith(suffixes))
        if bad:
            raise StepRejected(f"rule {rule}, {name}", bad[0], f"no symbol ending in {' or '.join(suffixes)} here")


def define_lagrangian(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """|- integrand = L + sum_i p_i (f_i - x_i.dot): the integrand of J_a, equal to that of J on every solution."""
    _keys(claim, ["integrand"], "define_lagrangian")
    defect = total(symbol(p) * (setting.rates[x] - symbol(f"{x}.dot")) for x, p in setting.pairs)
    return [Obligation(claim["integrand"], setting.running + defect)]


def vary(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """integrand = F |- integrand = sum_v dF/dv v.delta + sum_i dF/dx_i.dot x_i.delta.dot: delta is a derivation, t fixed."""
    _keys(claim, ["integrand"], "vary")
    direction = {name: symbol(f"{name}.delta") for name in setting.varied}
    direction |= {f"{x}.dot": symbol(f"{x}.delta.dot") for x in setting.states}
    slopes = gradient([premises[0]["integrand"]], [ONE], direction)
    return [Obligation(claim["integrand"], total(slopes[name] * moved for name, moved in direction.items()))]


def integrate_by_parts(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """integrand = F |- F = integrand + D_t boundary, with no x.delta.dot left under the integral (p differentiable)."""
    _keys(claim, ["integrand", "boundary"], "integrate_by_parts")
    _free_of({"integrand": claim["integrand"]}, (".delta.dot",), "integrate_by_parts")
    _free_of({"boundary": claim["boundary"]}, (".dot",), "integrate_by_parts")
    moving = (*setting.states, *setting.costates, *(f"{x}.delta" for x in setting.states))
    flow = derivative([claim["boundary"]], {"t": ONE, **{name: symbol(f"{name}.dot") for name in moving}})[0]
    foreign = sorted(symbols_of(claim["boundary"]) - set(moving) - set(setting.parameters) - {"t"})
    if foreign:
        raise StepRejected("rule integrate_by_parts, boundary", foreign[0], "quantities that have a time derivative here")
    return [Obligation(premises[0]["integrand"], claim["integrand"] + flow)]


def collect(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """integrand = F |- F = sum_v claim[v] v.delta: the coefficients of the independent variations."""
    _keys(claim, setting.varied, "collect")
    _free_of(claim, (".delta", ".delta.dot"), "collect")
    return [Obligation(premises[0]["integrand"], total(slope * symbol(f"{name}.delta") for name, slope in claim.items()))]


def recover_state(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """coefficient of p_i.delta = claim[x_i] - x_i.dot |- stationarity in p returns the dynamics xdot = claim = f."""
    _keys(claim, setting.states, "recover_state")
    return [Obligation(premises[0][p], claim[x] - symbol(f"{x}.dot"), x) for x, p in setting.pairs]


def choose_costate(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """coefficient of x_i.delta = p_i.dot - claim[x_i] |- it vanishes exactly when pdot_i = claim[x_i]."""
    _keys(claim, setting.states, "choose_costate")
    _free_of(claim, (".dot", ".delta"), "choose_costate")
    return [Obligation(premises[0][x], symbol(f"{p}.dot") - claim[x], x) for x, p in setting.pairs]


def transversality(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """boundary B |- dPsi/dx_i + dB/dx_i.delta = claim[x_i] - p_i at t1, which vanishes exactly when p_i(t1) = claim[x_i]."""
    _keys(claim, setting.states, "transversality")
    slope = _boundary_slopes(setting, premises[0])
    psi = gradient([setting.terminal], [ONE], setting.states)
    return [Obligation(psi[x] + slope[x], claim[x] - symbol(p), x) for x, p in setting.pairs]


def _boundary_slopes(setting: Setting, premise: Claim) -> dict[str, Expression]:
    slopes = gradient([premise["boundary"]], [ONE], [f"{x}.delta" for x in setting.states])
    return {x: slopes[f"{x}.delta"] for x in setting.states}


def jump(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """boundary B |- dl_j/dx_i + dB/dx_i.delta|s- - dB/dx_i.delta|s+ = claim - (p_i(s-) - p_i(s+)) at each observation."""
    _keys(claim, [f"{j}.{x}" for j in range(len(setting.observations)) for x in setting.states], "jump")
    slope = _boundary_slopes(setting, premises[0])
    before, after = ({p: symbol(p + side) for p in setting.costates} for side in (".before", ".after"))
    minus, plus = (dict(zip(slope, substitute(slope.values(), side), strict=True)) for side in (before, after))
    deposits = [gradient([cost], [ONE], setting.states) for cost in setting.observations]
    return [Obligation(deposit[x] + minus[x] - plus[x], claim[f"{j}.{x}"] - (before[p] - after[p]), x)
            for j, deposit in enumerate(deposits) for x, p in setting.pairs]


def start_value(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """boundary B |- dJ/dx_i(t0) = -dB/dx_i.delta at t0, once the costate is chosen."""
    _keys(claim, setting.states, "start_value")
    slope = _boundary_slopes(setting, premises[0])
    return [Obligation(claim[x], neg(slope[x]), x) for x in setting.states]


def stationarity(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """coefficient of w.delta = claim[w] |- dJ/dw(t) = claim[w], so an optimum has claim[w] = 0."""
    _keys(claim, setting.controls, "stationarity")
    return [Obligation(premises[0][w], claim[w], w) for w in setting.controls]


def parameter_gradient(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """collect, start_value |- dJ/da = int integrand.a dt + terminal.a + initial.a + sum_j observation.j.a, for every a."""
    coefficients, start = premises[0], premises[1]
    psi = gradient([setting.terminal], [ONE], setting.parameters)
    first = gradient(list(setting.initial.values()), [start[x] for x in setting.initial], setting.parameters)
    deposits = [gradient([cost], [ONE], setting.parameters) for cost in setting.observations]
    parts: list[tuple[str, str, Expression]] = []
    for a in setting.parameters:
        parts += [(f"integrand.{a}", a, coefficients[a]), (f"terminal.{a}", a, psi[a]), (f"initial.{a}", a, first[a])]
        parts += [(f"observation.{j}.{a}", a, deposit[a]) for j, deposit in enumerate(deposits)]
    _keys(claim, [label for label, _, _ in parts], "parameter_gradient")
    return [Obligation(claim[label], right, a) for label, a, right in parts]


def end_times(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """transversality, start_value |- dJ/dt1 = D_t Psi + L = claim.t1 at p = p(t1); dJ/dt0 = -L - (dJ/dx0) f; dJ/ds_j = D_t l_j."""
    _keys(claim, ["t0", "t1", *(f"observation.{j}" for j in range(len(setting.observations)))], "end_times")
    at_end = substitute([claim["t1"]], {f"p_{x}": value for x, value in premises[0].items()})[0]
    leibniz = derivative([setting.terminal], setting.dynamics)[0] + setting.running
    carried = total(premises[1][x] * setting.rates[x] for x in setting.states)
    rates = derivative(setting.observations, setting.dynamics)
    return [Obligation(at_end, leibniz, "t1"), Obligation(claim["t0"], neg(setting.running + carried), "t0"),
            *(Obligation(claim[f"observation.{j}"], rate, "s") for j, rate in enumerate(rates))]


def hamiltonian(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """define_lagrangian |- H = L + p f, the integrand of J_a is H - p xdot, and D_t H = rate along the canonical equations."""
    _keys(claim, ["H", "rate"], "hamiltonian")
    carried = total(symbol(p) * symbol(f"{x}.dot") for x, p in setting.pairs)
    flow = {**setting.dynamics, **{f"p_{x}": rate for x, rate in premises[1].items()}}
    flow |= {w: symbol(f"{w}.dot") for w in setting.controls}
    slopes = gradient([claim["H"]], [ONE], flow)
    along = total(slopes[name] * flow[name] for name in setting.dynamics)
    rest = total(slopes[name] * rate for name, rate in flow.items() if name not in setting.dynamics)
    return [Obligation(claim["H"] - carried, premises[0]["integrand"]), Obligation(along, claim["rate"] - rest)]


def reverse_mode(setting: Setting, premises: Sequence[Claim], claim: Claim) -> list[Obligation]:
    """choose_costate, stationarity, parameter_gradient |- both equal the gradient of H swept in reverse over its graph."""
    roots, seeds = [setting.running, *setting.rates.values()], [ONE, *(symbol(p) for p in setting.costates)]
    names = [*setting.states, *setting.controls, *setting.parameters]
    swept = gradient(roots, seeds, names)
    _keys(claim, names, "reverse_mode")
    first = {**{x: neg(rate) for x, rate in premises[0].items()}, **premises[1],
             **{a: premises[2][f"integrand.{a}"] for a in setting.parameters}}
    own = [Obligation(claim[name], swept[name], name) for name in names]
    return own + [Obligation(claim[name], first[name], name) for name in names]


@dataclass(frozen=True)
class Row:
    """A rule with the rules its premises must come from and a sentence for people."""

    apply: Rule
    premises: tuple[str, ...]
    words: str
    needs: str = ""

    def applies(self, setting: Setting) -> bool:
        """False when the statement has nothing for the rule to speak of (no controls, no observations, ...)."""
        return not self.needs or bool(getattr(setting, self.needs))


RULES: dict[str, Row] = {row.apply.__name__: row for row in (
    Row(define_lagrangian, (), "Augmented Lagrangian: the dynamics join the cost with the costate as multiplier."),
    Row(vary, ("define_lagrangian",), "First variation of the integrand; time is not varied."),
    Row(integrate_by_parts, ("vary",), "Integration by parts frees the variation of the state from its time derivative."),
    Row(collect, ("integrate_by_parts",), "Collect the coefficients of the independent variations."),
    Row(recover_state, ("collect",), "Stationarity in the costate returns the dynamics."),
    Row(choose_costate, ("collect",), "Choose the costate so that the variation of the state drops out: the costate equation."),
    Row(transversality, ("integrate_by_parts",), "The boundary term at t1 vanishes: transversality."),
    Row(jump, ("integrate_by_parts",), "Each observation leaves a deposit: the costate jumps.", "observations"),
    Row(start_value, ("integrate_by_parts",), "The boundary term at t0 is the gradient in the initial state."),
    Row(stationarity, ("collect",), "The coefficient of the control's variation is the gradient condition.", "controls"),
    Row(parameter_gradient, ("collect", "start_value"), "What multiplies a parameter's variation is the gradient in it.", "parameters"),
    Row(end_times, ("transversality", "start_value"), "Moving the end times and the observation times."),
    Row(hamiltonian, ("define_lagrangian", "choose_costate"), "The Hamiltonian and its rate along solutions."),
    Row(reverse_mode, ("choose_costate", "stationarity", "parameter_gradient"),
        "Second, independent derivation: reverse mode of the Hamiltonian on the expression graph."),
)}
