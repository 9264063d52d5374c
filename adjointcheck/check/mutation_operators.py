"""Operators that spoil a derivation log: slips in one formula, in one step, and forgeries of the whole document.

An operator changes a copy of the log in place and says where the fault now lies, or returns None where it has no hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from adjointcheck.check.text_slips import SLIPS, Slip, tokens_of
from adjointcheck.expression.calculus import partial
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import Expression, symbol, total

Document = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """Where the fault lies: names of steps or claims, any of which may be the first wrong one; "" is the document itself."""

    names: tuple[str, ...] = ("",)


Change = Callable[[Random, Document], Target | None]


@dataclass(frozen=True)
class Operator:
    """One row: what it is called, what it does, in words."""

    name: str
    change: Change
    words: str


def _step(draw: Random, log: Document, wanted: Callable[[Document], Any] = lambda step: True) -> Document | None:
    found = [step for step in log["steps"] if wanted(step)]
    return draw.choice(found) if found else None


def _dependents(log: Document, name: str) -> tuple[str, ...]:
    return tuple(step["id"] for step in log["steps"] if name in step["premises"])


# Slips in one formula


def slots(log: Document) -> list[tuple[Document, str]]:
    """(holder, key) of every formula that somebody claims: entries of steps and claims of a person."""
    return [(step["claim"], key) for step in log["steps"] for key in step["claim"]] + [(claim, "text") for claim in log.get("claims", [])]


def _owner(log: Document, holder: Document) -> Target:
    for step in log["steps"]:
        if step["claim"] is holder:
            return Target((step["id"],))
    return Target((holder["name"],))


def slip(row: Slip, tries: int = 12) -> Change:
    """The slip of `row` in a formula drawn at random."""
    def change(draw: Random, log: Document) -> Target | None:
        places = slots(log)
        for holder, key in draw.choices(places, k=tries) if places else []:
            text = row.change(draw, tokens_of(holder[key]))
            if text is not None:
                holder[key] = text
                return _owner(log, holder)
        return None

    return change


# Slips that need the statement


def _read(text: str) -> Expression:
    return parse(text, caps=LOG, jets=True)


def _rates(log: Document) -> dict[str, Expression]:
    return {x: _read(entry["rate"]) for x, entry in log.get("statement", {}).get("states", {}).items()}


def _claim(log: Document, rule: str) -> tuple[Document, str] | None:
    found = [step for step in log["steps"] if step["rule"] == rule]
    return (found[0]["claim"], found[0]["id"]) if found and "statement" in log else None


def transposed_jacobian(draw: Random, log: Document) -> Target | None:
    """pdot_i = -dL/dx_i - sum_j p_j df_i/dx_j: rows and columns of the Jacobian exchanged."""
    rates, found = _rates(log), _claim(log, "choose_costate")
    if found is None or len(rates) < 2:
        return None
    x = draw.choice(list(rates))
    running = partial(_read(log["statement"]["running_cost"]), x)
    found[0][x] = to_text(-running - total(symbol(f"p_{y}") * partial(rates[x], y) for y in rates))
    return Target((found[1],))


def lost_cost_slope(draw: Random, log: Document) -> Target | None:
    """dL/dx missing in the costate equation."""
    found = _claim(log, "choose_costate")
    if found is None:
        return None
    x = draw.choice(list(found[0]))
    found[0][x] = to_text(_read(found[0][x]) + partial(_read(log["statement"]["running_cost"]), x))
    return Target((found[1],))


def lost_terminal_slope(draw: Random, log: Document) -> Target | None:
    """dPsi/dx missing in the terminal condition."""
    found = _claim(log, "transversality")
    if found is None:
        return None
    found[0][draw.choice(list(found[0]))] = "0"
    return Target((found[1],))


def unreversed_time(draw: Random, log: Document) -> Target | None:
    """pdot = -dL/dx + p df/dx: the costate run forwards."""
    found = _claim(log, "choose_costate")
    if found is None:
        return None
    x = draw.choice(list(found[0]))
    slope = partial(_read(log["statement"]["running_cost"]), x)
    found[0][x] = to_text(-_read(found[0][x]) - 2 * slope)
    return Target((found[1],))


def swapped_limits(draw: Random, log: Document) -> Target | None:
    """int_t1^t0 in place of int_t0^t1, or dJ/dt0 with the sign of dJ/dt1."""
    rule, head = draw.choice((("parameter_gradient", "integrand"), ("end_times", "t0")))
    found = _claim(log, rule)
    keys = [key for key in found[0] if key.startswith(head)] if found else []
    if found is None or not keys:
        return None
    key = draw.choice(keys)
    found[0][key] = f"-({found[0][key]})"
    return Target((found[1],))


def wrong_end(draw: Random, log: Document) -> Target | None:
    """The condition of one end of the horizon stated at the other."""
    ends, first, last = _claim(log, "end_times"), _claim(log, "start_value"), _claim(log, "transversality")
    if ends is None or first is None or last is None:
        return None
    if draw.random() < 0.5:
        ends[0]["t0"], ends[0]["t1"] = ends[0]["t1"], ends[0]["t0"]
        return Target((ends[1],))
    here, there = draw.choice(((first, last), (last, first)))
    x = draw.choice(list(here[0]))
    here[0][x] = there[0][x]
    return Target((here[1],))


def wrong_side(draw: Random, log: Document) -> Target | None:
    """The costate of the other side of an observation, or the deposit counted with the wrong sign."""
    found = _claim(log, "jump")
    if found is None:
        return None
    key = draw.choice(list(found[0]))
    p = f"p_{key.partition('.')[2]}"
    form = draw.choice(("{} + {p}.after - {p}.before", "-({})", "({}) + {p}"))
    found[0][key] = form.format(found[0][key], p=p)
    return Target((found[1],))


# Slips in one step


def _entries(draw: Random, log: Document, least: int) -> Document | None:
    return _step(draw, log, lambda step: len(step["claim"]) >= least)


def exchanged_entries(draw: Random, log: Document) -> Target | None:
    step = _entries(draw, log, 2)
    if step is None:
        return None
    a, b = draw.sample(list(step["claim"]), 2)
    step["claim"][a], step["claim"][b] = step["claim"][b], step["claim"][a]
    return Target((step["id"],))


def shifted_entries(draw: Random, log: Document) -> Target | None:
    """Every entry under the name of the next one: off by one stage, layer or observation."""
    step = _entries(draw, log, 2)
    if step is None:
        return None
    keys, texts = list(step["claim"]), list(step["claim"].values())
    step["claim"] = dict(zip(keys, [*texts[1:], texts[0]], strict=True))
    return Target((step["id"],))


def _claim_change(change: Callable[[Random, Document], Document | None]) -> Change:
    def changed(draw: Random, log: Document) -> Target | None:
        step = _step(draw, log, lambda step: step["claim"])
        claim = None if step is None else change(draw, step["claim"])
        if step is None or claim is None:
            return None
        step["claim"] = claim
        return Target((step["id"],))

    return changed


def _without(draw: Random, claim: Document) -> Document:
    lost = draw.choice(list(claim))
    return {key: text for key, text in claim.items() if key != lost}


def _renamed(draw: Random, claim: Document) -> Document:
    old = draw.choice(list(claim))
    new = draw.choice((f"{old}.dot", f"{old}x", "integrands", "", old.upper() if old != old.upper() else f"_{old}"))
    return {new if key == old else key: text for key, text in claim.items()} if new not in claim else {**claim, "more": "0"}


def _premise_change(change: Callable[[Random, Document, list[str]], Sequence[str] | None]) -> Change:
    """`change` takes a step and the ids before and after it, and returns other premises."""
    def changed(draw: Random, log: Document) -> Target | None:
        step = draw.choice(log["steps"])
        premises = change(draw, step, [other["id"] for other in log["steps"]])
        if premises is None or list(premises) == step["premises"]:
            return None
        step["premises"] = list(premises)
        return Target((step["id"],))

    return changed


def _one_premise(choose: Callable[[Random, Document, list[str]], Sequence[str]]) -> Change:
    """One premise becomes one of those that `choose` offers."""
    def other(draw: Random, step: Document, ids: list[str]) -> Sequence[str] | None:
        offers = choose(draw, step, ids)
        if not step["premises"] or not offers:
            return None
        at = draw.randrange(len(step["premises"]))
        return [*step["premises"][:at], draw.choice(list(offers)), *step["premises"][at + 1 :]]

    return _premise_change(other)


def _before(step: Document, ids: list[str]) -> list[str]:
    return ids[: ids.index(step["id"])]


def _after(step: Document, ids: list[str]) -> list[str]:
    return ids[ids.index(step["id"]) + 1 :]


def other_rule(draw: Random, log: Document) -> Target | None:
    """The step is said to follow by a rule of the log that it does not follow by."""
    step, other = draw.choice(log["steps"]), draw.choice(log["steps"])["rule"]
    if other == step["rule"]:
        return None
    step["rule"] = other
    return Target((step["id"],))


def unknown_rule(draw: Random, log: Document) -> Target | None:
    step = draw.choice(log["steps"])
    step["rule"] = draw.choice((f"{step['rule']}s", "", "sorry", "trust_me", step["rule"].upper()))
    return Target((step["id"],))


def duplicate_id(draw: Random, log: Document) -> Target | None:
    at = draw.randrange(1, len(log["steps"]))
    log["steps"][at]["id"] = log["steps"][draw.randrange(at)]["id"]
    return Target((log["steps"][at]["id"],))


def renamed_id(draw: Random, log: Document) -> Target | None:
    """Whatever rests on the step now rests on nothing."""
    step = draw.choice(log["steps"])
    resting = _dependents(log, step["id"])
    step["id"] += "a"
    return Target(resting) if resting else None


def missing_step(draw: Random, log: Document) -> Target | None:
    at = draw.randrange(len(log["steps"]))
    step = log["steps"].pop(at)
    return Target((*_dependents(log, step["id"]), "end"))


def early_step(draw: Random, log: Document) -> Target | None:
    """A step moved before one of its premises."""
    step = _step(draw, log, lambda step: step["premises"])
    if step is None:
        return None
    ids = [other["id"] for other in log["steps"]]
    log["steps"].remove(step)
    log["steps"].insert(ids.index(draw.choice(step["premises"])), step)
    return Target((step["id"],))


def cyclic_premises(draw: Random, log: Document) -> Target | None:
    """Two steps rest on each other."""
    step = _step(draw, log, lambda step: step["premises"])
    if step is None:
        return None
    root = next(other for other in log["steps"] if other["id"] == step["premises"][0])
    root["premises"] = [*root["premises"], step["id"]]
    return Target((root["id"],))


def stale_version(draw: Random, log: Document) -> Target | None:
    """A second, wrong version of a step, on which the later ones rest."""
    at = draw.randrange(len(log["steps"]))
    copy = {**log["steps"][at], "id": log["steps"][at]["id"] + "b", "claim": dict(log["steps"][at]["claim"])}
    key = draw.choice(list(copy["claim"]))
    copy["claim"][key] = f"-({copy['claim'][key]})"
    for step in log["steps"][at + 1 :]:
        step["premises"] = [copy["id"] if name == log["steps"][at]["id"] else name for name in step["premises"]]
    log["steps"].insert(at + 1, copy)
    return Target((copy["id"], *_dependents(log, copy["id"])))


def not_a_text(draw: Random, log: Document) -> Target | None:
    step = draw.choice(log["steps"])
    if not step["claim"]:
        return None
    step["claim"][draw.choice(list(step["claim"]))] = draw.choice((0, 1.5, None, True, ["x"], {"x": "x"}))
    return Target()


# Forgeries


def forged_verdict(draw: Random, log: Document) -> Target | None:
    """A wrong line, and a log that swears it was proved."""
    target = slip(draw.choice(SLIPS[:8]))(draw, log)
    for entry in (*log["steps"], *log.get("claims", [])):
        entry["verdict"] = draw.choice(("proved", "PROVED", {"status": "proved"}, True, ["proved"]))
    return target


def forged_evidence(draw: Random, log: Document) -> Target | None:
    """A wrong line with the evidence of a right one, and fields that ask to be trusted."""
    target = slip(draw.choice(SLIPS[:8]))(draw, log)
    for step in log["steps"]:
        step["evidence"] = ["same expression", "normal form (plain)", "normal form (FLINT)"]
        step |= {"trusted": True, "proved": True, "status": "proved", "obligations": []}
    log["proved"] = log["verdict"] = "proved"
    return target


def exchanged_claims(draw: Random, log: Document) -> Target | None:
    """A person's line under the name of another quantity."""
    if len(log.get("claims", [])) < 2:
        return None
    a, b = draw.sample(log["claims"], 2)
    a["text"], b["text"] = b["text"], a["text"]
    return Target((a["name"], b["name"]))


