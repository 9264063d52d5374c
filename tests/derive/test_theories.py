"""Theorems for every dimension: every step proved, replayed without SymPy, and planted errors named where they stand."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import adjointcheck as ac
from adjointcheck.derive.theories import THEORIES, Theory, theory
from adjointcheck.errors import ProblemError
from adjointcheck.trusted import language, matrix_witness
from adjointcheck.trusted import theory as trusted_theory
from adjointcheck.trusted.replay import Judgement, replay
from adjointcheck.trusted.verdict import Status, Verdict

ROOT = Path(__file__).parents[2]


@cache
def proved(name: str) -> Theory:
    return theory(name)


@pytest.fixture(scope="module", autouse=True)
def known_equalities() -> Iterator[None]:
    """Spoiled theorems share nearly all their equalities: each is compared once here, and afresh in every other test file."""
    def once(judge: Callable[..., Verdict]) -> Callable[..., Verdict]:
        known: dict[Any, Verdict] = {}

        def remembered(*arguments: Any) -> Verdict:
            key = *(frozenset(each.items()) if isinstance(each, Mapping) else tuple(each) if isinstance(each, list) else each for each in arguments),
            if key not in known:
                known[key] = judge(*arguments)
            return known[key]

        return remembered

    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((language, "proof"), (matrix_witness, "doubt"), (trusted_theory, "compare")):
            patch.setattr(module, name, once(getattr(module, name)))
        yield


def planted(name: str, step: str, slot: str, wrong: str) -> Judgement:
    """The theorem with one slot of one step's claim replaced."""
    document = copy.deepcopy(dict(proved(name).document))
    claim = next(entry["claim"] for entry in document["steps"] if entry["id"] == step)
    assert claim.get(slot) != wrong
    claim[slot] = wrong
    return replay(document)


@pytest.mark.parametrize("name", THEORIES)
def test_every_step_is_proved(name: str) -> None:
    found = proved(name)
    assert found.proved and [step.name for step in found.steps if step.verdict.status is not Status.PROVED] == []
    assert found.conclusions and found.name == name


@pytest.mark.parametrize("name", THEORIES)
def test_what_is_not_assumed_was_examined(name: str) -> None:
    """No step but hypotheses, definitions and pure bookkeeping passes without an equality that was judged."""
    bare = [step.name for step in proved(name).steps if step.verdict.evidence == ("nothing to show",)]
    assert bare == [] and any("exact matrices" in line for step in proved(name).steps for line in step.verdict.evidence)


REPLAY = """
import json, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "sympy":
            raise ImportError("SymPy is blocked")
sys.meta_path.insert(0, Blocked())
from adjointcheck.trusted.replay import replay
logs = json.load(sys.stdin)
print(json.dumps([[[s.name, s.rule, s.verdict.status.value] for s in replay(log).steps] for log in logs]))
assert "sympy" not in sys.modules
"""


