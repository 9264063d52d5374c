"""Layers: a residual network is Euler's method, its backpropagation the discrete adjoint; and the limit of small steps."""

from __future__ import annotations

from adjointcheck.derive.theories.draft import Draft


def _network() -> Draft:
    """x.next = x + h f(x, w), J = Psi(x_N) + sum h L(x, w): augmented, varied, summed by parts, costate chosen."""
    draft = Draft(points=("first", "last"), over="layers")
    draft.let(x="n 1", w="k 1 input", x0="n 1 constant input", p="1 n", h="1 1 constant nonzero", J="1 1 constant", I="n n identity")
    draft.function("f", "n 1", x="f_x n n", w="f_w n k")
    draft.function("L", "1 1", x="L_x 1 n", w="L_w 1 k")
    draft.function("Psi", "1 1", x="Psi_x 1 n")
    draft.assume("step_fixed", "h.delta = 0")
    draft.assume("dynamics", "x.next = x + h*f")
    draft.assume("start", "x = x0 at first")
    draft.define("cost", {"value": "J", "last": "Psi", "sum": "h*L"})
    draft.step("lagrangian", "rewrite", {"value": "J", "last": "Psi", "sum": "h*L + p.next*(x + h*f - x.next)"}, "cost", "dynamics")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta", "step_fixed"), "lagrangian", "step_fixed", by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("on_solutions", "rewrite", {
        "value": "J.delta", "first": "p*x.delta", "last": "(Psi_x - p)*x.delta",
        "sum": "(h*L_x + p.next*(I + h*f_x) - p)*x.delta + h*(L_w + p.next*f_w)*w.delta",
    }, "parts", "dynamics")
    draft.step("costate", "choose", "p = h*L_x + p.next*(I + h*f_x)", "on_solutions", of="x.delta")
    draft.step("terminal", "choose", draft.costate("on_solutions", "last", "x.delta", "p"), "on_solutions", of="x.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at first", "start", by="delta")
    draft.step("first_variation", "rewrite", {"value": "J.delta", "first": "p*x0.delta", "sum": "h*(L_w + p.next*f_w)*w.delta"},
               "on_solutions", "costate", "terminal", "start_varies")
    draft.let(J_x0="1 n constant", J_w="1 k")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "first": "p"}, "first_variation", of="x0.delta")
    draft.step("gradient_w", "gradient", "J_w = h*L_w + h*p.next*f_w", "first_variation", of="w.delta")
    return draft


def resnet() -> Draft:
    """p_l = p_{l+1} (I + h f_x) + h L_x, dJ/dw_l = h L_w + h p_{l+1} f_w."""
    draft = _network()
    draft.conclusions = ("costate", "terminal", "gradient_x0", "gradient_w")
    return draft


def residual_backpropagation() -> Draft:
    """With h = 1: the backward pass of a residual network, p_l = p_{l+1} + p_{l+1} f_x + L_x."""
    draft = _network()
    draft.assume("unit", "h = 1")
    draft.step("layer", "rewrite", "x.next = x + f", "dynamics", "unit")
    draft.step("backward", "rewrite", "p = p.next + p.next*f_x + L_x", "costate", "unit")
    draft.step("weights", "rewrite", "J_w = L_w + p.next*f_w", "gradient_w", "unit")
    draft.conclusions = ("layer", "backward", "weights")
    return draft


def chain_rule(depth: int) -> Draft:
    """x_{l+1} = x_l + h f_l(x_l, w_l) written out: dJ of the composition against the costates, layer by layer."""
    draft = Draft(points=())
    draft.let(h="1 1 nonzero", I="n n identity", J="1 1", **{f"x{i}": "n 1" for i in range(depth + 1)})
    draft.let(**{f"w{i}": "k 1" for i in range(depth)}, **{f"p{i}": "1 n" for i in range(depth + 1)})
    for i in range(depth):
        draft.function(f"f{i}", "n 1", **{f"x{i}": f"A{i} n n", f"w{i}": f"B{i} n k"})
    draft.function("Psi", "1 1", **{f"x{depth}": "Psi_x 1 n"})
    draft.assume("step_fixed", "h.delta = 0")
    draft.define("cost", "J = Psi")
    moved = []
    for i in range(depth):
        draft.assume(f"layer{i}", f"x{i + 1} = x{i} + h*f{i}")
        moved.append(draft.step(f"moved{i}", "differentiate", f"x{i + 1}.delta = (I + h*A{i})*x{i}.delta + h*B{i}*w{i}.delta",
                                f"layer{i}", "step_fixed", by="delta"))
    product = "*".join(["Psi_x", *(f"(I + h*A{i})" for i in reversed(range(depth)))])
    weights = ["*".join(["h", "Psi_x", *(f"(I + h*A{j})" for j in reversed(range(i + 1, depth))), f"B{i}",
                         f"w{i}.delta"]) for i in range(depth)]
    draft.step("varied", "differentiate", f"J.delta = Psi_x*x{depth}.delta", "cost", by="delta")
    draft.step("chain_rule", "rewrite", f"J.delta = {' + '.join([f'{product}*x0.delta', *weights])}", "varied", *reversed(moved))
    draft.assume("terminal", f"p{depth} = Psi_x")
    back = [draft.assume(f"costate{i}", f"p{i} = p{i + 1}*(I + h*A{i})") for i in range(depth)]
    adjoint = " + ".join(["p0*x0.delta", *(f"h*p{i + 1}*B{i}*w{i}.delta" for i in range(depth))])
    draft.step("adjoint", "rewrite", f"J.delta = {adjoint}", "chain_rule", *back, "terminal")
    draft.conclusions = ("chain_rule", "adjoint")
    return draft


