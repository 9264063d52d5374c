"""Linear systems A(p) x = b(p), as states of rest of r(x, p) = A x - b.

    A = r_x,    A_p x - b_p = r_p,    b = r_x x

To first order a linear system is any A, x, A_p x and b_p, and so is what stands on the right: what is said of second order stays open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from adjointcheck.notes.letters.context import Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, walk
from adjointcheck.notes.letters.symmetry import SOME
from adjointcheck.notes.letters.usage import USUAL_COSTATES, USUAL_PARAMETERS, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

LINEAR = "linear system"  # the option: the letters A, x, b and p, where b depends on p a fifth word
RESIDUAL = tree.Letter("residual")
ZERO = tree.Number(Fraction(0))
INVERSE = tree.Negative(tree.Number(Fraction(1)))


def restated(chains: Sequence[tree.Chain | None]) -> tuple[Sequence[tree.Chain | None], str]:
    """The formulas from A x = b on in terms of the residual, and its letters; as they are where the first one is no such equation."""
    found = _system(chains[0]) if chains and chains[0] is not None else None
    behind = [chain for chain in chains[1:] if chain is not None]
    inputs = _inputs(chains[0], behind, found) if found is not None else None  # type: ignore[arg-type]
    if found is None or inputs is None or any(_is_own_adjoint(side, *found) for chain in behind for side in chain.sides):
        return chains, ""
    matrix, state, right = (key(letter) for letter in found)
    depends = any(_speaks_of_slope(part, right) for part in _nodes(behind))
    told = " ".join([matrix, state, right, key(inputs), *["depends"] * depends])
    return [_equation(found[1], inputs), *(None if chain is None else as_residual(chain, told) for chain in chains[1:])], told


def _speaks_of_slope(node: Node, right: str) -> bool:
    """Is it db/dp, delta b or b_p?"""
    if isinstance(node, tree.Variation | tree.Derivative):
        return _named(node.of) == right
    return isinstance(node, tree.Letter) and bool(node.below) and _named(replace(node, below=())) == right


def _equation(state: tree.Letter, inputs: tree.Letter) -> tree.Chain:
    return tree.Chain((tree.Call(RESIDUAL, (state, inputs)), ZERO), ("=",))


def _nodes(chains: Iterable[tree.Chain]) -> Iterator[Node]:
    return (part for chain in chains for part in walk(chain))


def _system(chain: tree.Chain) -> tuple[tree.Letter, tree.Letter, tree.Letter] | None:
    """(A, x, b) of A(p) x = b(p) and of A x - b = 0."""
    left, right = pair_of(chain) or (None, None)
    if isinstance(left, tree.Sum) and len(left.terms) == 2 and isinstance(left.terms[1], tree.Negative) and right == ZERO:
        left, right = left.terms[0], left.terms[1].of
    if len(chain.sides) != 2 or not isinstance(left, tree.Product) or len(left.factors) != 2 or right is None:
        return None
    matrix, state, value = (_bare(node) for node in (*left.factors, right))
    if matrix is None or state is None or value is None or len({key(matrix), key(state), key(value)}) < 3:
        return None
    usual = matrix.name[-1].isupper() and not state.name[-1].isupper() and key(state) not in USUAL_COSTATES
    return (matrix, state, value) if usual else None


def _is_own_adjoint(side: Node, matrix: tree.Letter, state: tree.Letter, right: tree.Letter) -> bool:
    """Is it A v, or b' x, of which it matters whether A is symmetric?"""
    factors = side.factors if isinstance(side, tree.Product) and len(side.factors) == 2 else ()
    solved = bool(factors) and _named(factors[0]) == key(matrix) and _named(factors[1]) not in ("", key(state))
    return solved or (bool(factors) and factors[0] == tree.Transposed(right) and _named(factors[1]) == key(state))


