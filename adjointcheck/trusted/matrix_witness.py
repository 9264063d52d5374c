"""Refutation by exact matrices of small dimensions, and the letters that forbid one.

Nothing here proves: `matrix.compare` takes the worst of a proof and of what is found here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import flint

from adjointcheck.errors import DisagreementError
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import Expression, apply, evaluate, symbols_of
from adjointcheck.trusted.language import Language
from adjointcheck.trusted.matrix import SHIFTS, Letters, compare, has, letter_of, remembered
from adjointcheck.trusted.verdict import Status, Verdict, Witness

SIZES = ((2, 3, 2, 1), (3, 2, 1, 2), (1, 1, 1, 1), (2, 2, 3, 2))  # dimensions tried, by their alphabetical place
MAX_BITS = 1 << 20


def doubt(roots: Sequence[Expression], letters: Letters, shown: Verdict) -> Verdict:
    """What exact matrices say against `shown`, that the first two of `roots` are equal where all others vanish."""
    samples = [_sample(roots, letters, sizes) for sizes in SIZES]
    witness = next((sample for sample in samples if isinstance(sample, Witness)), None)
    if shown.status is not Status.PROVED:
        return Verdict(Status.REFUTED, ("exact matrices of small dimensions",), witness=witness) if witness else shown
    if witness:
        raise DisagreementError("matrices", f"{to_text(roots[0])} against {to_text(roots[1])}", "normal form and exact evaluation to agree")
    return replace(shown, evidence=(*shown.evidence, "exact matrices of small dimensions agree")) if True in samples else shown


@remembered
def _sample(roots: Sequence[Expression], letters: Letters, sizes: Sequence[int]) -> Witness | bool | None:
    """A witness where the first two differ and all others vanish; True where they agree; None where nothing can be said."""
    names = sorted(symbols_of(*roots))
    shapes = [(letter.rows, letter.cols) for letter in (letter_of(letters, name) for name in names)]
    size = {dim: sizes[i % len(sizes)] for i, dim in enumerate(sorted({dim for shape in shapes for dim in shape if not dim.isdigit()}))}
    generator = random.Random(f"{sizes} {names}")
    point = {name: _value(name, letters, size, generator) for name in names}
    try:
        left, right, *given = evaluate(roots, lambda node: _exact_leaf(node, point), _EXACT)
        gap = _sum(left, -right)
    except (KeyError, ValueError, ZeroDivisionError):  # a function without exact values, a zero of any shape, a singular matrix
        return None
    if any(any(value.entries()) for value in given):
        return None
    shown = tuple((name, _show(value)) for name, value in point.items())
    return Witness(shown, _show(left), _show(right), _show(gap)) if any(gap.entries()) else True


Exact = Any  # flint.fmpq_mat


def _value(name: str, letters: Letters, size: Mapping[str, int], generator: random.Random) -> Exact:
    letter = letter_of(letters, name)
    rows, cols = (size.get(dim) or int(dim) for dim in (letter.rows, letter.cols))
    entries = [k for k in range(1 if has(letters, name, "positive") else -9, 10) if k]
    value = flint.fmpq_mat(rows, cols, [flint.fmpq(generator.choice(entries), generator.randint(1, 3)) for _ in range(rows * cols)])
    if "identity" in letter.flags:
        return flint.fmpq_mat(rows, cols, [int(i == j) for i in range(rows) for j in range(cols)])
    return value + value.transpose() if "symmetric" in letter.flags else value


def _exact(value: Any) -> Exact:
    return flint.fmpq_mat(1, 1, [value])


def _exact_leaf(node: Expression, point: Mapping[str, Exact]) -> Exact:
    return _exact(flint.fmpq(node.value.numerator, node.value.denominator)) if node.head == "number" else point[node.value]


def _sum(a: Exact, b: Exact) -> Exact:
    """Where shapes differ one of them is the number 0."""
    return a + b if (a.nrows(), a.ncols()) == (b.nrows(), b.ncols()) else b if not any(a.entries()) else a


def _bits(a: Exact) -> int:
    """Digits of the longest entry, in binary."""
    return max((max(int(e.p).bit_length(), int(e.q).bit_length()) for e in a.entries()), default=0)


def _product(a: Exact, b: Exact) -> Exact:
    if _bits(a) + _bits(b) > MAX_BITS:
        raise KeyError("numbers of endless length")
    if (a.nrows(), a.ncols()) == (1, 1):
        return b * a[0, 0]
    return a * b[0, 0] if (b.nrows(), b.ncols()) == (1, 1) else a * b


def _power(a: Exact, b: Exact) -> Exact:
    if b[0, 0].q != 1 or abs(b[0, 0].p) * _bits(a) > MAX_BITS:
        raise KeyError("a root, or a number of endless length")
    return _exact(a[0, 0] ** int(b[0, 0].p))


_EXACT: dict[str, Callable[..., Exact]] = {
    "add": _sum, "sub": lambda a, b: _sum(a, -b), "neg": lambda a: -a, "mul": _product, "div": lambda a, b: _product(a, b.inv()),
    "pow": _power, "transpose": lambda a: a.transpose(), "inverse": lambda a: a.inv(),
    "det": lambda a: _exact(a.det()), "trace": lambda a: _exact(sum((a[i, i] for i in range(a.nrows())), flint.fmpq(0))),
}


def _show(a: Exact) -> str:
    return "[" + "; ".join(" ".join(str(a[i, j]) for j in range(a.ncols())) for i in range(a.nrows())) + "]"


# Refutations that do not stand


def doubt_under(known: Mapping[str, Expression], roots: Sequence[Expression], language: Language, shown: Verdict) -> Verdict:
    """`doubt`, but UNKNOWN for REFUTED where the premises `known` say more of the letters than was put in."""
    verdict = doubt(roots, language.letters, shown)
    tied = _tied(language, symbols_of(*roots[:2]), known) if verdict.status is Status.REFUTED else []
    return Verdict(Status.UNKNOWN, reason=f"does not follow as it stands, but more may be implied of {tied[0]}") if tied else verdict


def _tied(language: Language, names: Iterable[str], known: Mapping[str, Expression]) -> list[str]:
    """The letters of which premises, or the symmetry of second derivatives along two directions, say more than was put in."""
    parts = {name: name.split(".") for name in sorted(names)}
    partials = language.bound - language.functions.keys()
    opaque = [name for name, (base, *suffixes) in parts.items() if base in partials and {*suffixes} - SHIFTS]
    if len({suffix for name in opaque for suffix in parts[name][1:]} - SHIFTS) > 1:
        return opaque
    solved = [(other.split("."), symbols_of(right)) for other, right in known.items()]
    lopsided = {other.partition(".")[0] for other, right in known.items() if has(language.letters, other, "symmetric")
                and compare(right, apply("transpose", right), language.letters).status is not Status.PROVED}
    implied = [name for name in parts if any(other[0] in lopsided or _implies(language, other, name) for other, used in solved if
                                             name.partition(".")[0] in {letter.partition(".")[0] for letter in used})]
    return implied or [name for name, (base, *suffixes) in parts.items() if any(
        base == other[0] and {*other[1:]} <= {*suffixes} and name not in used for other, used in solved)]


def _implies(language: Language, solved: Sequence[str], name: str) -> bool:
    """Does c = E, with c constant, say that E's derivative in time is 0, that the next E is the same?"""
    return "constant" in language.letters[solved[0]].flags and not {"dot", "next"}.isdisjoint(name.split(".")[1:])
