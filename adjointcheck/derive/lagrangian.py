"""SymPy proposes the derivation: the calculus of variations on the augmented Lagrangian, one claim per rule.

Nothing here is believed.  Each claim leaves as text and is proved, or not, by `trusted/`.  SymPy differentiates the parts
of the statement, each once; sums over all states are put together in the small language, so that the cost grows with the
operations of the statement and not with the square of its states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from adjointcheck.derive.graph import swept_gradient
from adjointcheck.derive.partials import Algebra, Partials, Patterns
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ZERO, Expression, neg, symbol, total
from adjointcheck.trusted.replay import Step
from adjointcheck.trusted.rules import RULES, Setting

Claims = Mapping[str, Expression]
MOST_STATES = 64  # of which SymPy sees whole equations; of larger systems it sees every shape of a term once


@dataclass
class Variation:
    """The calculus of variations of one statement; each property is one line of the derivation."""

    setting: Setting
    partial: Partials
    known: dict[Expression, dict[str, Expression]] = field(default_factory=dict)

    def slope(self, part: Expression, name: str) -> Expression:
        """d part / d name."""
        if part not in self.known:
            self.known[part] = self.partial.of([("", part)])
        return self.known[part].get(name, ZERO)

    @cached_property
    def states(self) -> list[tuple[str, str]]:
        return list(zip(self.setting.states, self.setting.costates, strict=True))

    @cached_property
    def weighted(self) -> list[tuple[str, Expression]]:
        """L and f with their weights in H = L + p f."""
        return [("", self.setting.running), *((p, self.setting.rates[x]) for x, p in self.states)]

    @cached_property
    def gradient(self) -> dict[str, Expression]:
        """dL/dv + p df/dv for every v that occurs in L or f."""
        return self.partial.of(self.weighted)

    @cached_property
    def integrand(self) -> Expression:
        """L + p (f - xdot)."""
        return total([self.setting.running, *(symbol(p) * defect for p, defect in self.defects.items())])

    @cached_property
    def defects(self) -> dict[str, Expression]:
        """f - xdot by costate."""
        return {p: self.setting.rates[x] - symbol(f"{x}.dot") for x, p in self.states}

    @cached_property
    def partials(self) -> dict[str, Expression]:
        """Partial derivatives of the integrand in every varied quantity."""
        moved = (*self.setting.states, *self.setting.controls, *self.setting.parameters)
        return {name: self.gradient.get(name, ZERO) for name in moved} | self.defects

    @cached_property
    def momenta(self) -> dict[str, Expression]:
        """d integrand / d xdot: minus the costate."""
        return {x: neg(symbol(p)) for x, p in self.states}

    @cached_property
    def varied(self) -> Expression:
        moved = [self.partials[name] * symbol(f"{name}.delta") for name in self.setting.varied]
        return total([*moved, *(self.momenta[x] * symbol(f"{x}.delta.dot") for x, _ in self.states)])

    @cached_property
    def by_parts(self) -> dict[str, Expression]:
        """Integrand and boundary: delta xdot is moved onto the costate, Euler and Lagrange's way."""
        return {"integrand": total(self.coefficients[name] * symbol(f"{name}.delta") for name in self.setting.varied),
                "boundary": total(self.momenta[x] * symbol(f"{x}.delta") for x, _ in self.states)}

    @cached_property
    def coefficients(self) -> dict[str, Expression]:
        """What multiplies each independent variation: for a state dF/dx - D_t dF/dxdot."""
        return self.partials | {x: self.partials[x] + symbol(f"{p}.dot") for x, p in self.states}

    @cached_property
    def costate(self) -> dict[str, Expression]:
        """The costate equation, solved for pdot."""
        falls = self.partial.of(self.weighted, -1)
        return {x: falls.get(x, ZERO) for x, _ in self.states}

    @cached_property
    def start(self) -> dict[str, Expression]:
        return {x: neg(self.momenta[x]) for x, _ in self.states}

    @cached_property
    def hamiltonian(self) -> Expression:
        return total([self.setting.running, *(symbol(p) * self.setting.rates[x] for x, p in self.states)])

    def along(self, cost: Expression) -> Expression:
        """Total time derivative of a cost along the dynamics."""
        return total([self.slope(cost, "t"), *(self.slope(cost, x) * self.setting.rates[x] for x, _ in self.states)])


def _parameter_gradient(v: Variation) -> Claims:
    setting = v.setting
    first = v.partial.of([(p, setting.initial[x]) for x, p in v.states])
    found: dict[str, Expression] = {}
    for a in setting.parameters:
        found[f"integrand.{a}"] = v.coefficients[a]
        found[f"terminal.{a}"] = v.slope(setting.terminal, a)
        found[f"initial.{a}"] = first.get(a, ZERO)
        found |= {f"observation.{j}.{a}": v.slope(cost, a) for j, cost in enumerate(setting.observations)}
    return found


def _end_times(v: Variation) -> Claims:
    stored = {f"observation.{j}": v.along(cost) for j, cost in enumerate(v.setting.observations)}
    return {"t0": neg(v.hamiltonian), "t1": v.slope(v.setting.terminal, "t") + v.hamiltonian, **stored}


def _jump(v: Variation) -> Claims:
    return {f"{j}.{x}": v.slope(cost, x) for j, cost in enumerate(v.setting.observations) for x in v.setting.states}


def _rate(v: Variation) -> Expression:
    return total([v.gradient.get("t", ZERO), *(v.coefficients[w] * symbol(f"{w}.dot") for w in v.setting.controls)])


_PROPOSALS: dict[str, Callable[[Variation], Claims]] = {
    "define_lagrangian": lambda v: {"integrand": v.integrand},
    "vary": lambda v: {"integrand": v.varied},
    "integrate_by_parts": lambda v: v.by_parts,
    "collect": lambda v: {name: v.coefficients[name] for name in v.setting.varied},
    "recover_state": lambda v: v.setting.rates,
    "choose_costate": lambda v: v.costate,
    "transversality": lambda v: {x: v.slope(v.setting.terminal, x) for x in v.setting.states},
    "jump": _jump,
    "start_value": lambda v: v.start,
    "stationarity": lambda v: {w: v.coefficients[w] for w in v.setting.controls},
    "parameter_gradient": _parameter_gradient,
    "end_times": _end_times,
    "hamiltonian": lambda v: {"H": v.hamiltonian, "rate": _rate(v)},
}


def propose(setting: Setting) -> list[Step]:
    """The derivation of `setting` as steps in the order of the rule table, none of them judged yet."""
    variation = Variation(setting, Algebra() if len(setting.rates) <= MOST_STATES else Patterns())
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
    return {name: to_text(formula) for name, formula in _PROPOSALS[rule](v).items()}
