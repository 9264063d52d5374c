"""What a star means in notes that do not declare it: optimal on a state or a control, adjoint behind brackets or on what multiplies.

    x^*, u^*(t), J^*, t_f^*                     optimal
    (df/dx)^* lambda, lambda^* f_p beside lambda, A^*    adjoint
    |x(T) - x^*|^2, |x - x_*(t)|^2, if nothing else is said of it    aimed at: a letter of its own

Notes that show the first two uses keep the star open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, resolve, walk
from adjointcheck.notes.letters.quantities import OPTIMAL, STARS
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_COSTATES, USUAL_STATES, head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.document import Formula
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node

CHOSEN = frozenset((*USUAL_STATES, *USUAL_CONTROLS, "alpha", "theta", "T", "t_f", "t_1", "J", "V"))
REST = "_rest"
ZERO = tree.Number(Fraction(0))
TURNED = {"row": "column", "column": "row", "": ""}
_BRACKET = re.compile(r"[)\]]\s*\^\s*(?:\{\s*(?:\\!\s*)?)?(?:\*|\\ast|\\star)")


def starred(formulas: Iterable[Formula], context: Context) -> Context:
    """The context with the option `star`, where the formulas show one meaning and no other."""
    formulas = list(formulas)
    read = [chain for formula in formulas if not isinstance(chain := read_formula(formula.text, context.reader()), Unread)]
    nodes = [node for chain in read for node in walk(chain)]
    context = _aimed(nodes, context)
    if context.option("star"):
        return _turned(context)
    marked = {key(node) for node in nodes if isinstance(node, tree.Letter) and _has_star(node)}
    costates = {name for name in marked if _is_costate(name, context)}
    optimal = any(_is_chosen(name, context) for name in marked - costates)
    plain = {key(node) for node in nodes if isinstance(node, tree.Letter) and not _has_star(node)}
    among = costates & plain or costates
    multiplies = any(key(node) in among for product in nodes for node in _left(product))
    adjoint = multiplies or bool(context.option("layout of")) or any(_BRACKET.search(formula.text) for formula in formulas)
    return _turned(replace(context, options={**context.options, "star": "adjoint"})) if adjoint and not optimal else context


def _turned(context: Context) -> Context:
    """With lambda as a column, where the header calls lambda^* a row, and the star is an adjoint."""
    if context.option("layout of") != "starred" or context.option("star") != "adjoint":
        return context
    turned = {name: replace(known, layout=TURNED[known.layout]) for name, known in context.letters.items() if known.symbol == "p"}
    return replace(context, letters={**context.letters, **turned}, options={**context.options, "layout of": ""})


def _aimed(nodes: Iterable[Node], context: Context) -> Context:
    """The context with x^* as a letter of its own, where it only stands in differences x(T) - x^*."""
    nodes = list(nodes)
    aims = [target for node in nodes if isinstance(node, tree.Sum) and (target := _target(node)) is not None]
    for name in dict.fromkeys(key(head(target) or tree.Letter("")) for target in aims):
        marked = [node for node in nodes if isinstance(node, tree.Letter) and key(node) == name and is_starred(node)]
        found = [target for target in aims if (letter := head(target)) is not None and key(letter) == name]
        if len(found) == len(marked):
            kind = "path" if any(isinstance(target, tree.Call) for target in found) else "constant"
            context = context.declare(Declared(f"{name}^*", own(f"{name}_star"), ROLES["x"].shape, kind, source="proposed"))
    return context


def _target(node: tree.Sum) -> Node | None:
    """x^* of x(T) - x^*."""
    terms = [tree.unsigned(term) for term in node.terms]
    letters = [head(term) for term in terms]
    if len(terms) != 2 or letters[0] is None or letters[1] is None or not isinstance(node.terms[1], tree.Negative):
        return None
    marked = [is_starred(letter) for letter in letters if letter is not None]
    same = replace(letters[0], above=()) == replace(letters[1], above=())
    return terms[marked.index(True)] if same and sum(marked) == 1 else None


def is_starred(letter: tree.Letter) -> bool:
    return any(getattr(mark, "name", "") in (*STARS, OPTIMAL) for mark in letter.above)


def _has_star(letter: tree.Letter) -> bool:
    return any(getattr(mark, "name", "") in STARS for mark in letter.above)


def _is_costate(name: str, context: Context) -> bool:
    return name in ({known.letter for known in context.of("p")} or USUAL_COSTATES)


def _is_chosen(name: str, context: Context) -> bool:
    """x^*, u^*, J^*, t_f^*: what an optimum has."""
    declared = context.letters.get(name)
    return name in CHOSEN if declared is None else declared.symbol in ("x", "w", "theta", "t1", "J")


def _left(node: Node) -> tuple[tree.Letter, ...]:
    """lambda of lambda^* f_p and lambda^* (f - xdot)."""
    first = node.factors[0] if isinstance(node, tree.Product) else None
    return (first,) if isinstance(first, tree.Letter) and _has_star(first) else ()


def apart(letter: tree.Letter, context: Context) -> str:
    """t^* of t^* = T - 1, an instant of its own, where t is the running time; "" for any other letter."""
    clock = is_starred(letter) and not letter.accents and resolve(replace(letter, above=()), context) == Symbol("t")
    return f"{key(letter)}^*" if clock else ""


def resting(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """f(x^*, theta) = 0 or xdot = udot = 0, a state of rest: x^* and u^* are letters of their own, with no value along a solution."""
    letters = _stopped(chain, context) or _solved(chain, context)
    for letter in letters:
        shape = next((known.shape for known in context.of(role_in(letter, context))), ("1", "1"))
        context = context.declare(Declared(f"{key(letter)}^*", own(f"{key(letter)}{REST}"), shape, source="proposed"))
    return ("assumption", tuple(f"{key(letter)}^*" for letter in letters), context) if letters else None


def _solved(chain: tree.Chain, context: Context) -> list[tree.Letter]:
    """x of f(x^*, theta) = 0."""
    pair = pair_of(chain)
    still = pair is not None and pair[1] == ZERO and resolve(pair[0], context)
    if pair is None or not isinstance(still, Applied) or still.name != "f":
        return []
    marked = (replace(part, above=()) for part in walk(pair[0]) if isinstance(part, tree.Letter) and is_starred(part))
    return [letter for letter in marked if role_in(letter, context) == "x"][:1]


def _stopped(chain: tree.Chain, context: Context) -> list[tree.Letter]:
    """k and c of kdot = cdot = 0, where the state has a law."""
    letters = [moving(side) for side in chain.sides[:-1]]
    found = [letter for letter in letters if letter is not None and role_in(letter, context) in ("x", "w")]
    rest = chain.sides[-1] == ZERO and {*chain.relations} == {"="} and context.law("dynamics") is not None
    return found if rest and len(found) == len(letters) > 1 else []
