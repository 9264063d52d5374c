"""What the ends of a Bolza problem ask for: free time, terminal manifold, a horizon with parameters, a box of controls, a period.

    J = Psi(t1, x(t1), theta) + int L dt,    x.dot = f(t, x, w, theta),    x(t0) = x0,    H = L + p f
"""

from __future__ import annotations

from adjointcheck.derive.theories.bolza import extended, fields
from adjointcheck.derive.theories.draft import Draft

H_W = "(L_w + p*f_w)"
H_THETA = "(L_theta + p*f_theta)"


def manifold(draft: Draft) -> None:
    """psi(t1, x(t1)), r values, and its multiplier nu, a row."""
    draft.function("psi", "r 1", t="psi_t r 1", x="psi_x r n")


def free_final_time() -> Draft:
    """Where J is stationary in t1, H + Psi_t = 0 there."""
    draft = Draft()
    fields(draft, "Psi")
    extended(draft, "Psi")
    draft.step("first_variation", "rewrite", {
        "value": "J.delta", "t0": "p*x0.delta - (L + p*f)*t0.delta", "t1": "Psi_theta*theta.delta + (Psi_t + L + p*f)*t1.delta",
        "integrand": f"{H_W}*w.delta + {H_THETA}*theta.delta",
    }, "parts", "dynamics", "costate", "terminal", "start_varies")
    draft.let(J_t1="1 1 constant")
    draft.step("gradient_t1", "gradient", {"value": "J_t1", "t1": "Psi_t + L + p*f"}, "first_variation", of="t1.delta")
    draft.assume("stationary", "J_t1 = 0")
    draft.step("transversal", "rewrite", {"value": "0", "t1": "L + p*f + Psi_t"}, "gradient_t1", "stationary")
    draft.conclusions = ("costate", "terminal", "gradient_t1", "transversal")
    return draft


def terminal_manifold() -> Draft:
    """Necessary: where J + nu psi is stationary in w, t1 and nu, p(t1) = Psi_x + nu psi_x, H_w = 0, H + Psi_t + nu psi_t = 0, psi = 0."""
    draft = Draft()
    draft.let(nu="r 1 constant input")
    manifold(draft)
    fields(draft, "Psi + transpose(nu)*psi")
    extended(draft, "Psi + transpose(nu)*psi")
    draft.step("first_variation", "rewrite", {
        "value": "J.delta", "t0": "p*x0.delta - (L + p*f)*t0.delta",
        "t1": "Psi_theta*theta.delta + (Psi_t + transpose(nu)*psi_t + L + p*f)*t1.delta + transpose(psi)*nu.delta",
        "integrand": f"{H_W}*w.delta + {H_THETA}*theta.delta",
    }, "parts", "dynamics", "costate", "terminal", "start_varies")
    draft.let(J_t1="1 1 constant", J_nu="1 r constant", J_w="1 k")
    draft.step("gradient_w", "gradient", f"J_w = {H_W}", "first_variation", of="w.delta")
    rate = "Psi_t + transpose(nu)*psi_t + L + p*f"
    draft.step("gradient_t1", "gradient", {"value": "J_t1", "t1": rate}, "first_variation", of="t1.delta")
    draft.step("gradient_nu", "gradient", {"value": "J_nu", "t1": "transpose(psi)"}, "first_variation", of="nu.delta")
    draft.assume("stationary_w", "J_w = 0")
    draft.assume("stationary_t1", "J_t1 = 0")
    draft.assume("stationary_nu", "J_nu = 0")
    draft.step("control", "rewrite", "L_w = -p*f_w", "gradient_w", "stationary_w", how={"gradient_w": "-hole", "stationary_w": "hole"})
    draft.step("final_time", "rewrite", {"value": "0", "t1": "L + p*f + Psi_t + transpose(nu)*psi_t"}, "gradient_t1", "stationary_t1")
    draft.step("reached", "rewrite", {"value": "0", "t1": "transpose(psi)"}, "gradient_nu", "stationary_nu")
    draft.conclusions = ("costate", "terminal", "control", "final_time", "reached")
    return draft


def manifold_multiplier() -> Draft:
    """Sufficient, to first order: under these conditions J moves by p(t0) dx0 - nu dz when the manifold is psi = z."""
    draft = Draft()
    draft.let(nu="1 r constant", z="r 1 constant input")
    manifold(draft)
    fields(draft, "Psi", t1="1 1 constant", w="k 1")
    draft.assume("on_manifold", "psi = z at t1")
    extended(draft, "Psi + nu*(psi - z)", "on_manifold")
    draft.assume("control", "L_w = -p*f_w")
    draft.assume("final_time", "L = -p*f - Psi_t - nu*psi_t at t1")
    draft.step("first_variation", "rewrite", {
        "value": "J.delta", "t0": "p*x0.delta - (L + p*f)*t0.delta", "t1": "Psi_theta*theta.delta - nu*z.delta",
        "integrand": f"{H_THETA}*theta.delta",
    }, "parts", "dynamics", "costate", "terminal", "start_varies", "on_manifold", "control", "final_time")
    draft.let(J_z="1 r constant", J_x0="1 n constant")
    draft.step("gradient_z", "gradient", {"value": "J_z", "t1": "-nu"}, "first_variation", of="z.delta")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "t0": "p"}, "first_variation", of="x0.delta")
    draft.conclusions = ("costate", "terminal", "first_variation", "gradient_z", "gradient_x0")
    return draft


