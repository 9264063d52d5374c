"""Which settings a formula of the notes is judged in: the kind of problem, and what its functions are there.

The context says what is known; each setting is a theorem specialised to it (no running cost: L is 0), and, where the notes give
their fields and costs as formulas (f = A x + B u), extended by these, with partial derivatives that the core has checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

from adjointcheck.errors import AdjointCheckError
from adjointcheck.expression.grammar import NAME, to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, symbol, symbols_of
from adjointcheck.notes import tree
from adjointcheck.notes.claims import Form, Reader, Unclear, own_name
from adjointcheck.notes.context import ROLES, Context, Law
from adjointcheck.notes.jacobian import Partial
from adjointcheck.notes.meaning import Symbol, symbols, walk
from adjointcheck.notes.settings import Setting, judged, setting
from adjointcheck.notes.tree import Node
from adjointcheck.trusted.language import derive

LETTERS = ("t", "x", "w", "theta")


@dataclass(frozen=True)
class Situation:
    """A setting, the optional hypotheses in force in it, and the facts that are not."""

    setting: Setting
    hypotheses: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def situations(chain: tree.Chain, context: Context, form: str = "") -> Iterator[Situation]:
    """The settings in which a formula may be judged, the most general problem first."""
    kinds = kinds_of(chain, context)
    stationary = ("stationary",) if form == "optimality" or "optimal" in context.hypotheses else ()
    free = ("free_final_time",) if "free end time" in context.hypotheses else ()
    held = tuple(f"{letter}_fixed" for letter in ("x0", "t0", "t1") if not _varied(chain, letter))
    for kind in kinds:
        made = concrete(kind, context)
        if made is not None:
            yield Situation(made, tuple(name for name in (*held, *stationary, *free) if name in made.optional))


def kinds_of(chain: tree.Chain, context: Context) -> tuple[str, ...]:
    """Rows of `KINDS` for a formula in its context."""
    names, nodes = symbols(chain), list(walk(chain))
    over_layers = context.over() == "layers"
    if any(isinstance(node, tree.Expectation) for node in nodes):
        return ("hutchinson",)
    if over_layers:
        return (layer_kind(context),)
    if "tau" in names or context.of("g"):
        return ("event" if context.of("r") else "switch",)
    if context.of("phi") or "phi" in names:
        return ("observations",)
    if context.of("psi") or "nu" in names:
        return ("manifold",)
    for hypothesis, kind in (("fixed end", "fixed_end"), ("periodic", "periodic")):
        if hypothesis in context.hypotheses:
            return (kind, "continuous")
    if any(isinstance(node, tree.Variation) for node in nodes):
        return ("continuous", "variations")
    return ("continuous",)


def _varied(chain: tree.Chain, letter: str) -> bool:
    """Does the formula itself speak of the variation of x0, t0 or t1?"""
    for node in walk(chain):
        if isinstance(node, tree.Variation) and isinstance(node.of, Symbol):
            at_start = node.of.name == "x" and node.of.at in (Symbol("t0"), tree.Number(Fraction(0)))
            if node.of.name == letter or (letter == "x0" and at_start):
                return True
    return False


def layer_kind(context: Context) -> str:
    """map, euler or euler_sum: which layers and which stage cost the notes have."""
    law, cost = context.law("layers"), context.law("objective")
    residual = law is not None and "f" in symbols(law.right) and isinstance(law.right, tree.Sum)
    weighted = cost is not None and any(isinstance(part, tree.Series) and "h" in symbols(part.body) for part in walk(cost.right))
    return ("euler" if weighted or not _stage(cost) else "euler_sum") if residual else "map"


def _stage(cost: Law | None) -> bool:
    return cost is not None and any(isinstance(part, tree.Series) for part in walk(cost.right))


# What the functions are


def values(kind: str, context: Context) -> dict[str, str]:
    """The letters of a setting that are 0 or 1 in the context."""
    present = {declared.symbol for declared in context.letters.values()}
    found: dict[str, str] = {}
    cost = context.law("objective")
    parts = list(walk(cost.right)) if cost else []
    runs = "L" in present or any(isinstance(part, tree.Integral | tree.Series) for part in parts)
    if "no running cost" in context.hypotheses or not runs:
        found["L"] = "0"
    if "no terminal cost" in context.hypotheses or (cost and not _has_end(cost.right) and "Psi" not in present):
        found["Psi"] = "0"
    if cost is None and "Psi" not in present:  # a loss of which nothing is said: a cost of the end state
        found |= {"Psi_t": "0", "Psi_theta": "0"}
    for letter in ("w", "theta"):
        if letter not in present:
            found |= {f"{function}_{letter}": "0" for function in ("f", "L", "Psi", "phi", "g", "r")}
    for function in ("f", "L", "Psi", "phi", "g", "r"):
        arguments = next((d.arguments for d in context.of(function) if d.arguments is not None), None)
        absent = {letter for letter in LETTERS if arguments is not None and letter not in arguments}
        absent |= {"t"} if "autonomous" in context.hypotheses and function in ("f", "L") else set()
        found |= {f"{function}_{letter}": "0" for letter in absent}
    if kind in ("euler", "euler_sum") and not context.of("h"):
        found["h"] = "1"
    return found


def _has_end(node: Node) -> bool:
    """Does a cost speak of the end state outside its integral?"""
    if isinstance(node, tree.Integral | tree.Series):
        return False
    if isinstance(node, Symbol) and node.name == "x":
        return True
    from adjointcheck.notes.meaning import Applied, children

    return isinstance(node, Applied) or any(_has_end(child) for child in children(node))


def concrete(kind: str, context: Context) -> Setting | None:
    """The kind's setting with the context's functions; None where the notes' own fields cannot be put in."""
    language = setting(kind).language
    put = {name: text for name, text in values(kind, context).items() if name in language.letters}
    made = setting(kind, tuple(sorted(put.items())), sizes(context))
    try:
        bodies = {name: root for name, root in bodies_of(made, context).items() if root is not symbol(name)}
    except (Unclear, AdjointCheckError):
        return None
    own = own_letters(context, made)
    if not bodies and not own:
        return made
    return _with(made, tuple(sorted((name, to_text(root)) for name, root in bodies.items())), tuple(sorted(own.items())))


