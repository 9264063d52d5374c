"""Sums and products of what the notes lay out as rows or columns, or never say."""

from __future__ import annotations

from dataclasses import dataclass, field

from adjointcheck.expression.node import Expression, apply, symbol
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.indices import Unclear
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.trusted.matrix import normal


@dataclass(frozen=True)
class Layouts:
    """Vectors whose layout the notes never fix, and what is made of them, are `loose`: rows before another factor, columns behind one."""

    setting: Setting
    context: Context
    loose: set[Expression] = field(default_factory=set)

    def plus(self, a: Expression, b: Expression) -> Expression:
        """A sum; what is loose takes the other's layout, and a number beside a square matrix stands for a multiple of the identity."""
        one, other = self.shape(a), self.shape(b)
        if a in self.loose and one != other:
            a = self.turned(a)
        elif b in self.loose and one != other:
            b = self.turned(b)
        elif one == ("1", "1") != other and other[0] == other[1] != "":
            a = a * self.unit(other[0])
        elif other == ("1", "1") != one and one[0] == one[1] != "":
            b = b * self.unit(one[0])
        return self.kept(a + b, a in self.loose and b in self.loose)

    def unit(self, dim: str) -> Expression:
        found = [name for name, letter in self.setting.language.letters.items() if "identity" in letter.flags and letter.rows == dim]
        if not found:
            raise Unclear("a number beside a matrix", "an identity matrix")
        return symbol(found[0])

    def kept(self, root: Expression, loose: bool) -> Expression:
        """`root`, marked as loose if it is a vector that is."""
        if loose and not self.scalar(root) and "1" in self.shape(root):
            self.loose.add(root)
        return root

    def turned(self, root: Expression) -> Expression:
        return self.kept(apply("transpose", root), root in self.loose)

    def shape(self, root: Expression) -> tuple[str, str]:
        form = normal(root, self.setting.language.letters)
        return form.rows, form.cols

    def scalar(self, root: Expression) -> bool:
        return self.shape(root) in (("1", "1"), ("", ""))

    def multiplied(self, a: Expression, b: Expression) -> Expression:
        """A product; a loose factor on the left is a row, one on the right a column, unless the other makes an outer product of them."""
        if self.scalar(a) or self.scalar(b):
            return self.kept(a * b, a in self.loose or b in self.loose)
        loose = a in self.loose or b in self.loose
        a = self.turned(a) if a in self.loose and self.shape(a)[b not in self.loose and self.shape(b)[0] == "1"] != "1" else a
        b = self.turned(b) if b in self.loose and self.shape(b)[a in self.loose or self.shape(a)[1] != "1"] != "1" else b
        return self.kept(a * b, loose)

    def twice(self, root: Expression) -> Expression:
        """The square of a number or a matrix, and x' x of a column."""
        if self.scalar(root):
            return root**2
        return root * root if "1" not in self.shape(root) else self.square(root)

    def square(self, root: Expression) -> Expression:
        """Of a number, of a column, of a row, and of all entries of a matrix."""
        if self.shape(root) == ("1", "1"):
            return root**2
        turned = apply("transpose", root)
        if "1" not in self.shape(root):
            return apply("trace", turned * root)
        return turned * root if self.shape(root)[1] == "1" else root * turned
