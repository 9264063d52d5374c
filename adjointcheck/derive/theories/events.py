"""Inner points: observations at many times, and an event g(t, x, theta) = 0 at which the state is reset.

    J = Psi(x(t1), theta) + sum_k phi_k(s_k, x(s_k-), theta) + int L dt,    x.dot = f(t, x, w, theta),    x(t0) = x0

f and L may be other fields on either side of a point; w may jump there.
"""

from __future__ import annotations

from adjointcheck.derive.theories.draft import Draft


def fields(draft: Draft, points: tuple[str, ...], flags: str, moving: bool) -> None:
    """Letters, dynamics, and the cost with a term phi of its own at each inner point; the ends may be `moving`."""
    draft.let(**{end: "1 1 constant input" for end in ("t0", "t1") if moving})
    draft.let(t="1 1", x0="n 1 constant input", x="n 1", w="k 1 input", theta="m 1 constant input", p="1 n", J="1 1 constant")
    draft.let(**dict.fromkeys(points, f"1 1 {flags}"))
    draft.function("f", "n 1", t="f_t n 1", x="f_x n n", w="f_w n k", theta="f_theta n m")
    draft.function("L", "1 1", t="L_t 1 1", x="L_x 1 n", w="L_w 1 k", theta="L_theta 1 m")
    draft.function("Psi", "1 1", t="Psi_t 1 1", x="Psi_x 1 n", theta="Psi_theta 1 m")
    for s in points:
        draft.function(f"phi_{s}", "1 1", t=f"phi_{s}_t 1 1", x=f"phi_{s}_x 1 n", theta=f"phi_{s}_theta 1 m")
    draft.assume("time", "t.dot = 1")
    draft.assume("time_fixed", "t.delta = 0")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("start", "x = x0 at t0")
    draft.define("cost", {"value": "J", "t1": "Psi", "integrand": "L", **{s: f"phi_{s}.before" for s in points}})


def variation(draft: Draft, moving: bool) -> None:
    """The costate between the points and at t1; what stays is the points' own terms."""
    cost = draft.claim("cost")
    draft.step("lagrangian", "rewrite", {**cost, "integrand": "L + p*(f - x.dot)"}, "cost", "dynamics")
    clock = ("time", "time_fixed")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta", *clock), "lagrangian", *clock, by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("costate", "choose", draft.costate("parts", "integrand", "x.delta", "p.dot"), "parts", of="x.delta")
    draft.step("terminal", "choose", draft.costate("parts", "t1", "x.delta", "p"), "parts", of="x.delta")
    start = "x0.delta - f*t0.delta" if moving else "x0.delta"
    draft.step("start_varies", "differentiate", f"x.delta = {start} at t0", "start", "dynamics", by="delta")


def ends(moving: bool) -> dict[str, str]:
    """The slots that no inner point touches."""
    early, late = (" - (L + p*f)*t0.delta", " + (Psi_t + L + p*f)*t1.delta") if moving else ("", "")
    return {"value": "J.delta", "t0": f"p*x0.delta{early}", "t1": f"Psi_theta*theta.delta{late}",
            "integrand": "(L_w + p*f_w)*w.delta + (L_theta + p*f_theta)*theta.delta"}


def gradients(draft: Draft, deposits: dict[str, str], moving: bool) -> None:
    """Gradients in x0, w and theta, with what each inner point adds to the last, and in ends that move."""
    draft.let(J_x0="1 n constant", J_theta="1 m constant", J_w="1 k")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "t0": "p"}, "first_variation", of="x0.delta")
    draft.step("gradient_w", "gradient", "J_w = L_w + p*f_w", "first_variation", of="w.delta")
    slots = {"value": "J_theta", "t1": "Psi_theta", "integrand": "L_theta + p*f_theta", **deposits}
    draft.step("gradient_theta", "gradient", slots, "first_variation", of="theta.delta")
    draft.conclusions += ("gradient_x0", "gradient_w", "gradient_theta")
    if moving:
        draft.let(J_t0="1 1 constant", J_t1="1 1 constant")
        draft.step("gradient_t0", "gradient", {"value": "J_t0", "t0": "-(L + p*f)"}, "first_variation", of="t0.delta")
        draft.step("gradient_t1", "gradient", {"value": "J_t1", "t1": "Psi_t + L + p*f"}, "first_variation", of="t1.delta")
        draft.conclusions += ("gradient_t0", "gradient_t1")


