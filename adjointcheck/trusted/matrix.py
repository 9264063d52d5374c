"""Matrix expressions of any dimension: their normal forms.

A normal form is a sum of (scalar coefficient) x (word of letters): products in order, transposes and inverses on single
letters, the word cut wherever a dimension is 1, so that every inner 1 x 1 piece and every trace becomes a symbol of the
coefficient.  Coefficients are ordinary expressions, judged by the zero test.  Each rewriting is an identity of real
matrices of every size; an equality of normal forms is a proof, a difference is no refutation (that takes matrices).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import pairwise
from typing import Any, NamedTuple

from adjointcheck.errors import StepRejected
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, evaluate, number, symbol, symbols_of
from adjointcheck.trusted.polynomial import BudgetError
from adjointcheck.trusted.verdict import Status, Verdict, worst
from adjointcheck.trusted.zero import equal

SHIFTS = frozenset({"after", "before", "next"})  # suffixes that name another place of the same letter; all others are derivations
MAX_WORDS, MAX_LETTERS, MAX_REMEMBERED = 4096, 1024, 8192


@dataclass(frozen=True)
class Letter:
    """Shape and flags of a letter; `x.dot`, `x.next` ... have those of `x`.  A dimension is a name or a positive integer."""

    rows: str
    cols: str
    flags: frozenset[str] = frozenset()


Letters = Mapping[str, Letter]


def letter_of(letters: Letters, name: str) -> Letter:
    """The letter that `name`, with or without suffixes, belongs to."""
    return letters[name.partition(".")[0]]


def has(letters: Letters, name: str, flag: str) -> bool:
    """Does `flag` hold for the value called `name`?  A positive letter's derivative need not be positive."""
    return flag in letter_of(letters, name).flags and SHIFTS.issuperset(name.split(".")[1:])


class Factor(NamedTuple):
    """One letter of a word, as it stands there: perhaps transposed, perhaps inverted."""

    name: str
    flipped: bool
    inverted: bool
    rows: str
    cols: str
    symmetric: bool


Word = tuple[Factor, ...]


@dataclass(frozen=True)
class Matrix:
    """A normal form; the number 0 alone has the shape "" x "", which fits every place."""

    rows: str
    cols: str
    terms: Mapping[Word, Expression] = field(default_factory=dict)

    @property
    def scalar(self) -> bool:
        return (self.rows, self.cols) in (("1", "1"), ("", ""))

    @property
    def coefficient(self) -> Expression:
        return self.terms.get((), ZERO)


def normal(root: Expression, letters: Letters) -> Matrix:
    """Normal form of `root`; raises StepRejected where shapes do not fit, BudgetError where it grows too long."""
    return evaluate([root], lambda node: _leaf(node, letters), _RULES)[0]


def _leaf(node: Expression, letters: Letters) -> Matrix:
    if node is ZERO:
        return Matrix("", "")
    letter = letter_of(letters, node.value) if node.head == "symbol" else Letter("1", "1")
    if "identity" in letter.flags:
        return Matrix(letter.rows, letter.cols, {(): ONE})
    if letter.rows == letter.cols == "1":
        return _scalar(node)
    factor = Factor(node.value, False, False, letter.rows, letter.cols, "symmetric" in letter.flags)
    return Matrix(letter.rows, letter.cols, {(factor,): ONE})


def _scalar(value: Expression) -> Matrix:
    return Matrix("1", "1", {(): value})


def _collect(rows: str, cols: str, terms: Iterable[tuple[Word, Expression]]) -> Matrix:
    found: dict[Word, Expression] = {}
    for word, coefficient in terms:
        found[word] = found.get(word, ZERO) + coefficient
    return Matrix(rows, cols, {word: c for word, c in found.items() if c is not ZERO})


def _expect(fits: bool, *found: Matrix, wanted: str) -> None:
    if not fits:
        raise StepRejected("shapes", " and ".join(f"{a.rows} x {a.cols}" for a in found), wanted)


