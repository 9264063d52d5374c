"""Settings: for each kind of notes the facts that hold in it, every one with its whole proof, judged by the trusted core.

A setting is a theorem's document that goes further than the theorem: it also names what notes speak of (H and its partials, the
states of the reverse-time system, sensitivities).  Hypotheses that only some notes make (a stationary control, a free final time)
are `optional`: facts that rest on them count only where the context names them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

from adjointcheck.derive.theories import discrete, end_conditions, events, neural, runge_kutta
from adjointcheck.derive.theories.bolza import bolza, extended, fields
from adjointcheck.derive.theories.draft import Draft
from adjointcheck.errors import DisagreementError
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import Expression, symbols_of
from adjointcheck.notes.letters.folding import folded
from adjointcheck.notes.proofs.equilibrium import equilibrium
from adjointcheck.notes.proofs.partitioned import TOLD as BLOCKS
from adjointcheck.notes.proofs.partitioned import partitioned
from adjointcheck.notes.proofs.second_order import ALONE, STRAIGHT, second_order
from adjointcheck.trusted.language import Fact, Language, read_language
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status


@dataclass(frozen=True)
class Setting:
    """A proved document and the hypotheses in it that a context has to name before anything may rest on them."""

    document: Mapping[str, Any]
    optional: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.document["name"]

    @cached_property
    def language(self) -> Language:
        return read_language(self.document)

    @cached_property
    def steps(self) -> Mapping[str, Mapping[str, Any]]:
        return {step["id"]: step for step in self.document["steps"]}

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        return {id: self.language.fact(step["claim"], id) for id, step in self.steps.items()}

    @cached_property
    def sources(self) -> Mapping[str, frozenset[str]]:
        """Each step with all steps that it rests on, itself included."""
        found: dict[str, frozenset[str]] = {}
        for id, step in self.steps.items():
            found[id] = frozenset({id}).union(*(found[premise] for premise in step["premises"]))
        return found

    def available(self, hypotheses: Iterable[str] = (), without: Iterable[str] = ()) -> list[str]:
        """The steps that rest on no optional hypothesis but `hypotheses`, and on none of the steps `without`."""
        barred = (self.optional - {*hypotheses}) | {*without}
        return [id for id, sources in self.sources.items() if not barred & sources]


# Making settings of drafts

def specialise(document: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The theorem where letters are values, such as L = 0 or h = 1; what was said of those letters alone is left out."""
    functions = document["functions"]
    while more := {part: "0" for f, slopes in functions.items() if f in values for part in slopes.values() if part not in values}:
        values = {**values, **more}
    put = {name: parse(text, "value", caps=LOG, matrices=True) for name, text in values.items()}
    gone = {step["id"] for step in document["steps"] if {_base(step["claim"].get("left", step["claim"].get("value"))),
                                                         _base(step["how"].get("of", "."))} & put.keys()}
    steps = [_step(step, put, gone) for step in document["steps"] if step["id"] not in gone]
    kept = {f: {a: part for a, part in slopes.items() if not {a, part} & put.keys()} for f, slopes in functions.items() if f not in put}
    letters = {name: shape for name, shape in document["letters"].items() if name not in put}
    return {**document, "letters": letters, "functions": kept, "steps": steps,
            "conclusions": [id for id in document["conclusions"] if id not in gone]}


def _base(name: str) -> str:
    return name.partition(".")[0]


def _step(step: Mapping[str, Any], put: Mapping[str, Expression], gone: set[str]) -> dict[str, Any]:
    how = {key: text if key == "by" else _put(text, put) for key, text in step["how"].items() if key not in gone}
    claim = {slot: text if slot == "at" else _put(text, put) for slot, text in step["claim"].items()}
    return {**step, "claim": claim, "premises": [id for id in step["premises"] if id not in gone], "how": how}


def _put(text: str, put: Mapping[str, Expression]) -> str:
    root = parse(text, "step", caps=LOG, matrices=True)
    return to_text(folded(root, put)) if put.keys() & {_base(name) for name in symbols_of(root)} else text


def judged(document: Mapping[str, Any], optional: Iterable[str] = ()) -> Setting:
    """A setting from a document; raises DisagreementError if the core does not prove every step of it."""
    wrong = [step for step in judge_theory(document).steps if step.verdict.status is not Status.PROVED]
    if wrong:
        raise DisagreementError(f"setting {document['name']}", f"{wrong[0].name}: {wrong[0].verdict.reason}", "every step proved")
    return Setting(document, frozenset(optional))