def fixed_end() -> Draft:
    """x(t1) = x1, the manifold psi = x - x1: p(t1) = Psi_x + nu is free, and J moves by -nu dx1 along solutions."""
    draft = Draft()
    draft.let(nu="1 n constant", x1="n 1 constant input")
    fields(draft, "Psi", t1="1 1 constant input", w="k 1")
    draft.assume("end", "x = x1 at t1")
    extended(draft, "Psi + nu*(x - x1)", "end")
    draft.assume("control", "L_w = -p*f_w")
    draft.step("first_variation", "rewrite", {
        "value": "J.delta", "t0": "p*x0.delta - (L + p*f)*t0.delta", "integrand": f"{H_THETA}*theta.delta",
        "t1": "Psi_theta*theta.delta + (Psi_t + L + p*f)*t1.delta - nu*x1.delta",
    }, "parts", "dynamics", "costate", "terminal", "start_varies", "end", "control")
    draft.let(J_x1="1 n constant", J_t1="1 1 constant")
    draft.step("gradient_x1", "gradient", {"value": "J_x1", "t1": "Psi_x - p"}, "first_variation", "terminal", of="x1.delta")
    draft.step("gradient_t1", "gradient", {"value": "J_t1", "t1": "Psi_t + L + p*f"}, "first_variation", of="t1.delta")
    draft.conclusions = ("costate", "terminal", "first_variation", "gradient_x1", "gradient_t1")
    return draft


def horizon() -> Draft:
    """t1 = T(theta): the end's rate times T_theta joins the gradient in theta."""
    draft = Draft()
    fields(draft, "Psi", t1="1 1 constant")
    draft.function("T", "1 1 constant", theta="T_theta 1 m constant")
    draft.assume("end_time", "t1 = T")
    extended(draft, "Psi")
    draft.step("end_moves", "differentiate", "t1.delta = T_theta*theta.delta", "end_time", by="delta")
    draft.step("first_variation", "rewrite", {
        "value": "J.delta", "t0": "p*x0.delta - (L + p*f)*t0.delta", "t1": "(Psi_theta + (Psi_t + L + p*f)*T_theta)*theta.delta",
        "integrand": f"{H_W}*w.delta + {H_THETA}*theta.delta",
    }, "parts", "dynamics", "costate", "terminal", "start_varies", "end_moves")
    draft.let(J_theta="1 m constant")
    draft.step("gradient_theta", "gradient", {"value": "J_theta", "t1": "Psi_theta + (Psi_t + L + p*f)*T_theta", "integrand": H_THETA},
               "first_variation", of="theta.delta")
    draft.conclusions = ("costate", "terminal", "gradient_theta")
    return draft


def box() -> Draft:
    """lo <= w <= up: towards any admissible v, J changes by int mu_lo (v - lo) + mu_up (up - v), products of nonnegatives."""
    draft = Draft()
    fields(draft, "Psi", t1="1 1 constant", w="k 1")
    draft.let(lo="k 1", up="k 1", v="k 1", mu_lo="1 k", mu_up="1 k", slack_lo="1 1", slack_up="1 1", y="k 1", tau="1 1 positive")
    draft.let(t0="1 1 constant", x0="n 1 constant", theta="m 1 constant")
    for id, letter in (("final_time_fixed", "t1"), ("start_time", "t0"), ("start_fixed", "x0"), ("parameters", "theta")):
        draft.assume(id, f"{letter}.delta = 0")
    extended(draft, "Psi")
    draft.assume("towards", "w.delta = v - w")
    draft.assume("multipliers", "L_w = mu_lo - mu_up - p*f_w")
    draft.define("lower", "slack_lo = mu_lo*(w - lo)")
    draft.define("upper", "slack_up = mu_up*(up - w)")
    draft.assume("lower_complementary", "slack_lo = 0")
    draft.assume("upper_complementary", "slack_up = 0")
    slacks = ("lower", "upper", "lower_complementary", "upper_complementary")
    how = {"lower": "hole", "lower_complementary": "-hole", "upper": "hole", "upper_complementary": "-hole"}
    gain = "mu_lo*(v - lo) + mu_up*(up - v)"
    draft.let(rate="1 1")
    draft.define("rate", f"rate = {H_W}*(v - w)")
    draft.step("inequality", "rewrite", f"rate = {gain}", "rate", *slacks, "multipliers", how={"rate": "hole", **how})
    draft.step("change", "rewrite", {"value": "J.delta", "integrand": "rate"}, "parts", "dynamics", "costate", "terminal", "start_varies",
               "towards", "rate", "final_time_fixed", "start_time", "start_fixed", "parameters")
    draft.step("first_variation", "rewrite", {"value": "J.delta", "integrand": gain}, "change", "inequality")
    draft.define("gradient_step", f"y = w - tau*transpose({H_W})")
    how = {id: f"-tau*({text})" for id, text in how.items()}
    draft.step("projection", "rewrite", f"transpose(y - w)*(v - w) = -tau*({gain})", *slacks, "gradient_step", "multipliers", how=how)
    draft.conclusions = ("costate", "terminal", "first_variation", "projection")
    return draft