def _add(a: Matrix, b: Matrix) -> Matrix:
    _expect("" in (a.rows, b.rows) or (a.rows, a.cols) == (b.rows, b.cols), a, b, wanted="equal shapes in a sum")
    return _collect(a.rows or b.rows, a.cols or b.cols, [*a.terms.items(), *b.terms.items()])


def _scaled(a: Matrix, factor: Expression) -> Matrix:
    return _collect(a.rows, a.cols, ((word, factor * c) for word, c in a.terms.items()))


def _mul(a: Matrix, b: Matrix) -> Matrix:
    if "" in (a.rows, b.rows):
        return Matrix("", "")
    if a.scalar or b.scalar:
        return _scaled(b, a.coefficient) if a.scalar else _scaled(a, b.coefficient)
    _expect(a.cols == b.rows, a, b, wanted="an inner dimension that both factors share")
    if len(a.terms) * len(b.terms) > MAX_WORDS:
        raise BudgetError(f"a product of more than {MAX_WORDS} words")
    if max(map(len, a.terms), default=0) + max(map(len, b.terms), default=0) > MAX_LETTERS:
        raise BudgetError(f"a product of more than {MAX_LETTERS} letters")
    pairs = ((_cut(_join(v, w)), c * d) for v, c in a.terms.items() for w, d in b.terms.items())
    return _collect(a.rows, b.cols, ((word, reduce(lambda x, y: x * y, scalars, c)) for (word, scalars), c in pairs))


def _join(left: Word, right: Word) -> Word:
    """The product of two words, with A inverse(A) and inverse(A) A dropped."""
    found = list(left)
    for factor in right:
        if found and found[-1] == factor._replace(inverted=not factor.inverted):
            found.pop()
        else:
            found.append(factor)
    return tuple(found)


def _cut(word: Word) -> tuple[Word, list[Expression]]:
    """What is left of `word` when its 1 x 1 pieces are taken out as scalars."""
    dims = [factor.rows for factor in word] + [factor.cols for factor in word[-1:]]
    ones = [i for i, dim in enumerate(dims) if dim == "1"]
    if len(ones) < 2:
        return word, []
    return word[: ones[0]] + word[ones[-1] :], [symbol(f"({min(_text(word[a:b]), _text(_turned(word[a:b])))})") for a, b in pairwise(ones)]


def _turned(word: Word) -> Word:
    """The transposed word."""
    return tuple(f._replace(flipped=not (f.flipped or f.symmetric), rows=f.cols, cols=f.rows) for f in reversed(word))


def _text(word: Word) -> str:
    return " ".join(f.name + "^-1" * f.inverted + "^T" * f.flipped for f in word)


def _key(a: Matrix) -> str:
    return "[" + " + ".join(sorted(f"({to_text(c)}) {_text(word)}" for word, c in a.terms.items())) + "]"


def _transpose(a: Matrix) -> Matrix:
    return Matrix(a.cols, a.rows, {_turned(word): c for word, c in a.terms.items()})


def _trace(a: Matrix) -> Matrix:
    _expect(a.rows == a.cols, a, wanted="a square matrix in a trace")
    if a.scalar:
        return a
    return _collect("1", "1", (((), c * _closed(word, a.rows)) for word, c in a.terms.items()))


def _closed(word: Word, dim: str) -> Expression:
    """Trace of one word: a dimension, a product of scalars where it can be cut, else a symbol free of rotation and transposition."""
    if not word:
        return number(int(dim)) if dim.isdigit() else symbol(f"dim {dim}")
    for i, factor in enumerate(word):
        if factor.rows == "1":
            return reduce(lambda x, y: x * y, _cut(word[i:] + word[:i])[1])
    while word[0] == word[-1]._replace(inverted=not word[-1].inverted):  # no word of two letters: they would be gone
        word = word[1:-1]
    return symbol(f"tr({min(_text(turn[i:] + turn[:i]) for turn in (word, _turned(word)) for i in range(len(word)))})")