# The kinds of notes


def continuous() -> Draft:
    """Bolza's problem with what notes say of it: H and its partials, the augmented reverse-time system, sensitivities, a density.

    Optional: `stationary` (J is stationary in w) and `free_final_time` (in t1).
    """
    draft = bolza()
    spoken_of(draft)
    reverse_time(draft)
    density(draft)
    draft.assume("stationary", "J_w = 0")
    solved = {"gradient_w": "-hole", "stationary": "hole"}
    draft.step("stationary_control", "rewrite", "L_w = -p*f_w", *solved, how=solved)
    draft.step("stationarity", "rewrite", "L_w + p*f_w = 0", *solved, how=solved)
    draft.assume("free_final_time", "J_t1 = 0")
    draft.step("transversality", "rewrite", {"value": "0", "t1": "L + p*f + Psi_t"}, "gradient_t1", "free_final_time")
    for point in ("t0", "t1"):
        draft.assume(f"time_{point}", f"t = {point} at {point}")
    return draft


def variations(control: str) -> Draft:
    """The same for claims on J.delta, where any input may be held fixed (`x0_fixed` ...) and w.delta may be `control`."""
    draft = Draft()
    fields(draft, "Psi", t1="1 1 constant", w="k 1")
    draft.let(t0="1 1 constant", x0="n 1 constant", theta="m 1 constant", eta="1 1 constant")
    extended(draft, "Psi")
    spoken_of(draft)
    draft.let(J_x0="1 n constant", J_w="1 k", J_theta="1 m constant")  # proved where these are free
    draft.define("gradient_x0", {"value": "J_x0", "t0": "p"})
    draft.define("gradient_w", "J_w = L_w + p*f_w")
    draft.define("gradient_theta", {"value": "J_theta", "t1": "Psi_theta", "integrand": "L_theta + p*f_theta"})
    for letter in ("x0", "theta", "t0", "t1"):
        draft.assume(f"{letter}_fixed", f"{letter}.delta = 0")
    draft.assume("w_fixed" if control == "0" else "downhill", f"w.delta = {control}")
    return draft


def spoken_of(draft: Draft, after: str = "p") -> None:
    """H and its partials, dJ/dx(t) = p (the theorem's dJ/dx0 with the start at t), J_a."""
    draft.let(I="n n identity", I_k="k k identity", I_m="m m identity", J_x="1 n", J_a="1 1 constant")
    draft.let(H="1 1", H_t="1 1", H_x="1 n", H_w="1 k", H_theta="1 m", H_p="n 1")
    draft.define("sensitivity_of_cost", "J_x = p")
    draft.define("hamiltonian", f"H = L + {after}*f")
    for name in ("t", "x", "w", "theta"):
        draft.define(f"hamiltonian_{name}", f"H_{name} = L_{name} + {after}*f_{name}")
    draft.define("hamiltonian_p", "H_p = f")
    draft.define("augmented_cost", {**draft.claim("lagrangian"), "value": "J_a"})


def reverse_time(draft: Draft) -> None:
    """a_theta and a_t, which carry the gradients backwards, and the sensitivities S = dx/dtheta and M = dx/dx0 forwards."""
    draft.let(a_theta="1 m", a_t="1 1", S="n m", M="n n nonzero", x0_theta="n m constant")
    draft.assume("law_theta", "a_theta.dot = -(L_theta + p*f_theta)")
    draft.assume("end_theta", "a_theta = Psi_theta at t1")
    draft.define("law_t", "a_t = -(L + p*f)")
    draft.assume("sensitivity", "S.dot = f_x*S + f_theta")
    draft.assume("sensitivity_start", "S = x0_theta at t0")
    forward_gradient(draft)
    draft.assume("flow", "M.dot = f_x*M")
    draft.assume("flow_start", "M = I at t0")


def flown(draft: Draft) -> None:
    """S = dx/dtheta and M = dx/dx0 wherever nothing jumps."""
    draft.let(S="n m", M="n n nonzero", x0_theta="n m constant")
    draft.assume("sensitivity", "S.dot = f_x*S + f_theta")
    draft.assume("sensitivity_start", "S = x0_theta at t0")
    draft.assume("flow", "M.dot = f_x*M")
    draft.assume("flow_start", "M = I at t0")