def box_component() -> Draft:
    """One control between its bounds, every inequality as a square: H_w (v - w) is a sum of squares for each v in the box."""
    draft = Draft()
    names = ("g", "w", "v", "lo", "up", "m_lo", "m_up", "s_lo", "s_up", "r_lo", "r_up", "y", "c_lo", "c_up", "distance_lo", "distance_up")
    draft.let(tau="1 1 positive", **dict.fromkeys(names, "1 1"))
    draft.assume("above", "w = lo + s_lo**2")
    draft.assume("below", "up = w + s_up**2")
    draft.assume("other_above", "v = lo + r_lo**2")
    draft.define("other_distance", "distance_up = up - v")
    draft.assume("other_below", "distance_up = r_up**2")
    draft.assume("multipliers", "g = m_lo**2 - m_up**2")
    draft.define("lower", "c_lo = m_lo*s_lo")
    draft.define("upper", "c_up = m_up*s_up")
    draft.assume("lower_complementary", "c_lo = 0")
    draft.assume("upper_complementary", "c_up = 0")
    how = {"lower": "m_lo*s_lo*hole", "lower_complementary": "-m_lo*s_lo*hole", "upper": "m_up*s_up*hole",
           "upper_complementary": "-m_up*s_up*hole", "other_distance": "-m_up**2*hole", "other_below": "m_up**2*hole"}
    squares = "(m_lo*r_lo)**2 + (m_up*r_up)**2"
    draft.step("inequality", "rewrite", f"g*(v - w) = {squares}", *how, "multipliers", "other_above", "below", "above", how=how)
    draft.define("gradient_step", "y = w - tau*g")
    draft.step("projection", "rewrite", f"(y - w)*(v - w) = -tau*({squares})", "inequality", "gradient_step",
               how={"inequality": "-tau*hole"})
    draft.conclusions = ("inequality", "projection")
    return draft


def periodic() -> Draft:
    """x(t1) = x(t0), both free: p(t1) = p(t0) + Psi_x, and the period's gradient is H + Psi_t."""
    draft = Draft()
    fields(draft, "Psi")
    draft.let(x0="n 1 constant", q="1 n constant", t0="1 1 constant")
    draft.assume("closed", "x = x0 at t1")
    draft.assume("start_time", "t0.delta = 0")
    draft.assume("costate_start", "p = q at t0")
    draft.assume("costate_end", "p = q + Psi_x at t1")
    draft.assume("costate", "p.dot = -(L_x + p*f_x)")
    draft.step("lagrangian", "rewrite", {"value": "J", "t1": "Psi", "integrand": "L + p*(f - x.dot)"}, "cost", "dynamics")
    clock = ("time", "time_fixed")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta", *clock), "lagrangian", *clock, by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at t0", "start", "start_time", by="delta")
    draft.step("end_varies", "differentiate", "x.delta = x0.delta - f*t1.delta at t1", "closed", "dynamics", by="delta")
    slots = {"value": "J.delta", "t1": "Psi_theta*theta.delta + (Psi_t + L + p*f)*t1.delta",
             "integrand": f"{H_W}*w.delta + {H_THETA}*theta.delta"}
    put = ("dynamics", "costate", "costate_start", "costate_end", "start_varies", "end_varies", "start_time")
    draft.step("both_ends", "rewrite", {**slots, "t0": "q*x0.delta", "t1": slots["t1"] + " - q*x0.delta"}, "parts", *put)
    draft.step("first_variation", "by_parts", {**slots, "t0": "0"}, "both_ends", boundary="q*x0.delta")
    draft.let(J_theta="1 m constant", J_w="1 k", J_t1="1 1 constant")
    slots = {"value": "J_theta", "t1": "Psi_theta", "integrand": H_THETA}
    draft.step("gradient_theta", "gradient", slots, "first_variation", of="theta.delta")
    draft.step("gradient_w", "gradient", f"J_w = {H_W}", "first_variation", of="w.delta")
    draft.step("gradient_t1", "gradient", {"value": "J_t1", "t1": "Psi_t + L + p*f"}, "first_variation", of="t1.delta")
    draft.conclusions = ("first_variation", "gradient_theta", "gradient_w", "gradient_t1")
    return draft
