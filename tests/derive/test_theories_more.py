"""Runge-Kutta, ends of the interval, inner points, second order: planted slips are named where they stand, figures agree elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from test_theories import known_equalities as known_equalities
from test_theories import planted, proved

from adjointcheck.derive.theories import THEORIES
from adjointcheck.derive.theories.runge_kutta import in_numbers
from adjointcheck.errors import SchemeError
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import evaluate
from adjointcheck.schemes.adjoint_pair import adjoint_pair
from adjointcheck.schemes.catalogue import METHODS
from adjointcheck.schemes.tableau import Tableau
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status

HOMES = ("runge_kutta", "end_conditions", "events", "second_order")
JUMP = ("phi_s_x.before + p.after*{r} - (phi_s_t.before + phi_s_x.before*f.before + L.before - L.after"
        " + p.after*(r_t.before + {r}*{f} - f.after))/G*{g}")
GAP = "h**2*(L_x + q*f_x)*f_x"
HVP = "transpose(x.tangent)*H_xtheta + p.tangent*f_theta + transpose(theta.tangent)*H_thetatheta"
MANIFOLD = "Psi_t + transpose(nu)*psi_t + L + p*f"

WRONG = [
    # 4: the transposed tableau, a stage too early, weights, the partner's indices, the method itself taken for its partner
    ("runge_kutta_explicit_2", "cotangent_1", "right", "h*(b1*L1_x + (b1*p.next + a21*l2)*f2_x)"),
    ("runge_kutta_explicit_2", "cotangent_2", "right", "h*(b2*L2_x + (b2*p.next + a21*l1)*f2_x)"),
    ("runge_kutta_explicit_3", "cotangent_1", "right", "h*(b1*L1_x + (b1*p.next + a31*l2 + a21*l3)*f1_x)"),
    ("runge_kutta_explicit_2", "costate", "right", "p.next + l2"),
    ("runge_kutta_explicit_2", "costate", "right", "p.next - l1 - l2"),
    ("runge_kutta_explicit_1", "terminal", "at", "first"),
    ("runge_kutta_explicit_4", "pairing_21", "right", "b2*b2"),
    ("runge_kutta_full_2", "pairing_12", "left", "b1*A12 + b2*a12"),
    ("runge_kutta_full_2", "update_p", "right", "p + h*(b1*(L1_x + P1*f1_x) + b2*(L2_x + P2*f2_x))"),
    ("runge_kutta_full_2", "stage_p_1", "right", "p - h*(a11*(L1_x + P1*f1_x) + a12*(L2_x + P2*f2_x))"),
    ("runge_kutta_full_2", "stage_p_1", "right", "p - h*(A11*(L1_x + P1*f1_x) + A21*(L2_x + P2*f2_x))"),
    ("runge_kutta_full_2", "exact", "sum", "h*(b1*(L1_theta + p.next*f1_theta) + b2*(L2_theta + p.next*f2_theta))"),
    ("runge_kutta_full_2", "exact", "sum", "h*(b1*P1*f1_theta + b2*P2*f2_theta)"),
    ("runge_kutta_full_3", "vanishes_2", "left", "r2 + l2"),
    ("runge_kutta_diagonal_2", "cotangent_1", "right", "h*(b1*L1_x + (b1*p.next + a21*l2)*f1_x)"),
    ("runge_kutta_diagonal_1", "cotangent_1", "right", "h*inverse(M1)*(b1*L1_x + b1*p.next*f1_x)"),
    ("runge_kutta_diagonal_3", "gradient_theta", "last", "0"),
    ("stage_cotangents_2", "gradient_theta", "sum", "h*(b1*(L1_theta + p.next*f1_theta) + b2*(L2_theta + p.next*f2_theta))"),
    ("stage_cotangents_3", "gradient_x0", "first", "p.next"),
    ("stage_cotangents_4", "parts", "first", "-p*x.delta"),
    ("other_pair_1", "defect", "sum", "h*(b1*(L1_theta + P1*f1_theta))*theta.delta"),
    ("other_pair_1", "defect", "sum", "h*b1*(L1_theta + P1*f1_theta)*theta.delta + h**2*(b1*A11 + B1*a11 - b1*B1)*K1*D1"),
    ("other_pair_1", "invariant", "right", "-h*b1*L1_x*X1.delta + h*b1*P1*f1_theta*theta.delta + h*(b1 - B1)*K1*X1.delta"),
    ("other_pair_2", "tangent_1", "right", "x.delta + h*(a11*D1 + a21*D2)"),
    ("symplectic_pair_2", "conserved", "right", "-h*(b1*L1_x*X1.delta + b2*L2_x*X2.delta)"),
    ("symplectic_pair_1", "first_variation", "sum", "h*b1*P1*f1_theta*theta.delta"),
    ("symplectic_pair_3", "gradient_x0", "first", "-p"),
    ("pairing", "paired", "left", "B*A + a*B"),
    ("pairing", "paired", "right", "transpose(b)*b"),
    ("pairing", "only", "right", "transpose(A)"),
    ("euler_index_shift", "costate", "right", "h*L_x + p.next + h*p*f_x"),
    ("euler_index_shift", "exact_gap", "right", "0*q"),
    ("euler_index_shift", "exact_gap", "right", f"-{GAP}"),
    ("euler_index_shift", "index_shift", "right", "h*p.next*(f_x.next - f_x)"),
    # 6: lost Psi_t, lost multiplier, its sign, its transpose, the wrong end
    ("free_final_time", "gradient_t1", "t1", "L + p*f"),
    ("free_final_time", "transversal", "t1", "L + p*f - Psi_t"),
    ("free_final_time", "terminal", "right", "Psi_t*Psi_x"),
    ("terminal_manifold", "terminal", "right", "Psi_x"),
    ("terminal_manifold", "terminal", "right", "Psi_x - transpose(nu)*psi_x"),
    ("terminal_manifold", "terminal", "right", "Psi_x + psi_x*transpose(nu)"),
    ("terminal_manifold", "gradient_t1", "t1", "Psi_t + L + p*f"),
    ("terminal_manifold", "final_time", "t1", "L + p*f + Psi_t"),
    ("terminal_manifold", "control", "right", "p*f_w"),
    ("manifold_multiplier", "first_variation", "t1", "Psi_theta*theta.delta + nu*z.delta"),
    ("manifold_multiplier", "terminal", "right", "Psi_x - nu*psi_x"),
    ("manifold_multiplier", "gradient_z", "t1", "nu"),
    ("fixed_end", "terminal", "right", "Psi_x"),
    ("fixed_end", "gradient_x1", "t1", "p - Psi_x"),
    ("fixed_end", "gradient_t1", "t1", "Psi_t + Psi_x*f + L + p*f"),
    ("horizon", "gradient_theta", "t1", "Psi_theta"),
    ("horizon", "gradient_theta", "t1", "Psi_theta + Psi_t*T_theta"),
    ("horizon", "end_moves", "right", "-T_theta*theta.delta"),
    ("box", "inequality", "right", "mu_lo*(v - lo) - mu_up*(up - v)"),
    ("box", "first_variation", "integrand", "mu_lo*(v - w) + mu_up*(w - v)"),
    ("box", "projection", "right", "tau*(mu_lo*(v - lo) + mu_up*(up - v))"),
    ("box_component", "inequality", "right", "(m_lo*r_lo)**2 - (m_up*r_up)**2"),
    ("box_component", "inequality", "right", "(m_lo*s_lo)**2 + (m_up*s_up)**2"),
    ("box_component", "projection", "right", "tau*((m_lo*r_lo)**2 + (m_up*r_up)**2)"),
    ("periodic", "both_ends", "t0", "-q*x0.delta"),
    ("periodic", "end_varies", "right", "x0.delta"),
    ("periodic", "gradient_t1", "t1", "Psi_t + L"),
    # 7: no deposit, its sign, the post-event state, the field after the event, a lost event time
    ("observations", "jump_s", "right", "p.after"),
    ("observations", "jump_s", "right", "p.after - phi_s_x.before"),
    ("observations", "jump_r", "right", "p.after + phi_s_x.before"),
    ("observations", "moved_s", "right", "x.before.delta"),
    ("observations", "smooth_s", "s", "phi_s_t.before + phi_s_x.before*f.before + p.before*f.before"),
    ("observations", "hamiltonian_r", "r", "phi_r_t.before + (L.after + p.after*f.after) - (L.before + p.before*f.before)"),
    ("observations", "gradient_theta", "r", "0"),
    ("event", "jump", "right", JUMP.format(r="r_x.after", f="f.before", g="g_x.before")),
    ("event", "jump", "right", JUMP.format(r="r_x.before", f="f.after", g="g_x.before")),
    ("event", "jump", "right", JUMP.format(r="r_x.before", f="f.before", g="g_x.after")),
    ("event", "jump", "right", "phi_s_x.before + p.after*r_x.before"),
    ("event", "event_time", "right", "(g_x.before*x.before.delta + g_theta.before*theta.delta)/G"),
    ("event", "event_time", "right", "-(g_x.after*x.after.delta + g_theta.before*theta.delta)/G"),
    ("event", "reset_varies", "right", "r_x.before*x.before.delta + r_theta.before*theta.delta"),
    ("event", "crossing", "left", "g_x.before*x.before.delta + G*s.delta"),
    ("event", "gradient_theta", "s", "phi_s_theta.before + p.after*r_theta.before"),
    ("switch", "jump", "right", "phi_s_x.before + p.after"),
    ("switch", "reset_varies", "right", "x.before.delta + (f.after - f.before)*s.delta"),
    ("switch", "gathered", "t0", "-p*x0.delta"),
    # 10: lost curvature, lost tangent of the costate, transposes, factor 1/2, sign of the quadratic term, H's rate
    ("hessian_vector_product", "costate_tangent", "right", "-p.tangent*f_x"),
    ("hessian_vector_product", "costate_tangent", "right", "-(transpose(x.tangent)*H_xx + p.tangent*f_x)"),
    ("hessian_vector_product", "terminal_tangent", "right", "Psi_x"),
    ("hessian_vector_product", "product_tangent", "integrand", HVP.replace("p.tangent", "p")),
    ("hessian_vector_product", "product_tangent", "integrand", HVP.replace(" + p.tangent*f_theta", "")),
    ("hessian_vector_product", "symmetric", "value", "J_theta.tangent*theta.delta - J_theta.delta*theta.tangent"),
    ("riccati", "costate", "right", "-(transpose(x)*Q + p*A)"),
    ("riccati", "control", "right", "-inverse(R)*transpose(B)*transpose(p)"),
    ("riccati", "feedback", "right", "inverse(R)*transpose(B)*P*x"),
    ("riccati", "equation", "left", "transpose(x)*(P.dot + P*A + transpose(A)*P + P*B*inverse(R)*transpose(B)*P + Q)"),
    ("riccati", "equation", "left", "transpose(x)*(P.dot + P*A + A*P - P*B*inverse(R)*transpose(B)*P + Q)"),
    ("riccati", "end", "left", "transpose(x)*(2*P - M)"),
    ("regulator_optimum", "square", "t0", "2*transpose(x)*P*x"),
    ("regulator_optimum", "square", "integrand", "transpose(w - K*x)*R*(w - K*x)"),
    ("regulator_optimum", "costate_law", "right", "-(transpose(x)*Q + p*A)"),
    ("hamiltonian_conserved", "constant", "left", "H.dot - L_x*f"),
    ("hamiltonian_conserved", "same_at_ends", "t0", "H"),
    ("hamiltonian_conserved", "carried", "integrand", "H.dot"),
    ("hamiltonian_rate", "rate", "right", "0"),
    ("hamiltonian_rate", "rate", "right", "L_t"),
    ("hamiltonian_rate", "rate", "right", "-L_t - p*f_t"),
    ("adjoint_pairing", "constant", "right", "2*a*f_x*x.delta"),
    ("adjoint_pairing", "moves", "right", "0"),
    ("adjoint_pairing", "linearised", "right", "transpose(f_x)*x.delta"),
    ("noether", "constant", "left", "C.dot - 2*Lambda.dot"),
    ("noether", "same_at_ends", "t1", "-C"),
    ("noether", "rate", "right", "0"),
]


@pytest.mark.parametrize(("name", "step", "slot", "wrong"), WRONG)
def test_a_planted_slip_is_the_first_wrong_step(name: str, step: str, slot: str, wrong: str) -> None:
    found = planted(name, step, slot, wrong)
    place = next(i for i, judged in enumerate(found.steps) if judged.name == step)
    assert found.first_wrong == step and found.steps[place].verdict.status in (Status.REFUTED, Status.INVALID), found.steps[place]
    assert all(judged.verdict.status is Status.PROVED for judged in found.steps[:place])


SPOILT = [  # a hypothesis or definition is changed, and the step that builds on it no longer follows
    ("noether", "invariant", "right", "p*xi + H*tau + Lambda", "constant"),
    ("noether", "invariant", "right", "p*xi - H*tau - Lambda", "constant"),
    ("noether", "dynamics_kept", "right", "f_t*tau + f_x*xi + f_w*eta", "constant"),
    ("noether", "cost_kept", "right", "L_t*tau + L_x*xi + L_w*eta", "constant"),
    ("regulator_optimum", "equation", "right", "-(P*A + transpose(A)*P + P*B*inverse(R)*transpose(B)*P + Q)", "square"),
    ("regulator_optimum", "gain", "right", "transpose(B)*P", "square"),
    ("regulator_optimum", "end", "right", "M/2", "square"),
    ("hamiltonian_conserved", "stationary", "right", "p*f_w", "constant"),
    ("adjoint_pairing", "adjoint", "right", "a*f_x", "constant"),
    ("periodic", "costate_end", "right", "q - Psi_x", "both_ends"),
    ("periodic", "costate_end", "right", "Psi_x", "both_ends"),
    ("manifold_multiplier", "final_time", "right", "-p*f - Psi_t", "first_variation"),
    ("box", "multipliers", "right", "mu_up - mu_lo - p*f_w", "inequality"),
    ("box_component", "lower", "right", "m_lo*r_lo", "inequality"),
    ("event", "reset", "right", "r.after", "reset_varies"),
    ("event", "event", "left", "g.after", "crossing"),
    ("event", "transversal", "right", "g_t.before + g_x.before*f.after", "crossing"),
    ("symplectic_pair_2", "partner_12", "right", "b2 - b2*a12/b1", "conserved"),
    ("symplectic_pair_1", "weight_1", "right", "2*b1", "conserved"),
    ("runge_kutta_full_2", "slope_1", "right", "h*(b1*p.next + a11*l1 + a12*l2)", "vanishes_1"),
    ("runge_kutta_diagonal_1", "solvable_1", "right", "(I + M1)/(h*a11)", "cotangent_1"),
    ("pairing", "partner", "right", "one*transpose(b) - inverse(B)*a*B", "paired"),
    ("euler_index_shift", "same_method", "right", "q - h*(L_x + p*f_x)", "same_index"),
]


@pytest.mark.parametrize(("name", "spoilt", "slot", "wrong", "step"), SPOILT)
def test_a_spoilt_hypothesis_is_missed_where_it_is_used(name: str, spoilt: str, slot: str, wrong: str, step: str) -> None:
    verdicts = {judged.name: judged.verdict.status for judged in planted(name, spoilt, slot, wrong).steps}
    assert verdicts[spoilt] is Status.PROVED, "a hypothesis or definition is never wrong by itself"
    assert verdicts[step] in (Status.REFUTED, Status.INVALID), verdicts[step]


MINE = [name for name, row in THEORIES.items() if row.home in HOMES and name[-1] not in "34"]


@pytest.mark.parametrize("name", MINE)
def test_no_premise_is_idle(name: str) -> None:
    """A premise that can be left out would be a hypothesis too many in the printed proof; all variants are judged in one pass."""
    document, steps, variants = proved(name).document, [], []
    for step in document["steps"]:
        steps.append(step)
        for premise in step["premises"] if step["rule"] in ("rewrite", "differentiate", "by_parts") else ():
            how = {key: value for key, value in step["how"].items() if key != premise}
            less = {**step, "id": f"{step['id']} less {premise}", "how": how, "premises": [p for p in step["premises"] if p != premise]}
            variants.append(less["id"])
            steps.append(less)
    verdicts = {judged.name: judged.verdict.status for judged in replay({**document, "steps": steps}).steps}
    assert variants and [less for less in variants if verdicts[less] is Status.PROVED] == []
    assert all(verdicts[step["id"]] is Status.PROVED for step in document["steps"])


@pytest.mark.parametrize("name", [name for name, row in THEORIES.items() if row.home in HOMES])
def test_each_step_serves_a_conclusion(name: str) -> None:
    document = proved(name).document
    used = set(document["conclusions"])
    for step in reversed(document["steps"]):
        assert step["id"] in used, step["id"]
        used |= set(step["premises"])


@pytest.mark.parametrize("name", [name for name in MINE if not name.endswith("_2")])
def test_a_step_left_out_is_missed(name: str) -> None:
    document = proved(name).document
    for gone in document["steps"]:
        assert replay({**document, "steps": [step for step in document["steps"] if step is not gone]}).status is not Status.PROVED, gone["id"]


# The methods on offer, in their own numbers


def square(method: Tableau) -> list[tuple[Fraction, ...]]:
    return [(*row, *[Fraction(0)] * (method.stages - len(row))) for row in method.a]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_method_on_offer_obeys_the_theorems(method: Tableau) -> None:
    """Discrete adjoint and gradient always; with all b_i != 0 the partner that `adjoint_pair` computes is the theory's."""
    partner = adjoint_pair(method).a if all(method.b) else ()
    draft = in_numbers(square(method), method.b, partner)
    steps = {step.name: step.verdict for step in judge_theory(draft.document(method.name, method.name, method.source)).steps}
    adjoint = [name for name in steps if not name.startswith(("value_", "weighted_", "update_p", "stage_p_", "exact"))]
    assert {"costate", "gradient_theta", "gradient_x0"} <= set(adjoint)
    assert all(steps[name].status is Status.PROVED for name in (steps if partner else adjoint))


