"""Divisors that are surely positive or negative, such as 1 + 3 exp(4 (t - T)) and cosh 1: the core divides by letters alone.

Each is given a letter, with its sign as a flag and what it stands for as a hypothesis, which holds whatever the other letters are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from operator import add, mul, sub, truediv
from operator import neg as neg_
from typing import Any

from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ZERO, Expression, apply, evaluate, neg, symbol, symbols_of, walk
from adjointcheck.expression.table import PRIMITIVES, conditions_of
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.trusted.language import Language

DIVISOR = "divisor"
FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "atan")
SURE = 1e-9  # a number that floats have farther from 0 than this is not 0


def with_divisors(setting: Setting, slots: Mapping[str, str]) -> tuple[Setting, Mapping[str, str]]:
    """The setting with a letter for each such divisor of a claim, and the claim with these letters."""
    language = setting.language
    roots = {slot: parse(text, "claim", caps=LOG, matrices=True) for slot, text in slots.items() if slot != "at"}
    found = [*dict.fromkeys(unvouched(roots.values(), language))]
    if not found or not all(sign(divisor, language) for divisor in found):
        return setting, slots
    taken = sum(name.startswith(DIVISOR) for name in language.letters)
    named = {divisor: symbol(f"{DIVISOR}_{i}") for i, divisor in enumerate(found, taken + 1)}
    letters = {letter.value: shape(divisor, language) for divisor, letter in named.items()}
    steps = [step(letter.value, divisor) for divisor, letter in named.items()]
    document = {**setting.document, "letters": {**setting.document["letters"], **letters}, "steps": [*steps, *setting.document["steps"]]}
    return replace(setting, document=document), {**slots, **{slot: to_text(put(root, named)) for slot, root in roots.items()}}


def unvouched(roots: Iterable[Expression], language: Language) -> Iterator[Expression]:
    """The divisors, sums or functions of scalars, that no flag vouches for."""
    for node in walk(roots):
        for argument, relation in conditions_of(node) if node.head in PRIMITIVES else ():
            if relation == "!=" and not language.certain(argument, relation):
                yield argument


def shape(divisor: Expression, language: Language) -> str:
    """Of its letter, with its flags."""
    flags = ["positive"] if sign(divisor, language) > 0 else ["nonzero"]
    return " ".join(["1 1", *(["constant"] if language.timeless(divisor) else []), *flags])


def step(name: str, divisor: Expression) -> dict[str, Any]:
    """The hypothesis that says what the letter stands for."""
    return {"id": name, "rule": "assume", "premises": [], "claim": {"left": name, "right": to_text(divisor), "at": "always"}, "how": {}}


def put(root: Expression, values: Mapping[Expression, Expression]) -> Expression:
    """The expression with others in the place of some parts of it."""
    if root in values:
        return values[root]
    return apply(root.head, *(put(argument, values) for argument in root.args)) if root.args else root


def sign(node: Expression, language: Language) -> int:
    """1 or -1 of what is surely positive or negative, 0 of anything else."""
    return 1 if _positive(node, True, language) else -1 if _positive(neg(node), True, language) else 0


def _positive(node: Expression, strict: bool, language: Language) -> bool:
    """Is it surely above 0, or if not `strict` at least 0?"""
    def is_(part: Expression, strictly: bool = strict) -> bool:
        return _positive(part, strictly, language)

    match node.head, node.args:
        case "number", _:
            return node.value > 0 or (node is ZERO and not strict)
        case "symbol", _:
            return language.certain(node, ">")
        case ("exp" | "cosh" | "pi"), _:
            return True
        case "add", (a, b):
            found = (is_(a) and is_(b, False)) or (is_(a, False) and is_(b))
        case "sub", (a, b):
            found = (is_(a) and is_(neg(b), False)) or (is_(a, False) and is_(neg(b)))
        case ("mul" | "div"), (a, b):
            found = (is_(a) and is_(b)) or (is_(neg(a)) and is_(neg(b)))
        case "neg", (a,) if a.args and a.head in ("add", "sub", "mul", "div"):
            found = is_(_turned(a))
        case "pow", (a, b):
            even = b.head == "number" and b.value % 2 == 0
            found = (even and (not strict or sign(a, language) != 0)) or is_(a)
        case ("sqrt" | "sinh" | "tanh" | "atan"), (a,):
            found = is_(a)
        case _:
            found = False
    return found or (not symbols_of(node) and _exceeds_nought(node))


def _turned(node: Expression) -> Expression:
    """-a - b of a + b, b - a of a - b, (-a) b of a b."""
    a, b = node.args
    return apply("sub", *((neg(a), b) if node.head == "add" else (b, a))) if node.head in ("add", "sub") else apply(node.head, neg(a), b)


def _exceeds_nought(node: Expression) -> bool:
    """Of an expression without letters, beyond what rounding may have done to its parts."""
    functions: dict[str, Any] = {name: getattr(math, name) for name in FUNCTIONS}
    functions |= {"add": add, "sub": sub, "mul": mul, "div": truediv, "neg": neg_, "pow": pow}
    try:
        values = evaluate(walk([node]), lambda leaf: math.pi if leaf.head == "pi" else float(leaf.value), functions)
        return values[-1] > SURE * max(1.0, *map(abs, values))
    except (ArithmeticError, KeyError, ValueError, TypeError):
        return False
