"""Second-order equations of motion, q-ddot = f(q, q-dot), as two of first order: q-dot = v and v-dot = f(q, v)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context, key
from adjointcheck.notes.meaning import Symbol, rebuilt
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import head, moving, pair_of


def first_order(chains: Iterable[tree.Chain]) -> list[tree.Chain]:
    """The statements, each q-ddot = f(q, q-dot) as two; v is the letter that the notes have for q-dot, or q-dot itself."""
    chains = list(chains)
    speeds = {key(letter): speed for chain in chains for letter, speed in _speeds(chain)}
    return [made for chain in chains for made in _parted(chain, speeds)]


def _speeds(chain: tree.Chain) -> Iterator[tuple[tree.Letter, tree.Letter]]:
    """(q, v) of v = q-dot and q-dot = v."""
    pair = pair_of(chain)
    for one, other in (pair, pair[::-1]) if pair else ():
        letter, speed = moving(one), head(other)
        if letter is not None and speed is not None and not speed.accents and not isinstance(other, tree.Negative | tree.Transposed):
            yield letter, speed


def _parted(chain: tree.Chain, speeds: dict[str, tree.Letter]) -> Iterator[tree.Chain]:
    pair = pair_of(chain)
    letter = _accelerated(pair[0]) if pair else None
    if pair is None or letter is None:
        yield chain
        return
    speed = speeds.get(key(letter), speed_of(letter))
    for moved, rate in ((letter, speed), (speed, _in_speed(pair[1], letter, speed))):
        yield replace(chain, sides=(tree.Derivative(moved, (tree.Letter("t"),), "total"), rate), relations=("=",))


def speed_of(letter: tree.Letter) -> tree.Letter:
    """q-dot as a letter of its own."""
    return tree.Letter(f"dot {letter.name}", letter.below)


def _accelerated(node: Node) -> tree.Letter | None:
    """q of q-ddot and d^2 q/dt^2."""
    letter = head(node)
    if letter is not None and letter.accents == ("ddot",):
        return replace(letter, accents=(), span=(0, 0))
    twice = isinstance(node, tree.Derivative) and len(node.by) == 2 and all(getattr(by, "name", "") == "t" for by in node.by)
    return head(node.of) if twice and isinstance(node, tree.Derivative) else None


def _in_speed(node: Node, letter: tree.Letter, speed: tree.Letter) -> Node:
    """v for q-dot."""
    moved = moving(node)
    if moved is not None and key(moved) == key(letter):
        return replace(speed, span=node.span)
    return rebuilt(node, lambda child: _in_speed(child, letter, speed))


def reduced(node: Node, context: Context) -> Node:
    """x_2 for the rate of x_1, where the law says that it is just that; so q-ddot is the rate of v."""
    law = context.law("dynamics")
    node = rebuilt(node, lambda child: reduced(child, context))
    if law is None or not isinstance(law.right, tree.Vector) or not isinstance(node, tree.Derivative) or not isinstance(node.of, Symbol):
        return node
    number = next((part.value for part in node.of.part if isinstance(part, tree.Number)), None)
    if node.of.name != "x" or number is None or set(node.by) - {Symbol("t")} or node.of.at not in (None, Symbol("t")):
        return node
    speed = law.right.rows[int(number) - 1][0]
    if not isinstance(speed, Symbol) or speed.name != "x":
        return node
    return speed if len(node.by) == 1 else replace(node, of=speed, by=node.by[1:])