def foreign_claim(draw: Random, log: Document) -> Target | None:
    """A claim about something that no step proves."""
    if not log.get("claims"):
        return None
    claim = draw.choice(log["claims"])
    claim["name"] = draw.choice((f"{claim['name']}z", "costate", "costate.", "initial.x", claim["name"].replace(".", ".p_", 1), "", "."))
    return Target((claim["name"],))


def other_schema(draw: Random, log: Document) -> Target | None:
    log["schema_version"] = draw.choice((0, 2, 99, "1", None, 1.5, [1]))
    return Target()


def missing_part(draw: Random, log: Document) -> Target | None:
    parts = ("letters", "steps", "schema_version") if log.get("kind") == "theory" else ("statement", "steps", "claims", "schema_version")
    del log[draw.choice(parts)]
    return Target()


# The statement changed after the fact


def _by_rule(log: Document, *rules: str) -> Target:
    return Target(tuple(step["id"] for step in log["steps"] if step["rule"] in rules))


def _other_text(draw: Random, text: str) -> str:
    found = [row.change(draw, tokens_of(text)) for row in draw.sample(SLIPS[:9], 5)]
    return next((other for other in found if other is not None), f"{text} + 1/3")


def changed_dynamics(draw: Random, log: Document) -> Target | None:
    """A rate or the running cost of the statement is no longer the one that was derived from."""
    statement = log.get("statement", {})
    if "states" not in statement:
        return None
    if draw.random() < 0.25:
        statement["running_cost"] = _other_text(draw, statement["running_cost"])
    else:
        entry = statement["states"][draw.choice(list(statement["states"]))]
        entry["rate"] = _other_text(draw, entry["rate"])
    return Target((*_by_rule(log, "define_lagrangian").names, ""))


