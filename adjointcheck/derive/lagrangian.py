"""SymPy proposes the derivation: the calculus of variations on the augmented Lagrangian, one claim per rule.

Nothing here is believed.  Each claim leaves as text and is proved, or not, by `trusted/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import sympy

from adjointcheck.derive.graph import swept_gradient
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import Expression
from adjointcheck.expression.sympy_bridge import from_sympy, sympy_symbol, to_sympy_all
from adjointcheck.trusted.replay import Step
from adjointcheck.trusted.rules import RULES, Setting

Formula = sympy.Expr
Claims = Mapping[str, Formula]


@dataclass
class Variation:
    """The calculus of variations of one statement in SymPy; each property is one line of the derivation."""

    setting: Setting
    symbols: dict[str, sympy.Symbol] = field(default_factory=dict)
    converted: dict[sympy.Basic, Expression] = field(default_factory=dict)
    free: dict[sympy.Basic, set[sympy.Basic]] = field(default_factory=dict)

    def of(self, name: str) -> sympy.Symbol:
        """The symbol `name`, jets included."""
        return self.symbols.setdefault(name, sympy_symbol(name))

    def sympy(self, *roots: Expression) -> list[Formula]:
        return to_sympy_all(roots)

    def slope(self, formula: Formula, name: str) -> Formula:
        """d formula / d name, term by term where `name` occurs: on long sums far quicker than one diff of the whole."""
        symbol = self.of(name)
        if formula not in self.free:
            self.free[formula] = formula.free_symbols
        if symbol not in self.free[formula]:
            return sympy.Integer(0)
        if formula.is_Add:
            return sympy.Add(*(self.slope(term, name) for term in sympy.Add.make_args(formula)))
        if formula.is_Mul:
            head, tail = formula.as_two_terms()  # pyright: ignore[reportAttributeAccessIssue]
            return self.slope(head, name) * tail + head * self.slope(tail, name)
        return formula.diff(symbol)

    @cached_property
    def states(self) -> list[tuple[str, str]]:
        return list(zip(self.setting.states, self.setting.costates, strict=True))

    @cached_property
    def rates(self) -> dict[str, Formula]:
        return dict(zip(self.setting.states, self.sympy(*self.setting.rates.values()), strict=True))

    @cached_property
    def costs(self) -> tuple[Formula, Formula, list[Formula]]:
        running, terminal, *observations = self.sympy(self.setting.running, self.setting.terminal, *self.setting.observations)
        return running, terminal, observations

    @cached_property
    def integrand(self) -> Formula:
        """L + p (f - xdot)."""
        defects = [self.of(p) * (self.rates[x] - self.of(f"{x}.dot")) for x, p in self.states]
        return sympy.Add(self.costs[0], *defects)

    @cached_property
    def partials(self) -> dict[str, Formula]:
        """Partial derivatives of the integrand in every varied quantity, state by state to keep the sums short."""
        parts = [(self.costs[0], sympy.Integer(1))] + [(self.rates[x], self.of(p)) for x, p in self.states]
        found = {name: sympy.Add(*(weight * self.slope(part, name) for part, weight in parts))
                 for name in (*self.setting.states, *self.setting.controls, *self.setting.parameters)}
        return found | {p: self.rates[x] - self.of(f"{x}.dot") for x, p in self.states}

    @cached_property
    def momenta(self) -> dict[str, Formula]:
        """d integrand / d xdot: minus the costate."""
        return {x: -self.of(p) for x, p in self.states}

    @cached_property
    def varied(self) -> Formula:
        moved = [self.partials[name] * self.of(f"{name}.delta") for name in self.setting.varied]
        return sympy.Add(*moved, *(self.momenta[x] * self.of(f"{x}.delta.dot") for x, _ in self.states))

    @cached_property
    def by_parts(self) -> tuple[Formula, Formula]:
        """(integrand, boundary): delta xdot is moved onto the costate, Euler and Lagrange's way."""
        boundary = sympy.Add(*(self.momenta[x] * self.of(f"{x}.delta") for x, _ in self.states))
        return sympy.Add(*(self.coefficients[name] * self.of(f"{name}.delta") for name in self.setting.varied)), boundary

    @cached_property
    def coefficients(self) -> dict[str, Formula]:
        """What multiplies each independent variation: for a state dF/dx - D_t dF/dxdot."""
        return self.partials | {x: self.partials[x] + self.of(f"{p}.dot") for x, p in self.states}

    @cached_property
    def costate(self) -> dict[str, Formula]:
        """The costate equation, solved for pdot."""
        return {x: -(self.coefficients[x] - self.of(f"{p}.dot")) for x, p in self.states}

    @cached_property
    def start(self) -> dict[str, Formula]:
        return {x: -self.by_parts[1].diff(self.of(f"{x}.delta")) for x, _ in self.states}

    @cached_property
    def hamiltonian(self) -> Formula:
        return sympy.Add(self.costs[0], *(self.of(p) * self.rates[x] for x, p in self.states))

    def along(self, cost: Formula) -> Formula:
        """Total time derivative of a cost along the dynamics."""
        return sympy.Add(self.slope(cost, "t"), *(self.slope(cost, x) * self.rates[x] for x, _ in self.states))

    def slopes(self, cost: Formula, names: tuple[str, ...]) -> dict[str, Formula]:
        return {name: self.slope(cost, name) for name in names}


