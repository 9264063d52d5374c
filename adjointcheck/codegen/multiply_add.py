"""Sums as chains of multiply-adds: plain terms first, then product after product, each added in one operation and one rounding.

A product that several sums want is multiplied in each of them: k multiply-adds instead of one product and k sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adjointcheck.codegen.ir import Function, Name, Operand, Operation

SIGNS: Mapping[str, tuple[int, int]] = {"add": (1, 1), "sub": (1, -1)}
Term = tuple[int, Operand]  # its sign, and what is added


@dataclass(frozen=True)
class Chain:
    """plain_1 +- plain_2 +- ... +- a_1 b_1 +- a_2 b_2 ..., positive terms first; at least one product."""

    plain: tuple[Term, ...]
    products: tuple[tuple[int, Operand, Operand], ...]


def chains(function: Function) -> tuple[dict[str, Chain], set[str]]:
    """The sums of `function` that have a product for a term, by their targets, and the targets that these chains leave unused."""
    values = {assign.target: assign.value for assign in function.body}
    users = _users(function)

    def summed(target: str) -> bool:
        return all(user is not None and user.head in SIGNS for user in users[target])

    inner = {target for target, value in values.items() if value.head in SIGNS and len(users[target]) == 1 and summed(target)}
    products = {target for target, value in values.items() if value.head == "mul" and users[target] and summed(target)}
    found: dict[str, Chain] = {}
    unused = set(products)
    for target, value in values.items():
        if value.head not in SIGNS or target in inner:
            continue
        passed: set[str] = set()
        terms = list(_terms(value, 1, values, inner, passed))
        if any(isinstance(operand, Name) and operand.text in products for _, operand in terms):
            found[target] = _chain(terms, values, products)
            unused |= passed
    return found, unused


def _users(function: Function) -> Mapping[str, list[Operation | None]]:
    """Who uses each name; None is a result."""
    users: dict[str, list[Operation | None]] = defaultdict(list)
    uses = [(assign.value, operand) for assign in function.body for operand in assign.value.args]
    for user, operand in (*uses, *((None, value) for result in function.results for value in result.values)):
        if isinstance(operand, Name):
            users[operand.text].append(user)
    return users


def _terms(value: Operation, sign: int, values: Mapping[str, Operation], inner: set[str], passed: set[str]) -> Iterator[Term]:
    """The terms of a sum and of the sums inside it, whose targets go into `passed`."""
    for own, operand in zip(SIGNS[value.head], value.args, strict=True):
        if isinstance(operand, Name) and operand.text in inner:
            passed.add(operand.text)
            yield from _terms(values[operand.text], sign * own, values, inner, passed)
        else:
            yield sign * own, operand


def _chain(terms: list[Term], values: Mapping[str, Operation], products: set[str]) -> Chain:
    ordered = sorted(terms, key=lambda term: -term[0])  # stable: otherwise as they stood
    factors = [(sign, *values[x.text].args) for sign, x in ordered if isinstance(x, Name) and x.text in products]
    plain = tuple((sign, x) for sign, x in ordered if not (isinstance(x, Name) and x.text in products))
    return Chain(plain, tuple((sign, a, b) for sign, a, b in factors))
