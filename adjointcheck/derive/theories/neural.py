"""Neural ordinary differential equations: the augmented reverse-time system, lifted states, change of variables."""

from __future__ import annotations

from adjointcheck.derive.theories.draft import Draft


def _flow(draft: Draft) -> None:
    """J = Psi(x(t1)), xdot = f(t, x, theta), with its variation and its costate a."""
    draft.let(t="1 1", t0="1 1 constant input", t1="1 1 constant input", x0="n 1 constant input", x="n 1", theta="m 1 constant input",
              a="1 n",
              J="1 1 constant")
    draft.function("f", "n 1", t="f_t n 1", x="f_x n n", theta="f_theta n m")
    draft.function("Psi", "1 1", x="Psi_x 1 n")
    draft.assume("time", "t.dot = 1")
    draft.assume("time_fixed", "t.delta = 0")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("start", "x = x0 at t0")
    draft.define("cost", {"value": "J", "t1": "Psi"})
    draft.step("lagrangian", "rewrite", {"value": "J", "t1": "Psi", "integrand": "a*(f - x.dot)"}, "cost", "dynamics")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta", "time_fixed"), "lagrangian", "time_fixed", by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-a*x.delta"), "variation", boundary="-a*x.delta")
    draft.step("costate", "choose", draft.costate("parts", "integrand", "x.delta", "a.dot"), "parts", of="x.delta")
    draft.step("terminal", "choose", draft.costate("parts", "t1", "x.delta", "a"), "parts", of="x.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta - f*t0.delta at t0", "start", "dynamics", by="delta")
    draft.step("first_variation", "rewrite", {
        "value": "J.delta", "t0": "a*x0.delta - a*f*t0.delta", "t1": "a*f*t1.delta", "integrand": "a*f_theta*theta.delta",
    }, "parts", "dynamics", "costate", "terminal", "start_varies")
    draft.let(J_x0="1 n constant", J_theta="1 m constant", J_t0="1 1 constant", J_t1="1 1 constant")
    draft.step("gradient_theta", "gradient", {"value": "J_theta", "integrand": "a*f_theta"}, "first_variation", of="theta.delta")
    draft.step("gradient_t1", "gradient", {"value": "J_t1", "t1": "a*f"}, "first_variation", of="t1.delta")
    draft.step("gradient_t0", "gradient", {"value": "J_t0", "t0": "-a*f"}, "first_variation", of="t0.delta")


def augmented() -> Draft:
    """[x, a, a_theta, a_t] solved backwards from [x(t1), dPsi/dx, 0, -dJ/dt1] holds all gradients at t0."""
    draft = Draft()
    _flow(draft)
    draft.step("theta_reversed", "rewrite", {"value": "J_theta", "reversed": "-a*f_theta"}, "gradient_theta")
    draft.let(a_theta="1 m", a_t="1 1", S="n m")
    draft.assume("law_theta", "a_theta.dot = -a*f_theta")
    draft.assume("end_theta", "a_theta = 0 at t1")
    draft.step("state_theta", "by_parts", {"value": "J_theta", "t0": "a_theta", "t1": "-a_theta", "integrand": "a*f_theta + a_theta.dot"},
               "gradient_theta", boundary="-a_theta")
    draft.step("read_theta", "rewrite", {"value": "J_theta", "t0": "a_theta"}, "state_theta", "law_theta", "end_theta")
    # along a solution a f changes at the rate a f_t, so dJ/dt0 = -(a f)(t0) can be had from t1
    draft.let(E="1 1")
    draft.define("energy", "E = a*f")
    draft.step("energy_rate", "differentiate", "E.dot = a*f_t", "energy", "time", "dynamics", "costate", by="dot")
    draft.step("t0_flow", "by_parts", {"value": "J_t0", "t0": "-a*f + E", "t1": "-E", "integrand": "E.dot"}, "gradient_t0", boundary="-E")
    draft.step("t0_from_t1", "rewrite", {"value": "J_t0 + J_t1", "integrand": "a*f_t"}, "t0_flow", "gradient_t1", "energy", "energy_rate")
    draft.step("t0_reversed", "rewrite", {"value": "J_t0", "t1": "-a*f", "reversed": "-a*f_t"}, "t0_flow", "energy", "energy_rate")
    draft.assume("law_t", "a_t.dot = -a*f_t")
    draft.assume("end_t", "a_t = -a*f at t1")
    draft.step("state_t", "by_parts", {"value": "J_t0", "t0": "-a*f + E + a_t", "t1": "-E - a_t", "integrand": "E.dot + a_t.dot"},
               "t0_flow", boundary="-a_t")
    draft.step("read_t", "rewrite", {"value": "J_t0", "t0": "a_t"}, "state_t", "energy", "energy_rate", "law_t", "end_t")
    # forward in time the same gradient is dPsi/dx S(t1)
    draft.assume("sensitivity", "S.dot = f_x*S + f_theta")
    draft.assume("sensitivity_start", "S = 0 at t0")
    draft.step("forward_parts", "by_parts", {"value": "J_theta", "t0": "-a*S", "t1": "a*S", "integrand": "a*f_theta - a.dot*S - a*S.dot"},
               "gradient_theta", boundary="a*S")
    draft.step("forward", "rewrite", {"value": "J_theta", "t1": "Psi_x*S"}, "forward_parts", "costate", "sensitivity", "sensitivity_start",
               "terminal")
    draft.conclusions = ("costate", "terminal", "theta_reversed", "read_theta", "gradient_t1", "t0_from_t1", "t0_reversed", "read_t",
                         "forward")
    return draft


