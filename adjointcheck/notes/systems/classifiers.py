"""Classifiers: scores s = W z(T) + b, probabilities pi = softmax(s), and the cross-entropy of labels y that sum to 1.

    -sum_k y_k log pi_k   =   log sum_k exp s_k - y^T s,      its slope in s is pi - y, its second one diag(pi) - pi pi^T
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import Diagonal
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.spaces import as_long

READOUT = "readout"  # the kind of what is made of the end state
CLASSES = "classes"  # how many there are, where no space tells
ENTROPIES = ("CE", "CrossEntropy", "crossentropy", "XE")
HALF, TWO = tree.Quotient(tree.Number(Fraction(1)), tree.Number(Fraction(2))), tree.Number(Fraction(2))
RULE = "The slope of a cross-entropy, or half a squared error, in the scores: what is predicted less the labels."
NORMALISER, DIAGONAL = "log_normaliser", "head_diagonal"  # log sum_k exp s_k, and diag(pi), in proofs


def scores(right: Node, context: Context) -> tuple[Context, Node | None, str]:
    """W and b of W z(T) + b as letters, the formula, and how many scores there are."""
    terms = tree.terms(right)
    products = [term for term in terms if isinstance(term, tree.Product)]
    biases = [term for term in terms if isinstance(term, tree.Letter)]
    if len(products) != 1 or len(products) + len(biases) != len(terms) or len(biases) > 1:
        return context, None, ""
    matrix = products[0].factors[0]
    assert isinstance(matrix, tree.Letter)
    told = context.letters.get(key(matrix))
    if told is not None and (told.symbol, told.kind, told.body) != (own(key(matrix)), "constant", None):
        return context, None, ""
    context = as_long(told.shape[1], context) if told is not None else context
    count, size = told.shape[0] if told is not None else CLASSES, context.of("x")[0].shape[0]
    for letter, shape in ((matrix, (count, size)), *((bias, (count, "1")) for bias in biases)):
        if key(letter) not in context.letters:
            context = context.declare(Declared(key(letter), own(key(letter)), shape, source="proposed"))
    return context, resolve(right, context), count


def probabilities(letter: tree.Letter, right: Node, context: Context) -> tuple[Node, str] | None:
    """softmax(s), and exp(s_j)/sum_i exp(s_i) of a letter pi_j, of known scores; and how many there are."""
    match right:
        case tree.Function(name="softmax", arguments=(tree.Letter() as inner,)) if not letter.below:
            pass
        case tree.Quotient(above=one, below=tree.Series(kind="sum", body=other)):
            inner, index = _exponent(one)
            if inner is None or (index,) != letter.below or _exponent(other)[0] != inner:
                return None
        case _:
            return None
    known = _made(inner, context)
    return (tree.Function("softmax", (Symbol(known.symbol),)), known.shape[0]) if known is not None else None


def _exponent(node: Node) -> tuple[tree.Letter | None, Node | None]:
    """(s, j) of exp(s_j)."""
    match node:
        case tree.Function(name="exp", arguments=(tree.Letter(below=(index,), above=(), accents=()) as of,)):
            return replace(of, below=()), index
        case tree.Power(base=tree.Letter(name="e", below=()), exponent=tree.Letter(below=(index,), above=(), accents=()) as of):
            return replace(of, below=()), index
    return None, None


def cross_entropy(right: Node, context: Context) -> tuple[Context, Node] | None:
    """-sum_k y_k log pi_k, -y^T log pi, -log pi_c as log sum exp s - y^T s, with labels y, or e_c."""
    found = _labelled(right.of) if isinstance(right, tree.Negative) else _called(right, context)
    made = _made(found[1], context) if found is not None else None
    inner = context.pieces[_piece(made.symbol)] if made is not None else None
    if found is None or made is None or not isinstance(inner, tree.Function) or inner.name != "softmax":
        return None
    letter = key(found[0])
    name, told = own(letter), context.letters.get(letter)
    if told is not None and (told.symbol, told.kind, told.body) != (name, "constant", None):
        return None
    free, (score,) = f"{name}_free", inner.arguments
    context = context.declare(Declared(free, free, made.shape, source="proposed"))
    context = context.declare(Declared(letter, name, made.shape, body=tree.Function("softmax", (Symbol(free),)), source="proposed"))
    paid = tree.Sum((tree.Function("logsumexp", (score,)), tree.Negative(tree.Function("inner", (Symbol(name), score)))))
    return told_readouts(context), paid


def misfit(right: Node, context: Context) -> tuple[Context, Node] | None:
    """|y_hat - y|^2/2 of scores y_hat, with data y that are as long."""
    sums = [part.terms for part in walk(right) if isinstance(part, tree.Sum)]
    inner = [tree.unsigned(term) for terms in sums for term in terms]
    letters = [part for part in inner if isinstance(part, tree.Letter)]
    made = [known for letter in letters if (known := _made(letter, context)) is not None]
    data = [letter for letter in letters if key(letter) not in context.letters]
    if len(made) != 1 or len(data) != 1 or len(letters) != 2 or isinstance(context.pieces[_piece(made[0].symbol)], tree.Function):
        return None
    after = told_readouts(context.declare(Declared(key(data[0]), own(key(data[0])), made[0].shape, source="proposed")))
    after = replace(after, letters={**after.letters, made[0].letter: replace(after.letters[made[0].letter], kind="defined")})
    value = resolve(right, after)
    return (after, value) if not unknown(value) else None


def readout_of(letter: str, body: Node | None, count: str, context: Context) -> Context:
    """With a readout, whose formula is kept until a cost is made of it: in notes that have another cost it says nothing of that one."""
    context = context.declare(Declared(letter, own(letter), (count, "1" if count else ""), READOUT, source="proposed"))
    return context if body is None else replace(context, pieces={**context.pieces, _piece(own(letter)): body})


def told_of(letter: str, context: Context) -> Node | None:
    """The formula of a readout."""
    known = context.letters.get(letter)
    return context.pieces.get(_piece(known.symbol)) if known is not None and known.kind == READOUT else None


def told_readouts(context: Context) -> Context:
    """With what the readouts are."""
    letters = {name: replace(known, body=context.pieces.get(_piece(known.symbol))) if known.kind == READOUT else known
               for name, known in context.letters.items()}
    return replace(context, letters=letters)


def _piece(name: str) -> str:
    return f"readout {name}"


def _made(letter: tree.Letter, context: Context) -> Declared | None:
    """The readout of which the notes give a formula."""
    known = context.letters.get(key(letter))
    return known if known is not None and known.kind == READOUT and _piece(known.symbol) in context.pieces else None


def _called(node: Node, context: Context) -> tuple[tree.Letter, tree.Letter] | None:
    """(y, pi) of CE(pi, y), in any order."""
    match node:
        case tree.Call(function=tree.Letter(name=name), arguments=(tree.Letter() as one, tree.Letter() as other)) if name in ENTROPIES:
            return (one, other) if _made(other, context) is not None else (other, one)
    return None


def _labelled(node: Node) -> tuple[tree.Letter, tree.Letter] | None:
    """(y, pi) of sum_k y_k log pi_k and y^T log pi; (e_c, pi) of log pi_c."""
    match node:
        case tree.Series(kind="sum", body=tree.Product(factors=(tree.Letter() as labels, logarithm))):
            made = _logged(logarithm)
            same = made is not None and labels.below == made.below != ()
            return (replace(labels, below=()), replace(made, below=())) if made is not None and same else None
        case tree.Product(factors=(tree.Transposed(of=tree.Letter(below=()) as labels), logarithm)):
            made = _logged(logarithm)
            return (labels, made) if made is not None and not made.below else None
        case tree.Function() if (made := _logged(node)) is not None and len(made.below) == 1 and isinstance(made.below[0], tree.Letter):
            return tree.Letter("e", made.below), replace(made, below=())
    return None


def _logged(node: Node) -> tree.Letter | None:
    """pi_k of log pi_k."""
    inner = node.arguments[0] if isinstance(node, tree.Function) and node.name in ("log", "ln") else None
    return inner if isinstance(inner, tree.Letter) and not inner.above else None


def whole_scores(node: Node, context: Context) -> Node:
    """log sum_j exp(s_j) as a function of the scores s, and s_c and pi_c of a class c as e_c^T s, where the cost is told with these; so
    log pi_c is s_c less that logarithm.
    """
    match node:
        case tree.Function(name="log" | "ln", arguments=(tree.Letter(below=(tree.Letter(),)) as of,)) if _is_labelled(of, context):
            made = _made(replace(of, below=()), context)
            inner = context.pieces[_piece(made.symbol)] if made is not None else None
            if isinstance(inner, tree.Function) and inner.name == "softmax" and made is not None:
                scored = next(tree.Letter(known.letter) for known in context.of(getattr(inner.arguments[0], "name", "")))
                along = tree.Function("inner", (tree.Letter("e", of.below), scored))
                return tree.Sum((along, tree.Negative(tree.Function("logsumexp", (scored,)))))
        case tree.Function(name="log" | "ln", arguments=(tree.Series(kind="sum", body=body, index=index),)):
            inner, found = _exponent(body)
            if inner is not None and found == index and _made(inner, context) is not None:
                return tree.Function("logsumexp", (inner,))
        case tree.Letter(below=(tree.Letter(),)) if _is_labelled(node, context):
            whole = replace(node, below=())
            return tree.Function("inner", (tree.Letter("e", node.below), whole)) if _made(whole, context) is not None else node
    return rebuilt(node, lambda child: whole_scores(child, context))


def _is_labelled(letter: tree.Letter, context: Context) -> bool:
    """Is it the entry of the class c, of which the cost is told?"""
    return key(tree.Letter("e", letter.below)) in context.letters


@dataclass(frozen=True)
class Head:
    """The letters of which the cost is made: scores s = `body`, what is predicted (probabilities, or s itself), labels; `beside` it has
    terms that pay along the way, or for weights.
    """

    scores: Symbol
    body: Node
    predicted: tuple[Symbol, ...]
    labels: Symbol
    beside: tuple[Node, ...] = ()

    @property
    def residual(self) -> Node:
        return tree.Sum((self.predicted[0], tree.Negative(self.labels)))


def head_of(context: Context) -> Head | None:
    """The head whose cross-entropy, or half squared error, is what the notes' cost pays at the end."""
    law = context.law("objective")
    terms = tuple(_flat(law.right)) if law is not None else ()
    for i, term in enumerate(terms):
        match term, *terms[i + 1 : i + 2]:
            case (tree.Function(name="logsumexp", arguments=(Symbol() as scored,)), tree.Negative(of=tree.Function(
                    arguments=(Symbol() as labels, _)))):
                made, paid = tree.Function("softmax", (scored,)), terms[i : i + 2]
                predicted = tuple(Symbol(known.symbol) for known in context.letters.values() if known.body == made)
            case (tree.Product(factors=(half, tree.Power(base=tree.Function(name="norm", arguments=(tree.Sum(terms=(
                    Symbol() as scored, tree.Negative(of=Symbol() as labels))),)), exponent=power))), *_) if (half, power) == (HALF, TWO):
                predicted, paid = (scored,), terms[i : i + 1]
            case _:
                continue
        beside = tuple(term for term in terms if term not in paid)
        known = next(iter(context.of(scored.name)), None)
        body = known.body if known is not None else None
        weighed = body is not None and any(isinstance(term, tree.Product) for term in tree.terms(body))
        told = {known.symbol for known in context.letters.values() if known.body is not None and known.kind != "function"}
        apart = not any(_ends(term) or symbols(term) & told for term in beside)
        return Head(scored, body, predicted, labels, beside) if body and weighed and predicted and apart else None
    return None