def _bare(node: Node) -> tree.Letter | None:
    """A of A and of A(p)."""
    called = isinstance(node, tree.Call) and all(isinstance(argument, tree.Letter) for argument in node.arguments)
    letter = node.function if called else node  # type: ignore[attr-defined]
    return letter if isinstance(letter, tree.Letter) and not (letter.below or letter.above or letter.accents) else None


def _named(node: Node) -> str:
    letter = _bare(node)
    return key(letter) if letter is not None else ""


def _inputs(chain: tree.Chain, behind: Sequence[tree.Chain], found: Sequence[tree.Letter]) -> tree.Letter | None:
    """p, which A or b is called with, or by which one of the letters is differentiated."""
    names = {key(letter) for letter in found}
    calls = [part for part in walk(chain) if isinstance(part, tree.Call)]
    told = [argument for call in calls if _named(call) != key(found[1]) for argument in call.arguments]
    by = [part.by[0] for part in _nodes(behind) if isinstance(part, tree.Derivative) and _named(part.of) in names]
    below = [part.below[0] for part in _nodes(behind) if isinstance(part, tree.Letter) and len(part.below) == 1
             and _named(replace(part, below=())) in names]
    letters = [replace(node, below=(), span=(0, 0)) for node in (*told, *by, *below) if isinstance(node, tree.Letter)]
    usual = [letter for letter in letters if letter in told or letter in by or letter.name in USUAL_PARAMETERS]
    return usual[0] if usual and key(usual[0]) not in names and len(set(told)) < 2 else None


def as_residual(chain: tree.Chain, told: str) -> tree.Chain:
    """The formula in terms of the residual; as it is where it says what A or b are, or speaks of second order."""
    matrix, state, right, inputs, *depends = told.split() or ("", "", "", "")
    left = _named(chain.sides[0])
    if not told or not set(chain.relations) <= {"=", "equiv"} or left in (matrix, right) or _named(chain.sides[-1]) == matrix:
        return chain
    system = _Linear(tree.Letter(matrix), tree.Letter(state), tree.Letter(right), tree.Letter(inputs), bool(depends))
    plain = replace(chain, sides=tuple(map(system.plain, chain.sides)))
    if _system(plain) == (system.matrix, system.state, system.right):
        return _equation(system.state, system.inputs)
    made = replace(plain, sides=tuple(map(system.in_residual, plain.sides)))
    slopes = [part for part in walk(made) if isinstance(part, tree.Derivative)]
    twice = any(len(slope.by) > 1 or any(isinstance(inner, tree.Derivative) for inner in walk(slope.of)) for slope in slopes)
    return chain if twice else made


def is_symmetric(told: str, context: Context) -> bool:
    """Do the notes call A symmetric, or something of which it is not clear what it is?"""
    return bool(told) and bool({f"symmetric {told.split()[0]}", f"symmetric {SOME}"}.intersection(context.hypotheses))


def declared(told: str, context: Context) -> Context:
    """With b_p, and its columns b_{p_i}, as letters of their own."""
    if not told:
        return context
    _, _, right, inputs, *_ = told.split()
    for name, columns in ((_slope_name(right, inputs), "m"), *((_slope_name(right, f"{inputs}{index}"), "1") for index in "ijk")):
        context = context.declare(Declared(name, own(name), ("n", columns), source="proposed"))
    given = Symbol(own(_slope_name(right, inputs)))
    return replace(context, laws=(*context.laws, Law("right side", given, given)), options={**context.options, LINEAR: told})


def _slope_name(right: str, inputs: str) -> str:
    return f"d{right}_d{inputs}"


