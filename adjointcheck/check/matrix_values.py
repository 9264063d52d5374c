"""Values of the formulas of a theory at random matrices: an opinion on equality that shares nothing with its normal form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import mpmath

from adjointcheck.errors import GrammarError
from adjointcheck.expression.grammar import LOG, parse
from adjointcheck.expression.node import Expression

DIGITS = 60
SIZES: tuple[Mapping[str, int], ...] = ({"n": 3, "k": 2, "m": 2, "s": 2}, {"n": 2, "k": 3, "m": 1, "s": 3})
Letters = Mapping[str, str]


def _letter(name: str, letters: Letters, size: Mapping[str, int], seed: int) -> Any:
    """A random matrix of the letter's shape, always the same for one name; every suffix makes a letter of its own."""
    rows, cols, *flags = letters[name.split(".")[0]].split()
    if "identity" in flags:
        return mpmath.eye(size.get(rows, 4))
    draw = Random(f"{seed} {name}")
    shape = [int(dim) if dim.isdigit() else size.get(dim, 4) for dim in (rows, cols)]
    found = mpmath.matrix(*shape)
    for i in range(shape[0]):
        for j in range(shape[1]):
            found[i, j] = mpmath.mpf(draw.randint(1, 3000)) / 1013
    return found + found.T if "symmetric" in flags else found


def value(root: Expression, letters: Letters, size: Mapping[str, int], seed: int) -> Any:
    """The matrix that `root` is at the random letters of `seed`; raises ValueError or ZeroDivisionError where it is none."""
    if root.head == "number":
        return mpmath.matrix([[mpmath.mpf(root.value.numerator) / root.value.denominator]])
    if root.head == "symbol":
        return _letter(root.value, letters, size, seed)
    arguments = [value(arg, letters, size, seed) for arg in root.args]
    rule = _RULES.get(root.head)
    return rule(*arguments) if rule else mpmath.matrix([[getattr(mpmath, root.head)(*(_scalar(a) for a in arguments))]])


def _scalar(a: Any) -> Any:
    if (a.rows, a.cols) != (1, 1):
        raise ValueError("a matrix where a number belongs")
    return a[0, 0]


def _product(a: Any, b: Any) -> Any:
    if (a.rows, a.cols) == (1, 1):
        return b * a[0, 0]
    return a * b[0, 0] if (b.rows, b.cols) == (1, 1) else a * b


_RULES: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "neg": lambda a: -a, "mul": _product, "div": lambda a, b: a / _scalar(b),
    "pow": lambda a, b: a ** int(_scalar(b)) if a.rows > 1 else mpmath.matrix([[_scalar(a) ** _scalar(b)]]),
    "transpose": lambda a: a.T, "inverse": lambda a: a**-1, "det": lambda a: mpmath.matrix([[mpmath.det(a)]]),
    "trace": lambda a: mpmath.matrix([[sum(a[i, i] for i in range(a.rows))]]),
}


def same_fact(a: Mapping[str, str], b: Mapping[str, str], letters: Letters) -> bool | None:
    """Do two claims of a theory say the same?  Slot by slot; an equation also when left - right is a multiple of the other's.

    None where `a` has no value; a claim `b` without one (a shape that does not fit, an unknown letter) does not say the same.
    """
    if {**a, "left": "", "right": ""}.keys() != {**b, "left": "", "right": ""}.keys() or a.get("at") != b.get("at"):
        return False
    with mpmath.workdps(DIGITS):
        if not _defined(a, a, letters):
            return None
        if not _defined(b, a, letters):
            return False
        ratios = [_ratio(a, b, letters, size, seed) for seed, size in enumerate(SIZES)]
        return None not in ratios and bool(abs(ratios[0] - ratios[1]) < mpmath.mpf(10) ** (15 - DIGITS))


def _defined(a: Mapping[str, str], other: Mapping[str, str], letters: Letters) -> bool:
    """Has every slot of `a` a value, and is what it is compared with in `other` of the same shape?"""
    try:
        for seed, size in enumerate(SIZES):
            _ratio(a, other, letters, size, seed)
    except (ValueError, ZeroDivisionError, TypeError, KeyError, AttributeError, GrammarError):
        return False
    return True


def _ratio(a: Mapping[str, str], b: Mapping[str, str], letters: Letters, size: Mapping[str, int], seed: int) -> Any:
    """What the claim `a` must be multiplied by to give `b`; None if nothing does. Only an equation may be multiplied at all."""
    def at(text: str) -> Any:
        return value(parse(text, caps=LOG, matrices=True), letters, size, seed)

    if "left" in a and "left" in b:
        return _factor(_minus(at(a["left"]), at(a["right"])), _minus(at(b["left"]), at(b["right"])))
    changed = [slot for slot in a if slot != "at" and a[slot] != b[slot]]
    return 1 if all(_small(_minus(at(a[slot]), at(b[slot]))) for slot in changed) else None


def _minus(a: Any, b: Any) -> Any:
    """a - b, where the number 0 stands for a zero of any shape."""
    if (a.rows, a.cols) == (b.rows, b.cols):
        return a - b
    if _small(b):
        return a
    if _small(a):
        return -b
    raise ValueError("shapes that do not fit")


def _small(a: Any) -> bool:
    return max(abs(entry) for entry in a) < mpmath.mpf(10) ** (15 - DIGITS)


def _factor(a: Any, b: Any) -> Any:
    """The number r != 0 with b = r a, or None."""
    if (a.rows, a.cols) != (b.rows, b.cols) or _small(a) or _small(b):
        return None
    i, j = max(((i, j) for i in range(a.rows) for j in range(a.cols)), key=lambda place: abs(a[place]))
    ratio = b[i, j] / a[i, j]
    return ratio if ratio != 0 and _small(b - a * ratio) else None
