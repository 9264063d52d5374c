"""Functions that act entry by entry, sigma of sigma(W x + b): their slopes are diagonal matrices.

    sigma'(z) * v   and   diag(sigma'(z)) v   are   S v,   S = d sigma/dz = diag(sigma'(z_1), ..., sigma'(z_n))

The notes tell them by such a product, or in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, letter_name
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.notation import DISPLAY, MATHS, SENTENCE
from adjointcheck.notes.letters.quantities import Applied, Diagonal, Symbol, Unknown, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

NAME = "act"
USUAL = ("sigma", "rho", "phi", "varphi", "psi", "g", "a", "s", "eta", "S")  # letters of activations
ENTRYWISE = re.compile(
    r"(?:component|element|entry|coordinate|point)-?\s?wise|(?:each|every) (?:entry|component|coordinate|element)|entry by entry"
    r"|komponentenweise|elementweise|eintragsweise|(?:composante|coordonnée) par |terme à terme|(?:component|element)[eoi]n?[ae]? [ap]e?r? "
    r"|по(?:компонент|элемент|координат)|逐元素|逐分量|要素ごと", re.IGNORECASE)
PRIME, OPENING = r"(?:'|\^\{?\\prime\}?)?", r"\s*(?:\\left|\\[bB]igg?l?)?\s*"
_SIGN = r"(?<![A-Za-z\\])\\?(sigma|rho|phi|varphi|psi|g|s)(?![A-Za-z_])"
_SLOPE = rf"{_SIGN}\s*(?:'|\^\s*\{{?\s*\\prime\s*\}}?)"
_TURNED = r"\^\s*\{?\s*(?:\\top|\\intercal|\\mathsf\s*\{\s*T\s*\}|T)\s*\}?"
WRITTEN = tuple(map(re.compile, (  # v * sigma'(z), sigma'(z) * v, h(w^T z + b), sigma(W x + b)
    rf"(?<![A-Za-z\\])\\?(sigma|phi|varphi|psi|h|g){PRIME}{OPENING}\(\s*\\?[a-z]+\s*{_TURNED}\s*(?:\\[a-z]+\s*\{{?\s*)?[a-z]\s*\}}?\s*\+",
    rf"\\odot\s*{_SLOPE}{OPENING}\(", rf"{_SLOPE}{OPENING}\([^()]*(?:\([^()]*\)[^()]*)?\)\s*\\odot",
    rf"{_SIGN}{OPENING}\(\s*(?:\\(?:bm|mathbf|boldsymbol)\s*\{{?\s*)?[WAK](?![a-z])[^()]*\+\s*(?:\\(?:bm|mathbf|boldsymbol)\s*\{{?\s*)?b(?![a-z])")))
CALLED = re.compile(r"\s*\\?([A-Za-z]+)\s*(?:\((?:\\cdot|\w)\)|:.*|=\s*\\[A-Za-z{} ]+)?\s*")


def activating(prose: str, texts: Iterable[str], chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the letter of an activation, where the words or a product entry by entry tell it."""
    shown = (name for chain in chains for name in (*_multiplied(chain), *_of_number(chain)))
    whole, role = "\n".join(texts), ROLES[NAME]
    found = [*_said(prose), *shown, *(match[1] for sign in WRITTEN for match in sign.finditer(whole))]
    for name in dict.fromkeys(name for name in found if _is_called(name, whole)) if not context.of(NAME) else ():
        if name not in context.letters:
            return context.declare(Declared(name, NAME, role.shape, role.kind, arguments=("x",), source="proposed"))
    return context


def _said(prose: str) -> Iterator[str]:
    for text in SENTENCE.split(DISPLAY.sub(". ", prose)):
        if ENTRYWISE.search(text):
            named = [CALLED.fullmatch(maths[1] or maths[2]) for maths in MATHS.finditer(text)]
            yield from (name for letter in named if letter and (name := letter_name(letter[1])) in USUAL)


def _is_called(name: str, text: str) -> bool:
    """Is sigma, or sigma', followed by a bracket somewhere?"""
    sign = re.escape(name if len(name) == 1 else f"\\{name}")
    return re.search(rf"(?<![A-Za-z\\]){sign}(?![A-Za-z_]){PRIME}{OPENING}\(", text) is not None