def forward_gradient(draft: Draft, observed: Mapping[str, tuple[str, str]] = MappingProxyType({})) -> None:
    """dJ/dtheta by sensitivities, int (L_x S + L_theta) dt + Psi_x S + Psi_theta: what S means, for any multiplier.

    That the costate's gradient says the same is proved (`whole_theta` to `forward_theta`).  `observed`: phi_theta, phi_x S by points.
    """
    kept = {s: explicit for s, (explicit, _) in observed.items()}
    whole = {"value": "J_theta + J_x0*x0_theta", "integrand": "L_theta + p*f_theta", "t1": "Psi_theta", "t0": "p*x0_theta", **kept}
    found = {"value": whole["value"], "integrand": "L_theta + L_x*S", "t1": "Psi_theta + Psi_x*S",
             **{s: " + ".join(terms) for s, terms in observed.items()}}
    draft.assume("chain_rule_theta", found)
    how = {"gradient_theta": "hole", "gradient_x0": "hole*x0_theta"}
    draft.step("whole_theta", "rewrite", whole, *how, how=how)
    draft.step("whole_theta_moved", "by_parts", draft.by_parts("whole_theta", "p*S"), "whole_theta", boundary="p*S")
    known = (f"{name}_{s}" for s in observed for name in ("jump", "sensitivity"))
    draft.step("forward_theta", "rewrite", found, "whole_theta_moved", "costate", "sensitivity", "terminal", "sensitivity_start", *known)
    draft.step("adjoint_theta", "rewrite", draft.claim("gradient_theta"), "gradient_theta", how={"gradient_theta": "hole"})


def density(draft: Draft) -> None:
    """rho along the flow: rho det M = rho0, so d rho/dt = -rho tr f_x (Jacobi); the score is the gradient of log rho where it stands."""
    draft.let(rho="1 1 positive", rho0="1 1 constant", score="1 n")
    draft.function("div", "1 1", t="div_t 1 1", x="div_x 1 n", w="div_w 1 k", theta="div_theta 1 m")
    draft.assume("divergence", "div = trace(f_x)")
    draft.assume("score_law", "score.dot = -(score*f_x + div_x)")
    draft.assume("mass", "rho = rho0/det(M)")
    draft.step("jacobi", "differentiate", "rho.dot = -rho0/det(M)*trace(f_x)", "mass", "flow", by="dot")
    draft.step("continuity", "rewrite", "rho.dot = -rho*trace(f_x)", "jacobi", "mass")
    draft.assume("base", "rho0 = exp(-Psi)*det(M) at t1")
    draft.assume("base_score", "score = -Psi_x at t1")
    draft.step("nothing", "rewrite", {"value": "0"})
    carried = {"value": "0", "t0": "-log(rho)", "t1": "log(rho)", "integrand": "-rho.dot/rho"}
    draft.step("carried", "by_parts", carried, "nothing", boundary="log(rho)")
    likelihood = {"value": "0", "t0": "-log(rho)", "t1": "-Psi", "integrand": "trace(f_x)"}
    draft.step("likelihood", "rewrite", likelihood, "carried", "continuity", "mass", "base")


