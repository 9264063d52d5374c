"""Fields over time with one function entry by entry, f = tanh(W x + b): W x + b has a letter a of its own, and so has S = diag(tanh'(a)).

    f = W_2 tanh(a) + b_2   f_x = W_2 S W      where the matrix W moves along a dyad l r' with a number theta, f_theta = W_2 S l r' x
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ZERO, Expression, symbols_of
from adjointcheck.notes.letters.own_inputs import AlongDyad
from adjointcheck.notes.proofs.jacobian import Partial
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.notes.systems.squashing import ARGUMENT, SLOPE, VALUE, is_dyad, moved_along_dyads

LETTERS = (ARGUMENT, VALUE, SLOPE)


def with_activation(made: Setting) -> Setting:
    """With the value as a function of the argument, where the setting has letters for them."""
    if VALUE not in made.document["letters"]:
        return made
    return replace(made, document={**made.document, "functions": {**made.document["functions"], VALUE: {ARGUMENT: SLOPE}}})


def given_steps(own: Iterable[str], at: str = "always", ending: str = "") -> Iterator[dict[str, Any]]:
    """The notes' own letters do not move, but for a matrix that moves along a dyad."""
    names = [*own]
    for name in names:
        if name not in LETTERS:
            moved = f"{name}_left*transpose({name}_right)*theta.delta" if is_dyad(name, names) else "0"
            yield _step(f"{name}_given{ending}", "assume", f"{name}.delta", moved, at=at)


def argument_steps(made: Setting, text: str, given: Iterable[str]) -> Iterator[dict[str, Any]]:
    """a = W x + b, and how it moves."""
    root = made.language.read(text, ARGUMENT)
    yield _step(f"{ARGUMENT}_is", "assume", ARGUMENT, text)
    for by in ("delta", "dot"):
        moved = to_text(made.language.move(root, by))
        yield _step(f"{ARGUMENT}_{by}", "differentiate", f"{ARGUMENT}.{by}", moved, f"{ARGUMENT}_is", *given, by=by)


def slope(made: Setting, letter: str, root: Expression, inner: Expression | None) -> Expression:
    """The derivative by a letter, through the argument of the activation too."""
    plain = _by(made, letter, root)
    deep = _by(made, letter, inner) if inner is not None else ZERO
    return plain + Partial(made.language, ARGUMENT).of(root) * deep if deep is not ZERO and VALUE in symbols_of(root) else plain


def _by(made: Setting, letter: str, root: Expression) -> Expression:
    found = Partial(made.language, letter).of(root)
    for matrix in moved_along_dyads(made.document["letters"]) if letter == "theta" else ():
        found = found + AlongDyad(made.language, matrix).of(root)
    return found


def _step(id: str, rule: str, left: str, right: str, *premises: str, at: str = "always", **how: str) -> dict[str, Any]:
    claim: Mapping[str, str] = {"left": left, "right": right, "at": at}
    return {"id": id, "rule": rule, "premises": [*premises], "claim": claim, "how": how}
