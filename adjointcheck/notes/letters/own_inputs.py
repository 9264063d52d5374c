"""Gradients by letters of the notes themselves that no formula defines: the weights W_k and the bias b_k of a layer, or of all layers.

A gradient in a matrix has its shape, G_ij = dJ/dW_ij.  It is proved along every dyad: where W moves along a b', J moves by a' G b.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from adjointcheck.expression.node import ZERO, Expression, apply, substitute, symbol, symbols_of
from adjointcheck.notes.letters.context import ORDER, ROLES, Context, Declared, Law, own
from adjointcheck.notes.letters.quantities import Applied, Symbol, children, rebuilt, symbols, walk
from adjointcheck.notes.letters.slopes import decoded
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.trusted.language import Language

ORDERED = ("f", "L", "Psi", "phi")  # functions that may take the parameters
MOVING = ("layers", "dynamics", "objective")


def own_input(by: Node, context: Context) -> Declared | None:
    """The letter by which is differentiated, where it is one of the notes themselves, and the system depends on it."""
    known = next(iter(context.of(by.name)), None) if isinstance(by, Symbol) and by.name not in ROLES and not by.part else None
    plain = known is not None and known.body is None and known.kind in ("path", "constant") and "" not in known.shape
    return known if plain and known is not None and _moves(known.symbol, context) else None


def _moves(name: str, context: Context) -> bool:
    """Does it stand in the dynamics or the cost, and in no other law, such as that of the start?"""
    laws = {law: speaks(symbols(law.right), context) for law in context.laws}
    return any(name in names for names in laws.values()) and all(law.kind in MOVING for law, names in laws.items() if name in names)


def speaks(names: frozenset[str], context: Context) -> frozenset[str]:
    """With the letters that stand in what the notes define these as."""
    bodies = [known.body for known in context.letters.values() if known.symbol in names and known.body is not None]
    more = names.union(*map(symbols, bodies))
    return names if more == names else speaks(more, context)


def takes_parameters(context: Context) -> bool:
    """Does a function take the parameters, under their usual letter?"""
    return any("theta" in (known.arguments or ()) for known in context.letters.values() if known.kind == "function")


def input_of(node: Node, context: Context) -> Declared | None:
    """The own letter in which an equation has a gradient of J."""
    slopes = (part for part in walk(node) if isinstance(part, tree.Derivative) and part.kind == "total" and part.of == Symbol("J"))
    return next((known for part in slopes if len(part.by) == 1 and (known := own_input(part.by[0], context)) is not None), None)


def in_its_role(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """Over time, dJ/dq of a source q(t) as dJ/dw, and dJ/dk of a coefficient k as dJ/dtheta, where the notes have no other w or theta.

    Over layers, dJ/dh of a time step as the gradient in a letter of the notes; dJ/dpsi of a decoder g_psi with psi as theta.
    """
    left, right, context = decoded(left, right, context)
    if context.over() == "layers":
        return _by_time_step(left, right, context)
    known = _input(tree.Chain((left, right), ("=",)), context) if not context.parts("x") else None
    role = {"path": "w", "constant": "theta"}[known.kind] if known is not None else ""
    if known is None or _is_taken(role, context) or is_matrix(known) or known.shape[1] != "1":
        return left, right, context
    return _renamed(left, right, known, role, _idle(role, context))


def _is_taken(role: str, context: Context) -> bool:
    """Have the notes a control, or parameters, on which the problem rests, as it is with the fields that they write out?"""
    spelt = {known.symbol: known.body for known in context.letters.values() if known.body is not None}
    functions = [known for known in context.letters.values() if known.kind == "function" and known.body is None]
    unsaid = context.law("dynamics") is None or any(known.arguments is None for known in functions if known.symbol in ORDERED)
    told = (*(law.right for law in context.laws), *spelt.values())
    stands = any(role in (known.arguments or ()) for known in functions) or any(_stands(role, node, spelt) for node in told)
    return stands or bool(context.parts(role)) or (bool(context.of(role)) and unsaid)


def _stands(role: str, node: Node, spelt: Mapping[str, Node]) -> bool:
    """Outside the arguments of functions that are written out, too?"""
    if isinstance(node, Applied) and node.name in spelt:
        return False
    return (isinstance(node, Symbol) and node.name == role) or any(_stands(role, child, spelt) for child in children(node))


def _idle(role: str, context: Context) -> Context:
    """Without the parameters of before, where the example has none."""
    return replace(context, letters={name: known for name, known in context.letters.items() if known.symbol != role})


def _by_time_step(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """dJ/dh of a time step, or of a learning rate, as the gradient in a letter of the notes; no time of f moves with it."""
    step = next(iter(context.of("h")), None)
    asked = any(isinstance(part, tree.Derivative) and part.of == Symbol("J") and part.by == (Symbol("h"),) for part in walk(left))
    timed = any("t" in symbols(law.right) or "t" in (known.arguments or ()) for law in context.laws for known in context.of("f"))
    return _renamed(left, right, step, own("h"), context) if step is not None and asked and not timed else (left, right, context)


def _renamed(left: Node, right: Node, known: Declared, name: str, context: Context) -> tuple[Node, Node, Context]:
    """The equation and all that the notes say with another symbol for a letter."""
    bodies = {letter: _told_of(name, known.symbol, other, other.body) for letter, other in context.letters.items() if other.body}
    letters = {**context.letters, **bodies, known.letter: replace(known, symbol=name)}
    laws = tuple(Law(law.kind, law.left, _as(name, known.symbol, law.right)) for law in context.laws)
    left, right = (_as(name, known.symbol, side) for side in (left, right))
    return left, right, replace(context, letters=letters, laws=laws)


def _told_of(role: str, name: str, other: Declared, body: Node) -> Declared:
    """With the role's letter in the formula, and among the arguments of a function that has them told."""
    spoken = other.arguments is not None and name in symbols(body) and role in ORDER
    return replace(other, body=_as(role, name, body), arguments=(*(other.arguments or ()), role) if spoken else other.arguments)


