"""Bolza's problem with a state in blocks that have fields of their own: x_1.dot = f_1(x_1, x_2, ...), x_2.dot = f_2(x_1, x_2, ...).

A block may be the speed of another, x_1.dot = x_2.  Blocks have sizes of their own, so that every product keeps its order.

    costate of a block     p_i.dot = -(L_xi + sum_j p_j f_j_xi),   p_i = Psi_xi at t1
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.derive.theories.draft import Draft
from adjointcheck.notes.letters.partitions import Parts, read

TOLD = ("partitioned:", "partitioned, varied:")  # before the blocks of a problem
_INPUTS = {"theta": "m", "w": "k"}


def partitioned(text: str, free: bool = True) -> Draft:
    """The problem with all gradients; unless inputs are `free`, with hypotheses that hold them fixed."""
    parts, draft = read(text), Draft()
    _letters(draft, parts, " input" if free else "")
    _problem(draft, parts)
    _costates(draft, parts)
    _spoken_of(draft, parts)
    if free:
        _gradients(draft, parts)
        _optional(draft, parts)
    else:
        for name in ("theta", "w", "t0", "t1"):
            draft.assume(f"{name}_fixed", f"{name}.delta = 0")
        for i in parts.numbers:
            draft.assume(f"x0_fixed_{i}", f"x0_{i}.delta = 0")
    return draft


def _sum(terms: Iterable[str]) -> str:
    return " + ".join(terms) or "0"


def _letters(draft: Draft, parts: Parts, given: str) -> None:
    """Letters and functions; x and p as wholes only say where an argument is taken."""
    draft.let(t="1 1", t0=f"1 1 constant{given}", t1=f"1 1 constant{given}", theta=f"m 1 constant{given}", w=f"k 1{given}",
              J="1 1 constant", J_a="1 1 constant", x="n_all 1", p="1 n_all", I_k="k k identity", I_m="m m identity")
    sizes = dict(zip((f"x_{i}" for i in parts.numbers), parts.sizes, strict=True)) | _INPUTS | {"t": "1"}
    for i, size in zip(parts.numbers, parts.sizes, strict=True):
        draft.let(**{f"x_{i}": f"{size} 1", f"p_{i}": f"1 {size}", f"x0_{i}": f"{size} 1 constant{given}"})
        draft.let(**{f"I_{size}": f"{size} {size} identity"})
    if len({*parts.sizes}) == 1:
        draft.let(I=f"{parts.sizes[0]} {parts.sizes[0]} identity")
    for name, *slots in parts.functions:
        rows = sizes[f"x_{name[2:]}"] if name.startswith("f_") else "1"
        draft.function(name, f"{rows} 1", **{slot: f"{name}_{slot} {rows} {sizes[slot]}" for slot in slots})


def _problem(draft: Draft, parts: Parts) -> None:
    """Motion, start and cost."""
    draft.assume("time", "t.dot = 1")
    draft.assume("time_fixed", "t.delta = 0")
    for i in parts.numbers:
        draft.assume(f"dynamics_{i}", f"x_{i}.dot = {parts.rate(i)}")
        draft.assume(f"start_{i}", f"x_{i} = x0_{i} at t0")
    slots = {"t1": "Psi", "integrand": "L"}
    paid = {slot: name if any(cost[0] == name for cost in parts.costs) else "0" for slot, name in slots.items()}
    draft.define("cost", {"value": "J", **paid})


def _costates(draft: Draft, parts: Parts) -> None:
    """The cost with its multipliers, varied and integrated by parts, and the costates chosen."""
    ids = [f"dynamics_{i}" for i in parts.numbers]
    multiplied = _sum([draft.claim("cost")["integrand"], *(f"p_{i}*({parts.rate(i)} - x_{i}.dot)" for i in parts.numbers)])
    draft.step("lagrangian", "rewrite", {**draft.claim("cost"), "integrand": multiplied}, "cost", *ids)
    given, boundary = ("time", "time_fixed"), f"-({_sum(f'p_{i}*x_{i}.delta' for i in parts.numbers)})"
    draft.step("variation", "differentiate", draft.vary("lagrangian", "delta", *given), "lagrangian", *given, by="delta")
    draft.step("parts", "by_parts", draft.by_parts("variation", boundary), "variation", boundary=boundary)
    for i in parts.numbers:
        moved = f"x_{i}.delta"
        draft.step(f"costate_{i}", "choose", draft.costate("parts", "integrand", moved, f"p_{i}.dot"), "parts", of=moved)
        draft.step(f"terminal_{i}", "choose", draft.costate("parts", "t1", moved, f"p_{i}"), "parts", of=moved)
    for i in parts.numbers:
        start = f"x_{i}.delta = x0_{i}.delta - {parts.rate(i)}*t0.delta at t0"
        draft.step(f"start_{i}_varies", "differentiate", start, f"start_{i}", f"dynamics_{i}", by="delta")


def _spoken_of(draft: Draft, parts: Parts) -> None:
    """H, J_a, and dJ/dx_i(t) = p_i."""
    flow = [f"p_{i}*{parts.rate(i)}" for i in parts.numbers]
    draft.let(H="1 1", **{f"J_x_{i}": f"1 {size}" for i, size in zip(parts.numbers, parts.sizes, strict=True)})
    draft.define("hamiltonian", f"H = {_sum([draft.claim('cost')['integrand'], *flow])}")
    draft.define("augmented_cost", {**draft.claim("lagrangian"), "value": "J_a"})
    for i in parts.numbers:
        draft.define(f"sensitivity_of_cost_{i}", f"J_x_{i} = p_{i}")


def _slope(parts: Parts, by: str, running: bool = True) -> str:
    """L_theta + p_1 f_1_theta + ..., or Psi_t."""
    slopes = {name: f"{name}_{by}" for name, *slots in parts.functions if by in slots}
    flow = [f"p_{i}*{slopes[f'f_{i}']}" for i in parts.numbers if f"f_{i}" in slopes]
    return _sum([*[slopes[name] for name in ("L",) if name in slopes], *flow]) if running else slopes.get("Psi", "0")


def _gradients(draft: Draft, parts: Parts) -> None:
    """The first variation in the inputs alone, and the gradient in each."""
    hamiltonian = draft.claim("hamiltonian")["right"]
    by = {name: f"({_slope(parts, name)})" for name in _INPUTS}
    ends = {"t0": f"{_sum(f'p_{i}*x0_{i}.delta' for i in parts.numbers)} - ({hamiltonian})*t0.delta",
            "t1": f"({_slope(parts, 'theta', False)})*theta.delta + ({_slope(parts, 't', False)} + {hamiltonian})*t1.delta"}
    integrand = _sum(f"{slope}*{name}.delta" for name, slope in by.items())
    known = [step["id"] for step in draft.steps if step["rule"] == "choose" or step["id"].endswith("_varies")]
    motions = [f"dynamics_{i}" for i in parts.numbers]
    draft.step("first_variation", "rewrite", {"value": "J.delta", **ends, "integrand": integrand}, "parts", *motions, *known)
    draft.let(J_theta="1 m constant", J_w="1 k", J_t0="1 1 constant", J_t1="1 1 constant")
    for i, size in zip(parts.numbers, parts.sizes, strict=True):
        draft.let(**{f"J_x0_{i}": f"1 {size} constant"})
        draft.step(f"gradient_x0_{i}", "gradient", {"value": f"J_x0_{i}", "t0": f"p_{i}"}, "first_variation", of=f"x0_{i}.delta")
    gradient = {"value": "J_theta", "t1": _slope(parts, "theta", False), "integrand": by["theta"]}
    draft.step("gradient_theta", "gradient", gradient, "first_variation", of="theta.delta")
    draft.step("gradient_w", "gradient", f"J_w = {by['w']}", "first_variation", of="w.delta")
    draft.step("gradient_t0", "gradient", {"value": "J_t0", "t0": f"-({hamiltonian})"}, "first_variation", of="t0.delta")
    end = {"value": "J_t1", "t1": f"{_slope(parts, 't', False)} + {hamiltonian}"}
    draft.step("gradient_t1", "gradient", end, "first_variation", of="t1.delta")


def _optional(draft: Draft, parts: Parts) -> None:
    """Stationary in the control, and in the end time."""
    draft.assume("stationary", "J_w = 0")
    solved = {"gradient_w": "-hole", "stationary": "hole"}
    draft.step("stationarity", "rewrite", f"{draft.claim('gradient_w')['right']} = 0", *solved, how=solved)
    if any(name == "L" and "w" in slots for name, *slots in parts.costs):
        moved = _slope(replace(parts, costs=()), "w")
        draft.step("stationary_control", "rewrite", f"L_w = -({moved})", *solved, how=solved)
    draft.assume("free_final_time", "J_t1 = 0")
    draft.step("transversality", "rewrite", {**draft.claim("gradient_t1"), "value": "0"}, "gradient_t1", "free_final_time")