def sizes(context: Context) -> tuple[tuple[str, str], ...]:
    """The notes' own names of the dimensions of state, control and parameters."""
    found = ((size, declared.shape[0]) for letter, size in (("x", "n"), ("w", "k"), ("theta", "m")) for declared in context.of(letter)[:1])
    return tuple((size, dim) for size, dim in found if dim in tuple("123456789") or NAME.match(dim))


def own_letters(context: Context, made: Setting) -> dict[str, str]:
    """Letters of the notes that the convention has not, such as A and B, with their shapes and flags."""
    found: dict[str, str] = {}
    for declared in context.letters.values():
        name = own_name(declared.symbol, context)
        if name in ROLES or name in made.language.letters or declared.body is not None or "" in declared.shape:
            continue
        square = declared.shape[0] == declared.shape[1] != "1"
        flags = ["symmetric"] * (square and (f"symmetric {declared.letter}" in context.hypotheses or declared.letter in _QUADRATIC))
        flags += ["nonzero"] * (square and name == "R")
        constant = ["constant"] * (declared.kind == "constant")
        found[name] = " ".join([*declared.shape, *constant, *flags])
    return found


_QUADRATIC = ("Q", "R", "S", "M", "Q_f", "Q_T", "F")


def bodies_of(made: Setting, context: Context) -> dict[str, Expression]:
    """f, L and Psi as the notes write them."""
    reader = Reader(with_letters(made, own_letters(context, made)), context)
    found: dict[str, Expression] = {}
    law, cost = context.law("dynamics"), context.law("objective")
    if law is not None and not reader.setting.language.layers:
        found["f"] = _one(reader.form(law.right), "here")
    if cost is not None and not reader.setting.language.layers and not isinstance(cost.right, Symbol):
        form = reader.form(cost.right)
        last = reader.setting.language.points[-1]
        if set(form) - {"", "integrand", last} or form.get("", ZERO) is not ZERO:
            raise Unclear("the objective", "a cost of the end state and an integral")
        found |= {name: form[slot] for name, slot in (("L", "integrand"), ("Psi", last)) if slot in form}
    return {name: root for name, root in found.items() if name in made.language.functions}


def _one(form: Form, place: str) -> Expression:
    if set(form) - {"", place}:
        raise Unclear("a field", "an expression at the running time")
    return form.get(place, ZERO) + form.get("", ZERO)


def with_letters(made: Setting, letters: Mapping[str, str]) -> Setting:
    return replace(made, document={**made.document, "letters": {**made.document["letters"], **letters}}) if letters else made


@cache
def _with(made: Setting, bodies: tuple[tuple[str, str], ...], own: tuple[tuple[str, str], ...]) -> Setting | None:
    """The setting where functions are formulas; None where the core does not prove the partial derivatives."""
    grown = with_letters(made, dict(own))
    steps = [*grown.document["steps"]]
    steps += [_assume(f"{name}_given", f"{name}.delta", "0") for name, _ in own]
    try:
        for function, text in bodies:
            steps += field_steps(grown, function, text, set(dict(own)))
        return judged({**grown.document, "steps": steps}, grown.optional)
    except AdjointCheckError:
        return None


def _assume(id: str, left: str, right: str) -> dict[str, Any]:
    return {"id": id, "rule": "assume", "premises": [], "claim": {"left": left, "right": right, "at": "always"}, "how": {}}


def field_steps(made: Setting, function: str, text: str, own: set[str]) -> Iterator[dict[str, Any]]:
    """function = text, its partials, and the check that these are its partials, along time and along every variation."""
    language = made.language
    root = language.read(text, function)
    yield _assume(f"{function}_is", function, text)
    slopes = language.functions[function]
    for letter, part in slopes.items():
        slope = Partial(language, letter).of(root) if letter != "t" else _in_time(made, root)
        yield _assume(f"{part}_is", part, to_text(slope))
    given = [f"{name}_given" for name in sorted(symbols_of(root) & own)]
    for by in ("delta",) if language.layers else ("delta", "dot"):
        moved = {side: language.move(expression, by) for side, expression in (("left", symbol(function)), ("right", root))}
        yield {"id": f"{function}_{by}", "rule": "differentiate", "premises": [f"{function}_is"], "how": {"by": by},
               "claim": {**{side: to_text(expression) for side, expression in moved.items()}, "at": "always"}}
        partials = [f"{part}_is" for part in slopes.values()]
        time = [id for id in ("time", "time_fixed") if id in made.facts and "t" in (*slopes, *symbols_of(root))]
        yield {"id": f"{function}_partials_{by}", "rule": "rewrite", "premises": [*partials, *given, *time], "how": {},
               "claim": {**{side: to_text(expression) for side, expression in moved.items()}, "at": "always"}}


def _in_time(made: Setting, root: Expression) -> Expression:
    """The partial by t: t itself, and the letters of the notes that change in time."""
    language, arguments = made.language, ("x", "w", "theta")
    moved = {name: language.letter_moved(name, "dot") for name in symbols_of(root) if name not in arguments and name != "t"}
    return derive(root, {**moved, "t": ONE})
