"""Second order and invariants: Hessian-vector products, Riccati's equation, and what stays constant along a flow or an extremal."""

from __future__ import annotations

from adjointcheck.derive.theories.draft import Draft


def hamiltonian(draft: Draft) -> None:
    """H(x, p, theta) = L + p f with its second partials; those of p are f_x and f_theta, mixed ones are equal (Schwarz)."""
    draft.let(x="n 1", x0="n 1 constant input", theta="m 1 constant input", p="1 n", L="1 1", J="1 1 constant")
    draft.function("f", "n 1", x="f_x n n", theta="f_theta n m")
    draft.function("H", "1 1", x="H_x 1 n", theta="H_theta 1 m", p="f")
    draft.function("H_x", "1 n", x="H_xx n n symmetric", theta="H_thetax m n", p="f_x")
    draft.function("H_theta", "1 m", x="H_xtheta n m", theta="H_thetatheta m m symmetric", p="f_theta")
    draft.function("Psi", "1 1", x="Psi_x 1 n", theta="Psi_theta 1 m")
    draft.function("Psi_x", "1 n", x="Psi_xx n n symmetric", theta="Psi_thetax m n")
    draft.function("Psi_theta", "1 m", x="Psi_xtheta n m", theta="Psi_thetatheta m m symmetric")
    draft.assume("mixed", "H_thetax = transpose(H_xtheta)")
    draft.assume("mixed_end", "Psi_thetax = transpose(Psi_xtheta)")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("start", "x = x0 at t0")
    draft.assume("running", "L = H - p*f")
    draft.define("cost", {"value": "J", "t1": "Psi", "integrand": "L"})


def first_order(draft: Draft) -> None:
    """The gradients in x0 and theta, from which the second order starts."""
    draft.step("lagrangian", "rewrite", {"value": "J", "t1": "Psi", "integrand": "H - p*x.dot"}, "cost", "running", "dynamics")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta"), "lagrangian", by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("costate", "choose", "p.dot = -H_x", "parts", of="x.delta")
    draft.step("terminal", "choose", "p = Psi_x at t1", "parts", of="x.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at t0", "start", by="delta")
    draft.step("first_variation", "rewrite", {"value": "J.delta", "t0": "p*x0.delta", "t1": "Psi_theta*theta.delta",
               "integrand": "H_theta*theta.delta"}, "parts", "dynamics", "costate", "terminal", "start_varies")
    draft.let(J_x0="1 n constant", J_theta="1 m constant")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "t0": "p"}, "first_variation", of="x0.delta")
    slots = {"value": "J_theta", "t1": "Psi_theta", "integrand": "H_theta"}
    draft.step("gradient_theta", "gradient", slots, "first_variation", of="theta.delta")


def bilinear(draft: Draft, u: str, v: str) -> None:
    """The Hessian's value at the directions u and v: theta, x0 and x move by .u, then by .v."""
    slots = {"value": f"J_theta.{u}*theta.{v}", "t1": f"(transpose(x.{u})*Psi_xtheta + transpose(theta.{u})*Psi_thetatheta)*theta.{v}",
             "integrand": f"(transpose(x.{u})*H_xtheta + p.{u}*f_theta + transpose(theta.{u})*H_thetatheta)*theta.{v}"}
    draft.step(f"paired_{u}", "rewrite", slots, f"product_{u}", how={f"product_{u}": f"hole*theta.{v}"})
    draft.step(f"paired_start_{u}", "rewrite", {"value": f"J_x0.{u}*x0.{v}", "t0": f"p.{u}*x0.{v}"}, f"product_x0_{u}",
               how={f"product_x0_{u}": f"hole*x0.{v}"})
    whole = f"J_theta.{u}*theta.{v} + J_x0.{u}*x0.{v}"
    draft.step(f"sum_{u}", "rewrite", {**slots, "value": whole, "t0": f"p.{u}*x0.{v}"}, f"paired_{u}", f"paired_start_{u}")
    edge = f"p.{u}*x.{v}"
    draft.step(f"moved_{u}", "by_parts", draft.by_parts(f"sum_{u}", edge), f"sum_{u}", boundary=edge)
    inner = "transpose(x.{u})*{F}_xtheta*theta.{v} + transpose(theta.{u})*transpose({F}_xtheta)*x.{v}"
    inner += " + transpose(theta.{u})*{F}_thetatheta*theta.{v} + transpose(x.{u})*{F}_xx*x.{v}"
    form = {"value": whole, "t1": inner.format(u=u, v=v, F="Psi"), "integrand": inner.format(u=u, v=v, F="H")}
    put = ("mixed", "mixed_end", f"tangent_{v}", f"tangent_start_{v}", f"costate_{u}", f"terminal_{u}")
    draft.step(f"bilinear_{u}", "rewrite", form, f"moved_{u}", *put)


