"""Index notation, sum_i p_i df_i/dx_j, as products of matrices: what a term's indices join, becomes a product, a transpose or a trace.

An index letter that no sum binds stands for every component: such an equation is one of columns, or of matrices for two letters.
A letter that a term repeats without a sum over it (p_j df_j/dx_j) is no product of matrices, and stays Unclear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from adjointcheck.expression.node import ONE, Expression, apply
from adjointcheck.notes.letters.components import DIMENSIONS, index_of, indexed
from adjointcheck.notes.letters.indices import Unclear
from adjointcheck.notes.letters.meaning import Applied, Size, Symbol, rebuilt
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

if TYPE_CHECKING:
    from adjointcheck.notes.proofs.claims import Form, Reader

_TERMS = (Symbol, Applied, tree.Derivative, tree.Product, tree.Quotient, tree.Power, tree.Series)


def contracts(node: Node) -> bool:
    """Is it a term of components?  A rate in time is none: it is taken of the whole term."""
    rate = isinstance(node, tree.Derivative) and not any(map(index_of, node.by)) and not isinstance(node.of, Applied)
    return isinstance(node, _TERMS) and indexed(node) and not rate


# Terms


@dataclass(frozen=True)
class Tensor:
    """A matrix with the letters of its rows and columns; "" where it has one row or column."""

    root: Expression
    rows: str = ""
    cols: str = ""

    def turned(self) -> Tensor:
        return Tensor(apply("transpose", self.root), self.cols, self.rows)


Term = tuple[tuple[Node, ...], dict[str, Node | None]]  # factors, and the letters that sums bind with their upper ends


def contracted(reader: Reader, node: Node) -> Form:
    """The node's form once every term is a product of matrices."""
    found: Form = {}
    for factors, bound in terms(node):
        found = reader.added(found, _term(reader, factors, bound))
    return found


def terms(node: Node) -> Iterator[Term]:
    """A sum of products, multiplied out as far as index letters reach."""
    if not indexed(node):
        yield (node,), {}
    elif isinstance(node, tree.Negative):
        yield from (((tree.Number(-ONE.value), *factors), bound) for factors, bound in terms(node.of))
    elif isinstance(node, tree.Sum):
        for term in node.terms:
            yield from terms(term)
    elif isinstance(node, tree.Product):
        for parts in product(*(list(terms(factor)) for factor in node.factors)):
            yield tuple(factor for factors, _ in parts for factor in factors), {k: v for _, bound in parts for k, v in bound.items()}
    elif isinstance(node, tree.Power) and node.exponent == tree.Number(ONE.value + 1):
        yield from terms(tree.Product((node.base, node.base)))
    elif isinstance(node, tree.Quotient) and not indexed(node.below):
        yield from terms(tree.Product((node.above, tree.Quotient(tree.Number(ONE.value), node.below))))
    elif isinstance(node, tree.Series) and isinstance(node.index, Symbol):
        if node.kind != "sum" or node.lower not in (None, tree.Number(ONE.value)):
            raise Unclear("a sum over components", "sums from 1 to the last component")
        yield from ((factors, {**bound, node.index.name: node.upper}) for factors, bound in terms(node.body))
    else:
        yield (node,), {}


def _term(reader: Reader, factors: Iterable[Node], bound: dict[str, Node | None]) -> Form:
    """One product: scalars beside tensors, joined where they share a bound letter."""
    form: Form = {"": ONE}
    tensors: list[Tensor] = []
    places: set[str] = set()
    for factor in factors:
        letters, made = _leaf(reader, factor)
        ((place, root),) = made.items() if len(made) == 1 else _several(made)
        places |= {place} - {""}
        if letters:
            tensors.append(Tensor(root, *letters))
            _whole(reader, tensors[-1], bound)
        else:
            form = reader.times(form, {place: root})
    if len(places) > 1:
        raise Unclear("a product of values at different times", "factors at one time")
    scalar, rest = joined(tensors, bound.keys())
    place = next(iter(places), "")
    whole = reader.times(form, {place: scalar})
    return reader.times(whole, {place: rest.root}) if rest else whole


def _several(form: Form) -> Iterable[tuple[str, Expression]]:
    raise Unclear(f"a factor at several places ({', '.join(form)})", "factors at one time")


