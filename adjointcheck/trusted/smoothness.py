"""Where the statement jumps: the adjoint equations need a jump term there that the rules do not derive."""

from __future__ import annotations

from collections.abc import Iterable

from adjointcheck.expression.calculus import partial
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import Expression, number, substitute, symbols_of, walk
from adjointcheck.trusted.rules import Setting
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal


def blocked_subjects(setting: Setting) -> dict[str, str]:
    """Quantities whose gradient the rules cannot vouch for, each with the reason.

    A jump on a surface that depends on a parameter alone hides that parameter's gradient (a silent zero); one that moves
    with the state or the control breaks the costate equation itself.
    """
    found: dict[str, str] = {}
    everything = (*setting.states, *setting.controls, *setting.parameters, "t0", "t1", "s")
    for node in jumps(statement_of(setting), setting.positive):
        place = surface(node)
        moving = place & {*setting.states, *setting.controls}
        reason = f"{to_text(node)[:120]} jumps on a surface that depends on {', '.join(sorted(moving or place))}; no jump term is derived"
        for subject in everything if moving else sorted(place & set(setting.parameters)):
            found.setdefault(subject, reason)
    return found


def surface(node: Expression) -> set[str]:
    """What the place of a jump depends on."""
    return symbols_of(node.args[1] if node.head == "piecewise" else node.args[0])


def jumps(roots: Iterable[Expression], positive: frozenset[str]) -> list[Expression]:
    """The nodes below `roots` that are not proved continuous: sign, and piecewise whose branches do not meet."""
    return [node for node in walk(roots) if node.head == "sign" or (node.head == "piecewise" and not _meets(node, positive))]


def statement_of(setting: Setting) -> list[Expression]:
    """Every expression of the statement."""
    return [*setting.rates.values(), setting.running, setting.terminal, *setting.observations, *setting.initial.values()]


def _meets(node: Expression, positive: frozenset[str]) -> bool:
    """Do the branches agree on the surface u = v of a condition u < v, solved for a symbol that enters it linearly?"""
    value, condition, otherwise = node.args
    if condition.head not in ("lt", "le"):
        return False
    gap = condition.args[0] - condition.args[1]
    for name in sorted(symbols_of(gap)):
        slope = partial(gap, name)
        if slope.head == "number" and slope.value:
            on_surface = {name: substitute([gap], {name: 0})[0] * number(-1 / slope.value)}
            sides = substitute([value, otherwise], on_surface)
            return equal(sides[0], sides[1], positive).status is Status.PROVED
    return False
