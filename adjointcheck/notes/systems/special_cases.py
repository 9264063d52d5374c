"""Lines that a sentence says of a special case: "if only the start depends on theta, dJ/dtheta = p(0) dx_0/dtheta"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, slots_of, symbols, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.symmetry import SOME
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.measured import is_start
from adjointcheck.notes.systems.modes import KEPT, eventful

FUNCTIONS = ("f", "L", "Psi", "phi", "O")
IF = r"\b(?:if|when|where|provided|wenn|falls|sofern|si|lorsque|se|quando|cuando|если|когда|with|mit|avec|con)\b"
CONDITION = re.compile(IF)
ONLY = re.compile(IF + r"[^.;]*\b(?:only|nur|allein|seul\w*|uniquement|solo|sólo|solamente|soltanto|solamente|только|лишь)\b"
                  r"|\benters? only (?:through|via)\b")
WANTED = re.compile(r"\bonly\b[^.;,]*\b(?:wanted|needed|required|asked)|\bnur\b[^.;,]*\b(?:gesucht|gebraucht|benötigt)")  # and no case
NEVER = r"(?:(?:does|do|ne|no|non) (?:not |explicitly )*(?:depend|dépend|dipend)\w*|hängt nicht)"  # of f, which does not depend on t
FREE = re.compile(r"\b(?:not|neither|nor|weder|ni|né|nicht|kein\w*|ne|no|non|не)\b[^.;]*\b(?:depend|abhäng|häng|dépend|dipend|завис)"
                  r"|\bhäng\w*\b[^.;]*\bnicht\b|\bindependent|unabhängig|indépendant")
OTHER = r"(?:\$\\?[fgl]|\b(?:and|n?or|und|noch|oder|et|ou|n?[iíyeouéи]|или)\b)"  # a function, or another subject beside the start
START = r"(?:\b(?:input|start|initial|anfang|départ|inici|inizi|начальн)|\$(?!\\?(?:[fgl]|phi|psi|ell)_)[^$]{1,16}_\{?0\}?\$)"
HELD = re.compile(rf"{START}(?:(?!{OTHER})[^.;,:])*?(?!{OTHER})(?:{FREE.pattern})")
# (what the sentence says, the argument that goes, of which functions, whether the start is free of parameters)
CASES = ((ONLY, "theta", FUNCTIONS, False), (FREE, "theta", FUNCTIONS, False), (FREE, "theta", FUNCTIONS, True),
         (FREE, "theta", ("f",), False), (FREE, "theta", ("f",), True), (FREE, "t", FUNCTIONS, False))


def special_cases(left: Node, right: Node, context: Context, sentence: str) -> list[tuple[Node, Node, Context]]:
    """What the sentence may mean: functions free of the parameters, or of time; a number; B = U U^T."""
    told = sentence.lower()  # of a start that does not depend on the parameters it says nothing about the functions
    found = [(HELD, "theta", (), True)] if HELD.search(told) else [case for case in CASES if case[0].search(told)]
    known = {slot for slot in ("t", "theta") if _is_known(sentence, slot, context)}
    found = [case for case in found if not (case[0] is ONLY and WANTED.search(told)) and not (case[0] is FREE and case[1] in known)]
    cases = [restricted(left, right, context, slot, functions, free) for _, slot, functions, free in found]
    cases += [(through_reset(left), through_reset(right), without_reset(context))] if context.option(KEPT) else []
    cases += [case for law in context.laws if law.kind == "value" and (case := _valued(left, right, context, law, sentence)) is not None]
    return [*cases, *((left, right, narrowed) for narrowed in (*_with_roots(left, right, context), *_symmetric(context)))]


def _is_known(sentence: str, slot: str, context: Context) -> bool:
    """Does it name functions, Phi of "since $Phi$ does not depend on theta", and take they the argument in no line?"""
    functions = [known for known in context.letters.values() if known.symbol in FUNCTIONS]
    named = [known for known in functions if re.search(rf"\$\\?{re.escape(known.letter)}\$", sentence)]
    return bool(named) and all(known.arguments is not None and slot not in known.arguments for known in named)


def _valued(left: Node, right: Node, context: Context, law: Law, sentence: str) -> tuple[Node, Node, Context] | None:
    """With the number that the sentence gives a letter, as in "without the penalty (kappa = 0)"."""
    known = next(iter(context.of(getattr(law.left, "name", ""))), None)
    if known is None or not re.search(rf"(?<![A-Za-z]){re.escape(known.letter)}\s*=", sentence):
        return None
    laws = tuple(replace(other, right=instead(other.right, law.left, law.right)) for other in context.laws if other is not law)
    return instead(left, law.left, law.right), instead(right, law.left, law.right), replace(context, laws=laws)


def without_time(condition: Node, context: Context) -> Context | None:
    """The notes for a field that does not tell the time, where this is what a condition says: f = f(z, theta)."""
    bare, called = condition.sides if isinstance(condition, tree.Chain) and condition.relations == ("=",) else (None, None)
    plain = isinstance(bare, Applied) and not bare.arguments and isinstance(called, Applied) and (bare.name, called.name) == ("f", "f")
    slots = {slot for slot, _ in called.arguments} if plain and isinstance(called, Applied) else set()
    if not slots or "t" in slots or {*slots_of(Applied("f"), context)} - {"t"} != slots:
        return None
    return restricted(tree.Number(Fraction(0)), tree.Number(Fraction(0)), context, "t", ("f",), False)[2]


def said_without_time(sentence: str, context: Context) -> Context | None:
    """The notes for a field that does not tell the time, where the sentence says so of it: "when f does not depend explicitly on t"."""
    fields = "|".join(re.escape(known.letter) for known in context.of("f"))
    told = re.search(rf"\$\\?(?:{fields})\$\s+{NEVER}[^.;$]{{0,20}}\$t\$", sentence)
    if not fields or not told or context.over() == "layers" or "t" not in slots_of(Applied("f"), context):
        return None
    return restricted(tree.Number(Fraction(0)), tree.Number(Fraction(0)), context, "t", ("f",), False)[2]


def said_without_reset(sentence: str, context: Context) -> Context | None:
    """The notes for an event that leaves the state as it is, where the sentence says so: "when only the field is switched, r(x) = x"."""
    resets = "|".join(re.escape(known.letter) for known in context.of("r"))
    told = re.search(rf"\$\s*\\?(?:{resets})\s*\(([^()$]+)\)\s*=\s*\1\s*\$", sentence) if resets and context.option(KEPT) else None
    return without_reset(context) if told else None


def without_reset(context: Context) -> Context:
    """With x^+ = x^-."""
    letters = {name: replace(known, body=known.body and through_reset(known.body)) for name, known in context.letters.items()
               if known.symbol != "r"}
    return replace(context, letters=letters, laws=tuple(law for law in context.laws if law.kind != "reset"))


def through_reset(node: Node) -> Node:
    """x for r(x), and I for its slope."""
    if isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name == "r":
        return Symbol("I") if node.by == (Symbol("x"),) else node
    node = rebuilt(node, through_reset)
    return next((value for slot, value in node.arguments if slot == "x"), node) if isinstance(node, Applied) and node.name == "r" else node


def with_one_state(chain: tree.Chain, context: Context) -> tree.Chain:
    """f_2(x^+) for f_2(x^-), and x for r(x), where the event leaves the state as it is."""
    law = context.law("reset")
    same = law is None or (isinstance(law.right, Symbol) and (law.right.name, law.right.side) == ("x", "before"))
    if context.of("r") or not eventful(context) or not same:
        return chain
    return replace(chain, sides=tuple(_on_its_side(through_reset(side)) for side in chain.sides))


def _on_its_side(node: Node) -> Node:
    node = rebuilt(node, _on_its_side)
    if not isinstance(node, Applied) or not node.side:
        return node
    values = ((slot, value, isinstance(value, Symbol) and value.side) for slot, value in node.arguments)
    return replace(node, arguments=tuple((slot, replace(value, side=node.side) if sided else value) for slot, value, sided in values))


def _symmetric(context: Context) -> Iterator[Context]:
    """With all matrices symmetric, where the prose says so of some."""
    bodies = [known.body for known in context.letters.values() if known.body is not None]
    roots = {part.of for body in bodies for part in walk(body) if isinstance(part, tree.Transposed)}  # L of B = L L' is not meant
    letters = [known for known in context.letters.values() if known.symbol not in ROLES and known.shape[0] == known.shape[1] != "1"
               and Symbol(known.symbol) not in roots]
    if f"symmetric {SOME}" in context.hypotheses and letters:
        yield context.assume(*(f"symmetric {known.letter}" for known in letters))


def _with_roots(left: Node, right: Node, context: Context) -> Iterator[Context]:
    """With B = U U^T, where x_0 = x_b + U v and the notes may have said in words what U is."""
    named = [known for known in context.letters.values() if known.body is not None and known.symbol in symbols(left) | symbols(right)]
    inverted = {part.base for known in named if known.body is not None and _is_increment(known) for part in walk(known.body)
                if isinstance(part, tree.Power) and isinstance(part.base, Symbol)}
    for root, (name, known) in product(inverted, context.letters.items()):
        free = known.body is None and known.kind == "constant" and known.symbol not in (*ROLES, root.name)
        if free and known.shape[0] == known.shape[1] != "1":
            square = replace(known, body=tree.Product((root, tree.Transposed(root))))
            yield replace(context, letters={**context.letters, name: square})


def _is_increment(known: Declared) -> bool:
    """Does it say by how much the start differs from what is known?"""
    parts = walk(known.body) if known.kind == "defined" and known.body is not None else ()
    return any(map(is_start, parts))


def restricted(left: Node, right: Node, context: Context, slot: str, functions: tuple[str, ...], free: bool) -> tuple[Node, Node, Context]:
    """The equation and the notes for functions without that argument, and without what is said of the start where it is free."""
    letters = {name: replace(known, arguments=tuple(other for other in slots_of(Applied(known.symbol), context) if other != slot))
               if known.symbol in functions else known for name, known in context.letters.items()}
    laws = tuple(replace(law, right=_without(law.right, slot, functions)) for law in context.laws)
    options = {name: value for name, value in context.options.items() if name != "starts" or not free}
    narrowed = replace(context, letters=letters, laws=laws, options=options)
    return _without(left, slot, functions), _without(right, slot, functions), narrowed


def _without(node: Node, slot: str, functions: tuple[str, ...]) -> Node:
    """Functions of the problem without that argument."""
    node = rebuilt(node, lambda child: _without(child, slot, functions))
    if not isinstance(node, Applied) or node.name not in functions:
        return node
    return replace(node, arguments=tuple(entry for entry in node.arguments if entry[0] != slot))