@pytest.mark.parametrize("method", [method for method in METHODS.values() if not all(method.b)], ids=lambda method: method.name)
def test_a_weight_0_has_no_partner_and_both_say_why(method: Tableau) -> None:
    absent = [i for i, weight in enumerate(method.b, 1) if not weight]
    with pytest.raises(SchemeError, match=f"b_{absent[0]} = 0"):
        adjoint_pair(method)
    draft = in_numbers(square(method), method.b)
    steps = {step.name: step.verdict for step in judge_theory(draft.document(method.name, method.name, method.source)).steps}
    for i in range(1, method.stages + 1):
        status = steps[f"value_{i}"].status
        assert status is (Status.INVALID if i in absent else Status.PROVED)
    assert "0/0" in steps[f"value_{absent[0]}"].reason and "divisors that are letters flagged nonzero" in steps[f"value_{absent[0]}"].reason
    assert steps["exact"].status is Status.INVALID


def test_a_symbolic_weight_that_may_be_0_has_no_partner() -> None:
    document = dict(proved("runge_kutta_explicit_2").document)
    document["letters"] = {**document["letters"], "b1": "1 1 constant"}
    steps = {step.name: step.verdict for step in judge_theory(document).steps}
    assert steps["gradient_theta"].status is Status.PROVED
    assert steps["value_1"].status is Status.INVALID and "nonzero" in steps["value_1"].reason


