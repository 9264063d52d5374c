"""Functions of states and controls that a field or a cost names and leaves open: D(v, h) of v-dot = (T - D(v, h))/m - g(h), U(c)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.quantities import Formal, Unknown, here
from adjointcheck.notes.letters.usage import HAMILTONIANS, head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.followed import TIMES

Introduced = tuple[str, tuple[str, ...], Context] | None


def is_named(node: Node, known: Container[str] = (), moved: Container[str] = ()) -> bool:
    """D(v, h) of letters, each once, one of them no time; `known` are letters with other meanings, and s is no time where it is `moved`."""
    if not isinstance(node, tree.Call) or not isinstance(node.function, tree.Letter):
        return False
    letters = [head(argument) if _is_value(argument) else None for argument in node.arguments]
    names = [key(letter) for letter in letters if letter is not None and not letter.above and not letter.accents]
    plain = not node.function.above and not node.function.accents and node.function.name not in HAMILTONIANS
    timed = all(name in TIMES and name not in moved for name in names)
    return plain and len({*names}) == len(letters) and not timed and key(node.function) not in known


def _is_value(node: Node) -> bool:
    """v, v(t)."""
    timed = isinstance(node, tree.Call) and [getattr(part, "name", "") for part in node.arguments] == ["t"]
    return timed or isinstance(node, tree.Letter)


def functions_in(nodes: Iterable[Node], known: Container[str], moved: Container[str]) -> Mapping[str, tree.Call]:
    """{D: D(v, h)} as each is first written."""
    found: dict[str, tree.Call] = {}
    for part in (part for node in nodes for part in walk(node)):
        if isinstance(part, tree.Call) and isinstance(part.function, tree.Letter) and is_named(part, known, moved):
            found.setdefault(key(part.function), part)
    return found


def read_as_functions(names: Iterable[str], context: Context) -> Context:
    """With letters that are functions wherever they stand before brackets, of which it is not yet said what of."""
    new = {name: Declared(name, own(name), kind="function", source="proposed") for name in names if name not in context.letters}
    return replace(context, letters={**context.letters, **new})


def with_functions(calls: Mapping[str, tree.Call], context: Context) -> Context:
    """With each as a function of its arguments, where these are understood; else as nothing that is known."""
    letters = dict(context.letters)
    for name, call in calls.items():
        given = tuple(here(resolve(argument, context)) for argument in call.arguments)
        if letters.get(name) == Declared(name, own(name), kind="function", source="proposed"):
            del letters[name]
            told = not any(map(unknown, given)) and all(isinstance(value, Symbol) and (value.part or value.name == "t") for value in given)
            letters |= {name: Declared(name, own(name), kind="function", source="proposed", given=given)} if told else {}
    return replace(context, letters=letters)


def left_open(rates: Sequence[Node], moved: Container[str], chains: Iterable[tree.Chain], context: Context) -> Mapping[str, tree.Call]:
    """The functions in rates of numbers: none where a rate is but a function, xdot = f(x, u), or where all may be vectors.

    Of one state that a header calls a number, F of F(k) and F'(k) is one.
    """
    known = {*context.letters} | {known.letter for known in context.of("f")}
    whole = {key(letter) for right in rates if isinstance(tree.unsigned(right), tree.Call) and (letter := head(tree.unsigned(right)))}
    calls = functions_in([right for right in rates if not isinstance(tree.unsigned(right), tree.Call)], known | whole, moved)
    calls = {name: call for name, call in calls.items() if name not in moved}
    number = any((known.source, known.shape) == ("declared", ("1", "1")) for known in context.of("x"))
    sloped = (number or len(rates) > 1) and any(_slopes(part, calls) for chain in chains for part in walk(chain))
    return calls if sloped or context.option("paths") == "numbers" or any(map(_multiplies, rates)) else {}


def paid(costs: Iterable[Node], known: Container[str], moved: Container[str]) -> Mapping[str, tree.Call]:
    """U and D of int (U(c) - D(S)) dt, V of int V(x) i dt; none where all that is paid is one function, exp(-rho t) U(c)."""
    bodies = [part.body for cost in costs for part in walk(cost) if isinstance(part, tree.Integral)]
    return {} if all(isinstance(_undiscounted(body), tree.Call) for body in bodies) else functions_in(bodies, known, moved)


def _undiscounted(body: Node) -> Node:
    """U(c) of exp(-rho t) U(c)."""
    factors = [factor for factor in getattr(body, "factors", (body,)) if not isinstance(factor, tree.Power | tree.Function)]
    return factors[0] if len(factors) == 1 else body


def _multiplies(right: Node) -> bool:
    """Are letters divided by, or taken to a power, or in an elementary function?"""
    return any(isinstance(part, tree.Quotient | tree.Power | tree.Function) for part in walk(right))


def _slopes(node: Node, calls: Mapping[str, tree.Call]) -> bool:
    """F'(k), dD/dv and D_v of these functions."""
    function = node.function if isinstance(node, tree.Call) else node.of if isinstance(node, tree.Derivative) else node
    letter = head(function)
    if letter is None or key(replace(letter, above=(), below=())) not in calls:
        return False
    marked = {getattr(mark, "name", "") for mark in letter.above} == {"prime"}
    return marked or bool(letter.below) or isinstance(node, tree.Derivative)