def _inverse(a: Matrix) -> Matrix:
    _expect(a.rows == a.cols and bool(a.terms), a, wanted="a square matrix, not 0, to invert")
    if a.scalar:
        return _scalar(ONE / a.coefficient)
    ((word, c), *more) = a.terms.items()
    if more or any(f.rows != f.cols for f in word):
        return Matrix(a.rows, a.cols, {(Factor(_key(a), False, True, a.rows, a.cols, False),): ONE})
    return Matrix(a.rows, a.cols, {tuple(f._replace(inverted=not f.inverted) for f in reversed(word)): ONE / c})


def _det(a: Matrix) -> Matrix:
    _expect(a.rows == a.cols and bool(a.terms), a, wanted="a square matrix, not 0, under det")
    if a.scalar:
        return a
    ((word, c), *more) = a.terms.items()
    if more or c is not ONE or any(f.rows != f.cols for f in word):
        return _scalar(symbol(f"det{_key(a)}"))
    parts = [ONE / symbol(f"det({f.name})") if f.inverted else symbol(f"det({f.name})") for f in word]
    return _scalar(reduce(lambda x, y: x * y, parts, ONE))


def _div(a: Matrix, b: Matrix) -> Matrix:
    _expect(b.scalar, a, b, wanted="a scalar to divide by")
    return _collect(a.rows, a.cols, ((word, c / b.coefficient) for word, c in a.terms.items()))


class _Rules(dict[str, Callable[..., Matrix]]):
    """The rules of matrices; every other head is a function of scalars."""

    def __missing__(self, head: str) -> Callable[..., Matrix]:
        def of_scalars(*args: Matrix) -> Matrix:
            _expect(all(a.scalar for a in args), *args, wanted=f"scalars in {head}")
            return _scalar(apply(head, *(a.coefficient for a in args)))

        return of_scalars


_RULES = _Rules(
    add=_add, sub=lambda a, b: _add(a, _scaled(b, number(-1))), neg=lambda a: _scaled(a, number(-1)), mul=_mul, div=_div,
    transpose=_transpose, trace=_trace, inverse=_inverse, det=_det,
)


# Judging an equality


def compare(left: Expression, right: Expression, letters: Letters, given: Sequence[Expression] = ()) -> Verdict:
    """PROVED for matrices of every size, REFUTED by matrices at which all of `given` vanish, or UNKNOWN, for `left` = `right`.

    Raises StepRejected where shapes do not fit, DisagreementError when normal form and exact evaluation contradict each other.
    """
    from adjointcheck.trusted.matrix_witness import doubt  # what refutes can only take a proof back

    shown = proof((left, right), letters)
    return worst([doubt([left, right, *given], letters, shown), shown])


def remembered(judge: Callable[..., Any]) -> Callable[..., Any]:
    """`judge(roots, letters, ...)`, once for these roots and what they speak of: documents of one problem judge most equalities again."""
    known = lru_cache(maxsize=MAX_REMEMBERED)(lambda roots, spoken, *rest: judge(roots, dict(spoken), *rest))
    return lambda roots, letters, *rest: known(
        tuple(roots), frozenset((base, letters[base]) for base in {name.partition(".")[0] for name in symbols_of(*roots)}), *rest)


@remembered
def proof(sides: Sequence[Expression], letters: Letters) -> Verdict:
    """PROVED for matrices of every size by their normal forms, or UNKNOWN."""
    a, b = (normal(side, letters) for side in sides)
    _add(a, b)  # shapes
    positive = frozenset(name for name in symbols_of(*sides) if has(letters, name, "positive"))
    words = dict.fromkeys([*a.terms, *b.terms]) or {(): None}
    verdict = worst(equal(a.terms.get(word, ZERO), b.terms.get(word, ZERO), positive) for word in words)
    if verdict.status is Status.PROVED:
        return verdict
    return Verdict(Status.UNKNOWN, reason=verdict.reason or "the words differ, but no matrices were found that show it")