def tangent(draft: Draft, u: str) -> None:
    """State, costate and gradients differentiated along the direction .u of (x0, theta)."""
    draft.step(f"tangent_{u}", "differentiate", f"x.dot.{u} = f_x*x.{u} + f_theta*theta.{u}", "dynamics", by=u)
    draft.step(f"tangent_start_{u}", "differentiate", f"x.{u} = x0.{u} at t0", "start", by=u)
    law = f"p.dot.{u} = -(transpose(x.{u})*H_xx + p.{u}*f_x + transpose(theta.{u})*H_thetax)"
    draft.step(f"costate_{u}", "differentiate", law, "costate", by=u)
    end = f"p.{u} = transpose(x.{u})*Psi_xx + transpose(theta.{u})*Psi_thetax at t1"
    draft.step(f"terminal_{u}", "differentiate", end, "terminal", by=u)
    draft.step(f"product_{u}", "differentiate", {
        "value": f"J_theta.{u}", "t1": f"transpose(x.{u})*Psi_xtheta + transpose(theta.{u})*Psi_thetatheta",
        "integrand": f"transpose(x.{u})*H_xtheta + p.{u}*f_theta + transpose(theta.{u})*H_thetatheta",
    }, "gradient_theta", by=u)
    draft.step(f"product_x0_{u}", "differentiate", {"value": f"J_x0.{u}", "t0": f"p.{u}"}, "gradient_x0", by=u)


def hessian_vector_product() -> Draft:
    """The tangent of the adjoint gives J_theta.tangent and J_x0.tangent, and the bilinear form is symmetric."""
    draft = Draft()
    hamiltonian(draft)
    first_order(draft)
    for u in ("delta", "tangent"):
        tangent(draft, u)
    bilinear(draft, "tangent", "delta")
    bilinear(draft, "delta", "tangent")
    difference = "J_theta.tangent*theta.delta + J_x0.tangent*x0.delta - J_theta.delta*theta.tangent - J_x0.delta*x0.tangent"
    draft.step("symmetric", "rewrite", {"value": difference}, "bilinear_tangent", "bilinear_delta", how={"bilinear_delta": "-hole"})
    draft.conclusions = ("tangent_tangent", "costate_tangent", "terminal_tangent", "product_tangent", "product_x0_tangent", "symmetric")
    return draft


# The linear-quadratic regulator


def regulator(draft: Draft, w: str) -> None:
    """x.dot = A x + B w, J = x' M x at t1 + int x' Q x + w' R w dt; all matrices may depend on time."""
    draft.let(x="n 1", x0="n 1 constant input", w=f"k 1{w}", A="n n", B="n k", Q="n n symmetric", R="k k symmetric nonzero",
              M="n n constant symmetric", P="n n symmetric", p="1 n", J="1 1 constant")
    draft.assume("dynamics", "x.dot = A*x + B*w")
    draft.define("cost", {"value": "J", "t1": "transpose(x)*M*x", "integrand": "transpose(x)*Q*x + transpose(w)*R*w"})


RICCATI = "P*A + transpose(A)*P - P*B*inverse(R)*transpose(B)*P + Q"