def test_logs_replay_to_the_same_verdicts_without_sympy() -> None:
    logs = [proved(name).log() for name in THEORIES if not name.endswith(("_3", "_4"))]  # more stages go by the rules of two
    run = subprocess.run([sys.executable, "-c", REPLAY], input=json.dumps(logs), capture_output=True, text=True, check=True,
                         env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert json.loads(run.stdout) == [[[s["id"], s["rule"], s["verdict"]] for s in log["steps"]] for log in logs]


WRONG = [
    # 1: sign, lost running cost, lost product rule, swapped factors, wrong end, lost dPsi, both signs of the end times
    ("bolza", "costate", "right", "L_x - p*f_x"), ("bolza", "costate", "right", "-p*f_x"), ("bolza", "costate", "right", "-L_x - p*transpose(f_x)"), ("bolza", "costate", "right", "-L_x - 2*p*f_x"),
    ("bolza", "terminal", "right", "-Psi_x"), ("bolza", "terminal", "right", "0"), ("bolza", "terminal", "at", "t0"), ("bolza", "variation", "t1", "Psi_theta*theta.delta + Psi_x*x.delta"),
    ("bolza", "variation", "integrand", "(L_theta + p*f_theta)*theta.delta + (L_w + p*f_w)*w.delta + (L_x + p*f_x)*x.delta - p*x.delta.dot"), ("bolza", "parts", "t0", "-p*x.delta - (L + p*f)*t0.delta"),
    ("bolza", "gradient_x0", "t0", "-p"), ("bolza", "gradient_theta", "integrand", "p*f_theta"), ("bolza", "gradient_theta", "t1", "0"), ("bolza", "gradient_w", "right", "p*f_w"), ("bolza", "gradient_w", "right", "L_w - p*f_w"),
    ("bolza", "gradient_t0", "t0", "L + p*f"), ("bolza", "gradient_t1", "t1", "L + p*f"), ("bolza", "gradient_t1", "t1", "Psi_t + p*f"), ("bolza", "start_varies", "right", "x0.delta"), ("bolza", "lagrangian", "integrand", "L + f*p"),
    # 2
    ("discrete_to_continuous", "jacobian", "right", "X*x"), ("discrete_to_continuous", "expanded", "left", "eps*(a.dot - a*f_x)"), ("discrete_to_continuous", "costate", "right", "a*f_x"),
    ("discrete_to_continuous", "costate", "right", "-transpose(f_x)*transpose(a)"), ("discrete_to_continuous", "vanishes", "left", "a.dot"), ("discrete_to_continuous", "vanishes", "left", "a.dot + a*f_x + eps*r"),
    ("gradient_limit", "integral", "integrand", "L_theta + p_h*f_theta"), ("gradient_limit", "integral", "integrand", "p*f_theta"), ("gradient_limit", "integral", "last", "0"), ("gradient_limit", "divided", "right", "L_w + p*f_w"),
    # 3: the step size, the layer of p, the identity, the running cost
    ("resnet", "costate", "right", "h*L_x + p.next*(I + f_x)"), ("resnet", "costate", "right", "h*L_x + p.next*h*f_x"), ("resnet", "costate", "right", "p.next*(I + h*f_x)"), ("resnet", "costate", "right", "L_x + p.next*(I + h*f_x)"),
    ("resnet", "costate", "right", "h*L_x + p*(I + h*f_x)"), ("resnet", "gradient_w", "right", "h*L_w + h*p*f_w"), ("resnet", "gradient_w", "right", "L_w + p.next*f_w"), ("resnet", "terminal", "at", "first"),
    ("resnet", "gradient_x0", "first", "p.next"), ("resnet", "parts", "last", "(Psi_x + p)*x.delta"), ("residual_backpropagation", "backward", "right", "p.next*f_x + L_x"), ("residual_backpropagation", "weights", "right", "L_w + p*f_w"),
    ("chain_rule_2", "chain_rule", "right", "Psi_x*(I + h*A0)*(I + h*A1)*x0.delta + h*Psi_x*(I + h*A1)*B0*w0.delta + h*Psi_x*B1*w1.delta"),
    ("chain_rule_3", "adjoint", "right", "p0*x0.delta + h*p0*B0*w0.delta + h*p1*B1*w1.delta + h*p2*B2*w2.delta"), ("chain_rule_1", "adjoint", "right", "p0*x0.delta + p1*B0*w0.delta"),
    ("chain_rule_4", "moved3", "right", "h*A3*x3.delta + h*B3*w3.delta"), ("chain_rule_induction", "same_law", "right", "(I + h*f_x)*E.next"), ("chain_rule_induction", "same_end", "right", "c"), ("chain_rule_induction", "chain_rule", "right", "-c*M"),
    # 5: both published sign forms of dJ/dt0, and the limits of the integral
    ("augmented", "t0_reversed", "t1", "a*f"), ("augmented", "t0_from_t1", "value", "J_t0 - J_t1"), ("augmented", "theta_reversed", "reversed", "a*f_theta"), ("augmented", "read_t", "t0", "-a_t"), ("augmented", "gradient_t1", "t1", "-a*f"),
    ("augmented", "gradient_t0", "t0", "a*f"), ("augmented", "energy_rate", "right", "0"), ("augmented", "energy_rate", "right", "a*f_x*f + a*f_t"), ("augmented", "forward", "t1", "S*Psi_x"), ("augmented", "forward", "t1", "-Psi_x*S"),
    ("augmented", "t0_from_t1", "integrand", "-a*f_t"), ("augmented", "read_theta", "t0", "-a_theta"),
    # 8
    ("change_of_variables", "change", "right", "trace(f_x)"), ("change_of_variables", "jacobi", "right", "-rho0*det(M)*trace(f_x)"), ("change_of_variables", "change", "right", "-trace(M)"), ("change_of_variables", "continuity", "right", "-trace(f_x)"),
    ("infinitesimal_change", "determinant", "right", "1 + eps*det(f_x) + eps**2*e"), ("infinitesimal_change", "determinant", "right", "1 - eps*trace(f_x) + eps**2*e"), ("infinitesimal_change", "continuity", "right", "rho*trace(f_x)"),
    ("flow_likelihood", "costate", "right", "-p*f_x"), ("flow_likelihood", "costate", "right", "div_x - p*f_x"), ("flow_likelihood", "second_derivatives", "right", "trace(f_x)"), ("flow_likelihood", "gradient_theta", "integrand", "p*f_theta"),
    ("hutchinson", "unbiased", "value", "trace(A)/2"), ("hutchinson", "unbiased", "mean", "transpose(z)*A*A*z"), ("hutchinson", "unbiased", "mean", "transpose(z)*z"),
    # 9
    ("augmented_node", "costate", "right", "-p*f_x"), ("augmented_node", "lifted_costate", "right", "-q*g_y"), ("augmented_node", "lifted_terminal", "right", "p*f_y"), ("augmented_node", "lifted_terminal", "right", "q.dot"),
    ("augmented_node", "gradient_theta", "integrand", "p*f_theta"), ("augmented_node", "gradient_x0", "t0", "q"), ("augmented_node", "first_variation", "t0", "p*x0.delta + q*y.dot"),
    # 11
    ("gradient_iteration", "decrease", "integrand", "(L_w + p*f_w)*transpose(L_w + p*f_w)"), ("gradient_iteration", "decrease", "integrand", "-L_w*transpose(L_w)"), ("gradient_iteration", "first_order", "integrand", "-(L_w + p*f_w)*transpose(L_w + p*f_w)"),
    ("gradient_iteration", "slope", "integrand", "L_w*w.eta"), ("gradient_iteration", "first_order", "value", "J_new - J"),
]


@pytest.mark.parametrize(("name", "step", "slot", "wrong"), WRONG)
def test_a_planted_error_is_the_first_wrong_step(name: str, step: str, slot: str, wrong: str) -> None:
    found = planted(name, step, slot, wrong)
    place = next(i for i, judged in enumerate(found.steps) if judged.name == step)
    assert found.first_wrong == step and found.steps[place].verdict.status in (Status.REFUTED, Status.INVALID), found.steps[place]
    assert all(judged.verdict.status is Status.PROVED for judged in found.steps[:place])


def test_both_published_forms_of_the_gradient_in_t0_are_decided() -> None:
    """dJ/dt0 = -dJ/dt1 - int from t1 to t0 of a f_t is a theorem; with +dJ/dt1 it is refuted by matrices."""
    right, wrong = proved("augmented"), planted("augmented", "t0_reversed", "t1", "a*f")
    verdicts = {step.name: step.verdict for step in right.steps}, {step.name: step.verdict for step in wrong.steps}
    assert verdicts[0]["t0_reversed"].status is Status.PROVED and verdicts[1]["t0_reversed"].status is Status.REFUTED
    assert verdicts[1]["t0_reversed"].witness is not None


HERE = [name for name, row in THEORIES.items() if row.home in ("bolza", "discrete", "neural")]


@pytest.mark.parametrize("name", HERE)
def test_a_step_left_out_is_missed(name: str) -> None:
    """Without any one of its steps no theorem is proved, unless that step stands for itself alone."""
    document = proved(name).document
    needed = {premise for step in document["steps"] for premise in step["premises"]} | set(document["conclusions"])
    for gone in (step["id"] for step in document["steps"] if step["id"] in needed):
        assert replay({**document, "steps": [step for step in document["steps"] if step["id"] != gone]}).status is not Status.PROVED


@pytest.mark.parametrize("name", HERE)
def test_no_premise_is_idle(name: str) -> None:
    """A premise that can be left out would be a hypothesis too many in the printed proof."""
    document = proved(name).document
    for i, step in enumerate(document["steps"]):
        for premise in step["premises"]:
            less: dict[str, Any] = {**step, "premises": [other for other in step["premises"] if other != premise]}
            less["how"] = {key: value for key, value in step["how"].items() if key != premise}
            found = replay({**document, "steps": [*document["steps"][:i], less]})  # later steps change no earlier verdict
            assert found.steps[i].verdict.status is not Status.PROVED, (step["id"], premise)


def test_the_face_names_what_is_known() -> None:
    assert ac.theory("bolza").verdict.status is Status.PROVED
    with pytest.raises(ProblemError, match="Did you mean bolza"):
        ac.theory("bolzano")
    assert {"left": "x.dot", "right": "f"} in ac.theory("bolza").hypotheses