def augmented_node() -> Draft:
    """State lifted by s extra coordinates y(t0) = 0, cost in x alone: q(t1) = 0, and dJ/dx0 is the first block of the costate."""
    draft = Draft()
    draft.let(x0="n 1 constant input", x="n 1", y="s 1", theta="m 1 constant input", p="1 n", q="1 s", J="1 1 constant",
              J_x0="1 n constant",
              J_theta="1 m constant")
    draft.function("f", "n 1", x="f_x n n", y="f_y n s", theta="f_theta n m")
    draft.function("g", "s 1", x="g_x s n", y="g_y s s", theta="g_theta s m")
    draft.function("Psi", "1 1", x="Psi_x 1 n")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("lifted", "y.dot = g")
    draft.assume("start", "x = x0 at t0")
    draft.assume("lifted_start", "y = 0 at t0")
    draft.define("cost", {"value": "J", "t1": "Psi"})
    draft.step("lagrangian", "rewrite", {"value": "J", "t1": "Psi", "integrand": "p*(f - x.dot) + q*(g - y.dot)"}, "cost", "dynamics",
               "lifted")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta"), "lagrangian", by="delta")
    boundary = "-p*x.delta - q*y.delta"
    draft.step("parts", "by_parts", draft.by_parts("variation", boundary), "variation", boundary=boundary)
    for name, costate, state in (("", "p", "x"), ("lifted_", "q", "y")):
        draft.step(f"{name}costate", "choose", draft.costate("parts", "integrand", f"{state}.delta", f"{costate}.dot"), "parts",
                   of=f"{state}.delta")
        draft.step(f"{name}terminal", "choose", draft.costate("parts", "t1", f"{state}.delta", costate), "parts", of=f"{state}.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at t0", "start", by="delta")
    draft.step("lifted_start_stays", "differentiate", "y.delta = 0 at t0", "lifted_start", by="delta")
    draft.step("first_variation", "rewrite", {"value": "J.delta", "t0": "p*x0.delta", "integrand": "(p*f_theta + q*g_theta)*theta.delta"},
               "parts",
               "dynamics", "lifted", "costate", "lifted_costate", "terminal", "lifted_terminal", "start_varies", "lifted_start_stays")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "t0": "p"}, "first_variation", of="x0.delta")
    draft.step("gradient_theta", "gradient", {"value": "J_theta", "integrand": "p*f_theta + q*g_theta"}, "first_variation",
               of="theta.delta")
    draft.conclusions = ("costate", "lifted_costate", "terminal", "lifted_terminal", "gradient_x0", "gradient_theta")
    return draft


