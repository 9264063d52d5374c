"""Runge-Kutta methods of s stages: the discrete Lagrangian, its adjoint, the symplectic partner, and what any other pair leaves.

    X_i = x + h sum_j a_ij f_i(X_j, theta),    x.next = x + h sum_i b_i f_i(X_i, theta),    J = Psi + sum h sum_i b_i L_i(X_i, theta)

Each stage has functions f_i and L_i of its own, so that times t + c_i h and controls need no letters; h may differ by time step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from adjointcheck.derive.theories.draft import Draft

Matrix = Sequence[Sequence[str]]
LAYERS = ("first", "last")


def plus(terms: Iterable[str]) -> str:
    """A sum in brackets, without the terms that have a factor 0."""
    return "(" + (" + ".join(term for term in terms if "0" not in term.split("*")) or "0") + ")"


def tableau(kind: str, stages: int) -> tuple[Matrix, Sequence[str]]:
    """Symbolic a_ij and b_i: "explicit" (0 for j >= i), "diagonal" (0 for j > i) or "full"."""
    reach = {"explicit": lambda i: i, "diagonal": lambda i: i + 1, "full": lambda i: stages}[kind]
    a = [[f"a{i + 1}{j + 1}" if j < reach(i) else "0" for j in range(stages)] for i in range(stages)]
    return a, [f"b{i + 1}" for i in range(stages)]


def declare(draft: Draft, a: Matrix, b: Sequence[str]) -> None:
    """Letters and functions."""
    draft.let(x="n 1", x0="n 1 constant input", theta="m 1 constant input", p="1 n", J="1 1 constant", h="1 1", I="n n identity")
    draft.function("Psi", "1 1", x="Psi_x 1 n", theta="Psi_theta 1 m")
    for i in range(1, len(b) + 1):
        draft.let(**{f"X{i}": "n 1"})
        draft.function(f"f{i}", "n 1", **{f"X{i}": f"f{i}_x n n", "theta": f"f{i}_theta n m"})
        draft.function(f"L{i}", "1 1", **{f"X{i}": f"L{i}_x 1 n", "theta": f"L{i}_theta 1 m"})
    draft.let(**dict.fromkeys([name for name in (*b, *(entry for row in a for entry in row)) if name[0] in "ab"], "1 1 constant"))


def divisors(draft: Draft, *names: str) -> None:
    """Flag what a step divides by."""
    draft.let(**{name: f"{draft.letters[name]} nonzero" for name in names if name in draft.letters})


def fixed(a: Matrix, b: Sequence[str]) -> tuple[str, ...]:
    """The ids of the equations by which time step and coefficients do not vary."""
    letters = [name for name in ("h", *b, *(entry for row in a for entry in row)) if name[0] in "hab"]
    return tuple(f"{name}_fixed" for name in letters)


def method(draft: Draft, a: Matrix, b: Sequence[str]) -> tuple[str, ...]:
    """Stages, update and cost; returns the ids of the constraints."""
    for id in fixed(a, b):
        draft.assume(id, f"{id.removesuffix('_fixed')}.delta = 0")
    for i, row in enumerate(a, 1):
        draft.assume(f"stage_{i}", f"X{i} = x + h*" + plus(f"{entry}*f{j}" for j, entry in enumerate(row, 1)))
    draft.assume("update", "x.next = x + h*" + plus(f"{weight}*f{i}" for i, weight in enumerate(b, 1)))
    draft.assume("start", "x = x0 at first")
    draft.define("cost", {"value": "J", "last": "Psi", "sum": "h*" + plus(f"{weight}*L{i}" for i, weight in enumerate(b, 1))})
    return ("update", *(f"stage_{i}" for i in range(1, len(b) + 1)))


def slope(a: Matrix, b: Sequence[str], i: int, stages: Iterable[int]) -> str:
    """What multiplies the variation of the slope f_i: b_i p.next + sum_j a_ji l_j."""
    return plus([f"{b[i - 1]}*p.next", *(f"{a[j - 1][i - 1]}*l{j}" for j in stages)])


def lagrangian(draft: Draft, a: Matrix, b: Sequence[str], constraints: Sequence[str]) -> None:
    """The discrete Lagrangian with multipliers p.next and l_i, varied and summed by parts."""
    stages = range(1, len(b) + 1)
    draft.let(**{f"l{i}": "1 n" for i in stages})
    update = "p.next*(x + h*" + plus(f"{b[i - 1]}*f{i}" for i in stages) + " - x.next)"
    inner = [f"l{i}*(x + h*" + plus(f"{a[i - 1][j - 1]}*f{j}" for j in stages) + f" - X{i})" for i in stages]
    total = " + ".join([draft.claim("cost")["sum"], update, *inner])
    draft.step("lagrangian", "rewrite", {**draft.claim("cost"), "sum": total}, "cost", *constraints)
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta", *fixed(a, b)), "lagrangian", *fixed(a, b), by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")


def cotangents(draft: Draft, a: Matrix, b: Sequence[str], kind: str) -> None:
    """The multipliers l_i of the stages: chosen from the last to the first; a full tableau couples them, so they are assumed."""
    stages = range(1, len(b) + 1)
    for i in reversed(stages):
        later = slope(a, b, i, [j for j in stages if j > i])
        free = f"h*{plus([f'{b[i - 1]}*L{i}_x', f'{later}*f{i}_x'])}"
        if kind == "full":
            draft.let(**{f"q{i}": "1 n"})
            draft.assume(f"cotangent_{i}", f"l{i} = h*{plus([f'{b[i - 1]}*L{i}_x'])} + q{i}*f{i}_x")
            draft.assume(f"slope_{i}", f"q{i} = h*{slope(a, b, i, stages)}")
        elif a[i - 1][i - 1] == "0":
            draft.step(f"cotangent_{i}", "choose", f"l{i} = {free}", "parts", of=f"X{i}.delta")
        else:
            draft.let(**{f"M{i}": "n n nonzero", "h": "1 1 nonzero"})
            divisors(draft, a[i - 1][i - 1])
            draft.assume(f"solvable_{i}", f"f{i}_x = (I - M{i})/(h*{a[i - 1][i - 1]})")
            draft.step(f"cotangent_{i}", "choose", f"l{i} = {free}*inverse(M{i})", "parts", f"solvable_{i}", of=f"X{i}.delta")


def residuals(draft: Draft, a: Matrix, b: Sequence[str], kind: str) -> None:
    """r_i, what multiplies the variation of X_i, vanishes."""
    stages = range(1, len(b) + 1)
    for i in stages:
        draft.let(**{f"r{i}": "1 n"})
        terms = plus([f"{b[i - 1]}*L{i}_x", f"{slope(a, b, i, stages)}*f{i}_x"])
        draft.define(f"residual_{i}", f"r{i} = h*{terms} - l{i}")
        how = {f"residual_{i}": "hole"} | ({f"cotangent_{i}": "-hole", f"slope_{i}": f"-hole*f{i}_x"} if kind == "full" else {})
        solved = [f"cotangent_{i}", *([f"slope_{i}"] if kind == "full" else [f"solvable_{i}"] if a[i - 1][i - 1] != "0" else [])]
        draft.step(f"vanishes_{i}", "rewrite", f"r{i} = 0", f"residual_{i}", *solved, how=how)


def discrete_adjoint(a: Matrix, b: Sequence[str], kind: str) -> Draft:
    """Gradients by the multipliers l_i of the stages; no weight divides, so b_i may be 0."""
    draft, stages = Draft(LAYERS, "layers"), range(1, len(b) + 1)
    declare(draft, a, b)
    constraints = method(draft, a, b)
    lagrangian(draft, a, b, constraints)
    cotangents(draft, a, b, kind)
    draft.step("costate", "choose", "p = p.next + " + plus(f"l{i}" for i in stages), "parts", of="x.delta")
    draft.step("terminal", "choose", "p = Psi_x at last", "parts", of="x.delta")
    residuals(draft, a, b, kind)
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at first", "start", by="delta")
    weights = "h*" + plus(f"({plus([f'{b[i - 1]}*L{i}_theta'])} + {slope(a, b, i, stages)}*f{i}_theta)" for i in stages)
    rest = "".join(f" + r{i}*X{i}.delta" for i in stages)
    slots = {"value": "J.delta", "first": "p*x0.delta", "last": "Psi_theta*theta.delta"}
    put = ("costate", "terminal", "start_varies", *constraints, *(f"residual_{i}" for i in stages))
    draft.step("gathered", "rewrite", {**slots, "sum": f"{weights}*theta.delta{rest}"}, "parts", *put)
    draft.step("first_variation", "rewrite", {**slots, "sum": f"{weights}*theta.delta"}, "gathered", *(f"vanishes_{i}" for i in stages))
    draft.let(J_x0="1 n constant", J_theta="1 m constant")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "first": "p"}, "first_variation", of="x0.delta")
    draft.step("gradient_theta", "gradient", {"value": "J_theta", "last": "Psi_theta", "sum": weights}, "first_variation", of="theta.delta")
    draft.conclusions = ("costate", "terminal", *(f"vanishes_{i}" for i in stages), "gradient_x0", "gradient_theta")
    return draft


def runge_kutta(kind: str, stages: int) -> Draft:
    """The discrete adjoint and its partner for symbolic coefficients, no weight 0."""
    a, b = tableau(kind, stages)
    draft = discrete_adjoint(a, b, kind)
    divisors(draft, *b)
    partner(draft, a, b, symbolic_partner(draft, a, b))
    return draft


def stage_cotangents(stages: int) -> Draft:
    """The discrete adjoint alone, which no weight 0 disturbs."""
    return discrete_adjoint(*tableau("explicit", stages), "explicit")


def in_numbers(a: Sequence[Sequence[Fraction]], b: Sequence[Fraction], adjoint: Sequence[Sequence[Fraction]] = ()) -> Draft:
    """The discrete adjoint of an explicit tableau, a and A as s rows of s; without `adjoint`, A_ij as its formula gives it."""
    lower, weights = [[exact(entry) for entry in row] for row in a], [exact(weight) for weight in b]
    draft = discrete_adjoint(lower, weights, "explicit")
    stages = range(len(b))
    formula = [[f"({weights[j]} - {weights[j]}*{ratio(lower[j][i], weights[i])})" for j in stages] for i in stages]
    partner(draft, lower, weights, [[exact(entry) for entry in row] for row in adjoint] or formula)
    return draft


def exact(value: Fraction) -> str:
    """A number in the grammar."""
    return f"({value})" if value else "0"


def ratio(entry: str, weight: str) -> str:
    """a_ji / b_i; the weight 0 is written out, so that the proof core refuses it."""
    return "0" if entry == "0" != weight else f"({entry}/{weight})"


def symbolic_partner(draft: Draft, a: Matrix, b: Sequence[str]) -> Matrix:
    """Define A_ij = b_j - b_j a_ji / b_i and prove the pairing."""
    stages = range(1, len(b) + 1)
    pairs = [(i, j) for i in stages for j in stages]
    for i, j in pairs:
        draft.let(**{f"A{i}{j}": "1 1 constant"})
        draft.define(f"partner_{i}{j}", f"A{i}{j} = b{j} - b{j}*{a[j - 1][i - 1]}/b{i}")
        draft.step(f"pairing_{i}{j}", "rewrite", f"b{i}*A{i}{j} + b{j}*{a[j - 1][i - 1]} = b{i}*b{j}", f"partner_{i}{j}")
    draft.conclusions += tuple(f"pairing_{i}{j}" for i, j in pairs)
    return [[f"A{i}{j}" for j in stages] for i in stages]


def partner(draft: Draft, a: Matrix, b: Sequence[str], adjoint: Matrix) -> None:
    """In P_i = p.next + sum_j a_ji l_j / b_i the discrete adjoint is the method (A, b) for pdot = -(L_x + p f_x), at the same stages."""
    stages = range(1, len(b) + 1)
    known = [f"partner_{i}{j}" for i in stages for j in stages if adjoint[i - 1][j - 1][0] == "A"]

    def swing(rows: Sequence[str]) -> str:
        return plus(f"{entry}*(L{j}_x + P{j}*f{j}_x)" for j, entry in enumerate(rows, 1))

    ratios = [[ratio(a[j - 1][i - 1], b[i - 1]) for j in stages] for i in stages]
    for i, row in zip(stages, ratios, strict=True):
        draft.let(**{f"P{i}": "1 n"})
        draft.define(f"value_{i}", f"P{i} = " + plus(["p.next", *(f"{entry}*l{j}" for j, entry in enumerate(row, 1))]))
        how = {f"residual_{i}": "hole", f"vanishes_{i}": "-hole", f"value_{i}": f"-h*{b[i - 1]}*hole*f{i}_x"}
        draft.step(f"weighted_{i}", "rewrite", f"l{i} = h*{b[i - 1]}*(L{i}_x + P{i}*f{i}_x)", *how, how=how)
    how = {"costate": "hole"} | {f"weighted_{i}": "hole" for i in stages}
    draft.step("update_p", "rewrite", f"p.next = p - h*{swing(b)}", *how, how={id: "-hole" for id in how})
    for i, row in zip(stages, ratios, strict=True):
        how = {f"value_{i}": "hole", "update_p": "hole"} | {f"weighted_{j}": f"{r}*hole" for j, r in enumerate(row, 1) if r != "0"}
        own = [id for id in known if id.startswith(f"partner_{i}")]
        draft.step(f"stage_p_{i}", "rewrite", f"P{i} = p - h*{swing(adjoint[i - 1])}", *how, *own, how=how)
    weights = "h*" + plus(f"{b[i - 1]}*(L{i}_theta + P{i}*f{i}_theta)" for i in stages)
    slots = {"value": "J_theta", "last": "Psi_theta", "sum": weights}
    draft.step("exact", "rewrite", slots, "gradient_theta", *(f"value_{i}" for i in stages))
    draft.conclusions += ("update_p", *(f"stage_p_{i}" for i in stages), "exact")


# Optimise, then discretise: any method (A, B) for the costate at the stages of (a, b)


def costate_method(draft: Draft, stages: range) -> None:
    """K_i = L_x + P_i f_x, P_i = p - h sum_j A_ij K_j, p.next = p - h sum_i B_i K_i."""
    for i in stages:
        draft.let(**{f"P{i}": "1 n", f"K{i}": "1 n", f"B{i}": "1 1 constant", f"D{i}": "n 1"})
        draft.let(**{f"A{i}{j}": "1 1 constant" for j in stages})
        draft.assume(f"costate_{i}", f"P{i} = p - h*" + plus(f"A{i}{j}*K{j}" for j in stages))
        draft.assume(f"slope_{i}", f"K{i} = L{i}_x + P{i}*f{i}_x")
    draft.assume("update_p", "p.next = p - h*" + plus(f"B{i}*K{i}" for i in stages))
    draft.assume("terminal", "p = Psi_x at last")


def tangents(draft: Draft, a: Matrix, b: Sequence[str], stages: range) -> None:
    """The linearised method, with D_i the variation of the slope f_i."""
    for i in stages:
        draft.define(f"moved_{i}", f"D{i} = f{i}_x*X{i}.delta + f{i}_theta*theta.delta")
    moved = tuple(f"moved_{i}" for i in stages)
    for i in stages:
        row = plus(f"{a[i - 1][j - 1]}*D{j}" for j in stages)
        put = (*fixed(a[i - 1 : i], ()), *moved)
        draft.step(f"tangent_{i}", "differentiate", f"X{i}.delta = x.delta + h*{row}", f"stage_{i}", *put, by="delta")
    total = "x.delta.next = x.delta + h*" + plus(f"{b[i - 1]}*D{i}" for i in stages)
    draft.step("tangent", "differentiate", total, "update", *fixed((), b), *moved, by="delta")


def defect(draft: Draft, a: Matrix, b: Sequence[str], stages: range) -> None:
    """p.next x.delta.next - p x.delta, and with it J.delta, for any (A, B): the pairing's residual is all that is left."""
    weights = plus(f"{b[i - 1]}*(L{i}_theta + P{i}*f{i}_theta)" for i in stages)
    states = plus(f"{b[i - 1]}*L{i}_x*X{i}.delta" for i in stages)
    forced = plus(f"{b[i - 1]}*P{i}*f{i}_theta" for i in stages)
    residual = plus(f"(b{i}*A{i}{j} + B{j}*{a[j - 1][i - 1]} - b{i}*B{j})*K{j}*D{i}" for i in stages for j in stages)
    unequal = plus(f"(b{i} - B{i})*K{i}*X{i}.delta" for i in stages)
    draft.let(g="1 1")
    draft.define("gain", "g = p.next*x.delta.next - p*x.delta")
    slopes = plus(f"{b[i - 1]}*D{i}" for i in stages)
    how = {"gain": "hole", "tangent": "p.next*hole", "update_p": f"hole*(x.delta + h*{slopes})"}
    for i in stages:
        how |= {f"costate_{i}": f"-h*b{i}*hole*D{i}", f"tangent_{i}": f"h*B{i}*K{i}*hole", f"moved_{i}": f"h*b{i}*P{i}*hole",
                f"slope_{i}": f"-h*b{i}*hole*X{i}.delta"}
    gained = f"g = -h*{states} + h*{forced}*theta.delta + h*{unequal} + h**2*{residual}"
    draft.step("invariant", "rewrite", gained, *how, how=how)
    draft.step("variation", "differentiate", draft.vary("cost", "delta", *fixed((), b)), "cost", *fixed((), b), by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at first", "start", by="delta")
    slots = {"value": "J.delta", "first": "p*x0.delta", "last": "Psi_theta*theta.delta"}
    whole = draft.claim("variation")["sum"] + " + g"
    draft.step("gathered", "rewrite", {**slots, "sum": whole}, "parts", "gain", "terminal", "start_varies")
    total = f"h*{weights}*theta.delta + h*{unequal} + h**2*{residual}"
    draft.step("defect", "rewrite", {**slots, "sum": total}, "gathered", "invariant")


def other_pair(stages: int) -> Draft:
    """What the gradient of J loses when the costate is solved by any method (A, B) at the stages of (a, b)."""
    (a, b), count = tableau("full", stages), range(1, stages + 1)
    draft = Draft(LAYERS, "layers")
    declare(draft, a, b)
    method(draft, a, b)
    costate_method(draft, count)
    tangents(draft, a, b, count)
    defect(draft, a, b, count)
    draft.conclusions = ("invariant", "defect")
    return draft


def symplectic_pair(stages: int) -> Draft:
    """Under the pairing, optimise-then-discretise gives the exact gradient of the discrete J, and p x.delta moves by L alone."""
    draft, count = other_pair(stages), range(1, stages + 1)
    divisors(draft, *tableau("full", stages)[1])
    for i in count:
        draft.assume(f"weight_{i}", f"B{i} = b{i}")
        for j in count:
            draft.assume(f"partner_{i}{j}", f"A{i}{j} = b{j} - b{j}*a{j}{i}/b{i}")
    paired = tuple(id for i in count for id in (f"weight_{i}", *(f"partner_{i}{j}" for j in count)))
    states = plus(f"b{i}*L{i}_x*X{i}.delta" for i in count)
    forced = plus(f"b{i}*P{i}*f{i}_theta" for i in count)
    draft.step("conserved", "rewrite", f"g = -h*{states} + h*{forced}*theta.delta", "invariant", *paired, how={"invariant": "hole"})
    weights = "h*" + plus(f"b{i}*(L{i}_theta + P{i}*f{i}_theta)" for i in count)
    slots = {"value": "J.delta", "first": "p*x0.delta", "last": "Psi_theta*theta.delta", "sum": f"{weights}*theta.delta"}
    draft.step("first_variation", "rewrite", slots, "defect", *paired)
    draft.let(J_x0="1 n constant", J_theta="1 m constant")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "first": "p"}, "first_variation", of="x0.delta")
    draft.step("gradient_theta", "gradient", {"value": "J_theta", "last": "Psi_theta", "sum": weights}, "first_variation", of="theta.delta")
    draft.conclusions = ("conserved", "gradient_x0", "gradient_theta")
    return draft


