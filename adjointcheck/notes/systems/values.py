"""Numbers that notes give their letters: rates for the rest of a page, a start, a time step; what is reckoned with them by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ZERO, substitute, symbol, symbols_of
from adjointcheck.notes.letters.context import MOTIONS, USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.folding import folded
from adjointcheck.notes.letters.meaning import Symbol, resolve, walk
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_COSTATES, USUAL_STATES, head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status

GIVEN = ("theta", "x0")
FROM_ZERO = "with t0 = 0, from which the notes count time"


def assigned(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """alpha = 2/3, x_0 = 1, h = 0.3; of a new letter, q = 0 or H_u = 0 says something else, where nothing is reckoned with numbers yet."""
    pair = pair_of(chain)
    value = number_of(pair[1]) if pair and len(chain.sides) == 2 else None
    if pair is None or value is None or not isinstance(pair[0], tree.Letter) or {*pair[0].accents} & {*MOTIONS}:
        return None
    left, letter = resolve(pair[0], context), pair[0]
    if left == Symbol("eps") and value:  # a tolerance
        return "assumption", (), context
    if context.over() == "layers":
        return None
    if isinstance(left, Symbol) and left.at is None and _is_open(left, context):
        return "assumption", (), replace(context, laws=(*_others(left, context), Law("value", left, tree.Number(value))))
    known = context.letters.get(key(letter))
    fresh = known is None and (value or values(context)) and _is_new(letter, context)
    if fresh or (known is not None and isinstance(known.body, tree.Number)):
        declared = Declared(key(letter), own(key(letter)), body=tree.Number(value), source="proposed")
        return "assumption", (key(letter),), replace(context, letters={**context.letters, key(letter): declared})
    return None


def number_of(node: Node) -> Fraction | None:
    """Of a number, a fraction of numbers, 10^{-3}, or minus one."""
    match node:
        case tree.Number(value):
            return Fraction(value)
        case tree.Negative(of):
            inner = number_of(of)
            return None if inner is None else -inner
        case tree.Quotient(above, below):
            one, other = number_of(above), number_of(below)
            return one / other if one is not None and other else None
        case tree.Power(tree.Number(Fraction(numerator=10)), exponent):
            power = number_of(exponent)
            return Fraction(10) ** int(power) if power is not None and power.denominator == 1 and abs(power) < 20 else None
    return None


def _is_open(left: Symbol, context: Context) -> bool:
    """A parameter or a start that is one number, or a number of the notes."""
    if left.name in GIVEN:
        return bool(left.part) and isinstance(left.part[0], tree.Number)
    own_ = next(iter(context.of(left.name)), None)
    return own_ is not None and own_.letter == left.name and (own_.shape, own_.kind, own_.body) == (("1", "1"), "constant", None)


def _is_new(letter: tree.Letter, context: Context) -> bool:
    """A letter that nothing takes for more than a number; one that usually is a state, a control or a costate only beside these."""
    usual = [("x", USUAL_STATES), ("p", USUAL_COSTATES), ("w", USUAL_CONTROLS)]
    taken = any(letter.name in names and not context.of(symbol) for symbol, names in usual)
    plain = isinstance(head(letter), tree.Letter) and not letter.above
    return plain and bool(context.of("x")) and not taken and key(letter) not in USUAL and letter.name not in ("T", "N", "n", "k", "m", "d")


def counts_steps(letter: tree.Letter, context: Context) -> bool:
    """x_1 where x is a number, and lambda_1 beside it: values after time steps, no components."""
    states = [known.letter for known in context.parts("x")]
    mark = key(letter).removeprefix(letter.name)
    return bool(states and mark) and (letter.name in states or any(f"{state}{mark}" in context.letters for state in states))


def _others(left: Symbol, context: Context) -> Iterator[Law]:
    """The laws but for an earlier value of the same letter."""
    return (law for law in context.laws if law.kind != "value" or law.left != left)


def values(context: Context) -> dict[str, Fraction]:
    """{theta_1: 2/3} in the letters of settings."""
    found = {}
    for law in context.laws:
        if law.kind == "value" and isinstance(law.left, Symbol) and isinstance(law.right, tree.Number):
            part = f"_{law.left.part[0].value}" if law.left.part and isinstance(law.left.part[0], tree.Number) else ""
            found[f"{law.left.name}{part}"] = Fraction(law.right.value)
    return found


def given(context: Context) -> dict[str, Fraction]:
    """The same with the numbers at which states start: {theta_1: 2/3, x0_1: 1}."""
    return values(context) | {f"x0_{part}": value for part, value in starts(context).items()}


def reckoned(document: Mapping[str, Any], claim: Mapping[str, str], context: Context) -> dict[str, Any] | None:
    """A document that proves an equation with the numbers put in; None where there are none, or it is not so."""
    known = values(context)
    if not known or "left" not in claim:
        return None
    names = set(symbols_of(*(parse(claim[side], "claim", caps=LOG, matrices=True) for side in ("left", "right"))))
    used = sorted(names & known.keys())
    if not used or not names <= document["letters"].keys():
        return None
    letters = {name: " ".join(part for part in document["letters"][name].split() if part != "input") for name in sorted(names)}
    steps = [_step(f"{name}_is", "assume", (), name, _text(known[name])) for name in used]
    steps.append(_step("claim", "rewrite", tuple(step["id"] for step in steps), claim["left"], claim["right"]))
    made = {**document, "letters": letters, "functions": {}, "points": [], "steps": steps, "conclusions": ["claim"], "claims": []}
    return made if all(step.verdict.status is Status.PROVED for step in judge_theory(made).steps) else None


def at_zero(claim: Mapping[str, str], context: Context) -> dict[str, str] | None:
    """The claim with 0 for t0, and for t where it is taken there; None where the notes do not call the start 0, or nothing changes."""
    zero = context.letters.get("0")
    if zero is None or zero.symbol != "t0" or context.over() == "layers":
        return None

    def put(slot: str, text: str) -> str:
        there = slot == "t0" or (slot in ("left", "right") and claim.get("at") == "t0")
        root = parse(text, "claim", caps=LOG, matrices=True)
        return to_text(folded(substitute([root], {"t0": ZERO, **({"t": ZERO} if there else {})})[0], {}))

    made = {slot: text if slot == "at" else put(slot, text) for slot, text in claim.items()}
    return made if made != claim else None


def over_length(claim: Mapping[str, str], context: Context) -> dict[str, str] | None:
    """The claim with T - t0 for T, of which it is what is left where t0 = 0: T c is int_0^T c dt; None where nothing changes."""
    zero, length = context.letters.get("0"), symbol("t1") - symbol("t0")
    if zero is None or zero.symbol != "t0" or context.over() == "layers":
        return None
    roots = {slot: parse(text, "claim", caps=LOG, matrices=True) for slot, text in claim.items() if slot != "at"}
    if not any("t1" in symbols_of(root) for root in roots.values()):
        return None
    return {**claim, **{slot: to_text(substitute([root], {"t1": length})[0]) for slot, root in roots.items()}}


def _text(value: Fraction) -> str:
    return str(value) if value >= 0 else f"-({-value})"


def _step(id: str, rule: str, premises: tuple[str, ...], left: str, right: str) -> dict[str, Any]:
    return {"id": id, "rule": rule, "premises": list(premises), "claim": {"left": left, "right": right, "at": "always"}, "how": {}}


def starts(context: Context) -> dict[int, Fraction]:
    """{2: 1} of x_2(0) = 1, {1: 1, 2: 0} of x(0) = (1, 0)."""
    found: dict[int, Fraction] = {}
    for law in context.laws:
        found |= _whole_start(law, context)
        value = number_of(law.right) if law.kind == "start" else None
        if value is not None and isinstance(law.left, Symbol):
            found[int(law.left.part[0].value) if law.left.part and isinstance(law.left.part[0], tree.Number) else 1] = value
    return found


def _whole_start(law: Law, context: Context) -> dict[int, Fraction]:
    right = law.right.of if isinstance(law.right, tree.Transposed) else law.right
    cells = [cell for row in right.rows for cell in row] if law.kind == "start" and isinstance(right, tree.Vector) else []
    numbers = {i: value for i, cell in enumerate(cells, 1) if (value := number_of(cell)) is not None}
    whole = isinstance(law.left, Symbol) and not law.left.part and len(cells) == len(context.parts("x"))
    return numbers if whole and len(numbers) == len(cells) else {}


def put(inputs: dict[str, Any], context: Context) -> dict[str, Any]:
    """The inputs of a world with these numbers in them, and with the start where the notes' own times are looked at."""
    for index, value in starts(context).items() if context.option("ends") else ():
        inputs["x0"].reshape(-1)[index - 1] = float(value)
    for name, value in values(context).items():
        letter, _, part = name.rpartition("_")
        if letter in inputs and part.isdigit() and int(part) <= inputs[letter].size:
            inputs[letter].reshape(-1)[int(part) - 1] = float(value)
    return inputs


