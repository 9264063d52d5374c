"""Parameters that are formulas of others, k_1 = A exp(-E/(R T)): the gradient in A is that of the problem with the formula for k_1."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_letters import walk_letters
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.concrete import in_components

KIND = "parameter"
MIXED = "it differentiates by a parameter and speaks of what the notes make that one of"
TAKEN = ("t0", "t1", "N", "h", "eps", "I")  # what a letter is by custom, where nothing else is that


def reparametrised(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """k = exp(q), k_1 = A exp(-E/(R T)), for a parameter k of the problem, one number, and letters of which some are new."""
    pair = pair_of(chain)
    left = resolve(pair[0], context) if pair is not None and isinstance(pair[0], tree.Letter) else None
    if pair is None or len(chain.sides) != 2 or not isinstance(left, Symbol) or not _is_parameter(left, context):
        return None
    letters = [letter for letter in walk_letters(pair[1], context) if isinstance(letter, tree.Letter)]
    new = dict.fromkeys(key(letter) for letter in letters if _is_new(letter, context))
    for name in new:
        context = context.declare(Declared(name, own(name), source="proposed"))
    right = resolve(pair[1], context)
    known = all(name == "theta" or _is_number(name, context) for name in symbols(right))
    if not new or unknown(right) or not known or left in walk(right):
        return None
    return "assumption", tuple(new), replace(context, laws=(*context.laws, Law(KIND, left, right)))


def _is_parameter(left: Symbol, context: Context) -> bool:
    """A number among the parameters, or a number of the notes in the laws of the problem."""
    if left.name == "theta":
        return len(left.part) == 1 and isinstance(left.part[0], tree.Number)
    return _is_number(left.name, context) and any(left.name in symbols(law.right) for law in context.laws)


def _is_number(name: str, context: Context) -> bool:
    known = next(iter(context.of(name)), None)
    return known is not None and (known.kind, known.shape, known.body) == ("constant", ("1", "1"), None)


def _is_new(letter: tree.Letter, context: Context) -> bool:
    """Is nothing said of the letter, though custom may know it as something that the notes call otherwise?"""
    name = key(letter)
    symbol = USUAL.get(name, "")
    taken = symbol in TAKEN and bool(context.of(symbol) or (symbol == "t1" and context.option("sampled to")))
    return name not in context.letters and (taken or name not in USUAL) and name.isascii() and not (letter.above or letter.accents)


def in_new_parameters(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """An equation that speaks of A in the problem that has A for k, and the formula for k."""
    laws = {law.left: law.right for law in context.laws if law.kind == KIND}
    new = _new(context) & (symbols(left) | symbols(right))
    if not new:
        return left, right, context
    letters = {Symbol(name): context.of(name)[0].letter for name in sorted(_new(context))}
    if context.parts("x"):  # every number is one of the parameters there
        context = in_components(context, "theta", map(tree.Letter, letters.values()))
    roles = {symbol: Symbol("theta", part=(tree.Number(Fraction(part)),)) for symbol, letter in letters.items()
             if (part := context.letters[letter].part)}
    known: dict[Node, Node] = {**laws, **roles}

    def put(node: Node) -> Node:
        return put(known[node]) if node in laws else known.get(node) or rebuilt(node, put)

    defined = {name: replace(known, body=put(known.body)) for name, known in context.letters.items() if known.body is not None}
    kept = tuple(replace(law, right=put(law.right)) for law in context.laws if law.kind != KIND)
    return put(left), put(right), replace(context, letters={**context.letters, **defined}, laws=kept)


def _new(context: Context) -> frozenset[str]:
    """The letters of which parameters are made."""
    return frozenset().union(*(symbols(law.right) for law in context.laws if law.kind == KIND)) - {"theta"}


def mixes(left: Node, right: Node, context: Context) -> bool:
    """Does it differentiate by a parameter, and speak of what that one is made of?"""
    old = [law.left for law in context.laws if law.kind == KIND]
    slopes = (part for side in (left, right) for part in walk(side) if isinstance(part, tree.Derivative))
    return bool(_new(context) & (symbols(left) | symbols(right))) and any(by in old for slope in slopes for by in slope.by)
