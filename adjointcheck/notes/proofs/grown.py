"""Settings with more letters and functions than their theorem has: the notes' own letters, an operator of observations, their own L."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adjointcheck.notes.letters.context import ORDER, Context, own_function
from adjointcheck.notes.proofs.settings import Setting, observes

Operator = tuple[str, tuple[str, ...]]  # how many components, and of what


def operator_of(kind: str, context: Context) -> Operator:
    """What is observed of a state, where notes observe some h(x, theta) at times."""
    known = next(iter(context.of("O")), None) if observes(kind) else None
    slots = tuple(slot for slot in known.arguments or ("x",) if slot in ("x", "theta")) if known is not None else ()
    return (known.shape[0] if known is not None else "1", slots)


def with_operator(made: Setting, operator: Operator) -> Setting:
    """With h as one more function of the problem."""
    rows, slots = operator
    if not slots:
        return made
    sizes_ = {slot: made.document["letters"][slot].split()[0] for slot in slots}
    slopes = {f"O_{slot}": f"{rows} {size}" for slot, size in sizes_.items()}
    letters = {**made.document["letters"], "O": f"{rows} 1", **slopes}
    functions = {**made.document["functions"], "O": {slot: f"O_{slot}" for slot in slots}}
    return replace(made, document={**made.document, "letters": letters, "functions": functions})


def held_by(context: Context) -> tuple[str, ...]:
    """The arguments of an algebraic equation that holds a part of the state."""
    known = next(iter(context.of("alg")), None) if context.law("algebraic") is not None else None
    return known.arguments or ORDER if known is not None else ()


def with_letters(made: Setting, letters: Mapping[str, str]) -> Setting:
    return replace(made, document={**made.document, "letters": {**made.document["letters"], **letters}}) if letters else made


def with_functions(made: Setting, inner: Mapping[str, tuple[str, ...]]) -> Setting:
    """With the notes' own L beside the setting's L, which is a formula in it."""
    letters, functions = dict(made.document["letters"]), dict(made.document["functions"])
    for name, arguments in inner.items():
        slopes = {part: f"{own_function(name)}_{part}" for part in functions[name] if part in arguments}
        letters |= {own_function(name): letters[name], **{slope: letters[functions[name][part]] for part, slope in slopes.items()}}
        functions[own_function(name)] = slopes
    return replace(made, document={**made.document, "letters": letters, "functions": functions}) if inner else made