def _flat(node: Node) -> Iterator[Node]:
    """The terms of a sum, and of sums in it."""
    for term in node.terms if isinstance(node, tree.Sum) else ():
        yield from _flat(term)
    yield from () if isinstance(node, tree.Sum) else (node,)


def _ends(node: Node) -> bool:
    """Does it pay for the state at one time?"""
    placed = isinstance(node, Symbol | Applied) and node.at not in (None, Symbol("t"), Symbol("t", bound=True))
    loose = isinstance(node, Symbol) and node.name in ("x", "w")
    return placed or loose or any(map(_ends, () if isinstance(node, tree.Integral) and END not in walk(node) else children(node)))


END = Symbol("x", at=Symbol("t1"))
PAID = Applied("Psi", (("x", END),))
SLOPE = Symbol("p", at=Symbol("t1"))  # Psi_x there, a row whatever layout gradients have


def classified(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """An equation and its context with any cost Psi of the end state, where W^T (pi - y) is its slope, for the cross-entropy."""
    made = head_of(context)
    if made is None:
        return left, right, context
    rules = _Classified(made, context)
    one, other = rules.side(left), rules.side(right)
    vector = one != left and isinstance(left, tree.Derivative) and len(left.by) == 1 and left.by[0] != rules.matrix
    layout = context.option("gradients") or ("row" if isinstance(right, tree.Transposed) else "column")
    one = tree.Transposed(one) if vector and layout == "row" else one
    slopes = (part for side in (one, other) for part in walk(side) if isinstance(part, tree.Derivative) and part.of == Symbol("J"))
    if any({*part.by} & rules.weights for part in slopes):  # weights that the flow has too
        return left, right, context
    if made.scores in made.predicted:
        return one, other, context
    law = context.law("objective")
    paid = tree.Sum((PAID, *made.beside)) if made.beside else PAID
    laws = tuple(replace(other, right=paid) if other is law else other for other in context.laws)
    opaque = {part.name: f"head_{part.name.replace(' ', '_')}" for part in (made.scores, made.labels, *made.predicted)}
    letters = {name: replace(known, symbol=opaque[known.symbol], body=None, kind="constant") if known.symbol in opaque else known
               for name, known in context.letters.items()}
    count = next(known.shape[0] for known in context.of(made.scores.name))
    for name, size in ((NORMALISER, "1"), (DIAGONAL, count)):
        letters[name] = Declared(name, name, (size, size), "constant", source="convention")
    one, other = (_renamed(side, opaque) for side in (one, other))
    return one, other, replace(context, letters=letters, laws=laws)


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    if isinstance(node, Symbol) and node.name in names:
        return replace(node, name=names[node.name])
    return rebuilt(node, lambda child: _renamed(child, names))


class _Classified:
    """What stands in formulas for the parts of a head."""

    def __init__(self, made: Head, context: Context) -> None:
        self.made = made
        self.entropy = made.scores not in made.predicted
        self.residuals = {tree.Sum((one, tree.Negative(made.labels))) for one in made.predicted}
        self.residuals |= {tree.Sum((tree.Negative(made.labels), one)) for one in made.predicted}
        product = next(term for term in tree.terms(made.body) if isinstance(term, tree.Product))
        self.matrix = product.factors[0]
        self.biases = {term for term in tree.terms(made.body) if isinstance(term, Symbol)}
        self.weights = {self.matrix, *self.biases}
        others = [other.right for other in context.laws if other.kind != "objective"]
        self.held = frozenset().union(*(symbols(node) for node in (*others, *made.beside)))

    def side(self, node: Node) -> Node:
        """With the cost itself as what it is."""
        entropy = Symbol(NORMALISER), tree.Negative(tree.Function("inner", (self.made.labels, self.made.scores)))
        cost = tree.Sum((*entropy, *self.made.beside))
        return cost if node == Symbol("J") and self.entropy else self.of(node)

    def of(self, node: Node) -> Node:
        match node:
            case tree.Derivative(of=Symbol(name="J"), by=(by,)) if by == self.made.scores or (by in self.biases and self.is_alone(by)):
                return self.made.residual
            case tree.Derivative(of=Symbol(name="J"), by=(by,)) if by == self.matrix and self.is_alone(by):
                return tree.Product((self.made.residual, tree.Transposed(END)))
            case _ if not self.entropy:
                return rebuilt(node, self.of)
            case tree.Derivative(of=Symbol(name="J"), by=(by, again)) if by == again == self.made.scores:
                return self.spread()
            case tree.Derivative(of=Symbol() as of, by=(by,)) if of in self.made.predicted and by == self.made.scores:
                return self.spread()
            case tree.Function(name="logsumexp", arguments=(of,)) if of == self.made.scores:
                return Symbol(NORMALISER)
            case Diagonal(of=of) if of in self.made.predicted:
                return Symbol(DIAGONAL)
            case tree.Product():
                return self.product(node)
        return rebuilt(node, self.of)

    def spread(self) -> Node:
        """diag(pi) - pi pi^T."""
        one = self.made.predicted[0]
        return tree.Sum((Symbol(DIAGONAL), tree.Negative(tree.Product((one, tree.Transposed(one))))))

    def is_alone(self, letter: Node) -> bool:
        """Does it stand in the head and nowhere else?"""
        return isinstance(letter, Symbol) and letter.name not in self.held

    def product(self, node: tree.Product) -> Node:
        """With the slope of the cost for W^T (pi - y) and (pi - y)^T W."""
        made: list[Node] = []
        for factor in map(self.of, node.factors):
            last = made[-1] if made else None
            if last == tree.Transposed(self.matrix) and factor in self.residuals:
                made[-1] = tree.Transposed(SLOPE)
            elif isinstance(last, tree.Transposed) and last.of in self.residuals and factor == self.matrix:
                made[-1] = SLOPE
            else:
                made.append(factor)
        return tree.Product(tuple(made)) if len(made) > 1 else made[0]
