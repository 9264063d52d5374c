"""The theorem on states of rest, f(x, theta, w) = 0 or x = f(x, theta, w): the implicit function theorem and the gradient of Psi there."""

from __future__ import annotations

from adjointcheck.derive.theories.draft import Draft

SLOPE = "resolvent_0"  # I - f_x


def equilibrium(fixed: bool) -> Draft:
    """J = Psi(x, theta, w) where x is at rest, or with `fixed` a fixed point; f_x, or I - f_x, is invertible."""
    draft = Draft(points=())
    draft.let(x="n 1 constant", theta="m 1 constant", w="k 1 constant", J="1 1 constant", J_theta="1 m constant", J_w="1 k constant")
    draft.let(S="n m constant", x_by_w="n k constant", M="n n constant", I="n n identity",
              I_k="k k identity", I_m="m m identity")
    draft.function("f", "n 1 constant", x=f"f_x n n constant{' nonzero' * (not fixed)}", theta="f_theta n m constant", w="f_w n k constant")
    draft.function("Psi", "1 1 constant", x="Psi_x 1 n constant", theta="Psi_theta 1 m constant", w="Psi_w 1 k constant")
    draft.assume("rest", "f = x" if fixed else "f = 0")
    if fixed:
        draft.let(**{SLOPE: "n n constant nonzero"})
        draft.assume(SLOPE, f"{SLOPE} = I - f_x")
        draft.assume("slope", f"f_x = I - {SLOPE}")
    inverse, less = (f"inverse({SLOPE})", "-") if fixed else ("-inverse(f_x)", "")
    moved = "f_theta*theta.delta + f_w*w.delta"
    draft.step("moved", "differentiate", f"f_x*x.delta + {moved} = {'x.delta' if fixed else '0'}", "rest", by="delta")
    how = {"moved": f"{less}inverse({SLOPE if fixed else 'f_x'})*hole", **({SLOPE: f"inverse({SLOPE})*hole*x.delta"} if fixed else {})}
    draft.step("tangent", "rewrite", f"x.delta = {inverse}*({moved})", *how, how=how)
    draft.assume("sensitivity", f"S = {inverse}*f_theta")
    draft.assume("sensitivity_w", f"x_by_w = {inverse}*f_w")
    draft.define("cost", "J = Psi")
    draft.step("varied", "differentiate", "J.delta = Psi_x*x.delta + Psi_theta*theta.delta + Psi_w*w.delta", "cost", by="delta")
    draft.assume("gradient_theta", f"J_theta = Psi_theta + Psi_x*({inverse}*f_theta)")
    draft.assume("gradient_w", f"J_w = Psi_w + Psi_x*({inverse}*f_w)")
    return draft