def change_of_variables() -> Draft:
    """d log rho / dt = -tr(df/dx): from the determinant of the flow's Jacobian M, Mdot = f_x M, rho det M = rho0."""
    draft = Draft()
    draft.let(rho="1 1 positive", rho0="1 1 constant", M="n n nonzero", f_x="n n", lam="1 1")
    draft.assume("flow", "M.dot = f_x*M")
    draft.assume("mass", "rho = rho0/det(M)")
    draft.define("log_density", "lam = log(rho)")
    draft.step("jacobi", "differentiate", "rho.dot = -rho0/det(M)*trace(f_x)", "mass", "flow", by="dot")
    draft.step("continuity", "rewrite", "rho.dot = -rho*trace(f_x)", "jacobi", "mass")
    draft.step("log_rate", "differentiate", "lam.dot = rho.dot/rho", "log_density", by="dot")
    draft.step("change", "rewrite", "lam.dot = -trace(f_x)", "log_rate", "continuity")
    draft.conclusions = ("continuity", "change")
    return draft


def infinitesimal_change() -> Draft:
    """The same from one small step: rho(t) = rho(t + eps) det(I + eps f_x + ...), det(I + eps J) = 1 + eps tr J + eps^2 e."""
    draft = Draft()
    draft.let(eps="1 1 constant small nonzero", rho="1 1 positive", f_x="n n", I="n n identity", e="1 1 varies", r="1 1 varies",
              u="1 1 varies")
    draft.step("determinant", "expand", "det(I + eps*f_x) = 1 + eps*trace(f_x) + eps**2*e", order="1", remainder="e")
    draft.let(D="1 1 varies")
    draft.assume("taylor_density", "rho.next = rho + eps*rho.dot + eps**2*r")
    draft.define("volume", "D = det(I + eps*f_x) + eps**2*u")
    draft.step("volume_expanded", "rewrite", "D = 1 + eps*trace(f_x) + eps**2*(e + u)", "volume", "determinant", volume="hole",
               determinant="hole")
    draft.assume("mass", "rho = rho.next*D")
    rest = "rho*(e + u) + rho.dot*trace(f_x) + r + eps*(rho.dot*(e + u) + r*trace(f_x)) + eps**2*r*(e + u)"
    draft.step("expanded", "rewrite", f"eps*(rho.dot + rho*trace(f_x)) + eps**2*({rest}) = 0", "mass", "taylor_density", "volume_expanded",
               mass="-hole")
    draft.step("divided", "rewrite", f"rho.dot + rho*trace(f_x) + eps*({rest}) = 0", "expanded", expanded="hole/eps")
    draft.step("vanishes", "limit", "rho.dot + rho*trace(f_x) = 0", "divided")
    draft.step("continuity", "rewrite", "rho.dot = -rho*trace(f_x)", "vanishes", vanishes="hole")
    draft.conclusions = ("determinant", "continuity")
    return draft