def digits(node: Node) -> float:
    """How far decimals may be off that were rounded where they are written: half a unit of each last digit; 0 for anything else."""
    if isinstance(node, tree.Sum):
        found = [*map(digits, node.terms)]
        return sum(found) if all(found) else 0.0
    value = node.value if isinstance(node, tree.Number) else node.of.value if (
        isinstance(node, tree.Negative) and isinstance(node.of, tree.Number)) else Fraction(0)
    places = _places(Fraction(value))
    return 0.5000001 * 10.0**-places if places else 0.0


def is_in_digits(relation: str, right: Node) -> bool:
    """Of = 0.571 and \\approx 4/7."""
    return relation == "approx" or (relation == "=" and digits(right) > 0)


def _places(value: Fraction) -> int:
    """3 of 0.514; 0 of what is whole, or no decimal."""
    return 0 if value.denominator == 1 else next((k for k in range(1, 20) if (value * 10**k).denominator == 1), 0)


def decimals(node: Node) -> Iterator[tuple[Node, Node]]:
    """(0.213, 0.2135) of the decimals of three digits or more in it: such as are rounded, unlike h = 0.1."""
    numbers = dict.fromkeys(part for part in walk(node) if isinstance(part, tree.Number))
    for number in numbers:
        places = _places(Fraction(number.value))
        if places and abs(number.value) * 10**places >= 100:
            yield number, tree.Number(Fraction(number.value) + Fraction(1, 2 * 10**places))
