"""The Bolza problem for every n, k, m: J = Psi(t1, x(t1), theta) + int L dt, xdot = f(t, x, w, theta), x(t0) = x0."""

from __future__ import annotations

from adjointcheck.derive.theories.draft import Draft


def costate(draft: Draft, premise: str, *solved: str) -> None:
    """Vary `premise`, integrate by parts, and choose the costate between the ends and at t1."""
    draft.step("variation", "differentiate", draft.vary(premise, "delta", *solved), premise, *solved, by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("costate", "choose", draft.costate("parts", "integrand", "x.delta", "p.dot"), "parts", of="x.delta")
    draft.step("terminal", "choose", draft.costate("parts", "t1", "x.delta", "p"), "parts", of="x.delta")


def extended(draft: Draft, end: str, *constraints: str) -> None:
    """Bolza's problem with `end` as cost at t1, varied: no multiplier of the dynamics is missing any more."""
    letters = {"t1": end, "integrand": "L + p*(f - x.dot)"}
    draft.step("lagrangian", "rewrite", {"value": "J", **letters}, "cost", "dynamics", *constraints)
    costate(draft, "lagrangian", "time", "time_fixed")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta - f*t0.delta at t0", "start", "dynamics", by="delta")


def fields(draft: Draft, end: str, *, t1: str = "1 1 constant input", w: str = "k 1 input") -> None:
    """Letters, dynamics and the cost with `end` at t1."""
    draft.let(t="1 1", t0="1 1 constant input", t1=t1, x0="n 1 constant input", x="n 1", w=w, theta="m 1 constant input", p="1 n",
              J="1 1 constant")
    draft.function("f", "n 1", t="f_t n 1", x="f_x n n", w="f_w n k", theta="f_theta n m")
    draft.function("L", "1 1", t="L_t 1 1", x="L_x 1 n", w="L_w 1 k", theta="L_theta 1 m")
    draft.function("Psi", "1 1", t="Psi_t 1 1", x="Psi_x 1 n", theta="Psi_theta 1 m")
    draft.assume("time", "t.dot = 1")
    draft.assume("time_fixed", "t.delta = 0")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("start", "x = x0 at t0")
    draft.define("cost", {"value": "J", "t1": end, "integrand": "L"})


def bolza() -> Draft:
    """All gradients of J: in x0, theta, w, t0 and t1."""
    draft = Draft()
    fields(draft, "Psi")
    extended(draft, "Psi")
    draft.step("first_variation", "rewrite", {
        "value": "J.delta", "t0": "p*x0.delta - (L + p*f)*t0.delta", "t1": "Psi_theta*theta.delta + (Psi_t + L + p*f)*t1.delta",
        "integrand": "(L_w + p*f_w)*w.delta + (L_theta + p*f_theta)*theta.delta",
    }, "parts", "dynamics", "costate", "terminal", "start_varies")
    draft.let(J_x0="1 n constant", J_theta="1 m constant", J_w="1 k", J_t0="1 1 constant", J_t1="1 1 constant")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "t0": "p"}, "first_variation", of="x0.delta")
    draft.step("gradient_theta", "gradient", {"value": "J_theta", "t1": "Psi_theta", "integrand": "L_theta + p*f_theta"},
               "first_variation", of="theta.delta")
    draft.step("gradient_w", "gradient", "J_w = L_w + p*f_w", "first_variation", of="w.delta")
    draft.step("gradient_t0", "gradient", {"value": "J_t0", "t0": "-(L + p*f)"}, "first_variation", of="t0.delta")
    draft.step("gradient_t1", "gradient", {"value": "J_t1", "t1": "Psi_t + L + p*f"}, "first_variation", of="t1.delta")
    draft.conclusions = ("costate", "terminal", "gradient_x0", "gradient_theta", "gradient_w", "gradient_t0", "gradient_t1")
    return draft