def riccati() -> Draft:
    """Where J is stationary in w, w = -R^-1 B' p' / 2; the ansatz p = 2 x' P then asks for Riccati's equation, times x."""
    draft = Draft()
    regulator(draft, " input")
    for name in ("A", "B", "Q", "R", "M"):
        draft.assume(f"{name}_fixed", f"{name}.delta = 0")
    data = tuple(f"{name}_fixed" for name in ("A", "B", "Q", "R", "M"))
    draft.assume("start", "x = x0 at t0")
    cost = draft.claim("cost")
    draft.step("lagrangian", "rewrite", {**cost, "integrand": cost["integrand"] + " + p*(A*x + B*w - x.dot)"}, "cost", "dynamics")
    flow = "p.delta*(A*x + B*w - x.dot) + p*(A*x.delta + B*w.delta - x.delta.dot)"
    draft.step("variation", "differentiate", {
        "value": "J.delta", "t1": "2*transpose(x)*M*x.delta", "integrand": f"2*transpose(x)*Q*x.delta + 2*transpose(w)*R*w.delta + {flow}",
    }, "lagrangian", *data, by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("costate", "choose", "p.dot = -(2*transpose(x)*Q + p*A)", "parts", of="x.delta")
    draft.step("terminal", "choose", "p = 2*transpose(x)*M at t1", "parts", of="x.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at t0", "start", by="delta")
    draft.step("first_variation", "rewrite", {"value": "J.delta", "t0": "p*x0.delta", "integrand": "(2*transpose(w)*R + p*B)*w.delta"},
               "parts", "dynamics", "costate", "terminal", "start_varies")
    draft.let(J_w="1 k")
    draft.step("gradient_w", "gradient", "J_w = 2*transpose(w)*R + p*B", "first_variation", of="w.delta")
    draft.assume("stationary", "J_w = 0")
    how = {"gradient_w": "-inverse(R)*transpose(hole)/2", "stationary": "inverse(R)*transpose(hole)/2"}
    draft.step("control", "rewrite", "w = -inverse(R)*transpose(B)*transpose(p)/2", *how, how=how)
    draft.assume("ansatz", "p = 2*transpose(x)*P")
    draft.step("feedback", "rewrite", "w = -inverse(R)*transpose(B)*P*x", "control", "ansatz", how={"control": "hole"})
    moved = "p.dot = 2*transpose(A*x + B*w)*P + 2*transpose(x)*P.dot"
    draft.step("ansatz_moves", "differentiate", moved, "ansatz", "dynamics", by="dot")
    draft.step("equation", "rewrite", f"transpose(x)*(P.dot + {RICCATI}) = 0", "ansatz_moves", "costate", "feedback", "ansatz",
               how={"ansatz_moves": "-hole/2"})
    draft.step("end", "rewrite", "transpose(x)*(P - M) = 0 at t1", "ansatz", "terminal", how={"ansatz": "-hole/2", "terminal": "hole/2"})
    draft.conclusions = ("costate", "terminal", "gradient_w", "control", "feedback", "equation", "end")
    return draft


def regulator_optimum() -> Draft:
    """With P from Riccati's equation, J = x' P x at t0 + int (w + K x)' R (w + K x) dt for every w, and w = -K x is stationary."""
    draft = Draft()
    regulator(draft, "")
    draft.let(K="k n")
    draft.assume("equation", f"P.dot = -({RICCATI})")
    draft.assume("end", "P = M at t1")
    draft.define("gain", "K = inverse(R)*transpose(B)*P")
    edge = "transpose(x)*P*x"
    draft.step("shifted", "by_parts", draft.by_parts("cost", f"-{edge}"), "cost", boundary=f"-{edge}")
    square = {"value": "J", "t0": edge, "integrand": "transpose(w + K*x)*R*(w + K*x)"}
    draft.step("square", "rewrite", square, "shifted", "dynamics", "equation", "end", "gain")
    draft.assume("feedback", "w = -K*x")
    draft.step("value", "rewrite", {"value": "J", "t0": edge}, "square", "feedback")
    draft.define("costate", "p = 2*transpose(x)*P")
    moved = "p.dot = 2*transpose(A*x + B*w)*P + 2*transpose(x)*P.dot"
    draft.step("costate_moves", "differentiate", moved, "costate", "dynamics", by="dot")
    how = {"costate_moves": "hole", "costate": "hole*A"}
    draft.step("costate_law", "rewrite", "p.dot = -(2*transpose(x)*Q + p*A)", *how, "equation", "feedback", "gain", how=how)
    draft.step("costate_end", "rewrite", "p = 2*transpose(x)*M at t1", "costate", "end", how={"costate": "hole"})
    draft.step("stationary", "rewrite", "2*transpose(w)*R + p*B = 0", "costate", "feedback", "gain")
    draft.conclusions = ("square", "value", "costate_law", "costate_end", "stationary")
    return draft


# Invariants


def extremal(draft: Draft, time: bool) -> None:
    """x.dot = f, p.dot = -H_x, H_w = 0 with H = L + p f, and time among the arguments or not."""
    draft.let(x="n 1", w="k 1", p="1 n", H="1 1")
    slopes = {"t": "f_t n 1"} if time else {}
    draft.function("f", "n 1", **slopes, x="f_x n n", w="f_w n k")
    slopes = {"t": "L_t 1 1"} if time else {}
    draft.function("L", "1 1", **slopes, x="L_x 1 n", w="L_w 1 k")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("costate", "p.dot = -(L_x + p*f_x)")
    draft.assume("stationary", "L_w = -p*f_w")
    draft.define("hamiltonian", "H = L + p*f")
    if time:
        draft.let(t="1 1")
        draft.assume("time", "t.dot = 1")


def conserved(draft: Draft, rate: str, constant: str) -> None:
    """From d/dt C = 0, by step `rate`, to C(t1) = C(t0)."""
    draft.step("nothing", "rewrite", {"value": "0"})
    draft.step("carried", "by_parts", {"value": "0", "integrand": f"-{constant}.dot", "t0": f"-{constant}", "t1": constant}, "nothing",
               boundary=constant)
    draft.step("same_at_ends", "rewrite", {"value": "0", "t0": f"-{constant}", "t1": constant}, "carried", rate)


def hamiltonian_conserved() -> Draft:
    """Without t in f and L, H is constant along each extremal."""
    draft = Draft()
    extremal(draft, time=False)
    draft.step("constant", "differentiate", "H.dot = 0", "hamiltonian", "dynamics", "costate", "stationary", by="dot")
    conserved(draft, "constant", "H")
    draft.conclusions = ("constant", "same_at_ends")
    return draft


def hamiltonian_rate() -> Draft:
    """With t among the arguments, dH/dt = H_t along each extremal."""
    draft = Draft()
    extremal(draft, time=True)
    draft.step("rate", "differentiate", "H.dot = L_t + p*f_t", "hamiltonian", "dynamics", "costate", "stationary", "time", by="dot")
    draft.conclusions = ("rate",)
    return draft


def adjoint_pairing() -> Draft:
    """p x.delta is constant along the linearised flow; with a running cost it moves by -L_x x.delta."""
    draft = Draft()
    draft.let(t="1 1", x="n 1", p="1 n", a="1 n", c="1 1", d="1 1")
    draft.function("f", "n 1", t="f_t n 1", x="f_x n n")
    draft.function("L", "1 1", t="L_t 1 1", x="L_x 1 n")
    draft.assume("time_fixed", "t.delta = 0")
    draft.assume("dynamics", "x.dot = f")
    draft.step("linearised", "differentiate", "x.dot.delta = f_x*x.delta", "dynamics", "time_fixed", by="delta")
    draft.assume("adjoint", "a.dot = -a*f_x")
    draft.assume("costate", "p.dot = -(L_x + p*f_x)")
    draft.define("product", "c = a*x.delta")
    draft.define("costate_product", "d = p*x.delta")
    draft.step("constant", "differentiate", "c.dot = 0", "product", "adjoint", "linearised", by="dot")
    draft.step("moves", "differentiate", "d.dot = -L_x*x.delta", "costate_product", "costate", "linearised", by="dot")
    conserved(draft, "constant", "c")
    draft.conclusions = ("linearised", "constant", "same_at_ends", "moves")
    return draft


def noether() -> Draft:
    """A symmetry t + tau, x + xi, w + eta of dynamics and cost, up to the gauge Lambda: p xi - H tau + Lambda is constant."""
    draft = Draft()
    extremal(draft, time=True)
    draft.let(tau="1 1", xi="n 1", eta="k 1", Lambda="1 1", C="1 1")
    draft.assume("dynamics_kept", "xi.dot = f_t*tau + f_x*xi + f_w*eta + f*tau.dot")
    draft.assume("cost_kept", "Lambda.dot = L_t*tau + L_x*xi + L_w*eta + L*tau.dot")
    draft.step("rate", "differentiate", "H.dot = L_t + p*f_t", "hamiltonian", "dynamics", "costate", "stationary", "time", by="dot")
    draft.define("invariant", "C = p*xi - H*tau + Lambda")
    draft.step("constant", "differentiate", "C.dot = 0", "invariant", "dynamics_kept", "cost_kept", "rate", "hamiltonian", "costate",
               "stationary", by="dot")
    conserved(draft, "constant", "C")
    draft.conclusions = ("constant", "same_at_ends")
    return draft
