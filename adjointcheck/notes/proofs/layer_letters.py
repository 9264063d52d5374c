"""Formulas in the letters of a few layers: x_l, w_l and the value of each function where it is taken, x1, w1, f1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared
from adjointcheck.notes.letters.costs import starting
from adjointcheck.notes.letters.derivatives import slots_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.progression import multiplied
from adjointcheck.notes.letters.quantities import Repeated
from adjointcheck.notes.proofs.claims import Unclear
from adjointcheck.notes.proofs.difference_riccati import matrices
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.endless import LASTING
from adjointcheck.notes.systems.layering import one_step

INPUTS = {"x": ("n", "I"), "w": ("k", "I_k"), "theta": ("m", "I_m")}
ROWS = {"f": "n", "L": "1", "O": "o", "Psi": "1", "act": "n"}
ZERO_NODE = tree.Number(Fraction(0))


@dataclass(frozen=True)
class Writer:
    """Resolved trees in the letters of `count` layers; `values` are the numbers of index letters."""

    context: Context
    count: int
    values: Mapping[str, int] = field(default_factory=dict)
    functions: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)  # {f0: (f, {x: x0, w: w0})}
    stages: dict[Node, str] = field(default_factory=dict)  # letters of states inside of time steps
    times: dict[str, Node] = field(default_factory=dict)  # when a function is taken, by its letter

    def at(self, layer: int) -> Writer:
        return replace(self, values={**self.values, "l": layer})

    def number(self, node: Node | None) -> int:
        """An index in numbers; raises Unclear where it is none."""
        match node:
            case None if "l" in self.values:
                return self.values["l"]
            case None:
                raise Unclear("a function without its layer", "one whose layer is told")
            case tree.Number(value) if value.denominator == 1:
                return int(value)
            case tree.Negative(of):
                return -self.number(of)
            case tree.Sum(terms):
                return sum(map(self.number, terms))
            case Symbol(name="N" | "t1", at=None):
                return self.count
            case Symbol(name="t0"):
                return 0
            case Symbol(name=name, at=None, part=()) if name in self.values:
                return self.values[name]
        raise Unclear("an index", "numbers and letters that count layers")

    def layer(self, node: Node | None) -> int:
        found = self.number(node)
        if not 0 <= found <= self.count:
            raise Outside(found, self.count)
        return found

    def written(self, node: Node) -> Node:
        handler = getattr(self, "of_" + type(node).__name__.lower(), None)
        return handler(node) if handler else rebuilt(node, self.written)

    def of_symbol(self, node: Symbol) -> Node:
        if node.bound or (node.name in ("l", "N") and node.at is None):
            return tree.Number(Fraction(self.number(node)))
        if node.name == "p" and self.layer(node.at) == 0 and self.paid_first and not self.context.option("first costate"):
            raise Outside(0, self.count)
        if node.name in ("x", "p", "w", "a_theta") and not node.part and not node.side:
            return replace(node, name=f"{node.name}{self.layer(node.at)}", at=None)
        if node.name in ("P", "K") and not node.part:
            layer = self.layer(node.at)
            return replace(node, name=matrices(LASTING if self.context.of(LASTING) else "", self.count)[node.name][layer], at=None)
        if node.name == "J_a":
            return self.written(self.body(node.name))
        if node.name in ("t", "s", "tau", "t0", "t1") or node.part:
            raise Unclear(node.name, "letters of layers")
        declared = self.own(node.name)
        if declared is None:
            return replace(node, at=None)
        if declared.body is not None:
            return self.at(self.layer(node.at)).written(declared.body) if declared.kind == "path" else self.written(declared.body)
        return replace(node, name=f"{node.name}_{self.layer(node.at)}", at=None) if declared.kind == "path" else node

    def of_power(self, node: tree.Power) -> Node:
        """beta^(1 - l) with the layer's number; (W^T)^(N - l) of a matrix as the product that it is then."""
        matrix = node.base.of if isinstance(node.base, tree.Transposed) else node.base
        known = self.own(matrix.name) if isinstance(matrix, Symbol) else None
        if known is not None and known.shape[0] == known.shape[1] != "1" and symbols(node.exponent) & {"l", "N", "t1"}:
            times = self.number(node.exponent)
            if times < 0:
                raise Outside(times, self.count)
            return self.written(tree.Product((node.base,) * times)) if times > 1 else self.written(node.base) if times else Symbol("I")
        counted = tree.Number(Fraction(self.number(node.exponent))) if symbols(node.exponent) & {"l", "N"} else node.exponent
        return replace(node, base=self.written(node.base), exponent=counted)

    @property
    def paid_first(self) -> bool:
        """Is a cost of the first state paid beside the others, so that its costate may be meant with it or without it?"""
        law = self.context.law("objective")
        return law is not None and bool(starting(law.right).terms)

    def own(self, name: str) -> Declared | None:
        """A letter of the notes that the convention has not."""
        found = (known for known in self.context.letters.values() if known.symbol == name and name not in ROLES)
        return next(found, None)

    def body(self, name: str) -> Node:
        found = next((known.body for known in self.context.of(name) if known.body is not None), None)
        if found is None:
            raise Unclear(name, "a letter that the notes define")
        return found

    @property
    def is_linear(self) -> bool:
        """Is the activation the identity, phi(a) = a?"""
        return any(known.body == Symbol("x") for known in self.context.of("act"))

    def of_applied(self, node: Applied) -> Node:
        if node.name == "act" and self.is_linear:
            return self.written(dict(node.arguments)["x"])
        if node.name == "H":
            return self.at(self.layer(node.at)).written(self.body("H"))
        return Applied(self.function(node))

    def function(self, node: Applied) -> str:
        """The letter of a function's value where it is taken."""
        if node.name not in ROWS or node.side or node.part:
            raise Unclear(node.name, f"functions {', '.join(ROWS)}")
        usual = self.count if node.name == "Psi" and node.at is None else self.number(node.at)
        written = {slot: self.written(value) for slot, value in node.arguments if slot != "t"}
        slots = {slot for slot in slots_of(node, self.context) if slot in INPUTS and (slot == "x" or self.context.of(slot))}
        there = {slot: Symbol("theta") if slot == "theta" else Symbol(f"{slot}{usual}") for slot in slots}
        values = {**there, **{slot: value for slot, value in written.items() if slot in slots}}
        found = {slot: self.argument(value, slot) for slot, value in values.items()}
        state = found.get("x", found.get("w", ""))
        name = node.name + (state[1:] or str(usual) if state[:1] != "u" else f"_{state}")
        time = next((self.moment(value) for slot, value in node.arguments if slot == "t"), None)
        if time is not None and self.times.setdefault(name, time) != time:
            raise Unclear(f"{node.name} at another time", f"{node.name} at one time for each state")
        if self.functions.setdefault(name, (node.name, found)) != (node.name, found) or "" in found.values():
            raise Unclear(f"{node.name} at another state", f"{node.name} at the states of layers")
        return name

    def moment(self, node: Node) -> Node:
        """t_k + h/2 with the number of its layer."""
        if isinstance(node, Symbol) and node.name == "t":
            return replace(node, at=tree.Number(Fraction(self.number(node.at))))
        return rebuilt(node, self.moment)

    def argument(self, value: Node, slot: str) -> str:
        """The letter of an argument; a state inside of a time step gets one."""
        if isinstance(value, Symbol):
            return value.name
        return self.stages.setdefault(value, f"u{len(self.stages)}") if slot == "x" else ""

    def of_product(self, node: tree.Product) -> Node:
        """What one implicit time step makes of theta, as a letter of its own."""
        law = self.context.law("layers")
        implicit = law is not None and law.left in walk(law.right)
        if implicit and law is not None and node == one_step(law, (Symbol("theta"),)):
            return tree.Derivative(Symbol(f"step{self.layer(None)}"), (Symbol("theta"),), "total")
        return rebuilt(node, self.written)

    def of_derivative(self, node: tree.Derivative) -> Node:
        if len(node.by) != 1 or not isinstance(node.by[0], Symbol):
            raise Unclear("a derivative", "first derivatives by x, w or theta")
        by, of = node.by[0], node.of
        if isinstance(of, Applied) and of.name == "act" and node.kind != "total" and self.is_linear:
            return Symbol("I")
        if node.kind in ("partial", "nabla") and isinstance(of, Applied) and of.name in ROWS:
            name = self.function(of)
            letter = self.functions[name][1].get(by.name)
            if letter is None:
                raise Unclear(f"{of.name} by {by.name}", "a derivative by an argument")
            if by.at is not None and by.name != "theta" and self.written(by) != Symbol(letter):
                raise Unclear(f"{of.name} by {by.name} of another layer", "functions and letters of one layer")
            return replace(node, of=Applied(name), by=(Symbol(letter),))
        if isinstance(of, Symbol) and of.name == "J_a":
            return replace(node, of=self.written(of), by=(self.written(by),), kind="partial")
        law = self.context.law("layers")
        if node.kind == "partial" and law is not None and of == law.right and by.name == "theta":
            return replace(node, of=Symbol(f"step{self.layer(None)}"), kind="total")
        if node.kind != "total" and any(isinstance(part, Applied) and part.name == "act" for part in walk(of)):
            return replace(node, of=tree.Sum((self.written(of),)), by=(self.written(by),))
        value = self.written(by)
        if node.kind == "total" and by.name == "x" and self.written(of) == value:
            return Symbol("I")
        if value in self.stages:  # by what stands inside of a time step
            return replace(node, of=self.written(of), by=(Symbol(self.stages[value]),))
        if isinstance(value, Applied):  # by a slope
            return replace(node, of=self.written(of), by=(Symbol(value.name),))
        return replace(node, of=self.written(of), by=(self.written(by),))

    def of_evaluated(self, node: tree.Evaluated) -> Node:
        if node.less or len(node.at) != 1:
            raise Unclear("a difference of values", "a value at one layer")
        return self.at(self.layer(node.at[0])).written(node.of)

    def of_series(self, node: tree.Series) -> Node:
        if node.kind != "sum" or not isinstance(node.index, Symbol):
            raise Unclear(f"a {node.kind}", "sums over layers")
        lower = self.number(node.lower) if node.lower is not None else 0
        upper = self.number(node.upper) if node.upper is not None else self.count - 1
        terms = tuple(self.counting(node.index.name, i).written(node.body) for i in range(lower, upper + 1))
        return tree.Sum(terms) if len(terms) > 1 else terms[0] if terms else ZERO_NODE

    def of_repeated(self, node: Repeated) -> Node:
        made = multiplied(node, self.number)
        return self.written(made) if isinstance(made, tree.Product) else Symbol("I")

    def counting(self, name: str, value: int) -> Writer:
        return replace(self, values={**self.values, name: value})


def has_stages(context: Context) -> bool:
    """Does a time step stand on slopes f that the notes define inside of it?"""
    law = context.law("layers")
    names = {part.name for part in walk(law.right) if isinstance(part, Symbol)} if law is not None else set()
    return any(known.symbol in names and known.body is not None and "f" in symbols(known.body) for known in context.letters.values())


class Outside(Unclear):
    """A layer before the first or behind the last."""

    def __init__(self, layer: int, count: int) -> None:
        super().__init__(f"layer {layer}", f"layers 0 ... {count}")
