"""Second partial derivatives, Hessians of the cost, and the cost at other inputs, in the letters of the setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjointcheck.expression.node import ZERO, Expression, symbol, symbols_of
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.indices import Unclear
from adjointcheck.notes.letters.meaning import Applied, Symbol
from adjointcheck.notes.proofs.composition import Form
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

if TYPE_CHECKING:
    from adjointcheck.notes.proofs.claims import Reader


def second(reader: Reader, node: tree.Derivative, by: list[Symbol]) -> Form:
    """H_ab with rows of a and columns of b, (p f)_ab, and the Hessian of J in one input."""
    names = [letter.name for letter in by]
    if all(letter.part for letter in by):
        return _by_components(reader, node.of, by)
    if node.of in (Symbol("J"), Symbol("J_a")):
        letter, places = f"J_{names[0]}{names[1]}", {"": ZERO}
    elif isinstance(node.of, Applied):
        letter, places = f"{node.of.name}_{names[0]}{names[1]}", reader.function(node.of, node.of.name)
    else:
        factors = node.of.factors if isinstance(node.of, tree.Product) else ()
        weights = {("p", "f"): "pf", ("Vnext", "f"): "vf"}.get(tuple(map(_weight, factors)), "")  # type: ignore[call-overload]
        letter, places = f"{weights}_{names[0]}{names[1]}", reader.form(node.of)
    if letter not in reader.setting.language.letters or len(places) != 1:
        raise Unclear("a second derivative", "those of H, L, Psi and p f, and the Hessian of J in parameters or start")
    return {place: symbol(letter) for place in places}


def _by_components(reader: Reader, of: Node, by: list[Symbol]) -> Form:
    """H_{u_1 u_1} of what is written out."""
    form = reader.together(reader.form(of))
    if len(form) != 1 or set(form) - {"", "here"}:
        raise Unclear("a second derivative of several places", "an expression at the running time")
    ((place, root),) = form.items()
    for letter in by:
        root = reader.partial_of(root, reader.component(letter))
    return {place: root}


def _weight(node: Node) -> str:
    """p, f, and V' of its slope V'_x."""
    core = core_of(node)
    return getattr(core.of if isinstance(core, tree.Derivative) else core, "name", "")


def cost_moved(node: tree.Evaluated, setting: Setting) -> Expression | None:
    """J(theta + eps v) as the setting's letter."""
    item = node.at[0] if len(node.at) == 1 and not node.less else None
    if node.of != Symbol("J") or not isinstance(item, tree.Chain) or not isinstance(item.sides[0], Symbol):
        return None
    name = f"J_moved_{item.sides[0].name}"
    if name not in setting.language.letters:
        raise Unclear("the cost at other inputs", "its first terms in eps")
    return symbol(name)


def reckoned(reader: Reader, node: Node, by: str) -> Form:
    """The derivative of what is made of parameters and start alone, such as the cost of one time step by hand."""
    form = reader.form(node)
    made = {name.partition("_")[0] for root in form.values() for name in symbols_of(root)}
    if set(form) - {""} or not made <= {"theta", "x0"}:
        raise Unclear(f"a derivative by {by} through the system", "derivatives of J, or of what is made of the inputs alone")
    return {"": reader.differentiated(form[""], by)}
