"""What a derivation is, as data: judged steps, judged claims, and the adjoint system that the proved steps state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adjointcheck.expression.calculus import derivative
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ONE, Expression
from adjointcheck.problem.statement import Problem
from adjointcheck.trusted.replay import SCHEMA_VERSION, Step
from adjointcheck.trusted.rules import RULES, Setting
from adjointcheck.trusted.verdict import Status, Verdict, worst

Formulas = Mapping[str, Expression]


@dataclass(frozen=True)
class JudgedStep:
    """A proposed step with the trusted core's verdict on it."""

    step: Step
    verdict: Verdict

    @property
    def id(self) -> str:
        return self.step.id

    @property
    def name(self) -> str:
        return f"{self.step.id} {self.step.rule}"

    @property
    def rule(self) -> str:
        return self.step.rule

    @property
    def premises(self) -> tuple[str, ...]:
        return self.step.premises

    @property
    def claim(self) -> Mapping[str, str]:
        return self.step.claim

    @property
    def words(self) -> str:
        """The rule in a sentence for people."""
        return RULES[self.step.rule].words


@dataclass(frozen=True)
class JudgedClaim:
    """A claim that a person wrote, its verdict, what was proved instead, and the likely slip in words."""

    name: str
    text: str
    verdict: Verdict
    expected: str = ""
    slip: str = ""


@dataclass(frozen=True)
class Finding:
    """Something the theorem assumes of the statement (a kink, a domain) that a reader should know."""

    kind: str
    text: str


@dataclass(frozen=True)
class AdjointSystem:
    """The adjoint equations of one problem; H = L + p f, p a row, symbols p_<state>.

    pdot = costate_rate = -dL/dx - p df/dx;  p(t1) = terminal = dPsi/dx;  dH/dw = stationarity;
    dJ/dtheta = int gradient dt + terminal_gradient + initial_gradient(p(t0)) + sum_j observation_gradient[j];
    p(s-) - p(s+) = jumps[j] at each time of observation j;  dJ/dt0 = start_time, dJ/dt1 = end_time, dJ/ds = observation_time[j].
    """

    problem: Problem
    hamiltonian: Expression
    time_partial: Expression
    costate_rate: Formulas
    terminal: Formulas
    stationarity: Formulas
    gradient: Formulas
    terminal_gradient: Formulas
    initial_gradient: Formulas
    jumps: tuple[Formulas, ...]
    observation_gradient: tuple[Formulas, ...]
    start_time: Expression
    end_time: Expression
    observation_time: tuple[Expression, ...]


def setting_of(problem: Problem) -> Setting:
    """The statement in the form that the trusted core reads."""
    return Setting(
        rates={state.name: state.rate for state in problem.states},
        initial={state.name: state.initial for state in problem.states},
        controls=problem.control_names, parameters=problem.parameter_names,
        running=problem.running_cost, terminal=problem.terminal_cost,
        observations=tuple(observation.cost for observation in problem.observations),
        positive=frozenset(problem.positive),
        columns=tuple(tuple(name for name, _ in observation.data) for observation in problem.observations),
    )


def setting_document(setting: Setting) -> dict[str, Any]:
    """The statement part of a log: texts only."""
    return {
        "states": {x: {"rate": to_text(rate), "initial": to_text(setting.initial[x])} for x, rate in setting.rates.items()},
        "controls": list(setting.controls), "parameters": list(setting.parameters), "positive": sorted(setting.positive),
        "running_cost": to_text(setting.running), "terminal_cost": to_text(setting.terminal),
        "observations": [{"cost": to_text(cost), "columns": list(columns)}
                         for cost, columns in zip(setting.observations, setting.columns, strict=True)],
    }


_STATING = ("choose_costate", "transversality", "jump", "stationarity", "parameter_gradient", "end_times", "hamiltonian")


def adjoint_system(problem: Problem, steps: Sequence[Step]) -> AdjointSystem:
    """Read the adjoint system out of the claims of the steps, so that what is solved is what was judged."""
    claims = {step.rule: {name: parse(text, step.id, caps=LOG, jets=True) for name, text in step.claim.items()}
              for step in steps if step.rule in _STATING}
    slope = claims.get("parameter_gradient", {})
    groups = range(len(problem.observations))
    hamiltonian = claims["hamiltonian"]["H"]

    def part(head: str) -> dict[str, Expression]:
        return {a: slope[f"{head}.{a}"] for a in problem.parameter_names}

    return AdjointSystem(
        problem=problem, hamiltonian=hamiltonian, time_partial=derivative([hamiltonian], {"t": ONE})[0],
        costate_rate=claims["choose_costate"], terminal=claims["transversality"], stationarity=claims.get("stationarity", {}),
        gradient=part("integrand"), terminal_gradient=part("terminal"), initial_gradient=part("initial"),
        jumps=tuple({x: claims["jump"][f"{j}.{x}"] for x in problem.state_names} for j in groups),
        observation_gradient=tuple(part(f"observation.{j}") for j in groups),
        start_time=claims["end_times"]["t0"], end_time=claims["end_times"]["t1"],
        observation_time=tuple(claims["end_times"][f"observation.{j}"] for j in groups),
    )


@dataclass(frozen=True)
class Derivation:
    """The derivation of one problem's adjoint equations, judged line by line."""

    problem: Problem
    steps: tuple[JudgedStep, ...]
    claims: tuple[JudgedClaim, ...]
    system: AdjointSystem
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The least favourable verdict of all steps and claims."""
        return worst([item.verdict for item in (*self.steps, *self.claims)])

    @property
    def proved(self) -> bool:
        """True when every step and every claim is PROVED."""
        return self.verdict.status is Status.PROVED

    @property
    def costate(self) -> Formulas:
        """pdot by state."""
        return self.system.costate_rate

    @property
    def terminal(self) -> Formulas:
        """p(t1) by state."""
        return self.system.terminal

    @property
    def gradient_condition(self) -> Formulas:
        """dH/dw by control."""
        return self.system.stationarity

    @property
    def gradients(self) -> Formulas:
        """Integrand dH/dtheta of dJ/dtheta by parameter."""
        return self.system.gradient

    def log(self) -> dict[str, Any]:
        """The derivation as plain JSON data that `replay` re-proves without SymPy."""
        return {
            "schema_version": SCHEMA_VERSION, "name": self.problem.name, "digest": self.problem.digest(),
            "statement": setting_document(setting_of(self.problem)),
            "steps": [{"id": step.id, "rule": step.rule, "premises": list(step.premises), "claim": dict(step.claim),
                       "verdict": step.verdict.status.value, "evidence": list(step.verdict.evidence)} for step in self.steps],
            "claims": [{"name": claim.name, "text": claim.text, "verdict": claim.verdict.status.value} for claim in self.claims],
        }

    def _repr_latex_(self) -> str:
        from adjointcheck.report.latex import equations_latex

        return equations_latex(self.system)