def spelt_later(chain: tree.Chain, calls: Mapping[str, tree.Call]) -> Node | None:
    """a x/(b + x) of g(x) = a x/(b + x) and c^(-s) of U'(c) = c^(-s), whose letters are those of the notes; not q of U'(c) = q."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    told = letter is not None and not letter.accents and key(letter) in calls
    if pair is None or letter is None or not told:
        return None
    given = {part for argument in calls[key(letter)].arguments for part in walk(argument) if isinstance(part, tree.Letter)}
    return pair[1] if any(part in given for part in walk(pair[1])) else None


def specified(chain: tree.Chain, context: Context) -> Introduced:
    """g(x) = a x/(b + x): what a function is from here on that the notes have only named so far; or what it is somewhere, F(0) = 0."""
    pair = pair_of(chain)
    if pair is None or chain.conditions:
        return None
    left, right = (here(resolve(side, context)) for side in pair)
    if (of := _limited(left)) is not None and all(map(_is_place, of.arguments)) and not _moving(right):
        return "assumption", (), context
    known = next((known for known in context.letters.values() if known.given and left == Formal(known.symbol, known.given)), None)
    if known is None or known.body is not None or unknown(right) or not _fits(right, known):
        return None
    return "definition", (known.letter,), replace(context, letters={**context.letters, known.letter: replace(known, body=right)})


def _limited(node: Node) -> Formal | None:
    """U'(c) of lim U'(c), where c tends to 0."""
    of = node.body if isinstance(node, tree.Limit) else node
    return of if isinstance(of, Formal) else None


def _is_place(value: Node) -> bool:
    """0, infinity, x_0, and what a limit runs to; F(x^*) of a state of rest may be claimed."""
    bound = isinstance(value, Symbol) and (value.bound or value.name == "x0")
    return bound or isinstance(value, tree.Number) or value == Unknown("infty")


def _moving(node: Node) -> set[Node]:
    """What is not the same at all times."""
    return {part for part in walk(node) if isinstance(part, Symbol) and part.name in ("x", "w", "p", "t", "J") and not part.bound}


def _fits(right: Node, known: Declared) -> bool:
    """Does it speak of the function's arguments and of constants alone?"""
    own_slopes = (part for part in walk(right) if isinstance(part, Formal) and part.name == known.symbol)
    return _moving(right) <= {*known.given} and not any(own_slopes) and not any(isinstance(part, tree.Derivative) for part in walk(right))


def chosen(nodes: Iterable[Node]) -> Iterator[str]:
    """c of dH/dc and H_c: by what a Hamiltonian is differentiated."""
    for node in nodes:
        letter = head(node.of) if isinstance(node, tree.Derivative) else node if isinstance(node, tree.Letter) else None
        by = node.by if isinstance(node, tree.Derivative) else letter.below if letter is not None else ()
        if letter is not None and letter.name in HAMILTONIANS:
            yield from (key(inner) for item in by if isinstance(inner := head(item), tree.Letter))