def layers(step: str, stage: str, inputs: bool = True) -> Draft:
    """x.next = step, J = Xi(x_0) + Psi(x_N) + sum of stage: discrete Lagrangian, costate, gradients; f and L may differ by layer through t.

    Without `inputs` nothing is free: no gradients, but x0 and theta may be held fixed in claims on J.delta.
    """
    draft = Draft(points=("first", "last"), over="layers")
    draft.let(t="1 1", x="n 1", w="k 1 input", theta="m 1 constant input", x0="n 1 constant input", p="1 n", h="1 1 constant nonzero",
              I="n n identity", J="1 1 constant")
    draft.function("f", "n 1", t="f_t n 1", x="f_x n n", w="f_w n k", theta="f_theta n m")
    draft.function("L", "1 1", t="L_t 1 1", x="L_x 1 n", w="L_w 1 k", theta="L_theta 1 m")
    draft.function("Psi", "1 1", x="Psi_x 1 n", theta="Psi_theta 1 m")
    draft.function("Xi", "1 1", x="Xi_x 1 n")
    for letter in ("t", "h"):
        draft.assume(f"{letter}_given", f"{letter}.delta = 0")
    given = ("t_given", "h_given")
    draft.assume("dynamics", f"x.next = {step}")
    draft.assume("start", "x = x0 at first")
    draft.define("cost", {"value": "J", "first": "Xi", "last": "Psi", "sum": stage})
    draft.step("lagrangian", "rewrite", {**draft.claim("cost"), "sum": f"{stage} + p.next*({step} - x.next)"}, "cost", "dynamics")
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta", *given), "lagrangian", *given, by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", "-p*x.delta"), "variation", boundary="-p*x.delta")
    draft.step("costate", "choose", draft.costate("parts", "sum", "x.delta", "p"), "parts", of="x.delta")
    draft.step("terminal", "choose", draft.costate("parts", "last", "x.delta", "p"), "parts", of="x.delta")
    draft.step("start_varies", "differentiate", "x.delta = x0.delta at first", "start", by="delta")
    part = {name: f"({stage.replace('L', f'L_{name}')} + {'h*' if 'h' in step else ''}p.next*f_{name})" for name in ("w", "theta")}
    varied = f"{part['w']}*w.delta + {part['theta']}*theta.delta"
    slots = {"value": "J.delta", "first": "(Xi_x + p)*x0.delta", "last": "Psi_theta*theta.delta", "sum": varied}
    draft.step("first_variation", "rewrite", slots, "parts", "dynamics", "costate", "terminal", "start_varies")
    spoken_of(draft, "p.next")
    draft.assume("sensitivity_of_cost_last", "J_x = p at last")
    if not inputs:
        draft.let(x0="n 1 constant", w="k 1", theta="m 1 constant", J_x0="1 n constant", J_w="1 k")  # proved where these are free
        draft.define("gradient_x0", {"value": "J_x0", "first": "Xi_x + p"})
        draft.define("gradient_w", f"J_w = {part['w']}")
        for letter in ("x0", "theta", "w"):
            draft.assume(f"{letter}_fixed", f"{letter}.delta = 0")
        return draft
    draft.let(J_x0="1 n constant", J_w="1 k", J_theta="1 m constant")
    draft.step("gradient_x0", "gradient", {"value": "J_x0", "first": "Xi_x + p"}, "first_variation", of="x0.delta")
    draft.step("gradient_w", "gradient", f"J_w = {part['w']}", "first_variation", of="w.delta")
    slots = {"value": "J_theta", "last": "Psi_theta", "sum": part["theta"]}
    draft.step("gradient_theta", "gradient", slots, "first_variation", of="theta.delta")
    draft.assume("stationary", "J_w = 0")
    solved = {"gradient_w": "-hole", "stationary": "hole"}
    draft.step("stationarity", "rewrite", f"{part['w']} = 0", *solved, how=solved)
    if "h" in stage:
        draft.step("stationary_field", "rewrite", "L_w + p.next*f_w = 0", "stationarity", how={"stationarity": "hole/h"})
    return draft


def speaking(build: Callable[..., Draft]) -> Callable[..., Draft]:
    """A theorem's draft that also names H and what else notes speak of."""

    def extended_draft(*options: Any) -> Draft:
        draft = build(*options)
        spoken_of(draft)
        return draft

    return extended_draft


def observations(moving: bool) -> Draft:
    """The theorem on observations, with ends that may be moving, with sensitivities, and a start that may move with the parameters."""
    draft = events.observations(moving)
    spoken_of(draft)
    flown(draft)
    for s in ("s", "r"):
        draft.assume(f"sensitivity_{s}", f"S.after = S.before at {s}")
        draft.assume(f"flow_{s}", f"M.after = M.before at {s}")
    forward_gradient(draft, {s: (f"phi_{s}_theta.before", f"phi_{s}_x.before*S.before") for s in ("s", "r")})
    draft.let(a_theta="1 m")
    draft.assume("law_theta", "a_theta.dot = -(L_theta + p*f_theta)")
    draft.assume("end_theta", "a_theta = Psi_theta at t1")
    for s in ("s", "r"):
        draft.assume(f"jump_theta_{s}", f"a_theta.before = a_theta.after + phi_{s}_theta.before at {s}")
    return draft


def event(reset: str, moving: bool) -> Draft:
    """The theorem on events, and the jump of the Hamiltonian: the jump of p, multiplied by f, with g_x f = G - g_t."""
    draft = events.event(reset, moving)
    spoken_of(draft)
    flown(draft)
    if not reset:
        draft.assume("same_f_s", "f.after = f.before at s")
        draft.assume("same_L_s", "L.after = L.before at s")
    moved, kept = ("r_t.before + r_x.before*f.before", "p.after*r_x.before") if reset == "r" else ("f.before", "p.after")
    rate = f"phi_s_t.before + phi_s_x.before*f.before + L.before - L.after + p.after*({moved} - f.after)"
    how = {"jump": "hole*f.before", "transversal": f"({rate})/G*hole"}
    right = f"phi_s_x.before*f.before + {kept}*f.before - ({rate}) + ({rate})/G*g_t.before"
    draft.step("hamiltonian_jump", "rewrite", f"p.before*f.before = {right} at s", *how, how=how)
    return draft


