"""An algebraic part in a setting: g(x, z, theta) with an invertible g_z, z in the control's place, and mu g beside the running cost.

    J = Psi + int (L + mu g) dt,   g = 0     J is what it was, and stationary in z for  mu = -(L_z + p f_z) g_z^-1
    z_x = -g_z^-1 g_x,   z_theta = -g_z^-1 g_theta,   dz/dtheta = z_x dx/dtheta + z_theta      (the implicit function theorem)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from adjointcheck.notes.proofs.settings import Setting, judged

PROBLEMS = ("continuous", "variations")  # in which an algebraic part is understood
HELD = ("sensitivity", "flow", "chain_rule_theta", "score_law")  # what a setting says of solutions that move while z stays


def with_equation(made: Setting, slots: tuple[str, ...]) -> Setting:
    """With g as one more function of the problem, its multiplier, and the slopes of z."""
    if not slots:
        return made
    letters = made.document["letters"]
    sizes = {slot: letters[slot].split()[0] for slot in slots if slot in letters}
    rows = sizes["w"]
    slopes = {f"alg_{slot}": f"{rows} {size}" + " nonzero" * (slot == "w") for slot, size in sizes.items()}
    moved = {name: f"{rows} {sizes[slot]}" for slot in ("x", "theta") if slot in sizes for name in (f"w_{slot}", f"w_by_{slot}")}
    functions = {**made.document["functions"], "alg": {slot: f"alg_{slot}" for slot in sizes}}
    return replace(made, document={**made.document, "functions": functions,
                                   "letters": {**letters, "alg": f"{rows} 1", "p_alg": f"1 {rows}", **slopes, **moved}})


def equation_steps(made: Setting) -> Iterator[dict[str, Any]]:
    """How z moves with the letters beside it, and what its multiplier is where J is stationary in z."""
    for slot in (slot for slot in ("x", "theta") if slot in made.language.functions["alg"]):
        yield _step(f"implicit_{slot}", "assume", f"w_{slot}", f"-inverse(alg_w)*alg_{slot}")
    yield from forward_steps(made)
    if "stationary_control" in made.facts:
        rest = "L_own_w + p*f_w" if "L_own" in made.language.letters else "p*f_w"
        how = {"stationary_control": "hole*inverse(alg_w)", "L_w_is": "-hole*inverse(alg_w)"}
        yield _step("multiplier", "rewrite", "p_alg", f"-({rest})*inverse(alg_w)", **how)


def forward_steps(made: Setting) -> Iterator[dict[str, Any]]:
    """The sensitivities dx/dtheta, dz/dtheta and dx/dx0, and dJ/dtheta by them: what `HELD` says for a z that is held."""
    letters = made.language.letters
    if not {"S", "M", "J_theta", "w_x"} <= letters.keys():
        return
    yield _step("moved_by_theta", "assume", "w_by_theta", "w_x*S" + " + w_theta" * ("w_theta" in letters))
    yield _step("moved_by_x", "assume", "w_by_x", "w_x")
    yield _step("sensitivity_beside", "assume", "S.dot", "f_x*S + f_w*w_by_theta" + " + f_theta" * ("f_theta" in letters))
    yield _step("flow_beside", "assume", "M.dot", "(f_x + f_w*w_x)*M")
    slopes = [f"L_{slot}{by}" for slot, by in (("theta", ""), ("x", "*S"), ("w", "*w_by_theta")) if f"L_{slot}" in letters]
    ends = [f"Psi_{slot}{by}" for slot, by in (("theta", ""), ("x", "*S")) if f"Psi_{slot}" in letters]
    whole = "J_theta" + " + J_x0*x0_theta" * ("x0_theta" in letters)
    claim = {"value": whole, "integrand": " + ".join(slopes), **({"t1": " + ".join(ends)} if ends else {})}
    yield {"id": "chain_rule_beside", "rule": "assume", "premises": [], "claim": claim, "how": {}}


def _step(id: str, rule: str, left: str, right: str, **how: str) -> dict[str, Any]:
    return {"id": id, "rule": rule, "premises": list(how), "claim": {"left": left, "right": right, "at": "always"}, "how": how}


def constrained(made: Setting) -> Setting:
    """With what holds beside an algebraic equation, where the setting has one, in the place of what rests on a z that is held."""
    if "alg" not in made.language.functions:
        return made
    kept = [step for step in made.document["steps"] if made.sources[step["id"]].isdisjoint(HELD)]
    plain = {**made.document, "conclusions": [id for id in made.document["conclusions"] if id in {step["id"] for step in kept}]}
    return judged({**plain, "steps": [*kept, *equation_steps(made)]}, made.optional)