def observations(moving: bool = True) -> Draft:
    """Two observations (more are like these): p takes up phi_x at each, and dJ/ds = phi_t + H(s-) - H(s+)."""
    times = ("s", "r")
    draft = Draft(("t0", *times, "t1"))
    fields(draft, times, "constant input", moving)
    for s in times:
        draft.assume(f"continuous_{s}", f"x.after = x.before at {s}")
    variation(draft, moving)
    for s in times:
        moved = f"x.after.delta = x.before.delta + (f.before - f.after)*{s}.delta at {s}"
        draft.step(f"moved_{s}", "differentiate", moved, f"continuous_{s}", "dynamics", by="delta")
    rates = {s: f"phi_{s}_t.before + phi_{s}_x.before*f.before + L.before - L.after + p.after*(f.before - f.after)" for s in times}
    kept = {s: f"phi_{s}_theta.before*theta.delta + ({rates[s]})*{s}.delta" for s in times}
    left = {s: f"(phi_{s}_x.before + p.after - p.before)*x.before.delta + {kept[s]}" for s in times}
    known = ("dynamics", "costate", "terminal", "start_varies", *(f"moved_{s}" for s in times))
    draft.step("gathered", "rewrite", {**ends(moving), **left}, "parts", "time", "time_fixed", *known)
    for s in times:
        draft.step(f"jump_{s}", "choose", f"p.before = p.after + phi_{s}_x.before at {s}", "gathered", of="x.before.delta")
    draft.step("first_variation", "rewrite", {**ends(moving), **kept}, "gathered", *(f"jump_{s}" for s in times))
    draft.conclusions = ("costate", "terminal", *(f"jump_{s}" for s in times))
    gradients(draft, {s: f"phi_{s}_theta.before" for s in times}, moving)
    for s in times:
        observation_time(draft, s, rates[s])
    return draft


def observation_time(draft: Draft, s: str, rate: str) -> None:
    """dJ/ds, as the jump of the Hamiltonian, and where f and L are continuous."""
    draft.let(**{f"J_{s}": "1 1 constant"})
    draft.step(f"gradient_{s}", "gradient", {"value": f"J_{s}", s: rate}, "first_variation", of=f"{s}.delta")
    hamiltonian = f"phi_{s}_t.before + (L.before + p.before*f.before) - (L.after + p.after*f.after)"
    draft.step(f"hamiltonian_{s}", "rewrite", {"value": f"J_{s}", s: hamiltonian}, f"gradient_{s}", f"jump_{s}")
    draft.assume(f"same_f_{s}", f"f.after = f.before at {s}")
    draft.assume(f"same_L_{s}", f"L.after = L.before at {s}")
    smooth = f"phi_{s}_t.before + phi_{s}_x.before*f.before"
    draft.step(f"smooth_{s}", "rewrite", {"value": f"J_{s}", s: smooth}, f"gradient_{s}", f"same_f_{s}", f"same_L_{s}")
    draft.conclusions += (f"gradient_{s}", f"hamiltonian_{s}", f"smooth_{s}")


def event(reset: str, moving: bool = True) -> Draft:
    """The event g = 0, met before the reset x+ = r(t, x-, theta) (or x+ = x-, a switch of fields): its time's derivative, the jump of p."""
    draft = Draft(("t0", "s", "t1"))
    fields(draft, ("s",), "constant", moving)
    draft.let(G="1 1 constant nonzero")
    draft.function("g", "1 1", t="g_t 1 1", x="g_x 1 n", theta="g_theta 1 m")
    draft.assume("event", "g.before = 0 at s")
    draft.assume("transversal", "G = g_t.before + g_x.before*f.before at s")
    if reset == "r":
        draft.function("r", "n 1", t="r_t n 1", x="r_x n n", theta="r_theta n m")
    draft.assume("reset", f"x.after = {'r.before' if reset == 'r' else 'x.before'} at s")
    variation(draft, moving)
    draft.step("crossing", "differentiate", "g_x.before*x.before.delta + g_theta.before*theta.delta + G*s.delta = 0 at s",
               "event", "dynamics", "time", "time_fixed", "transversal", by="delta")
    draft.step("event_time", "rewrite", "s.delta = -(g_x.before*x.before.delta + g_theta.before*theta.delta)/G at s", "crossing",
               how={"crossing": "hole/G"})
    r_x, r_t, r_theta = ("r_x.before*", "r_t.before + r_x.before*f.before", "r_theta.before") if reset == "r" else ("", "f.before", "")
    after = f"x.after.delta = {r_x}x.before.delta + ({r_t} - f.after)*s.delta" + (f" + {r_theta}*theta.delta" if r_theta else "")
    clock = ("time", "time_fixed") if r_x else ()
    draft.step("reset_varies", "differentiate", f"{after} at s", "reset", "dynamics", *clock, by="delta")
    rate = f"(phi_s_t.before + phi_s_x.before*f.before + L.before - L.after + p.after*({r_t} - f.after))/G"
    jump = f"phi_s_x.before + p.after{'*r_x.before' if r_x else ''} - {rate}*g_x.before"
    deposit = f"phi_s_theta.before{' + p.after*r_theta.before' if r_theta else ''} - {rate}*g_theta.before"
    known = ("dynamics", "costate", "terminal", "start_varies", "reset_varies", "event_time")
    slot = f"({jump} - p.before)*x.before.delta + ({deposit})*theta.delta"
    draft.step("gathered", "rewrite", {**ends(moving), "s": slot}, "parts", "time", "time_fixed", *known)
    draft.step("jump", "choose", f"p.before = {jump} at s", "gathered", of="x.before.delta")
    draft.step("first_variation", "rewrite", {**ends(moving), "s": f"({deposit})*theta.delta"}, "gathered", "jump")
    draft.conclusions = ("event_time", "reset_varies", "costate", "terminal", "jump")
    gradients(draft, {"s": deposit}, moving)
    return draft