def _parameter_gradient(v: Variation) -> Claims:
    initial = dict(zip(v.setting.states, v.sympy(*v.setting.initial.values()), strict=True))
    found: dict[str, Formula] = {}
    for a in v.setting.parameters:
        found[f"integrand.{a}"] = v.coefficients[a]
        found[f"terminal.{a}"] = v.slope(v.costs[1], a)
        found[f"initial.{a}"] = sympy.Add(*(v.start[x] * v.slope(initial[x], a) for x, _ in v.states))
        found |= {f"observation.{j}.{a}": v.slope(cost, a) for j, cost in enumerate(v.costs[2])}
    return found


def _end_times(v: Variation) -> Claims:
    stored = {f"observation.{j}": v.along(cost) for j, cost in enumerate(v.costs[2])}
    return {"t0": -v.hamiltonian, "t1": v.slope(v.costs[1], "t") + v.hamiltonian, **stored}


def _jump(v: Variation) -> Claims:
    return {f"{j}.{x}": slope for j, cost in enumerate(v.costs[2]) for x, slope in v.slopes(cost, v.setting.states).items()}


def _rate(v: Variation) -> Formula:
    explicit = [v.slope(v.costs[0], "t"), *(v.of(p) * v.slope(v.rates[x], "t") for x, p in v.states)]
    return sympy.Add(*explicit, *(v.coefficients[w] * v.of(f"{w}.dot") for w in v.setting.controls))


_PROPOSALS: dict[str, Callable[[Variation], Claims]] = {
    "define_lagrangian": lambda v: {"integrand": v.integrand},
    "vary": lambda v: {"integrand": v.varied},
    "integrate_by_parts": lambda v: dict(zip(("integrand", "boundary"), v.by_parts, strict=True)),
    "collect": lambda v: {name: v.coefficients[name] for name in v.setting.varied},
    "recover_state": lambda v: v.rates,
    "choose_costate": lambda v: v.costate,
    "transversality": lambda v: v.slopes(v.costs[1], v.setting.states),
    "jump": _jump,
    "start_value": lambda v: v.start,
    "stationarity": lambda v: {w: v.coefficients[w] for w in v.setting.controls},
    "parameter_gradient": _parameter_gradient,
    "end_times": _end_times,
    "hamiltonian": lambda v: {"H": v.hamiltonian, "rate": _rate(v)},
}


def propose(setting: Setting) -> list[Step]:
    """The derivation of `setting` as steps in the order of the rule table, none of them judged yet."""
    variation = Variation(setting)
    steps: list[Step] = []
    ids: dict[str, str] = {}
    for rule, row in RULES.items():
        if not row.applies(setting):
            continue
        ids[rule] = f"s{len(steps) + 1:02}"
        premises = tuple(ids[premise] for premise in row.premises if premise in ids)
        claim = swept_gradient(setting) if rule == "reverse_mode" else _texts(variation, rule)
        steps.append(Step(ids[rule], rule, premises, claim))
    return steps


def _texts(v: Variation, rule: str) -> dict[str, str]:
    formulas = _PROPOSALS[rule](v)
    return {name: to_text(from_sympy(formula, f"{rule}, {name}", v.converted)) for name, formula in formulas.items()}