def event_varied(reset: str) -> Draft:
    """The same with nothing free, where the parameters may be held fixed: dx^+/dx^- beside a guard and a reset that depend on them."""
    draft = event(reset, False)
    draft.let(theta="m 1 constant", x0="n 1 constant")
    draft.steps = [step for step in draft.steps if step["rule"] != "gradient"]
    draft.assume("theta_fixed", "theta.delta = 0")
    draft.conclusions = ("event_time", "reset_varies")
    return draft


def small_step() -> Draft:
    """x.next is x(t + eps), X its derivative by x, V = det X, p the costate: the theorem from discrete to continuous."""
    draft = discrete.discrete_to_continuous()
    draft.let(t="1 1", theta="m 1 constant", rho="1 1 positive", V="1 1 positive varies", u="1 1 varies", d="1 1 varies")
    draft.step("determinant", "expand", "det(I + eps*f_x) = 1 + eps*trace(f_x) + eps**2*d", order="1", remainder="d")
    draft.assume("volume", "V = det(I + eps*f_x) + eps**2*u")
    how = {"volume": "hole", "determinant": "hole"}
    draft.step("volume_expanded", "rewrite", "V = 1 + eps*trace(f_x) + eps**2*(d + u)", *how, how=how)
    draft.assume("mass", "rho = rho.next*V")
    return draft


def one_step() -> Draft:
    """Q = L(x, w) + V'(f(x, w)) with first and second partials, and its quadratic model at the best w.delta: V_x, V_xx and what is gained.

    vf_xx is V'_x f_xx, 0 where second derivatives of f are left out; Q_ww is invertible.
    """
    draft = Draft(points=())
    draft.let(x="n 1", w="k 1", dV="1 1", I="n n identity", I_k="k k identity")
    draft.function("f", "n 1", x="f_x n n", w="f_w n k")
    for name in ("L", "Qfun", "Vfun", "Vnext"):
        draft.function(name, "1 1", x=f"{name}_x 1 n", **({"w": f"{name}_w 1 k"} if name in ("L", "Qfun") else {}))
    sizes = {"x": "n", "w": "k"}
    for name in ("L", "Qfun", "vf"):
        for a, b in ("xx", "ww", "wx", "xw"):
            flags = " symmetric" * (a == b) + " nonzero" * (f"{name}_{a}{b}" == "Qfun_ww")
            draft.let(**{f"{name}_{a}{b}": f"{sizes[a]} {sizes[b]}{flags}"})
        draft.assume(f"mixed_{name}", f"{name}_xw = transpose({name}_wx)")
    draft.let(Vfun_xx="n n symmetric", Vnext_xx="n n symmetric")
    for a in sizes:
        draft.assume(f"step_{a}", f"Qfun_{a} = L_{a} + Vnext_x*f_{a}")
    for a, b in ("xx", "ww", "wx"):
        draft.assume(f"step_{a}{b}", f"Qfun_{a}{b} = L_{a}{b} + transpose(f_{a})*Vnext_xx*f_{b} + vf_{a}{b}")
        draft.assume(f"flat_{a}{b}", f"vf_{a}{b} = 0")
    draft.let(slope="k 1", model="1 1")
    draft.define("model_slope", "slope = transpose(Qfun_w) + Qfun_wx*x.delta + Qfun_ww*w.delta")
    draft.assume("least_slope", "slope = 0")
    how = {"model_slope": "-inverse(Qfun_ww)*hole", "least_slope": "inverse(Qfun_ww)*hole"}
    draft.step("best", "rewrite", "w.delta = -inverse(Qfun_ww)*(transpose(Qfun_w) + Qfun_wx*x.delta)", *how, how=how)
    draft.assume("least_x", "Vfun_x = Qfun_x - Qfun_w*inverse(Qfun_ww)*Qfun_wx")
    draft.assume("least_xx", "Vfun_xx = Qfun_xx - transpose(Qfun_wx)*inverse(Qfun_ww)*Qfun_wx")
    draft.assume("gained", "dV = -Qfun_w*inverse(Qfun_ww)*transpose(Qfun_w)/2")
    square = "transpose({x}.delta)*{F}_{x}{y}*{y}.delta/2"
    terms = [square.format(F="Qfun", x=a, y=a) for a in sizes]
    draft.define("model", f"model = Qfun + Qfun_x*x.delta + Qfun_w*w.delta + {terms[0]} + transpose(w.delta)*Qfun_wx*x.delta + {terms[1]}")
    least = f"model = Qfun + dV + Vfun_x*x.delta + {square.format(F='Vfun', x='x', y='x')}"
    draft.step("least", "rewrite", least, "model", "best", "least_x", "least_xx", "gained")
    return draft


