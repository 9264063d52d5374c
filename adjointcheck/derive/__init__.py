"""SymPy proposes the adjoint equations; the trusted core judges them line by line."""

from __future__ import annotations

from adjointcheck.derive.derivation import (
    AdjointSystem,
    Derivation,
    Finding,
    JudgedClaim,
    JudgedStep,
    adjoint_system,
    setting_of,
)
from adjointcheck.expression.calculus import domain_ledger
from adjointcheck.expression.collector import uncollected
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ZERO, symbols_of, walk
from adjointcheck.expression.table import PRIMITIVES
from adjointcheck.problem.statement import Problem
from adjointcheck.trusted.replay import Judged, judge
from adjointcheck.trusted.rules import Setting
from adjointcheck.trusted.smoothness import jumps, statement_of, surface
from adjointcheck.trusted.verdict import Status

__all__ = ["AdjointSystem", "Derivation", "Finding", "JudgedClaim", "JudgedStep", "derive"]


@uncollected()
def derive(problem: Problem) -> Derivation:
    """Derive the adjoint equations of `problem` from its augmented Lagrangian and judge every step.

    J_a = Psi + int [L + p (f - xdot)] dt;  the claims of the statement are held against the proved equations.
    """
    from adjointcheck.derive.lagrangian import propose

    setting = setting_of(problem)
    steps = propose(setting)
    texts = {name: to_text(claim) for name, claim in problem.claims}
    judgement = judge(setting, steps, texts)
    return Derivation(
        problem=problem,
        steps=tuple(JudgedStep(step, judged.verdict) for step, judged in zip(steps, judgement.steps, strict=True)),
        claims=tuple(_explain(setting, judged, texts[judged.name]) for judged in judgement.claims),
        system=adjoint_system(problem, steps),
        findings=_findings(setting),
    )


COSTLESS = "the statement has none: J = 0, and every costate and gradient is 0; add [cost] with running or terminal, or observations"
MISSED = ("jumps in time: the discrete dJ/dt0 and dJ/dt1 of a module miss it: use -H(t0) and dPsi/dt + H(t1), "
          "and dl/dt + dl/dx f for a time of observation")


def _findings(setting: Setting) -> tuple[Finding, ...]:
    """What the theorem takes for granted along the trajectory: no kink is met, and every formula is defined."""
    statement = statement_of(setting)
    kinks = [to_text(node) for node in walk(statement) if node.args and not PRIMITIVES[node.head].smooth]
    ledger = domain_ledger(statement)
    domains = [f"{to_text(a)} {relation} 0" for a, relation in ledger if symbols_of(a) - setting.positive]
    return (*_costless(setting), *(Finding("kink", text) for text in kinks),
            *(Finding("jump", f"{text} {MISSED}") for text in _jumps_in_time(setting)),
            *(Finding("domain", text) for text in domains))


def _costless(setting: Setting) -> tuple[Finding, ...]:
    """J = 0 whatever happens: right, and hardly what was meant."""
    costs = (setting.running, setting.terminal, *setting.observations)
    return (Finding("cost", COSTLESS),) if all(cost is ZERO for cost in costs) else ()


def _jumps_in_time(setting: Setting) -> list[str]:
    """Texts of the jumps of f and L at times that no state or control moves; time steps that move with t0 or t1 cross them."""
    found = ((to_text(node), surface(node)) for node in jumps([*setting.rates.values(), setting.running], setting.positive))
    return [text for text, place in found if "t" in place and place.isdisjoint([*setting.states, *setting.controls])]



def _explain(setting: Setting, judged: Judged, text: str) -> JudgedClaim:
    from adjointcheck.derive.slips import name_slip

    slip = ""
    if judged.verdict.status is Status.REFUTED:
        slip = name_slip(setting, judged.name, parse(text, judged.name, caps=LOG), parse(judged.expected, judged.name, caps=LOG))
    return JudgedClaim(judged.name, text, judged.verdict, judged.expected, slip)