def flow_likelihood() -> Draft:
    """The adjoint of a flow with the trace in its running cost: J = Psi + int tr(f_x) dt needs the second derivatives of f."""
    draft = Draft()
    draft.let(x0="n 1 constant input", x="n 1", theta="m 1 constant input", p="1 n", J="1 1 constant", J_x0="1 n constant",
              J_theta="1 m constant")
    draft.function("f", "n 1", x="f_x n n", theta="f_theta n m")
    draft.function("div", "1 1", x="div_x 1 n", theta="div_theta 1 m")
    draft.function("Psi", "1 1", x="Psi_x 1 n", theta="Psi_theta 1 m")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("start", "x = x0 at t0")
    draft.assume("divergence", "div = trace(f_x)")
    draft.define("cost", {"value": "J", "t1": "Psi", "integrand": "trace(f_x)"})
    draft.step("second_derivatives", "differentiate", "div_x*x.delta + div_theta*theta.delta = trace(f_x.delta)", "divergence", by="delta")
    draft.step("lagrangian", "rewrite", {"value": "J", "t1": "Psi", "integrand": "div + p*(f - x.dot)"}, "cost", "divergence", "dynamics")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta"), "lagrangian", by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("costate", "choose", draft.costate("parts", "integrand", "x.delta", "p.dot"), "parts", of="x.delta")
    draft.step("terminal", "choose", draft.costate("parts", "t1", "x.delta", "p"), "parts", of="x.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at t0", "start", by="delta")
    draft.step("first_variation", "rewrite", {
        "value": "J.delta", "t0": "p*x0.delta", "t1": "Psi_theta*theta.delta", "integrand": "(div_theta + p*f_theta)*theta.delta",
    }, "parts", "dynamics", "costate", "terminal", "start_varies")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "t0": "p"}, "first_variation", of="x0.delta")
    draft.step("gradient_theta", "gradient", {"value": "J_theta", "t1": "Psi_theta", "integrand": "div_theta + p*f_theta"},
               "first_variation", of="theta.delta")
    draft.conclusions = ("second_derivatives", "costate", "terminal", "gradient_x0", "gradient_theta")
    return draft


def hutchinson() -> Draft:
    """E z^T A z = tr A whenever E z z^T = I and A is not random."""
    draft = Draft(points=())
    draft.let(z="n 1", A="n n constant", I="n n identity")
    draft.assume("white", {"value": "I", "mean": "z*transpose(z)"})
    draft.step("unbiased", "rewrite", {"value": "trace(A)", "mean": "transpose(z)*A*z"}, "white", how={"white": "trace(A*hole)"})
    draft.conclusions = ("unbiased",)
    return draft


def gradient_iteration() -> Draft:
    """w - eta (L_w + p f_w)^T lowers J to first order: J_new = J - eta int |L_w + p f_w|^2 dt + eta^2 r."""
    draft = Draft()
    draft.let(x0="n 1 constant", x="n 1", w="k 1", p="1 n", J="1 1 constant", step="1 1 constant small", r="1 1 constant varies",
              J_new="1 1 constant varies")
    draft.function("f", "n 1", x="f_x n n", w="f_w n k")
    draft.function("L", "1 1", x="L_x 1 n", w="L_w 1 k")
    draft.function("Psi", "1 1", x="Psi_x 1 n")
    draft.assume("dynamics", "x.dot = f")
    draft.assume("start", "x = x0 at t0")
    draft.assume("start_kept", "x0.eta = 0")
    draft.define("cost", {"value": "J", "t1": "Psi", "integrand": "L"})
    draft.step("lagrangian", "rewrite", {"value": "J", "t1": "Psi", "integrand": "L + p*(f - x.dot)"}, "cost", "dynamics")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "eta"), "lagrangian", by="eta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.eta"), "variation", boundary="-p*x.eta")
    draft.step("costate", "choose", draft.costate("parts", "integrand", "x.eta", "p.dot"), "parts", of="x.eta")
    draft.step("terminal", "choose", draft.costate("parts", "t1", "x.eta", "p"), "parts", of="x.eta")
    draft.step("start_stays", "differentiate", "x.eta = 0 at t0", "start", "start_kept", by="eta")
    draft.step("slope", "rewrite", {"value": "J.eta", "integrand": "(L_w + p*f_w)*w.eta"}, "parts", "dynamics", "costate", "terminal",
               "start_stays")
    draft.assume("iteration", "w.eta = -transpose(L_w + p*f_w)")
    draft.step("decrease", "rewrite", {"value": "J.eta", "integrand": "-(L_w + p*f_w)*transpose(L_w + p*f_w)"}, "slope", "iteration")
    draft.assume("taylor", "J_new = J + step*J.eta + step**2*r")
    draft.step("first_order", "rewrite", {"value": "J_new - J - step**2*r", "integrand": "-step*(L_w + p*f_w)*transpose(L_w + p*f_w)"},
               "decrease", "taylor", how={"decrease": "step*hole"})
    draft.conclusions = ("costate", "terminal", "decrease", "first_order")
    return draft