HIDDEN_STEP = tuple(f"step_{by}" for by in ("x", "w", "xx", "ww", "wx")), ("best", "least_x", "least_xx", "gained")
"""Of one step either its parts or its model are put in: the inverse of a sum is not known."""


def algebra() -> Draft:
    """Letters of the notes alone, beside layers of no kind that is known."""
    draft = Draft(points=())
    draft.let(I="n n identity")
    draft.step("own_transpose", "rewrite", "transpose(I) = I")
    return draft


def estimator() -> Draft:
    """Hutchinson's theorem for the Jacobian of a field, which is not random."""
    draft = Draft(points=())
    draft.let(noise="n 1", I="n n identity", x="n 1 constant")
    draft.function("f", "n 1 constant", x="f_x n n constant")
    draft.assume("white", {"value": "I", "mean": "noise*transpose(noise)"})
    draft.step("unbiased", "rewrite", {"value": "trace(f_x)", "mean": "transpose(noise)*f_x*noise"}, "white",
               how={"white": "trace(f_x*hole)"})
    draft.conclusions = ("unbiased",)
    return draft


def stages(kind: str, count: int) -> Draft:
    """The theorem on a Runge-Kutta method of `count` stages, its costate equations with all terms on one side, and dJ/dx_n.

    Stages stand on each other, so that no equation may be put into another: the others are hidden (`HIDDEN_STAGES`).
    """
    draft, numbers = runge_kutta.runge_kutta(kind, count), range(1, count + 1)
    a, b = runge_kutta.tableau(kind, count)

    def swing(row: list[str]) -> str:
        return runge_kutta.plus(f"{entry}*(L{j}_x + P{j}*f{j}_x)" for j, entry in enumerate(row, 1))

    draft.step("balance", "rewrite", f"p - p.next - h*{swing(list(b))} = 0", "update_p", how={"update_p": "-hole"})
    for i in numbers:
        column = [runge_kutta.ratio(a[j - 1][i - 1], b[i - 1]) for j in numbers]
        how = {f"value_{i}": "hole"} | {f"weighted_{j}": f"{entry}*hole" for j, entry in enumerate(column, 1) if entry != "0"}
        back = [f"{entry}*{b[j - 1]}" if entry != "0" else "0" for j, entry in enumerate(column, 1)]
        draft.step(f"back_{i}", "rewrite", f"P{i} - p.next - h*{swing(back)} = 0", *how, how=how)
        fore, how = swing([f"A{i}{j}" for j in numbers]), {f"stage_p_{i}": "hole"}
        draft.step(f"fore_{i}", "rewrite", f"P{i} - p + h*{fore} = 0", *how, how=how)
        if kind == "explicit":  # each stands on later ones alone, and may be put in
            draft.step(f"later_{i}", "rewrite", f"P{i} = p.next + h*{swing(back)}", f"back_{i}", how={f"back_{i}": "hole"})
    if kind == "explicit":
        draft.step("later", "rewrite", f"p = p.next + h*{swing(list(b))}", "balance", how={"balance": "hole"})
    draft.let(J_x="1 n", h="1 1 constant nonzero")
    draft.define("sensitivity_of_cost", "J_x = p")
    return draft


TOLD = "stages_told:"  # before the coefficients of a method


