"""The setting of second order: Bolza's problem with second partial derivatives, varied along a direction of its inputs.

Second partial derivatives of f come with a costate before them, pf_xx = p f_xx, so that all of them are matrices.
"""

from __future__ import annotations

from adjointcheck.derive.theories.draft import Draft

ALONE = {"theta_alone": {"x0_fixed", "w_fixed"}, "state_told": {"w_fixed"}, "x0_alone": {"theta_fixed", "w_fixed"},
         "theta_alone_taylor": {"x0_fixed", "w_fixed"}, "x0_alone_taylor": {"theta_fixed", "w_fixed"}}
"""Facts of one direction, and the inputs that it leaves where they are."""

STRAIGHT = ("straight_x", "straight_w")
"""That x + eps x.delta and w + eps w.delta belong together for each eps, as they do where w is the rate of x."""

_DIMS = {"x": "n", "w": "k", "theta": "m"}


def second_order() -> Draft:
    """Bolza's problem with second partial derivatives: x, p and the gradients varied, the Hessians in theta and x0."""
    draft = Draft()
    draft.let(t="1 1", x="n 1", x0="n 1 constant", w="k 1", theta="m 1 constant", p="1 n", J="1 1 constant",
              J_x="1 n", I="n n identity", I_k="k k identity", I_m="m m identity", S="n m", M="n n")
    draft.function("f", "n 1", t="f_t n 1", x="f_x n n", w="f_w n k", theta="f_theta n m")
    for name, last in (("H", {"p": "f"}), ("L", {})):
        draft.function(name, "1 1", t=f"{name}_t 1 1", x=f"{name}_x 1 n", w=f"{name}_w 1 k", theta=f"{name}_theta 1 m", **last)
        _second(draft, name, ("x", "w", "theta"), last)
    draft.function("Psi", "1 1", x="Psi_x 1 n", theta="Psi_theta 1 m")
    _second(draft, "Psi", ("x", "theta"), {})
    for name in ("time.dot = 1", "time_fixed.delta = 0"):
        id, _, rest = name.partition(".")
        draft.assume(id, f"t.{rest}")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("start", "x = x0 at t0")
    draft.assume("running", "L = H - p*f")
    draft.assume("hamiltonian", "H = L + p*f")
    for i, a in enumerate(_DIMS):
        draft.assume(f"hamiltonian_{a}", f"H_{a} = L_{a} + p*f_{a}")
        for b in [*_DIMS][i:]:
            draft.let(**{f"pf_{a}{b}": f"{_DIMS[a]} {_DIMS[b]}" + " symmetric" * (a == b), f"pf_{b}{a}": f"{_DIMS[b]} {_DIMS[a]}"
                         + " symmetric" * (a == b)})
            draft.assume(f"hamiltonian_{a}{b}", f"H_{a}{b} = L_{a}{b} + pf_{a}{b}")
            if a != b:
                draft.assume(f"mixed_pf_{b}{a}", f"pf_{b}{a} = transpose(pf_{a}{b})")
    draft.define("cost", {"value": "J", "t1": "Psi", "integrand": "L"})
    _first(draft)
    _tangent(draft)
    for name in ("x0", "theta", "w"):
        draft.assume(f"{name}_fixed", f"{name}.delta = 0")
    for id, letter in zip(STRAIGHT, ("x", "w"), strict=True):
        draft.assume(id, f"{letter}.delta.delta = 0")
    _hessians(draft)
    return draft


def _second(draft: Draft, name: str, letters: tuple[str, ...], last: dict[str, str]) -> None:
    """F_ab with rows of a and columns of b; mixed ones are each other's transposes (Schwarz)."""
    for b in letters:
        slopes = {"t": f"{name}_{b}t 1 {_DIMS[b]}"} if name != "Psi" else {}
        slopes |= {a: f"{name}_{a}{b} {_DIMS[a]} {_DIMS[b]}" + " symmetric" * (a == b) for a in letters}
        draft.function(f"{name}_{b}", f"1 {_DIMS[b]}", **slopes, **({"p": f"f_{b}"} if last else {}))
        for a in letters[: letters.index(b)]:
            draft.assume(f"mixed_{name}_{b}{a}", f"{name}_{b}{a} = transpose({name}_{a}{b})")


def _first(draft: Draft) -> None:
    """Costate and gradients, as Bolza's problem has them."""
    draft.let(J_x0="1 n constant", J_theta="1 m constant", J_w="1 k")
    draft.assume("costate", "p.dot = -H_x")
    draft.assume("terminal", "p = Psi_x at t1")
    draft.define("gradient_x0", {"value": "J_x0", "t0": "p"})
    draft.define("gradient_w", "J_w = H_w")
    draft.define("gradient_theta", {"value": "J_theta", "t1": "Psi_theta", "integrand": "H_theta"})
    draft.define("sensitivity_of_cost", "J_x = p")


def _moved(slot: str, b: str) -> str:
    """F_b.delta but for what moves with p."""
    letters = ("x", "theta") if slot == "Psi" else ("x", "w", "theta")
    return " + ".join(f"transpose({a}.delta)*{slot}_{a}{b}" for a in letters)