def pairing() -> Draft:
    """For every s: with B = diag(b), b = B 1 and A = 1 b' - B^-1 a' B the pairing B A + a' B = b b' holds, and only for this A."""
    draft = Draft()
    draft.let(B="s s constant symmetric nonzero", one="s 1 constant", b="s 1 constant", **dict.fromkeys("aACE", "s s constant"))
    draft.define("weights", "b = B*one")
    draft.define("partner", "A = one*transpose(b) - inverse(B)*transpose(a)*B")
    draft.step("paired", "rewrite", "B*A + transpose(a)*B = b*transpose(b)", "partner", "weights")
    draft.define("other", "E = B*C + transpose(a)*B - b*transpose(b)")
    draft.assume("also_paired", "E = 0")
    how = {"other": "-inverse(B)*hole", "also_paired": "inverse(B)*hole", "partner": "-hole"}
    draft.step("only", "rewrite", "C = A", *how, "weights", how=how)
    draft.conclusions = ("paired", "only")
    return draft


def euler_index_shift() -> Draft:
    """Euler's method for the costate, forward at the same index or backward at the next one, is not the adjoint of Euler's method."""
    draft = Draft(LAYERS, "layers")
    draft.let(x="n 1", x0="n 1 constant input", p="1 n", q="1 n", r="1 n", d="1 n", J="1 1 constant", h="1 1")
    draft.function("f", "n 1", x="f_x n n")
    draft.function("L", "1 1", x="L_x 1 n")
    draft.function("Psi", "1 1", x="Psi_x 1 n")
    draft.assume("grid", "h.delta = 0")
    draft.assume("update", "x.next = x + h*f")
    draft.define("cost", {"value": "J", "last": "Psi", "sum": "h*L"})
    draft.step("lagrangian", "rewrite", {"value": "J", "last": "Psi", "sum": "h*L + p.next*(x + h*f - x.next)"}, "cost", "update")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta", "grid"), "lagrangian", "grid", by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("costate", "choose", draft.costate("parts", "sum", "x.delta", "p"), "parts", of="x.delta")
    draft.assume("same_method", "q.next = q - h*(L_x + q*f_x)")
    draft.assume("same_next", "p.next = q.next")
    how = {"same_method": "hole", "same_next": "-hole", "costate": "-hole"}
    draft.step("same_index", "rewrite", "q - p = h*(q - p.next)*f_x", *how, how={**how, "same_method": "-hole"})
    gap, put = "q - p = h**2*(L_x + q*f_x)*f_x", ("same_next", "same_method")
    draft.step("exact_gap", "rewrite", gap, "same_index", *put, how={"same_index": "hole"})
    draft.assume("shifted", "r = r.next + h*(L_x.next + r.next*f_x.next)")
    draft.assume("shifted_next", "r.next = p.next")
    how = {"shifted": "hole", "costate": "-hole"}
    gap = "r - p = h*(L_x.next - L_x + p.next*(f_x.next - f_x))"
    draft.step("index_shift", "rewrite", gap, "shifted", "costate", "shifted_next", how=how)
    draft.conclusions = ("costate", "exact_gap", "index_shift")
    return draft