def told_stages(text: str) -> Draft:
    """The discrete adjoint of one method, with the costates of its stages where no weight is 0."""
    rows = ([row.split() for row in part.split(";")] for part in text.split("|"))
    lower, (weights,) = ([[runge_kutta.exact(Fraction(entry)) for entry in row] for row in part] for part in rows)
    count = range(len(weights))
    explicit = all(lower[i][j] == "0" for i in count for j in count if j >= i)
    draft = runge_kutta.discrete_adjoint(lower, weights, "explicit" if explicit else "full")
    if "0" not in weights:
        formula = [[f"({weights[j]} - {weights[j]}*{runge_kutta.ratio(lower[j][i], weights[i])})" for j in count] for i in count]
        runge_kutta.partner(draft, lower, weights, formula)
    if len(weights) == 1 and "0" not in weights:
        share = runge_kutta.ratio(lower[0][0], weights[0])
        how = {"value_1": "hole", "costate": f"-{share}*hole"}
        draft.step("between", "rewrite", f"P1 = p.next + {share}*(p - p.next)", *how, how=how)
    draft.let(J_x="1 n", h="1 1 constant nonzero")
    draft.define("sensitivity_of_cost", "J_x = p")
    return draft


def stages_varied(count: int) -> Draft:
    """The same method with its variations, nothing free: the product of costate and variation from one time step to the next."""
    draft, numbers = runge_kutta.symplectic_pair(count), range(1, count + 1)
    draft.let(theta="m 1 constant", x0="n 1 constant")
    draft.steps = [step for step in draft.steps if step["rule"] != "gradient"]
    draft.assume("theta_fixed", "theta.delta = 0")
    draft.assume("x0_fixed", "x0.delta = 0")
    moved = runge_kutta.plus(f"b{i}*(P{i}*f{i}_theta*theta.delta - L{i}_x*X{i}.delta)" for i in numbers)
    how = {"gain": "-hole", "conserved": "hole"}
    draft.step("product", "rewrite", f"p.next*x.delta.next - p*x.delta - h*{moved} = 0", *how, how=how)
    draft.conclusions = ("product",)
    return draft


HIDDEN_VARIED = ("gain", "conserved", "invariant", "update", "update_p", "tangent", *(f"{name}_{i}" for i in range(1, 4) for name in (
    "stage", "costate", "slope", "tangent", "moved")))
HIDDEN_PARTNER = ("update_p", *(f"{name}_{i}" for i in range(1, 5) for name in ("weighted", "stage_p")))
HIDDEN_STAGES = ("costate", "update_p", *(f"{name}_{i}" for i in range(1, 4) for name in (
    "cotangent", "slope", "residual", "vanishes", "value", "weighted", "stage_p")))


