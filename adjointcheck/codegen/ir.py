"""A small imperative tree: functions of scalars and columns, single assignments, results. No domain word enters it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from adjointcheck.errors import CodegenError
from adjointcheck.expression.table import PRIMITIVES

Plain = None | bool | int | str | Fraction | tuple["Plain", ...]


@dataclass(frozen=True)
class Constant:
    """An exact rational, or the real number called "pi"."""

    value: Fraction | Literal["pi"]


@dataclass(frozen=True)
class Name:
    """A scalar that an argument or an earlier assignment has bound."""

    text: str


Operand = Constant | Name


@dataclass(frozen=True)
class Operation:
    """A primitive of `expression.table`, named by its head, applied to operands."""

    head: str
    args: tuple[Operand, ...]


@dataclass(frozen=True)
class Assign:
    """target = op(args); every target is bound once."""

    target: str
    value: Operation


@dataclass(frozen=True)
class Argument:
    """An array with named columns along its last axis, or (columns None) a scalar; both may be batched."""

    name: str
    columns: tuple[str, ...] | None = None

    @property
    def bound(self) -> tuple[str, ...]:
        """The scalar names that passing this argument binds."""
        return (self.name,) if self.columns is None else self.columns


@dataclass(frozen=True)
class Result:
    """What is returned under `name`: one scalar, or the columns of an array."""

    name: str
    values: tuple[Operand, ...]
    scalar: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """One name for each value: L for a scalar L; H_x0, H_x1, ... for the columns of H_x."""
        return (self.name,) if self.scalar else tuple(f"{self.name}{i}" for i in range(len(self.values)))


@dataclass(frozen=True)
class Function:
    """Straight-line code: arguments, assignments in order of execution, results.

    Raises CodegenError when a name is bound twice or used before it is bound, or an operation is unknown.
    """

    name: str
    doc: tuple[str, ...]
    arguments: tuple[Argument, ...]
    body: tuple[Assign, ...]
    results: tuple[Result, ...]

    def __post_init__(self) -> None:
        bound: set[str] = set()
        for argument in self.arguments:
            for name in argument.bound:
                self._bind(name, bound)
        for assign in self.body:
            self._check_operation(assign.value)
            self._check_bound(assign.value.args, bound)
            self._bind(assign.target, bound)
        for result in self.results:
            self._check_bound(result.values, bound)

    def _bind(self, name: str, bound: set[str]) -> None:
        if name in bound:
            raise CodegenError(f"function {self.name}", name, "each name bound once", "Rename one of the two.")
        bound.add(name)

    def _check_operation(self, operation: Operation) -> None:
        row = PRIMITIVES.get(operation.head)
        if row is None or row.arity != len(operation.args):
            raise CodegenError(f"function {self.name}", operation, "a primitive of the table with as many operands as it takes")

    def _check_bound(self, operands: tuple[Operand, ...], bound: set[str]) -> None:
        for operand in operands:
            if isinstance(operand, Name) and operand.text not in bound:
                raise CodegenError(f"function {self.name}", operand.text, "a name bound before it is used", "Reorder the body.")

    def operands(self) -> Iterator[Operand]:
        """Every use of an operand, in order of execution, results last."""
        for assign in self.body:
            yield from assign.value.args
        for result in self.results:
            yield from result.values


@dataclass(frozen=True)
class Program:
    """Named constants, functions, and tables that list functions by name; `notes` are the header's lines."""

    name: str
    notes: tuple[str, ...]
    constants: tuple[tuple[str, Plain], ...]
    functions: tuple[Function, ...]
    tables: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def function(self, name: str) -> Function:
        """The function called `name`; CodegenError lists the names there are."""
        for function in self.functions:
            if function.name == name:
                return function
        raise CodegenError(f"program {self.name}", name, f"one of {', '.join(f.name for f in self.functions)}")
