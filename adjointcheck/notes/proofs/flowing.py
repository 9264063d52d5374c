"""Traces and determinants of a flow that the settings have a letter for: tr f_x and div f, det dx(t + eps)/dx(t)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjointcheck.expression.node import symbol
from adjointcheck.notes.letters.meaning import Applied, Symbol
from adjointcheck.notes.letters.scales import is_score
from adjointcheck.notes.proofs.composition import Form
from adjointcheck.notes.reading import tree

if TYPE_CHECKING:
    from adjointcheck.notes.proofs.claims import Reader


def flowing(reader: Reader, node: tree.Function) -> Form | None:
    """The letter at its place; None for any other function."""
    language = reader.setting.language
    if node.name in ("det", "abs") and "V" in language.letters and _is_volume(reader, node):
        return {"here": symbol("V")}
    of = node.arguments[0] if node.name == "tr" and "div" in language.functions else None
    of = reader.body(of.name) if isinstance(of, Symbol) and of.at is None else of  # D of D = df/dx
    by = [getattr(letter, "name", "") for letter in of.by] if isinstance(of, tree.Derivative) and of.kind != "total" else []
    field = of.of if by == ["x"] and isinstance(of, tree.Derivative) else None
    if not isinstance(field, Applied) or field.name != "f" or field.part:
        return None
    return {place: symbol("div") for place in reader.function(field, "f")}


def scored(reader: Reader, node: tree.Derivative) -> Form | None:
    """The gradients of log rho, which is the score, and of rho, in the state where the solution goes through."""
    logarithm = is_score(node)
    plain = isinstance(node.of, Symbol) and node.of.name == "rho" and node.by == (Symbol("x"),)
    if "score" not in reader.setting.language.letters or not (logarithm or plain):
        return None
    slope = symbol("score") if logarithm else symbol("rho") * symbol("score")
    return {place: reader.gradient(slope) for place in reader.form(node.of)}


def _is_volume(reader: Reader, node: tree.Function) -> bool:
    """det dx(t + eps)/dx(t), which is positive."""
    inner = node.arguments[0]
    if node.name == "abs":
        return isinstance(inner, tree.Function) and inner.name == "det" and _is_volume(reader, inner)
    return isinstance(inner, tree.Derivative) and reader.form(inner) == {"here": symbol("X")}
