"""Motion along a gradient, x_{k+1} = x_k - a nabla V(x_k, theta) or xdot = -nabla V(x): the gradient is a field f whose slope is symmetric.

    nabla_x V = f,   nabla_xx V = df/dx,   nabla_x-theta V = df/dtheta,   nabla_theta-x V = (df/dtheta)'

V itself stays open: only a V of which the notes give no formula, and that is no cost of theirs, is taken so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key
from adjointcheck.notes.letters.meaning import INDICES, rebuilt, walk
from adjointcheck.notes.letters.usage import HAMILTONIANS, head, introduced_function, moving, pair_of, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

POTENTIAL, ALONG = "potential", "moves along"  # options: V, and x
SLOPE = "nabla "
COUNTERS = (*INDICES, "t", "s")
COSTS = ("H", "J", "J_a", "L", "Psi")


def sloping(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With V and x, where the first law of motion of the notes is along a gradient."""
    chains = list(chains)
    state, of = next((found for chain in chains for found in _moves(chain)), ("", ""))
    told = {_title(letter) for chain in chains for letter in map(head, chain.sides[:-1]) if letter is not None}
    known = context.letters.get(of)
    named = of in (*told, *HAMILTONIANS) or (known is not None and known.symbol in COSTS)
    if not of or named or context.law("dynamics") or context.law("layers"):
        return context
    context = replace(context, options={**context.options, POTENTIAL: of, ALONG: state})
    context = context.declare(Declared(state, "x", ROLES["x"].shape, "path", source="proposed"))
    calls = [part for chain in chains for part in walk(as_field(chain, context)) if isinstance(part, tree.Call) and _is_field(part, of)]
    plain = replace(calls[0], arguments=tuple(map(_bare, calls[0].arguments))) if calls else tree.Letter(f"{SLOPE}{of}")
    return introduced_function(plain, "f", context)[0]


def _title(letter: tree.Letter) -> str:
    """V of V and V_k, L_train of L_train."""
    counted = [part for part in letter.below if isinstance(part, tree.Letter) and part.name in COUNTERS]
    return key(replace(letter, below=()) if counted else letter)


def _is_field(call: tree.Call, of: str) -> bool:
    return isinstance(call.function, tree.Letter) and _title(call.function) == f"{SLOPE}{of}"


def _bare(node: Node) -> Node:
    """x for x_k and x(t)."""
    letter = head(node)
    return replace(letter, below=()) if letter is not None else node


def _moves(chain: tree.Chain) -> Iterator[tuple[str, str]]:
    """(x, V), or (x, "") of a law that is no gradient's."""
    pair = pair_of(chain)
    letter = moving(pair[0]) or pair[0] if pair is not None else None
    if pair is None or not isinstance(letter, tree.Letter) or letter.above:
        return
    before = letter.below if successor(letter) is None else (successor(letter),)
    back = isinstance(letter.below[0] if letter.below else None, tree.Letter)  # x_k = F(x_{k-1})
    states = [part for part in walk(pair[1]) if isinstance(part, tree.Letter) and part.name == letter.name]
    if moving(pair[0]) is None and not any(part.below == before for part in states) and not (back and states):
        return
    slopes = {_title(found) for part in walk(pair[1]) if (found := _of(part, letter.name)) is not None}
    yield letter.name, next(iter(slopes)) if len(slopes) == 1 else ""  # u - s (L_u + p f_u) is a step of two slopes


def _of(node: Node, state: str) -> tree.Letter | None:
    """V of nabla V(x), nabla_x V(x) and (dV/dx)(x)."""
    if not isinstance(node, tree.Derivative) or [getattr(by, "name", "") for by in node.by] not in ([], [state]):
        return None
    arguments = node.of.arguments if isinstance(node.of, tree.Call) else ()
    named = bool(node.by) or any(getattr(head(argument), "name", "") == state for argument in arguments[:1])
    return head(node.of) if named and isinstance(node.of, tree.Letter | tree.Call) else None


def as_field(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with the field for the gradient of V, and its slopes for the second derivatives."""
    of = context.option(POTENTIAL)
    made = _Slopes(of, tree.Letter(context.option(ALONG))).written(chain) if of else chain
    assert isinstance(made, tree.Chain)
    return made


class _Slopes:
    """Derivatives of `potential`, the state among what they are taken by."""

    def __init__(self, potential: str, state: tree.Letter) -> None:
        self.potential, self.state = potential, state

    def written(self, node: Node) -> Node:
        if isinstance(node, tree.Call) and isinstance(node.function, tree.Derivative):  # (dV/dx)(x)
            node = replace(node.function, of=_called(node.function.of, node))
        slope = self.slope(node) if isinstance(node, tree.Derivative) else None
        return slope if slope is not None else rebuilt(node, self.written)

    def slope(self, node: tree.Derivative) -> Node | None:
        """The field, or its slope; None for what is no derivative of V by the state."""
        by, of = self.letters(node)
        function = head(of) if isinstance(of, tree.Letter | tree.Call) else None
        names = [getattr(letter, "name", "") for letter in by]
        mixed = len(set(names)) > 1 and node.kind == "partial" and not isinstance(node.of, tree.Derivative)  # in which order?
        if function is None or _title(function) != self.potential or self.state.name not in names or len(by) > 2 or mixed:
            return None
        named = replace(function, name=f"{SLOPE}{function.name}")
        field = replace(of, function=named) if isinstance(of, tree.Call) else named
        if len(by) == 1:
            return field
        other = next((letter for letter in by if getattr(letter, "name", "") != self.state.name), self.state)
        slope = tree.Derivative(field, (other,), "partial")
        return slope if names[0] == self.state.name else tree.Transposed(slope)

    def letters(self, node: tree.Derivative) -> tuple[list[Node], Node]:
        """What V is differentiated by, the rows first, and V; a bare nabla is by the state."""
        by = [replace(letter, below=()) if isinstance(letter, tree.Letter) else letter for letter in node.by] or [self.state]
        if not isinstance(node.of, tree.Derivative):
            return by, node.of
        inner, of = self.letters(node.of)
        return [*inner, *by], of


def _called(of: Node, call: tree.Call) -> Node:
    """The derivative of V, or that of its derivative, with the arguments of V."""
    return replace(of, of=_called(of.of, call)) if isinstance(of, tree.Derivative) else replace(call, function=of)


def is_gradient(context: Context) -> bool:
    """Is the field of the notes a gradient?"""
    return any(known.letter == f"{SLOPE}{context.option(POTENTIAL)}" for known in context.of("f"))


def symmetric_slope(letters: Mapping[str, str], context: Context) -> dict[str, str]:
    """The letter f_x of a setting with `letters`, where the field is a gradient."""
    return {"f_x": f"{letters['f_x']} symmetric"} if "f_x" in letters and is_gradient(context) else {}