def chain_rule_induction() -> Draft:
    """Any depth: p_l = dPsi/dx_N dx_N/dx_l, for both obey one recursion and agree at the last layer."""
    draft = Draft(points=("first", "last"), over="layers")
    draft.let(p="1 n", c="1 n constant", M="n n", E="1 n", h="1 1 constant", f_x="n n", I="n n identity")
    draft.assume("composition", "M = M.next*(I + h*f_x)")
    draft.assume("nothing_after", "M = I at last")
    draft.assume("costate", "p = p.next*(I + h*f_x)")
    draft.assume("terminal", "p = c at last")
    draft.assume("gap", "E = p - c*M")
    draft.assume("gap_next", "E.next = p.next - c*M.next")
    draft.assume("gap_last", "E = p - c*M at last")
    draft.step("same_law", "rewrite", "E = E.next*(I + h*f_x)", "gap", "gap_next", "costate", "composition")
    draft.step("same_end", "rewrite", "E = 0 at last", "gap_last", "terminal", "nothing_after")
    draft.step("no_gap", "unique", "E = 0", "same_law", "same_end")
    draft.step("chain_rule", "rewrite", "p = c*M", "gap", "no_gap", gap="-hole", no_gap="hole")
    draft.conclusions = ("chain_rule",)
    return draft


def discrete_to_continuous() -> Draft:
    """a(t) = a(t + eps) dx(t + eps)/dx(t), expanded in eps, divided by eps, eps -> 0: adot = -a f_x.  x.next is x(t + eps)."""
    draft = Draft()
    draft.let(x="n 1", a="1 n", eps="1 1 constant small nonzero", r="1 n varies", X="n n varies", I="n n identity", J="1 1")
    draft.function("f", "n 1", x="f_x n n")
    draft.function("e", "n 1 varies", x="e_x n n varies")
    draft.assume("taylor_state", "x.next = x + eps*f + eps**2*e")
    draft.define("flow", "X = I + eps*f_x + eps**2*e_x")
    draft.step("jacobian", "differentiate", "x.delta.next = X*x.delta", "taylor_state", "flow", by="delta")
    draft.assume("chain_rule", "a = a.next*X")
    draft.assume("taylor_costate", "a.next = a + eps*a.dot + eps**2*r")
    rest = "a.dot*f_x + r + a*e_x + eps*(r*f_x + a.dot*e_x) + eps**2*r*e_x"
    draft.step("expanded", "rewrite", f"eps*(a.dot + a*f_x) + eps**2*({rest}) = 0", "chain_rule", "taylor_costate", "flow",
               chain_rule="-hole")
    draft.step("divided", "rewrite", f"a.dot + a*f_x + eps*({rest}) = 0", "expanded", expanded="hole/eps")
    draft.step("vanishes", "limit", "a.dot + a*f_x = 0", "divided")
    draft.step("costate", "rewrite", "a.dot = -a*f_x", "vanishes", vanishes="hole")
    draft.conclusions = ("jacobian", "costate")
    return draft


def gradient_limit() -> Draft:
    """The gradients of Euler's method, divided by h where they belong to one layer, tend to those of the continuous problem."""
    draft = Draft(points=("first", "last"), over="layers")
    draft.let(
        h="1 1 constant small nonzero", p="1 n", p_h="1 n varies", e="1 n varies", E="n k varies", F="n m varies", l_w="1 k varies",
        l_theta="1 m varies",
        L_w="1 k", L_theta="1 m", f_w="n k", f_theta="n m", Psi_theta="1 m constant", W="1 k varies", J_w="1 k", V="1 m constant varies",
        J_theta="1 m constant",
        b_w="n k varies", b_theta="n m varies", s_w="1 k varies", s_theta="1 m varies",
    )
    draft.assume("costate_converges", "p_h.next = p + h*e")
    draft.assume("slope_w", "b_w = f_w + h*E")
    draft.assume("slope_theta", "b_theta = f_theta + h*F")
    draft.assume("cost_w", "s_w = L_w + h*l_w")
    draft.assume("cost_theta", "s_theta = L_theta + h*l_theta")
    draft.define("layer_gradient", "W = h*s_w + h*p_h.next*b_w")
    rest_w = "l_w + p*E + e*f_w + h*e*E"
    draft.step("divided", "rewrite", f"W/h = L_w + p*f_w + h*({rest_w})", "layer_gradient", "costate_converges", "slope_w", "cost_w",
               layer_gradient="hole/h")
    draft.define("gradient", {"value": "V", "last": "Psi_theta", "sum": "h*s_theta + h*p_h.next*b_theta"})
    rest = "l_theta + p*F + e*f_theta + h*e*F"
    draft.step("expanded", "rewrite", {"value": "V", "last": "Psi_theta", "sum": f"h*(L_theta + p*f_theta) + h**2*({rest})"},
               "gradient", "costate_converges", "slope_theta", "cost_theta")
    draft.step("integral", "limit", {"value": "J_theta", "last": "Psi_theta", "integrand": "L_theta + p*f_theta"}, "expanded")
    draft.conclusions = ("divided", "integral")
    return draft