def _of_number(chain: tree.Chain) -> Iterator[str]:
    """h of h'(w^T z + b): a function of one number."""
    for call in (part for part in walk(chain) if isinstance(part, tree.Call) and len(part.arguments) == 1):
        letter, term = call.function, tree.terms(call.arguments[0])[0]
        turned = isinstance(term, tree.Product) and len(term.factors) == 2 and isinstance(term.factors[0], tree.Transposed)
        primed = isinstance(letter, tree.Letter) and [getattr(mark, "name", "") for mark in letter.above] == ["prime"]
        if turned and primed and isinstance(letter, tree.Letter) and not letter.below:
            yield letter.name


def _multiplied(chain: tree.Chain) -> Iterator[str]:
    """sigma of sigma'(z) * v and diag(sigma'(z))."""
    for node in walk(chain):
        inside = node.arguments if isinstance(node, tree.Function) and node.name in ("hadamard", "diag") else ()
        for call in (part for argument in inside for part in walk(argument) if isinstance(part, tree.Call)):
            letter = call.function
            if isinstance(letter, tree.Letter) and [getattr(mark, "name", "") for mark in letter.above] == ["prime"]:
                yield letter.name


def entrywise(node: tree.Function, context: Context) -> Node:
    """S v for sigma'(z) * v, and S for diag(sigma'(z)), with S = diag(1 - x^2) for 1 - x^2 too; a row v comes first, v S."""
    if node.name == "diag" and len(node.arguments) == 1:
        return node.arguments[0] if _is_slope(node.arguments[0], context) else Diagonal(node.arguments[0])
    if node.name != "hadamard" or len(node.arguments) != 2:
        return node
    if any(_ends_in_slope(argument, context) for argument in node.arguments):
        return Unknown("W^T s * p without brackets")
    slopes = [argument for argument in node.arguments if _is_slope(argument, context) or is_entries(argument)]
    others = [argument for argument in node.arguments if argument not in slopes]
    if len(slopes) != 1 or len(others) != 1:
        return node
    numbers, slope = _scaled(slopes[0])
    slope = Diagonal(slope) if is_entries(slope) else slope
    return tree.Product((*numbers, *((others[0], slope) if is_row(others[0], context) else (slope, others[0]))))


def _ends_in_slope(node: Node, context: Context) -> bool:
    """W^T sigma'(a), of W^T sigma'(a) * p, which is meant as W^T (sigma'(a) * p) or as it stands."""
    factors = node.of.factors if isinstance(node, tree.Negative) and isinstance(node.of, tree.Product) else getattr(node, "factors", ())
    return len(factors) > 1 and _is_slope(factors[-1], context) and not _is_slope(node, context)


def is_entries(node: Node) -> bool:
    """1 - x^2, x * (1 - x): what has a sense entry by entry alone."""
    terms = [tree.unsigned(term) for term in tree.terms(node)]
    return len(terms) > 1 and tree.Number(Fraction(1)) in terms


def _scaled(node: Node) -> tuple[tuple[Node, ...], Node]:
    """(h), S of h S."""
    return (node.factors[:-1], node.factors[-1]) if isinstance(node, tree.Product) else ((), node)


def _is_slope(node: Node, context: Context) -> bool:
    """sigma'(z), h sigma'(z), and a letter that the notes define so."""
    numbers, slope = _scaled(node)
    if isinstance(slope, Symbol):
        slope = next((known.body for known in context.of(slope.name) if known.body is not None), slope)
    plain = all(isinstance(part, tree.Number) or _is_number(part, context) for part in numbers)
    return plain and isinstance(slope, tree.Derivative) and isinstance(slope.of, Applied) and slope.of.name == NAME


def _is_number(node: Node, context: Context) -> bool:
    """h, eta, and tau of which the notes say that it is a constant."""
    name = node.name if isinstance(node, Symbol) else ""
    told = [(known.shape, known.kind) for known in context.of(name)]
    return name in ("h", "eta") or (name not in ROLES and told == [(("1", "1"), "constant")])


def is_row(node: Node, context: Context) -> bool:
    """p and p W, where the costate is a row; rows or columns of no fixed layout are columns, and so is W^T p."""
    if isinstance(node, tree.Product):
        return is_row(next((part for part in node.factors if not isinstance(part, tree.Number)), node.factors[0]), context)
    if isinstance(node, tree.Sum):
        return is_row(node.terms[0], context)
    turned, core = isinstance(node, tree.Transposed), core_of(node)
    if not isinstance(core, Symbol) or core.free:
        return False
    own = next((known for known in context.of(core.name) if core.name not in ROLES), None)
    if own is not None and "1" not in own.shape and "" not in own.shape:
        return False
    return turned != (ROLES[core.name].shape[0] == "1" != ROLES[core.name].shape[1]) if core.name in ROLES else turned