def _leaf(reader: Reader, node: Node) -> tuple[tuple[str, ...], Form]:
    """(letters of rows and columns, form) of x_i, df_i/dx_j, dL/dx_j, d p_i/dt, delta x_i."""
    if not indexed(node):
        return (), reader.form(node)
    options = {name: value for name, value in reader.context.options.items() if name not in ("gradients", "jacobian", "nabla")}
    plain = replace(reader, context=replace(reader.context, options=options), loose=set())
    letters = [index_of(part) for part in _parts(node)]
    if "" in letters or len(letters) > 2:
        raise Unclear("a component of something", "components of vectors and of their first derivatives")
    form = plain.form(_stripped(node))
    if len(letters) == 1:
        form = {place: root if plain.shape(root)[1] == "1" else apply("transpose", root) for place, root in form.items()}
    return ((letters[0], ""), form) if len(letters) == 1 else (tuple(letters), form)


def _parts(node: Node) -> Iterator[Node]:
    """The quantities with index letters, that which is differentiated before that by which it is."""
    if index_of(node):
        yield node
    for name in ("of", "by", "body", "terms", "factors"):
        inner = getattr(node, name, ())
        for part in inner if isinstance(inner, tuple) else (inner,):
            yield from _parts(part)


def _stripped(node: Node) -> Node:
    """The whole of which it is a component; a transpose of a component says nothing."""
    if isinstance(node, tree.Transposed) and indexed(node):
        return _stripped(node.of)
    if index_of(node):
        assert isinstance(node, Symbol | Applied)
        return replace(node, part=())
    return rebuilt(node, _stripped)


def _whole(reader: Reader, tensor: Tensor, bound: dict[str, Node | None]) -> None:
    """Raises Unclear where a sum ends elsewhere than the components do."""
    for letter, size in zip((tensor.rows, tensor.cols), reader.shape(tensor.root), strict=True):
        end = bound.get(letter)
        wrong = isinstance(end, Size) and end.name != size and (end.name in DIMENSIONS.values() or end.name in _sizes(reader))
        if wrong or not isinstance(end, Size | None):
            raise Unclear(f"a sum over {letter}", f"a sum up to {size}")


def _sizes(reader: Reader) -> set[str]:
    return {part for declared in reader.context.letters.values() for part in declared.shape}


def joined(tensors: list[Tensor], bound: Iterable[str]) -> tuple[Expression, Tensor | None]:
    """(scalar, what is left with free letters): products along bound letters, traces where a tensor meets itself."""
    scalar, left = ONE, list(tensors)
    for letter in bound:
        with_it = [tensor for tensor in left if letter in (tensor.rows, tensor.cols)]
        count = sum((tensor.rows == letter) + (tensor.cols == letter) for tensor in with_it)
        if count != 2:
            raise Unclear(f"the letter {letter}, which stands {count} times", "a summed letter that stands twice in each term")
        left = [tensor for tensor in left if tensor not in with_it] + [tensor for tensor in with_it[2:]]
        if len(with_it) == 1:
            scalar = scalar * apply("trace", with_it[0].root)
            continue
        one = with_it[0] if with_it[0].cols == letter else with_it[0].turned()
        other = with_it[1] if with_it[1].rows == letter else with_it[1].turned()
        made = Tensor(one.root * other.root, one.rows, other.cols)
        scalar, left = (scalar * made.root, left) if not (made.rows or made.cols) else (scalar, [*left, made])
    return scalar, _left(left)


def _left(tensors: list[Tensor]) -> Tensor | None:
    """The one tensor with free letters, a column, or with the first letter's components as rows; two columns make an outer product."""
    letters = [letter for tensor in tensors for letter in (tensor.rows, tensor.cols) if letter]
    if len(set(letters)) < len(letters) or len(letters) > 2:
        raise Unclear("an index letter that is repeated without a sum", "each free letter once in every term")
    columns = sorted((tensor if tensor.rows else tensor.turned() for tensor in tensors), key=lambda tensor: tensor.rows)
    if len(columns) == 2:
        return Tensor(columns[0].root * apply("transpose", columns[1].root), columns[0].rows, columns[1].rows)
    if not columns:
        return None
    return columns[0].turned() if columns[0].cols and columns[0].cols < columns[0].rows else columns[0]