def _tangent(draft: Draft) -> None:
    """All of it along delta."""
    law = "x.dot.delta = f_x*x.delta + f_w*w.delta + f_theta*theta.delta"
    draft.step("tangent", "differentiate", law, "dynamics", "time_fixed", by="delta")
    draft.step("tangent_start", "differentiate", "x.delta = x0.delta at t0", "start", by="delta")
    law = f"p.dot.delta = -({_moved('H', 'x')} + p.delta*f_x)"
    draft.step("tangent_costate", "differentiate", law, "costate", "time_fixed", by="delta")
    draft.step("tangent_terminal", "differentiate", f"p.delta = {_moved('Psi', 'x')} at t1", "terminal", by="delta")
    draft.step("product_w", "differentiate", f"J_w.delta = {_moved('H', 'w')} + p.delta*f_w", "gradient_w", "time_fixed", by="delta")
    draft.step("product_theta", "differentiate", {"value": "J_theta.delta", "t1": _moved("Psi", "theta"),
               "integrand": f"{_moved('H', 'theta')} + p.delta*f_theta"}, "gradient_theta", "time_fixed", by="delta")
    draft.step("product_x0", "differentiate", {"value": "J_x0.delta", "t0": "p.delta"}, "gradient_x0", by="delta")
    draft.assume("sensitivity", "S.dot = f_x*S + f_theta")
    draft.assume("sensitivity_start", "S = 0 at t0")
    draft.assume("flow", "M.dot = f_x*M")
    draft.assume("flow_start", "M = I at t0")


def _hessians(draft: Draft) -> None:
    """In theta alone, where x.delta = S theta.delta, and in x0 alone: what is told of these holds where the other inputs stay (`ALONE`)."""
    draft.let(J_thetatheta="m m constant symmetric", J_x0x0="n n constant symmetric")
    draft.assume("state_told", "x.delta = S*theta.delta + M*x0.delta")
    slots = {"t1": "Psi_thetax*x.delta + Psi_thetatheta*theta.delta",
             "integrand": "H_thetax*x.delta + transpose(f_theta)*transpose(p.delta) + H_thetatheta*theta.delta"}
    mixed = ("mixed_H_thetax", "mixed_Psi_thetax", "w_fixed")
    draft.assume("theta_alone", "J_theta.delta = transpose(theta.delta)*J_thetatheta")
    draft.step("hessian_theta", "rewrite", {"value": "J_thetatheta*theta.delta", **slots}, "product_theta", "theta_alone", *mixed,
               "x0_fixed", how={"product_theta": "transpose(hole)"})
    draft.assume("x0_alone", "J_x0.delta = transpose(x0.delta)*J_x0x0")
    draft.step("hessian_x0", "rewrite", {"value": "J_x0x0*x0.delta", "t0": "transpose(p.delta)"}, "product_x0", "x0_alone",
               "theta_fixed", "w_fixed", how={"product_x0": "transpose(hole)"})
    inner = "transpose(x.delta)*{F}_xx*x.delta + 2*transpose(theta.delta)*{F}_thetax*x.delta"
    inner += " + transpose(theta.delta)*{F}_thetatheta*theta.delta"
    put = (*mixed, "tangent", "tangent_start", "tangent_costate", "tangent_terminal", "x0_fixed")
    draft.step("paired", "rewrite", {"value": "transpose(theta.delta)*J_thetatheta*theta.delta", **{
        slot: f"transpose(theta.delta)*({root})" for slot, root in slots.items()}}, "hessian_theta",
        how={"hessian_theta": "transpose(theta.delta)*hole"})
    draft.step("shifted", "by_parts", draft.by_parts("paired", "p.delta*x.delta"), "paired", boundary="p.delta*x.delta")
    draft.step("curvature_theta", "rewrite", {"value": "transpose(theta.delta)*J_thetatheta*theta.delta", "t1": inner.format(F="Psi"),
               "integrand": inner.format(F="H")}, "shifted", *put)
    twice = "transpose(x0.delta)*J_x0x0*x0.delta"
    draft.step("paired_x0", "rewrite", {"value": twice, "t0": "p.delta*x0.delta", "integrand": "0"}, "hessian_x0",
               how={"hessian_x0": "transpose(x0.delta)*hole"})
    draft.step("shifted_x0", "by_parts", draft.by_parts("paired_x0", "p.delta*x.delta"), "paired_x0", boundary="p.delta*x.delta")
    draft.step("curvature_x0", "rewrite", {"value": twice, "t1": "transpose(x.delta)*Psi_xx*x.delta",
               "integrand": "transpose(x.delta)*H_xx*x.delta"}, "shifted_x0", "tangent", "tangent_start", "tangent_costate",
               "tangent_terminal", "theta_fixed", "w_fixed")
    draft.let(eps="1 1 constant small nonzero", r="1 1 constant varies")
    for name in ("theta", "x0"):
        draft.let(**{f"J_moved_{name}": "1 1 constant varies"})
        slope, twice = f"J_{name}*{name}.delta", f"transpose({name}.delta)*J_{name}{name}*{name}.delta"
        draft.assume(f"{name}_alone_taylor", f"J_moved_{name} = J + eps*{slope} + eps**2*({twice}/2) + eps**3*r")
    draft.conclusions = ("tangent_costate", "product_theta", "curvature_theta", "curvature_x0")
