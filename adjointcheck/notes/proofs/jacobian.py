"""Partial derivatives of matrix expressions: a guess by structure, and the lemma by which the trusted core confirms it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adjointcheck.errors import StepRejected
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, neg, substitute, symbol, symbols_of
from adjointcheck.expression.table import PRIMITIVES
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.trusted.language import Language, derive
from adjointcheck.trusted.matrix import normal
from adjointcheck.trusted.replay import SCHEMA_VERSION
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status


class Partial:
    """d/d`by` of columns (a Jacobian), of rows (that of the column), of scalars (a row); other letters do not move."""

    def __init__(self, language: Language, by: str) -> None:
        self.language, self.by = language, by
        letter = language.letters[by]
        self.unit = ONE if letter.rows == letter.cols == "1" else symbol(identity(language, by))

    def of(self, root: Expression) -> Expression:
        """The partial derivative of `root`; raises StepRejected where a matrix moves."""
        if not self.moves(root):
            return ZERO
        if root.head == "symbol":
            return self.of_letter(root.value)
        rule = getattr(self, f"of_{root.head}", None)
        return rule(*root.args) if rule else self.of_scalar(root)

    def moves(self, root: Expression) -> bool:
        functions = self.language.functions
        return any(name == self.by or self.by in functions.get(name, {}) for name in symbols_of(root))

    def of_letter(self, name: str) -> Expression:
        return self.unit if name == self.by else symbol(self.language.functions[name][self.by])

    def of_add(self, a: Expression, b: Expression) -> Expression:
        return self.of(a) + self.of(b)

    def of_sub(self, a: Expression, b: Expression) -> Expression:
        return self.of(a) - self.of(b)

    def of_neg(self, a: Expression) -> Expression:
        return neg(self.of(a))

    def of_transpose(self, a: Expression) -> Expression:
        return self.of(a)

    def of_mul(self, a: Expression, b: Expression) -> Expression:
        """Scalar times anything, row times column, constant times column, row times constant, matrix that a scalar moves times constant."""
        if self.scalar(a):
            return a * self.of(b) + (self.column(b) * self.of(a) if not self.scalar(b) else b * self.of(a))
        if self.scalar(b):
            return b * self.of(a) + self.column(a) * self.of(b)
        if self.shape(a)[0] == self.shape(b)[1] == "1":
            return a * self.of(b) + apply("transpose", b) * self.of(a)
        if not self.moves(a):
            return a * self.of(b)
        if not self.moves(b):
            return self.of(a) * b if self.unit is ONE and self.shape(a)[0] != "1" else apply("transpose", b) * self.of(a)
        raise StepRejected(f"d/d{self.by}", f"{a!r} times {b!r}", "products of which one factor is a scalar, a row or a column")

    def of_scalar(self, node: Expression) -> Expression:
        """A function of scalars, by the chain rule."""
        if node.head not in PRIMITIVES:
            raise StepRejected(f"d/d{self.by}", node, "sums, products and functions of scalars")
        places = [arg if arg.head == "number" else symbol(f"argument.{i}") for i, arg in enumerate(node.args)]
        found: Expression = ZERO
        for place, arg in zip(places, node.args, strict=True):
            slope = derive(apply(node.head, *places), {place.value: ONE}) if place is not arg else ZERO
            values = {other.value: value for other, value in zip(places, node.args, strict=True) if other is not value}
            found = found + substitute([slope], values)[0] * self.of(arg)
        return found

    def shape(self, root: Expression) -> tuple[str, str]:
        form = normal(root, self.language.letters)
        return form.rows, form.cols

    def scalar(self, root: Expression) -> bool:
        return self.shape(root) in (("1", "1"), ("", ""))

    def column(self, root: Expression) -> Expression:
        rows, cols = self.shape(root)
        return root if cols == "1" or (rows != "1" and self.unit is ONE) else apply("transpose", root)


def lemma(language: Language, root: Expression, by: str, partial: Expression) -> dict[str, Any]:
    """The theorem that `partial` is the derivative of `root` by one letter: with all others held, root.delta = partial letter.delta."""
    functions = language.functions
    used = _spoken({*symbols_of(root, partial), by}, functions)
    free = sorted(name for name in used if name not in language.bound and "identity" not in language.letters[name.partition(".")[0]].flags)
    letters = {name: language.letters[name] for name in sorted({name.partition(".")[0] for name in used})}
    value, direction = normal(root, language.letters), symbol(f"{by}.delta")
    column = direction if language.letters[by].cols == "1" else apply("transpose", direction)
    moved = partial * column
    claim = moved if value.cols in ("1", "") else apply("transpose", moved)
    shapes = {name: " ".join([letter.rows, letter.cols, *sorted(letter.flags - {"input"})]) for name, letter in letters.items()}
    held = [(f"{name.replace('.', '_')}_held", name) for name in free if name != by]
    steps = [_step("value", "define", "value_", to_text(root))]
    steps += [_step(id, "assume", f"{name}.delta", "0") for id, name in held]
    steps.append(_step("partial", "differentiate", "value_.delta", to_text(claim), ["value", *(id for id, _ in held)], by="delta"))
    return {"kind": "theory", "schema_version": SCHEMA_VERSION, "name": "partial", "title": f"The partial derivative by {by}",
            "source": "notes", "over": "time", "points": [], "letters": {**shapes, "value_": f"{value.rows or '1'} {value.cols or '1'}"},
            "functions": {f: dict(slopes) for f, slopes in functions.items() if f in used}, "steps": steps, "conclusions": ["partial"],
            "claims": []}


def is_proved(document: Mapping[str, Any]) -> bool:
    """Does the core prove every step?"""
    return all(step.verdict.status is Status.PROVED for step in judge_theory(document).steps)


def stages_in(setting: Setting, root: Expression, by: str) -> Iterator[tuple[str, Expression]]:
    """The states u inside of a time step on which `root` rests, and their formulas in `by`: u = W x + b of sigma(u), by x."""
    facts = ((id.removeprefix("stage_"), fact) for id, fact in setting.facts.items() if id.startswith("stage_"))
    for stage, fact in facts:
        if fact.part("left") == symbol(stage) and Partial(setting.language, stage).moves(root) and by in symbols_of(fact.part("right")):
            yield stage, fact.part("right")


def _spoken(names: set[str], functions: Mapping[str, Mapping[str, str]]) -> set[str]:
    """The names, with the arguments and the partials of the functions among them, and so on."""
    more = {name for f in names & functions.keys() for name in (*functions[f], *functions[f].values())} - names
    return _spoken(names | more, functions) if more else names


def _step(id: str, rule: str, left: str, right: str, premises: list[str] | None = None, **how: str) -> dict[str, Any]:
    return {"id": id, "rule": rule, "premises": premises or [], "claim": {"left": left, "right": right, "at": "always"}, "how": how}


def identity(language: Language, by: str) -> str:
    """The identity letter of `by`'s dimension."""
    dim = next(dim for dim in (language.letters[by].rows, language.letters[by].cols) if dim != "1")
    found = [name for name, letter in language.letters.items() if "identity" in letter.flags and letter.rows == dim]
    if not found:
        raise StepRejected(f"d/d{by}", by, f"an identity letter of dimension {dim}")
    return found[0]