@pytest.mark.parametrize("method", [method for method in METHODS.values() if all(method.b)], ids=lambda method: method.name)
def test_a_partner_off_by_a_little_is_refuted(method: Tableau) -> None:
    partner = [list(row) for row in adjoint_pair(method).a]
    partner[0][-1] += Fraction(1, 10**30)
    draft = in_numbers(square(method), method.b, partner)
    steps = {step.name: step.verdict for step in judge_theory(draft.document(method.name, method.name, method.source)).steps}
    assert steps["stage_p_1"].status is Status.REFUTED


# The statements, put in figures, against finite differences


HEADS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "neg": lambda a: -a, "transpose": np.transpose,
    "mul": lambda a, b: a * b if 1 in (a.size, b.size) else a @ b, "div": lambda a, b: a / b,
}


def value_of(name: str, step: str, slot: str, letters: dict[str, Any]) -> np.ndarray:
    """A claim's slot with numpy matrices for its letters."""
    claim = next(entry["claim"] for entry in proved(name).document["steps"] if entry["id"] == step)
    shaped = {letter: np.atleast_2d(np.asarray(value, dtype=float)) for letter, value in letters.items()}

    def leaf(node: Any) -> np.ndarray:
        return np.array([[float(node.value)]]) if node.head == "number" else shaped[node.value]

    return evaluate([parse(claim[slot], "claim", matrices=True)], leaf, HEADS)[0]


