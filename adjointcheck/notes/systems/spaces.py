"""The spaces that paths and constants join: z(t) in R^n, theta in R^m, t in [0, T]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import walk
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.letters.usage import (
    RANDOM,
    USUAL_CONTROLS,
    USUAL_COSTATES,
    USUAL_PARAMETERS,
    USUAL_STATES,
    ends,
    head,
    moving,
    role_in,
    show_plain,
)
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.stages import staged

Introduced = tuple[str, tuple[str, ...], Context] | None
NEAR = 2  # formulas from the law on, of which one may be the start


def membership(chain: tree.Chain, context: Context) -> Introduced:
    """z(t) in R^n, t in [t_0, t_1]."""
    if chain.relations[:1] != ("in",):
        return None
    letter, space = head(chain.sides[0]), chain.sides[1]
    if letter is None:
        return "assumption", (), context
    if key(letter) == "t" and isinstance(space, tree.Vector):
        for symbol, cell in zip(("t0", "t1"), space.rows[0] if len(space.rows) == 1 else [row[0] for row in space.rows], strict=False):
            context = ends(context, symbol, cell)
        return "assumption", (), context
    shape, layered = _space(space), is_placed(letter, context)
    if shape is None or len(letter.below) > 1 or (letter.below and staged(context)):  # k_{n,i} of a stage is no letter of its own
        return "assumption", (), context
    if _is_slope(letter, context) or _is_partner(letter, context) or key(letter) == context.option(RANDOM):
        return "assumption", (), context
    letter = replace(letter, below=()) if layered else letter
    path = isinstance(chain.sides[0], tree.Call) or layered or key(letter) in context.rates
    plain = not path and "1" in shape  # p(t) is no parameter, and a matrix W is no vector of them
    driven = path and context.over() == "time" and shape != ("1", "1")  # weights theta(t), and no angle
    controls = (*USUAL_CONTROLS, *(("theta",) if driven else ()))
    usual = (("x", USUAL_STATES), ("w", controls), *((("theta", USUAL_PARAMETERS),) if plain else ()))
    role = next((symbol for symbol, names in usual if key(letter) in names and not context.of(symbol)), None)
    if key(letter) not in context.letters and role:
        context = context.declare(Declared(key(letter), role, (shape[0], "1"), ROLES[role].kind, source="proposed"))
        context = _as_large(shape[0], context) if role == "x" else context
    elif path and key(letter) in USUAL_COSTATES and key(letter) not in context.letters and _beside_state(shape, context):
        layout = "row" if shape[0] == "1" else "column"
        context = context.declare(Declared(key(letter), "p", ROLES["p"].shape, "path", layout=layout, source="usual"))
    elif path and key(letter) in USUAL_COSTATES and key(letter) not in context.letters and _may_be_scalar(shape, context):
        return "assumption", (), context
    elif key(letter) not in context.letters:
        context = context.declare(Declared(key(letter), own(key(letter)), shape, "path" if path else "constant", source="proposed"))
    elif (known := context.letters[key(letter)]).symbol == "x" and known.source == "proposed" and isinstance(chain.sides[0], tree.Call):
        context = _as_large(shape[0], context.declare(replace(known, shape=(shape[0], "1"))))
    elif _sizes(known.symbol, path, layered) and shape[1] == "1" != shape[0]:
        context = as_long(shape[0], context, known.symbol)
    elif known.shape == ("n", "n") and known.source == "proposed" and shape[0] == shape[1] and known.symbol not in ROLES:
        context = as_long(shape[0], context)
    return "assumption", (key(letter),), context


def _sizes(symbol: str, path: bool, layered: bool) -> bool:
    """May the space of this letter tell how long the state (over time), the control or the parameters are?"""
    return symbol == "w" or (symbol == "x" and not layered) or (symbol == "theta" and not path)


def _is_partner(letter: tree.Letter, context: Context) -> bool:
    """a_theta of the augmented state, beside the costate a."""
    marks = [mark.name for mark in letter.below if isinstance(mark, tree.Letter)]
    return bool(marks) and {*marks} <= {*USUAL_PARAMETERS, "t"} and role_in(replace(letter, below=()), context) == "p"


def as_long(size: str, context: Context, symbol: str = "x") -> Context:
    """With a state (control, parameters) of which no size was told as long as this, and all letters that are as long as it."""
    path, untold = next(iter(context.of(symbol)), None), ROLES[symbol].shape[0]
    if path is None or path.source == "declared" or path.shape != ROLES[symbol].shape:
        return context
    named = {name: known for name, known in context.letters.items() if known.source != "declared" and untold in known.shape
             and (known.symbol not in ROLES or known is path)}
    sized = {name: replace(known, shape=tuple(size if part == untold else part for part in known.shape)) for name, known in named.items()}
    return replace(context, letters={**context.letters, **sized})


def _as_large(size: str, context: Context) -> Context:
    """Matrices of which no size was told, any A, are as large as the state."""
    untold = {name: replace(known, shape=(size, size)) for name, known in context.letters.items()
              if known.shape == ("n", "n") and known.source == "proposed" and known.kind == "constant" and known.symbol not in ROLES}
    return replace(context, letters={**context.letters, **untold})


def _is_slope(letter: tree.Letter, context: Context) -> bool:
    """f_x and f_theta, Jacobians of the field."""
    below = letter.below[0] if len(letter.below) == 1 else None
    inputs = {*USUAL_STATES, *USUAL_CONTROLS, *USUAL_PARAMETERS, *(known.letter for known in context.letters.values())}
    named = letter.name in ("f", "F") and context.letters.get(letter.name, Declared("", "f")).symbol == "f"
    return named and isinstance(below, tree.Letter) and below.name in inputs - {"k", "s"}


def _beside_state(shape: tuple[str, str], context: Context) -> bool:
    """Is it the space of the state, whose costate has no letter yet?"""
    states = context.of("x")
    if not states or context.of("p") or states[0].shape == ("1", "1"):
        return False
    unsaid = states[0].source == "proposed" and states[0].shape == ("n", "1")  # the state's space may have been left out
    return sorted(shape) == sorted(states[0].shape) or (unsaid and "1" in shape and shape != ("1", "1"))


def _may_be_scalar(shape: tuple[str, str], context: Context) -> bool:
    """lambda: [0, T] -> R beside a number x, or an x whose space was left out: what lambda is, its equations tell."""
    states = [] if context.of("p") else context.of("x")[:1]
    return shape == ("1", "1") and any(state.shape == shape or (state.shape, state.source) == (("n", "1"), "proposed") for state in states)


def _space(node: Node) -> tuple[str, str] | None:
    """(n, k) of R^{n x k}."""
    if isinstance(node, tree.Letter) and node.name in ("mathbb{R}", "R") and not node.above:
        return ("1", "1")
    if isinstance(node, tree.Letter) and node.above:
        node = tree.Power(node, node.above[0])
    if not isinstance(node, tree.Power) or head(node.base) is None:
        return None
    names = [show_plain(part) for part in (node.exponent.factors if isinstance(node.exponent, tree.Product) else (node.exponent,))]
    return (names[0], names[1] if len(names) > 1 else "1") if all(names) and len(names) < 3 else None


def spaced(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With the sizes of the state and of matrices in its law and its start, which the notes may tell behind these."""
    laws = [i for i, chain in enumerate(chains) if moving(chain.sides[0]) is not None]
    state = moving(chains[laws[0]].sides[0]) if laws else None
    spaces = {chain: letter for chain in chains if (letter := sized(chain)) is not None} if laws else {}
    known = state is None or key(state) not in USUAL_STATES or context.of("x")  # u of u-dot = f(u, p, t) is a state, and no control
    if known or context.over() == "layers" or state not in spaces.values():
        return context
    used = {part for chain in chains[laws[0] : laws[0] + NEAR] for part in walk(chain)}
    for chain, letter in spaces.items():
        if letter == state or (letter in used and "1" not in (_space(chain.sides[1]) or "1")):
            context = (membership(chain, context) or ("", (), context))[2]
    return context


def sized(chain: tree.Chain) -> tree.Letter | None:
    """z of z(t) in R^d, and K of K in R^{n x d}, which are no numbers."""
    shape = _space(chain.sides[1]) if chain.relations[:1] == ("in",) else None
    return head(chain.sides[0]) if shape is not None and shape[0].isalnum() and shape[0] != "1" else None