@dataclass(frozen=True)
class Kind:
    """A kind of notes: who drafts its setting, the letters under other names, the hypotheses in it that are optional."""

    title: str
    draft: Callable[..., Draft]
    options: tuple[Any, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    optional: tuple[str, ...] = ()


_CONTROL = ("stationary", "free_final_time")
_BASE = ("base", "base_score")
_HELD = ("x0_fixed", "theta_fixed", "t0_fixed", "t1_fixed")
_IN_BLOCKS = (*_CONTROL, *_HELD, "w_fixed", *(f"x0_fixed_{i}" for i in range(1, 10)))
_SAME = ("same_f_s", "same_L_s", "same_f_r", "same_L_r")  # f and L do not jump where an observation is made
_PHI = {f"phi_s{part}": f"phi{part}" for part in ("", "_t", "_x", "_theta")}
KINDS: dict[str, Kind] = {
    "continuous": Kind("Bolza's problem with its reverse-time system", continuous, optional=(*_CONTROL, *_BASE)),
    "variations": Kind("Bolza's problem, varied", variations, ("0",), optional=(*_HELD, "w_fixed")),
    "descent": Kind("Bolza's problem, w moved downhill", variations, ("-eta*transpose(L_w + p*f_w)",), optional=_HELD),
    "map": Kind("Layers x.next = f(x, w)", layers, ("f", "L"), optional=("stationary",)),
    "euler": Kind("Layers x.next = x + h f(x, w), cost h L", layers, ("x + h*f", "h*L"), optional=("stationary",)),
    "euler_sum": Kind("Layers x.next = x + h f(x, w), cost L", layers, ("x + h*f", "L"), optional=("stationary",)),
    **{f"{kind}_varied": Kind(f"Layers {step}, varied", layers, (step, stage, False), optional=("x0_fixed", "theta_fixed", "w_fixed"))
       for kind, step, stage in (("map", "f", "L"), ("euler", "x + h*f", "h*L"), ("euler_sum", "x + h*f", "L"))},
    **{f"observations{ends}": Kind("Observations", observations, (bool(ends),), names=_PHI, optional=_SAME) for ends in ("", "_moving")},
    **{f"event{ends}": Kind("An event with reset", event, ("r", bool(ends)), {**_PHI, "s": "tau"}) for ends in ("", "_moving")},
    **{f"switch{ends}": Kind("An event that switches fields", event, ("", bool(ends)), {**_PHI, "s": "tau"}, optional=_SAME[:2])
       for ends in ("", "_moving")},
    **{f"{kind}_varied": Kind("An event, varied", event_varied, (reset,), {**_PHI, "s": "tau"}, optional=("theta_fixed", *smooth))
       for kind, reset, smooth in (("event", "r", ()), ("switch", "", _SAME[:2]))},
    **{f"stages_{kind}_{count}": Kind(f"A Runge-Kutta method of {count} stages, {kind}", stages, (kind, count))
       for kind in ("explicit", "full") for count in (2, 3)},
    **{f"stages_varied_{count}": Kind(f"A Runge-Kutta method of {count} stages, varied", stages_varied, (count,),
                                      optional=("x0_fixed", "theta_fixed")) for count in (2, 3)},
    "fixed_end": Kind("Fixed end state", speaking(end_conditions.fixed_end)),
    "manifold": Kind("Terminal manifold", speaking(end_conditions.manifold_multiplier)),
    "periodic": Kind("Periodic states", speaking(end_conditions.periodic)),
    "small_step": Kind("From t to t + eps", small_step, names={"a": "p"}),
    "second_order": Kind("Second order", second_order, optional=("x0_fixed", "theta_fixed", "w_fixed", *ALONE, *STRAIGHT)),
    "one_step": Kind("One step of dynamic programming", one_step, optional=("flat_xx", "flat_ww", "flat_wx")),
    **{kind: Kind(f"A state of rest, {kind}", equilibrium, (kind == "fixed_point",)) for kind in ("rest", "fixed_point")},
    "algebra": Kind("Matrices of the notes", algebra),
    "hutchinson_own": Kind("Hutchinson's estimator of the notes' own A", neural.hutchinson, names={"z": "noise"}),
    "hutchinson": Kind("Hutchinson's estimator", estimator),
}


def renamed(document: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The same theorem with other letters."""
    if not names:
        return dict(document)
    word = re.compile(r"(?<![\w.])(" + "|".join(names) + r")(?![\w])")

    def turn(value: Any) -> Any:
        if isinstance(value, str):
            return word.sub(lambda match: names[match[1]], value)
        if isinstance(value, Mapping):
            return {turn(key): turn(inner) for key, inner in value.items()}
        return [turn(inner) for inner in value]

    letters = {turn(name): shape for name, shape in document["letters"].items()}
    parts = {key: turn(document[key]) for key in ("functions", "steps", "points", "conclusions")}
    return {**document, **parts, "letters": letters}


def sized(document: Mapping[str, Any], sizes: Mapping[str, str]) -> dict[str, Any]:
    """The theorem at other dimensions, such as n = 1 or k = n."""

    def resized(shape: str) -> str:
        rows, cols, *flags = shape.split()
        return " ".join([sizes.get(rows, rows), sizes.get(cols, cols), *flags])

    return {**document, "letters": {name: resized(shape) for name, shape in document["letters"].items()}}


def kind_of(name: str) -> Kind:
    """A row of `KINDS`, or a method of Runge and Kutta whose coefficients are told."""
    for free, title in zip((True, False), BLOCKS, strict=True):
        if name.startswith(title):
            return Kind("Bolza's problem in blocks", partitioned, (name.removeprefix(title), free), optional=_IN_BLOCKS)
    return KINDS[name] if name in KINDS else Kind("A Runge-Kutta method", told_stages, (name.removeprefix(TOLD),))


def observes(kind: str) -> bool:
    """Is it a setting with observations?"""
    return kind.startswith("observations")


@cache
def setting(kind: str, values: tuple[tuple[str, str], ...] = (), sizes: tuple[tuple[str, str], ...] = ()) -> Setting:
    """The setting of a kind of notes where letters have `values` (L is 0, h is 1, f_t is 0) and dimensions `sizes`; judged once.

    dx_0/dtheta is 0 unless it has itself as its value.
    """
    row, put = kind_of(kind), {"x0_theta": "0", **dict(values)}
    put = {name: text for name, text in put.items() if text != name}
    document = renamed(row.draft(*row.options).document(kind, row.title, "notes"), row.names)
    document["conclusions"] = [step["id"] for step in document["steps"] if step["rule"] not in ("assume", "define")]
    return judged(sized(specialise(document, put), dict(sizes)), row.optional)
