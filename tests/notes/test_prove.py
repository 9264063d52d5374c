"""The engine: claims of every kind proved by a document of the core, slips not, and no way to talk it into PROVED."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from test_settings import replayed
from understood import statuses

from adjointcheck.notes.proofs.prove import Proof, prove
from adjointcheck.notes.proofs.settings import setting
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status

FREE = ("dynamics", "costate", "terminal")  # without these the multiplier p is arbitrary


def at(left: str, right: str, place: str = "always") -> dict[str, str]:
    return {"left": left, "right": right, "at": place}


def functional(value: str, **slots: str) -> dict[str, str]:
    return {"value": value, **slots}


def asked(kind: str, claim: dict[str, str], *hypotheses: str, without: tuple[str, ...] = ()) -> Proof:
    return prove(setting(kind), claim, hypotheses, without)


# kind, right claim, the same with a slip, hypotheses: the kinds of claims of issue E
H = "(L + p*f)"
VARIED_COST = {"t1": "(Psi_t + H - p*x.dot)*t1.delta + Psi_x*(x.delta + x.dot*t1.delta) + Psi_theta*theta.delta - p*x.delta",
               "t0": "p*x.delta - (H - p*x.dot)*t0.delta"}
INSIDE = "(L_x + p*f_x {sign} p.dot)*x.delta + H_w*w.delta + H_theta*theta.delta + p.delta*(f - x.dot)"
PAIRS: dict[str, tuple[str, dict[str, str], dict[str, str], tuple[str, ...]]] = {
    "costate equation": ("continuous", at("p.dot", "-L_x - p*f_x"), at("p.dot", "-L_x + p*f_x"), ()),
    "costate equation, transposed": ("continuous", at("transpose(p.dot)", "-transpose(f_x)*transpose(p) - transpose(L_x)"),
                                     at("transpose(p.dot)", "-f_x*transpose(p) - transpose(L_x)"), ()),
    "Hamiltonian equation": ("continuous", at("p.dot", "-H_x"), at("p.dot", "H_x"), ()),
    "state equation": ("continuous", at("x.dot", "H_p"), at("x.dot", "-H_p"), ()),
    "transversality": ("continuous", at("p", "Psi_x", "t1"), at("p", "-Psi_x", "t1"), ()),
    "initial value": ("continuous", at("x", "x0", "t0"), at("x", "x0", "t1"), ()),
    "gradient condition": ("continuous", at("L_w + p*f_w", "0"), at("L_w - p*f_w", "0"), ("stationary",)),
    "free final time": ("continuous", at("H", "-Psi_t", "t1"), at("H", "Psi_t", "t1"), ("free_final_time",)),
    "H conserved": ("continuous", at("H.dot", "H_t"), at("H.dot", "-H_t"), ("stationary",)),
    "linearised dynamics": ("continuous", at("x.delta.dot", "f_x*x.delta + f_w*w.delta + f_theta*theta.delta"),
                            at("x.delta.dot", "f_x*x.delta + f_w*w.delta"), ()),
    "gradient in x0": ("continuous", functional("J_x0", t0="p"), functional("J_x0", t1="p"), ()),
    "gradient in theta, backwards": ("continuous", functional("J_theta", t1="Psi_theta", reversed="-H_theta"),
                                     functional("J_theta", t1="Psi_theta", reversed="H_theta"), ()),
    "missing cost derivative": ("continuous", functional("J_theta", t1="Psi_theta", integrand="L_theta + p*f_theta"),
                                functional("J_theta", t1="Psi_theta", integrand="p*f_theta"), ()),
    "gradients in times": ("continuous", functional("J_t0", t0="-H"), functional("J_t0", t0="H"), ()),
    "augmented state": ("continuous", functional("J_theta", t0="a_theta"), functional("J_theta", t0="-a_theta"), ()),
    "forward sensitivity": ("continuous", functional("J_theta", t1="Psi_theta + Psi_x*S", integrand="L_theta + L_x*S"),
                            functional("J_theta", t1="Psi_theta + Psi_x*S", integrand="L_theta"), ()),
    "integration by parts": ("continuous", functional("0", integrand="p*x.delta.dot + p.dot*x.delta", t1="-p*x.delta", t0="p*x.delta"),
                             functional("0", integrand="p*x.delta.dot - p.dot*x.delta", t1="-p*x.delta", t0="p*x.delta"), ()),
    "first variation": ("variations", functional("J.delta", integrand="H_w*w.delta + H_theta*theta.delta", t1="Psi_theta*theta.delta"),
                        functional("J.delta", integrand="H_w*w.delta", t1="Psi_theta*theta.delta"), ("x0_fixed", "t0_fixed", "t1_fixed")),
    "descent": ("descent", functional("J.delta", integrand="-eta*H_w*transpose(H_w)"),
                functional("J.delta", integrand="eta*H_w*transpose(H_w)"), ("x0_fixed", "t0_fixed", "t1_fixed", "theta_fixed")),
    "density": ("continuous", at("rho.dot/rho", "-trace(f_x)"), at("rho.dot/rho", "trace(f_x)"), ()),
    "log-density over time": ("continuous", functional("0", t1="log(rho)", t0="-log(rho)", integrand="trace(f_x)"),
                              functional("0", t1="log(rho)", t0="-log(rho)", integrand="-trace(f_x)"), ()),
    "Hutchinson": ("hutchinson", functional("trace(f_x)", mean="transpose(noise)*f_x*noise"),
                   functional("trace(f_x)", mean="transpose(noise)*f_x*f_x*noise"), ()),
    "backward recurrence": ("euler", at("p", "h*L_x + p.next*(I + h*f_x)"), at("p", "h*L_x + p.next + h*p*f_x"), ()),
    "recurrence of layers": ("map", at("p", "L_x + p.next*f_x"), at("p", "L_x + p.next*f_x.next"), ()),
    "gradient of a layer": ("euler", at("J_w/h", "L_w + p.next*f_w"), at("J_w/h", "L_w + p*f_w"), ()),
    "sum over layers": ("euler", functional("J_theta", last="Psi_theta", sum="h*L_theta + h*p.next*f_theta"),
                        functional("J_theta", last="Psi_theta", sum="h*L_theta + h*p*f_theta"), ()),
    "summation by parts": ("euler", functional("0", sum="p.next*x.delta.next - p*x.delta", last="-p*x.delta", first="p*x.delta"),
                           functional("0", sum="p.next*x.delta.next - p*x.delta", last="-p*x.delta", first="-p*x.delta"), ()),
    "jump at an observation": ("observations", at("p.before", "p.after + phi_x.before", "s"), at("p.before", "p.after - phi_x.before", "s"), ()),
    "event time": ("event", at("G*tau.delta", "-g_x.before*x.before.delta - g_theta.before*theta.delta", "tau"),
                   at("G*tau.delta", "-g_x.before*x.after.delta - g_theta.before*theta.delta", "tau"), ()),
    "end state": ("fixed_end", at("p", "Psi_x + nu", "t1"), at("p", "Psi_x - nu", "t1"), ()),
    "manifold": ("manifold", at("p", "Psi_x + nu*psi_x", "t1"), at("p", "Psi_x", "t1"), ()),
    "periodic": ("periodic", functional("J_t1", t1="Psi_t + H"), functional("J_t1", t1="H"), ()),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_right_claim_is_proved_and_its_slip_is_not(name: str) -> None:
    kind, right, slip, hypotheses = PAIRS[name]
    assert asked(kind, right, *hypotheses).status is Status.PROVED, asked(kind, right, *hypotheses).reason
    assert asked(kind, slip, *hypotheses).status is not Status.PROVED


def test_the_variation_of_the_augmented_cost_holds_for_every_multiplier() -> None:
    right = functional("J_a.delta", **VARIED_COST, integrand=INSIDE.format(sign="+"))
    slip = functional("J_a.delta", **VARIED_COST, integrand=INSIDE.format(sign="-"))
    assert asked("continuous", right, without=FREE).status is Status.PROVED
    assert asked("continuous", slip, without=FREE).status is Status.UNKNOWN
    twice = functional("J_a.delta", **VARIED_COST, integrand=INSIDE.format(sign="+").replace("(L_x", "2*(L_x"))
    assert asked("continuous", twice, without=FREE).status is Status.UNKNOWN, "before the costate is chosen its factor does not vanish"


def test_every_proof_is_one_document_that_replays_without_sympy(tmp_path: Path) -> None:
    documents = [asked(kind, right, *hypotheses).document for kind, right, _, hypotheses in PAIRS.values()]
    assert replayed(tmp_path / "proofs.jsonl", documents) == len(PAIRS)


def test_a_proof_holds_no_more_than_it_rests_on() -> None:
    proof = asked("continuous", at("x.dot", "H_p"))
    assert proof.document is not None
    assert [step["id"] for step in proof.document["steps"]] == ["dynamics", "hamiltonian_p", "claim"]
    assert proof.path[0].startswith("hamiltonian_p") and proof.path[-1] == "Equals put for equals."


def test_a_spoilt_proof_is_not_proved() -> None:
    document = copy.deepcopy(dict(asked("continuous", at("p.dot", "-H_x")).document or {}))
    document["steps"][-1]["claim"]["right"] = "H_x"
    assert judge_theory(document).status is Status.REFUTED


ORDERS = [(at("x.next", "x + eps*f"), 2, 3), (at("(p.next - p)/eps", "-p*f_x"), 1, 2), (at("p.next", "p - eps*p*f_x"), 2, 3)]


@pytest.mark.parametrize(("claim", "right", "wrong"), ORDERS)
def test_an_expansion_is_proved_to_its_order_with_the_remainder_written_down(claim: dict[str, str], right: int, wrong: int) -> None:
    made = setting("small_step")
    proof = prove(made, claim, order=right, hidden=("chain_rule",))
    assert proof.status is Status.PROVED and proof.document is not None
    assert "eps" in proof.document["steps"][-1]["claim"]["right"] and "/eps" not in proof.document["steps"][-1]["claim"]["right"]
    assert prove(made, claim, order=wrong, hidden=("chain_rule",)).status is Status.UNKNOWN
    assert prove(made, claim, hidden=("chain_rule",)).status is not Status.PROVED, "it holds up to a remainder only"


# Attempts to get PROVED for what does not follow


def test_a_hypothesis_that_is_not_in_force_proves_nothing() -> None:
    assert asked("continuous", at("L_w + p*f_w", "0")).status is Status.REFUTED
    assert asked("continuous", at("H", "-Psi_t", "t1")).status is not Status.PROVED
    assert asked("continuous", at("H.dot", "H_t")).status is not Status.PROVED


def test_a_claim_about_what_is_absent_is_not_proved() -> None:
    assert asked("continuous", at("p.dot", "-p*f_x")).status is Status.REFUTED, "with a running cost"
    assert asked("continuous", at("x", "x0", "t0"), without=("start",)).status is not Status.PROVED


def test_a_wrong_earlier_line_leaves_no_proof() -> None:
    made, wrong = setting("continuous"), at("p.dot", "L_x + p*f_x")
    follows = prove(made, at("p.dot + p.dot", "2*L_x + 2*p*f_x"), first=wrong)
    assert follows.status is Status.PROVED and follows.document is None, "told as a consequence of the wrong line, never as a proof"
    assert prove(made, at("p.dot + p.dot", "2*L_x + 2*p*f_x")).status is Status.REFUTED


def test_a_claim_does_not_prove_itself() -> None:
    made = setting("continuous")
    assert prove(made, at("L_x", "p*f_x")).status is not Status.PROVED
    assert "claim" not in made.facts and prove(made, at("L_x", "p*f_x")).status is not Status.PROVED


@pytest.mark.parametrize("claim", [at("p", "p"), at("0", "0"), at("p*f - p*f", "0"), functional("0", t1="p*f - p*f")])
def test_what_says_nothing_is_told_so(claim: dict[str, str]) -> None:
    proof = asked("continuous", claim)
    assert proof.status is Status.PROVED and proof.vacuous


def test_what_says_something_is_not_called_vacuous() -> None:
    assert not asked("continuous", at("p", "Psi_x", "t1")).vacuous
    assert not asked("continuous", functional("J_x0", t0="p")).vacuous


@pytest.mark.parametrize("claim", [at("p.dot", "-f_x*p"), at("p.dot", "-transpose(L_x)"), functional("J_x0", t0="transpose(p)")])
def test_shapes_that_do_not_fit_are_told(claim: dict[str, str]) -> None:
    proof = asked("continuous", claim)
    assert proof.status is Status.INVALID and proof.shapes


@pytest.mark.parametrize("claim", [at("q.dot", "p"), {"left": "p"}, at("p.dot", "-H_x", "noon"), at("1/L", "1/L")])
def test_what_is_no_claim_is_invalid_and_not_a_matter_of_shapes(claim: dict[str, str]) -> None:
    proof = asked("continuous", claim)
    assert proof.status is Status.INVALID and not proof.shapes


def test_an_open_claim_tells_what_remains_and_what_is_known() -> None:
    proof = asked("continuous", at("p.dot", "-L_x"))
    assert "p*f_x" in proof.reason and proof.expected == at("p.dot", "-(L_x + p*f_x)")
    assert proof.witness is not None
    assert asked("continuous", functional("J_theta", integrand="H_theta")).expected["t1"] == "Psi_theta"


def test_the_square_of_a_matrix_is_no_product_with_its_transpose() -> None:
    given = r"$x(t)\in\mathbb R^n$, $\dot x = A x$, $x(0) = x_0$, $A \in \mathbb{R}^{n\times n}$. "
    lines = (r"A^2 x(t) = A A x(t)", r"A^2 x(t) = A A^\top x(t)", r"\|A\|_F^2 = \operatorname{tr}(A^\top A)")
    assert [statuses(f"{given}$${line}$$")[-1] for line in lines] == ["proved", "refuted", "proved"]
