"""Parameters that are formulas of others, k_1 = A exp(-E/(R T)): the gradient in A is that of the problem with the formula for k_1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_letters import walk_letters
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.component_letters import in_components

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
    """An equation that speaks of A in the problem that has A for k, and the formula for k; dJ/dA = dJ/dk dk/dA in letters for both."""
    laws: dict[Node, Node] = {law.left: law.right for law in context.laws if law.kind == KIND}
    if not _new(context) & (symbols(left) | symbols(right)):
        return left, right, context
    letters = {Symbol(name): context.of(name)[0].letter for name in sorted(_new(context))}
    if context.parts("x"):  # every number is one of the parameters there
        context = in_components(context, "theta", map(tree.Letter, letters.values()))
    roles: dict[Node, Node] = {symbol: Symbol("theta", part=(tree.Number(Fraction(part)),)) for symbol, letter in letters.items()
                               if (part := context.letters[letter].part)}

    def put(node: Node) -> Node:
        return put(laws[node]) if node in laws else roles.get(node) or rebuilt(node, put)

    if chains(left, right, context):
        return _chained(left, laws, put), _chained(right, laws, put), context
    defined = {name: replace(known, body=put(known.body)) for name, known in context.letters.items() if known.body is not None}
    kept = tuple(replace(law, right=put(law.right)) for law in context.laws if law.kind != KIND)
    return put(left), put(right), replace(context, letters={**context.letters, **defined}, laws=kept)


def chains(left: Node, right: Node, context: Context) -> bool:
    """Is it a chain rule, dJ/dA = dJ/dk dk/dA, that speaks of nothing along the solution?"""
    return mixes(left, right, context) and symbols(left) | symbols(right) <= {"J", "theta", *_parameters(context)}


def _parameters(context: Context) -> frozenset[str]:
    """The numbers of the notes that are formulas of others, and the letters of which they are made."""
    return _new(context) | {law.left.name for law in context.laws if law.kind == KIND and isinstance(law.left, Symbol)}


def _chained(node: Node, laws: Mapping[Node, Node], put: Callable[[Node], Node]) -> Node:
    """dJ/dk dk/dA for dJ/dA, the slope of the formula for dk/dA, and the formula for k that stands alone."""
    if isinstance(node, tree.Derivative) and len(node.by) == 1 and node.by[0] not in laws:
        (by,) = node.by
        if node.of in laws:
            return tree.Derivative(put(node.of), (put(by),), "partial")
        terms = tuple(tree.Product((tree.Derivative(node.of, (k,), node.kind), tree.Derivative(put(k), (put(by),), "partial")))
                      for k, body in laws.items() if by in walk(body))
        return tree.summed(terms)
    if isinstance(node, tree.Derivative):
        return node
    return put(node) if isinstance(node, Symbol) else rebuilt(node, lambda child: _chained(child, laws, put))


def _new(context: Context) -> frozenset[str]:
    """The letters of which parameters are made."""
    return frozenset().union(*(symbols(law.right) for law in context.laws if law.kind == KIND)) - {"theta"}


def mixes(left: Node, right: Node, context: Context) -> bool:
    """Does it differentiate by a parameter, and speak of what that one is made of?"""
    old = [law.left for law in context.laws if law.kind == KIND]
    slopes = (part for side in (left, right) for part in walk(side) if isinstance(part, tree.Derivative))
    return bool(_new(context) & (symbols(left) | symbols(right))) and any(by in old for slope in slopes for by in slope.by)