def _input(node: Node, context: Context) -> Declared | None:
    """The own letter in which there is a gradient, or which is varied."""
    varied = (part.of for part in walk(node) if isinstance(part, tree.Variation))
    return input_of(node, context) or next((known for of in varied if (known := own_input(of, context)) is not None), None)


def is_varied(left: Node, right: Node, context: Context) -> bool:
    """Is an own letter varied that the problem depends on, and that was not taken for an input, or the time, or its step?"""
    parts = [part.of for side in (left, right) for part in walk(side) if isinstance(part, tree.Variation)]
    return any(getattr(of, "name", "") in ("h", "t") or own_input(of, context) is not None for of in parts)


def with_probes(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """A new letter for delta z of a z that the problem does not depend on: as a variation it would be 0, and any line on it right."""
    if isinstance(left, tree.Variation) and right == tree.Number(Fraction(0)):  # it holds z
        return left, right, context
    moved = [part.of for side in (left, right) for part in walk(side) if isinstance(part, tree.Variation) and isinstance(part.of, Symbol)]
    known = {of.name: letter for of in moved if of.name not in ROLES and own_input(of, context) is None for letter in context.of(of.name)}
    known = {name: letter for name, letter in known.items() if letter.body is None}
    probes = {name: replace(letter, letter=f"delta {name}", symbol=f"{name}_moved") for name, letter in known.items()}
    if not probes:
        return left, right, context

    def probed(node: Node) -> Node:
        of = node.of if isinstance(node, tree.Variation) else None
        return replace(of, name=f"{of.name}_moved") if isinstance(of, Symbol) and of.name in probes else rebuilt(node, probed)

    return probed(left), probed(right), replace(context, letters={**context.letters, **{probe.letter: probe for probe in probes.values()}})


def _as(role: str, name: str, node: Node) -> Node:
    """The tree with the role's letter for the notes' own."""
    if isinstance(node, Symbol) and node.name == name:
        return replace(node, name=role)
    return rebuilt(node, lambda child: _as(role, name, child))


def is_matrix(known: Declared) -> bool:
    return "1" not in known.shape


def along_dyad(left: Node, right: Node, known: Declared) -> tuple[Node, Node] | None:
    """dJ along a b' and a' G b, of dJ/dW = G with W written as one layer's letter; None for an equation of any other form."""
    by = left.by[0] if isinstance(left, tree.Derivative) and left.of == Symbol("J") and len(left.by) == 1 else None
    others = any(isinstance(part, tree.Derivative) and part.of == Symbol("J") and part.by == (by,) for part in walk(right))
    if not isinstance(by, Symbol) or known.symbol not in (by.name, by.name.rpartition("_")[0]) or others:
        return None
    before, after = (Symbol(f"{by.name}_{side}") for side in ("left", "right"))
    return Symbol(f"J_{by.name}"), tree.Product((tree.Transposed(before), right, after))


def over_time(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """dJ/dU = G over time as the derivative by a number theta with which the matrix U moves along a dyad of new letters."""
    known = input_of(tree.Chain((left, right), ("=",)), context) if context.over() == "time" and not context.parts("x") else None
    if known is None or not is_matrix(known) or _is_taken("theta", context) or (pair := along_dyad(left, right, known)) is None:
        return left, right, context
    sides = {f"{known.symbol}_{side}": (size, "1") for side, size in zip(("left", "right"), known.shape, strict=True)}
    told = {name: replace(other, arguments=(*(slot for slot in other.arguments if slot != "theta"), "theta"))
            for name, other in context.letters.items() if other.symbol == "f" and other.arguments is not None}
    sized = {name: Declared(name, name, shape, "constant") for name, shape in sides.items()}
    letters = {**_idle("theta", context).letters, **told, **sized}
    letters["moving size"] = Declared("moving size", "theta", ("1", "1"), "constant")
    gained = _inside(_along_horizon(pair[1], context))
    return tree.Derivative(Symbol("J"), (Symbol("theta"),), "total"), gained, replace(context, letters=letters)


def through_start(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """dJ/dA and dJ/du of a start x_0 = A u + b, along a dyad or a direction of new letters: dJ by x_0 along what moves there."""
    by = left.by[0] if isinstance(left, tree.Derivative) and left.of == Symbol("J") and left.kind == "total" and len(left.by) == 1 else None
    known = next(iter(context.of(by.name)), None) if isinstance(by, Symbol) and by.name not in ROLES and not by.part else None
    spoken = _speaking(known, context) if known is not None else set()
    laws = [law for law in context.laws if spoken & symbols(law.right)]
    if known is None or known.body is not None or known.kind != "constant" or "" in known.shape or [law.kind for law in laws] != ["start"]:
        return left, right, context
    one, other = Symbol(f"{known.symbol}_along"), Symbol(f"{known.symbol}_across")
    direction = (one, tree.Transposed(other)) if is_matrix(known) else (one,)
    moved = [term for term in tree.terms(laws[0].right) if known.symbol in symbols(term)]
    steps = [step for term in moved if (step := _along(term, Symbol(known.symbol), direction)) is not None]
    if len(steps) < len(moved) or known.shape[0] == "1":
        return left, right, context
    letters = {letter.name: Declared(letter.name, letter.name, (size, "1"), "constant")
               for letter, size in zip((one, other), known.shape, strict=False) if letter in direction or is_matrix(known)}
    slope = tree.Derivative(Symbol("J"), (Symbol("x0"),), "total")
    gradient = tree.Product((tree.Transposed(one), right, other)) if is_matrix(known) else _times(right, one, context)
    whole = tree.Sum(tuple(steps)) if len(steps) > 1 else steps[0]
    told = Law("direction", Symbol(known.symbol), tree.Product(direction) if len(direction) > 1 else one)
    context = replace(context, letters={**context.letters, **letters}, laws=(*context.laws, told))
    return tree.Function("inner", (slope, whole)), gradient, context


def _speaking(known: Declared, context: Context) -> set[str]:
    """A letter, and those that the notes define by it, KL of KL = mu^T mu / 2."""
    found: set[str] = set()
    more = {known.symbol}
    while more - found:
        found |= more
        more = {other.symbol for other in context.letters.values() if other.body is not None and found & symbols(other.body)}
    return found


def _along(term: Node, letter: Symbol, direction: tuple[Node, ...]) -> Node | None:
    """A u with the step of A in its place; None where A does not stand there once and by itself."""
    if isinstance(term, tree.Function) and term.name == "hadamard" and len(direction) == 1 and [*walk(term)].count(letter) == 1:
        return rebuilt(term, lambda child: direction[0] if child == letter else child) if letter in term.arguments else None
    factors: tuple[Node, ...] = term.factors if isinstance(term, tree.Product) else (term,)
    if [*factors].count(letter) != 1 or any(letter in walk(factor) for factor in factors if factor != letter):
        return None
    at = factors.index(letter)
    made = (*factors[:at], *direction, *factors[at + 1 :])
    return tree.Product(made) if len(made) > 1 else next(iter(made))


def _times(gradient: Node, direction: Node, context: Context) -> Node:
    """g' v of a column, g v of a row, where the notes say which gradients are."""
    told = {"column": tree.Product((tree.Transposed(gradient), direction)), "row": tree.Product((gradient, direction))}
    return told.get(context.option("gradients"), tree.Function("inner", (gradient, direction)))


def _along_horizon(node: Node, context: Context) -> Node:
    """int_0^T g dt for T g beside other integrals, where time starts at 0."""
    if not any(known.letter == "0" for known in context.of("t0")) or not any(isinstance(part, tree.Integral) for part in walk(node)):
        return node
    return _integrated(node)


def _integrated(node: Node) -> Node:
    match node:
        case tree.Integral():
            return node
        case tree.Product(factors=(Symbol(name="t1", at=None), *others)) if others:
            body = tree.Product(tuple(others)) if len(others) > 1 else others[0]
            return tree.Integral(body, Symbol("t", bound=True), Symbol("t0"), Symbol("t1"))
    return rebuilt(node, _integrated)


def _inside(node: Node) -> Node:
    """int l' g r dt for l' (int g dt) r, term by term."""
    left, of, right = node.factors if isinstance(node, tree.Product) else (node, node, node)
    match of:
        case tree.Integral(body=body):
            return replace(of, body=tree.Product((left, body, right)))
        case tree.Negative(of=inner):
            return tree.Negative(_inside(tree.Product((left, inner, right))))
        case tree.Sum(terms=terms):
            return tree.Sum(tuple(_inside(tree.Product((left, term, right))) for term in terms))
    return node


@dataclass(frozen=True)
class AlongDyad:
    """The derivative of columns and scalars by the size of a matrix's step along a b'."""

    language: Language
    by: str

    def of(self, root: Expression) -> Expression:
        """ZERO where the matrix does not stand in `root` itself."""
        if self.by not in symbols_of(root):
            return ZERO
        moved = self.language.move(root, "delta")
        still = {name: ZERO for name in symbols_of(moved) if "delta" in name.split(".")[1:]}
        dyad = symbol(f"{self.by}_left") * apply("transpose", symbol(f"{self.by}_right"))
        return substitute([moved], {**still, f"{self.by}.delta": dyad})[0]


def declare(draft: Any, name: str, shape: list[str]) -> None:
    """The letters of one own input and of its gradient."""
    rows, cols = shape
    if cols == "1":
        draft.let(**{name: f"{rows} 1 constant input", f"J_{name}": f"1 {rows} constant"})
        return
    draft.let(**{name: f"{rows} {cols} constant", f"{name}_left": f"{rows} 1 constant", f"{name}_right": f"{cols} 1 constant"})
    draft.let(**{f"{name}_size": "1 1 constant input", f"J_{name}": "1 1 constant"})
    draft.assume(f"{name}_dyad", f"{name}.delta = {name}_left*transpose({name}_right)*{name}_size.delta")