def changed_costs(draw: Random, log: Document) -> Target | None:
    """The terminal cost, an observation's cost or an initial value is another one."""
    statement = log.get("statement", {})
    if "states" not in statement:
        return None
    kind = draw.choice(("terminal", "initial", "observation"))
    if kind == "terminal":
        statement["terminal_cost"] = _other_text(draw, statement["terminal_cost"])
        return Target((*_by_rule(log, "transversality", "parameter_gradient", "end_times").names, ""))
    if kind == "initial":
        entry = statement["states"][draw.choice(list(statement["states"]))]
        entry["initial"] = _other_text(draw, entry["initial"])
        return Target((*_by_rule(log, "parameter_gradient").names, ""))
    if not statement["observations"]:
        return None
    entry = draw.choice(statement["observations"])
    entry["cost"] = _other_text(draw, entry["cost"])
    return Target((*_by_rule(log, "jump", "parameter_gradient", "end_times").names, ""))


def changed_names(draw: Random, log: Document) -> Target | None:
    """A state, parameter or control is added to or taken from the statement."""
    statement = log.get("statement", {})
    if "states" not in statement:
        return None
    group = draw.choice(("states", "parameters", "controls"))
    if draw.random() < 0.5 and statement[group]:
        lost = draw.choice(list(statement[group]))
        statement[group] = ({x: entry for x, entry in statement[group].items() if x != lost} if group == "states"
                            else [name for name in statement[group] if name != lost])
    elif group == "states":
        statement[group]["extra"] = {"rate": "0", "initial": "0"}
    else:
        statement[group] = [*statement[group], "extra"]
    return Target((*(step["id"] for step in log["steps"]), "end", ""))