@dataclass(frozen=True)
class _Linear:
    """The letters of A x = b, and whether b depends on p."""

    matrix: tree.Letter
    state: tree.Letter
    right: tree.Letter
    inputs: tree.Letter
    depends: bool

    def plain(self, node: Node) -> Node:
        """With A and b for A(p) and b(p), x for A^-1 b, and a derivative for A_p."""
        if isinstance(node, tree.Call) and _bare(node) in (self.matrix, self.right, self.state) and node.arguments == (self.inputs,):
            return _bare(node) or node
        if isinstance(node, tree.Letter) and len(node.below) == 1 and _bare(whole := replace(node, below=())) in (self.matrix, self.right):
            return tree.Derivative(whole, node.below, "partial") if self._is_input(node.below[0]) else node
        made = rebuilt(node, self.plain)
        if isinstance(made, tree.Derivative) and made.kind == "partial" and made.of == tree.Product((self.matrix, self.state)):
            return tree.Product((replace(made, of=self.matrix), self.state))
        if isinstance(made, tree.Product):
            return _product(_joined(made.factors, tree.Power(self.matrix, INVERSE), self.right, self.state))
        return made

    def _is_input(self, node: Node) -> bool:
        return isinstance(node, tree.Letter) and replace(node, below=()) == self.inputs

    def in_residual(self, node: Node) -> Node:
        """With r for A x - b, r_x for A, r_p + b_p for A_p x, and r_x x for b."""
        if node == self.matrix:
            return tree.Derivative(RESIDUAL, (self.state,), "partial")
        if node == self.right:
            return tree.Product((tree.Derivative(RESIDUAL, (self.state,), "partial"), self.state))
        if isinstance(node, tree.Sum):
            return _cancelled(rebuilt(self._together(node), self.in_residual))
        if isinstance(node, tree.Product):
            factors = node.factors
            for first, second in pairwise(node.factors):
                if second == self.state and (made := self._moved(first, self.matrix)) is not None:
                    factors = _joined(factors, first, second, made)
            return rebuilt(_product(factors), self.in_residual)
        moved = self._moved(node, self.right)
        return moved if moved is not None else rebuilt(node, self.in_residual)

    def _together(self, node: tree.Sum) -> Node:
        """r of A x - b, and -r of b - A x."""
        applied, terms = tree.Product((self.matrix, self.state)), node.terms
        for sign in (lambda term: term, tree.turned):
            found = [term for term in terms if term in (sign(applied), sign(tree.Negative(self.right)))]
            if len(found) == 2:
                return tree.summed([sign(RESIDUAL), *(term for term in terms if term not in found)])
        return node

    def _moved(self, node: Node, letter: tree.Letter) -> Node | None:
        """b_p of that of b; r_p + b_p of that of A, which stands before x; times delta p of what is varied."""
        inputs = node.by[0] if isinstance(node, tree.Derivative) and len(node.by) == 1 else self.inputs
        if not isinstance(node, tree.Derivative | tree.Variation) or node.of != letter or not self._is_input(inputs):
            return None
        index = [part.name for part in inputs.below if isinstance(part, tree.Letter)] if isinstance(inputs, tree.Letter) else []
        right = tree.Letter(_slope_name(self.right.name, "".join([self.inputs.name, *index])))
        slope = tree.Derivative(RESIDUAL, (inputs,), "partial")
        made: Node = right if letter == self.right else tree.summed([slope, right]) if self.depends else slope
        return tree.Product((made, tree.Variation(self.inputs))) if isinstance(node, tree.Variation) else made


def _cancelled(node: Node) -> Node:
    """r_p of (r_p + b_p) - b_p."""
    inner = [(term, tree.terms(tree.unsigned(term))) for term in tree.terms(node)]
    terms = [tree.turned(part) if isinstance(term, tree.Negative) else part for term, parts in inner for part in parts]
    kept = [term for term in terms if terms.count(term) > terms.count(tree.turned(term))]
    return tree.summed(kept) if len(kept) < len(terms) and kept else node


def _joined(factors: tuple[Node, ...], first: Node, second: Node, made: Node) -> tuple[Node, ...]:
    """The factors with one in place of two that stand side by side."""
    at = next((at for at, pair in enumerate(pairwise(factors)) if pair == (first, second)), None)
    return factors if at is None else (*factors[:at], made, *factors[at + 2 :])


def _product(factors: tuple[Node, ...]) -> Node:
    return factors[0] if len(factors) == 1 else tree.Product(factors)