GRAVITY, BOUNCE, END = 9.0, 0.7, 1.1


def ball(height: float, speed: float, bounce: float) -> tuple[float, float, float]:
    """Time of impact, speed before it, and the height at the end, of a ball that bounces once."""
    impact = (speed + np.sqrt(speed**2 + 2 * GRAVITY * height)) / GRAVITY
    before, left = speed - GRAVITY * impact, END - impact
    return impact, before, -bounce * before * left - GRAVITY * left**2 / 2


def test_the_jump_at_an_event_is_the_derivative_of_a_bouncing_ball() -> None:
    """x = (height, speed), g = height, r = (0, -e speed), J = height at the end: p(t0) and dJ/de against central differences."""
    start = np.array([1.0, 2.0])
    impact, before, _ = ball(*start, BOUNCE)
    after, left = -BOUNCE * before, END - impact
    letters: dict[str, Any] = dict.fromkeys(("phi_s_t.before", "L.before", "L.after", "phi_s_theta.before", "g_theta.before"), 0)
    letters |= {"phi_s_x.before": [[0, 0]], "r_x.before": [[0, 0], [0, -BOUNCE]], "r_t.before": [[0], [0]], "g_x.before": [[1, 0]],
                "f.before": [[before], [-GRAVITY]], "f.after": [[after], [-GRAVITY]], "G": before, "p.after": [[1, left]],
                "r_theta.before": [[0], [-before]]}
    at_event = value_of("event", "jump", "right", letters)
    at_start = at_event @ np.array([[1, impact], [0, 1]])
    in_theta = value_of("event", "gradient_theta", "s", letters)

    def slope(i: int, step: float = 1e-6) -> float:
        here = np.array([*start, BOUNCE])
        here[i] += step
        there = here.copy()
        there[i] -= 2 * step
        return (ball(*here)[2] - ball(*there)[2]) / (2 * step)

    assert np.allclose(at_start, [[slope(0), slope(1)]], rtol=1e-8) and np.allclose(in_theta, slope(2), rtol=1e-8)
    wrong = {**letters, "G": after}
    assert not np.allclose(value_of("event", "jump", "right", wrong), at_event, rtol=1e-2)


def test_the_gap_of_other_pairs_is_the_error_of_euler_for_the_costate() -> None:
    """x.next = (1 + h c) x, J = x(last): one step, the same Euler method for p gives 1 / (1 - h c), short of 1 + h c by the gap."""
    h, c = 0.1, 0.3
    q = 1 / (1 - h * c)
    letters = {"h": h, "L_x": 0, "q": q, "f_x": c}
    gap = h**2 * q * c**2
    assert value_of("euler_index_shift", "same_index", "right", {**letters, "p.next": 1})[0, 0] == pytest.approx(gap, rel=1e-12)
    assert q - (1 + h * c) == pytest.approx(gap, rel=1e-12)