STRUCTURAL: tuple[Operator, ...] = (
    Operator("transposed Jacobian", transposed_jacobian, "p_j df_i/dx_j in place of p_j df_j/dx_i."),
    Operator("lost dL/dx", lost_cost_slope, "The running cost's slope is missing in the costate equation."),
    Operator("lost dPsi/dx", lost_terminal_slope, "The terminal cost's slope is missing."),
    Operator("time not reversed", unreversed_time, "The sign of p df/dx is reversed."),
    Operator("swapped limits", swapped_limits, "An integral runs the other way."),
    Operator("wrong end", wrong_end, "A condition of t1 stated at t0, or the other way."),
    Operator("wrong side of an event", wrong_side, "The costate after an observation for the one before it."),
    Operator("exchanged entries", exchanged_entries, "Two entries of a step exchanged: a swapped index."),
    Operator("shifted entries", shifted_entries, "All entries of a step moved by one: an off-by-one stage."),
    Operator("entry left out", _claim_change(_without), "One entry of a step is missing."),
    Operator("entry added", _claim_change(lambda draw, claim: {**claim, draw.choice(("more", "z", "x.delta")): "0"}), "An entry too many."),
    Operator("entry renamed", _claim_change(_renamed), "An entry under another name."),
    Operator("nothing claimed", _claim_change(lambda draw, claim: {}), "A step that claims nothing."),
    Operator("not a text", not_a_text, "A number, a list or nothing where a formula belongs."),
    Operator("stale premise", _one_premise(lambda draw, step, ids: [i for i in _before(step, ids) if i not in step["premises"]]),
             "An earlier step that is not the premise."),
    Operator("forward reference", _one_premise(lambda draw, step, ids: _after(step, ids)), "A later step as premise."),
    Operator("own premise", _one_premise(lambda draw, step, ids: [step["id"]]), "A step that rests on itself."),
    Operator("absent premise", _one_premise(lambda draw, step, ids: ["s00", "", "s99", "vary"]), "A premise that is not there."),
    Operator("premise order", _premise_change(lambda draw, step, ids: step["premises"][::-1]), "Premises in another order."),
    Operator("premise left out", _premise_change(lambda draw, step, ids: step["premises"][:-1]), "A premise is missing."),
    Operator("premise added", _premise_change(lambda draw, step, ids: [*step["premises"], draw.choice(_before(step, ids) or ["s00"])]),
             "A premise too many."),
    Operator("cyclic premises", cyclic_premises, "Two steps that rest on each other."),
    Operator("rule that does not apply", other_rule, "The step is said to follow by another rule."),
    Operator("unknown rule", unknown_rule, "A rule that does not exist."),
    Operator("duplicate id", duplicate_id, "Two steps of one name."),
    Operator("renamed id", renamed_id, "A step whose name changed under those that rest on it."),
    Operator("missing step", missing_step, "A step left out."),
    Operator("early step", early_step, "A step before its own premise."),
    Operator("stale version", stale_version, "A second, wrong version of a step that later ones rest on."),
    Operator("forged verdict", forged_verdict, "A wrong line that the log calls proved."),
    Operator("forged evidence", forged_evidence, "A wrong line with the evidence of a right one."),
    Operator("exchanged claims", exchanged_claims, "A person's line under another name."),
    Operator("foreign claim", foreign_claim, "A claim about something that no step proves."),
    Operator("other schema", other_schema, "Another version of the format."),
    Operator("missing part", missing_part, "A part of the document is missing."),
    Operator("changed dynamics", changed_dynamics, "The statement's dynamics or running cost changed after the fact."),
    Operator("changed costs", changed_costs, "The statement's other costs or initial values changed after the fact."),
    Operator("changed names", changed_names, "The statement's states, parameters or controls changed after the fact."),
)
OPERATORS: tuple[Operator, ...] = (*(Operator(row.name, slip(row), row.words) for row in SLIPS), *STRUCTURAL)
