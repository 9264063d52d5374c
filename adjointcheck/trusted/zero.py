"""The zero test: are two expressions equal wherever both are defined?"""

from __future__ import annotations

from adjointcheck.errors import DisagreementError
from adjointcheck.expression.calculus import domain_ledger
from adjointcheck.expression.grammar import LOG, to_text
from adjointcheck.expression.node import Expression, apply, symbols_of, walk
from adjointcheck.trusted.normal_form import Normalizer
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, PlainRing
from adjointcheck.trusted.split import FEW, parts
from adjointcheck.trusted.verdict import Status, Verdict, worst

Evidence = tuple[str, ...] | str  # what a proof rests on, or the reason why there is none
DEPTH = 4  # of sums inside products inside sums that are taken apart


def equal(left: Expression, right: Expression, positive: frozenset[str] = frozenset()) -> Verdict:
    """PROVED, REFUTED with a witness, or UNKNOWN with the reason, for `left` = `right`.

    PROVED means: equal at every real point where both sides are defined (the conditions are named in the evidence) and
    the names in `positive` are positive.  A proof is held against points, which can only take it back: the verdict is the
    worst of both.  Raises DisagreementError when our own codes contradict each other.
    """
    from adjointcheck.trusted.witness import doubt  # the only way to what refutes: no proof is made of it

    if left is not right and _written(left, right) > LOG.tokens:
        return Verdict(Status.UNKNOWN, reason=f"written out it is longer than {LOG.tokens} tokens")
    for deep in (False, True):
        shown = proof(left, right, positive, deep)
        verdict = worst([doubt(left, right, positive, shown, tries=200 if deep else 8), shown])
        if shown.status is Status.PROVED or verdict.status is Status.REFUTED:
            break
    return verdict


def proof(left: Expression, right: Expression, positive: frozenset[str], deep: bool) -> Verdict:
    """PROVED or UNKNOWN by normal forms alone, in parts or else whole and, if `deep`, with the laws of angles and exponents."""
    prove = _whole if deep else _in_parts
    found = ("same expression",) if left is right else prove(left, right, positive)
    if isinstance(found, str):
        return Verdict(Status.UNKNOWN, reason=found)
    return Verdict(Status.PROVED, (*found, *_where(left, right)))


def _written(*roots: Expression) -> int:
    """How many nodes the sides have as trees: substitution makes graphs that no text could hold."""
    sizes: dict[Expression, int] = {}
    for node in walk(roots):
        sizes[node] = 1 + sum(sizes[arg] for arg in node.args)
    return max(sizes[root] for root in roots)


def _in_parts(left: Expression, right: Expression, positive: frozenset[str], depth: int = DEPTH) -> Evidence:
    """Long sums by their parts; what is not split, or not proved so, as a whole."""
    smaller = parts(left, right, FEW if depth == DEPTH else 0) if depth else [(left, right)]
    if smaller != [(left, right)]:
        found = ["long sums: like terms cancel"]
        for a, b in smaller:
            evidence = () if a is b else _in_parts(a, b, positive, depth - 1)
            if isinstance(evidence, str):
                break
            found += evidence
        else:
            return tuple(dict.fromkeys(found))
    return _whole(left, right, positive, deep=False)


def _where(left: Expression, right: Expression, most: int = 4) -> tuple[str, ...]:
    """The domain of both sides: every inequality, for it narrows the claim, and the first few divisors."""
    ledger = [(to_text(a), relation) for a, relation in domain_ledger([left, right]) if symbols_of(a)]
    narrow = [f"{text} {relation} 0" for text, relation in ledger if relation != "!="]
    divisors = [f"{text} != 0" for text, relation in ledger if relation == "!="]
    more = f" and {len(divisors) - most} more != 0" if len(divisors) > most else ""
    return ("where " + ", ".join(narrow + divisors[:most]) + more,) if ledger else ()


def _whole(left: Expression, right: Expression, positive: frozenset[str], deep: bool = True) -> Evidence:
    """The difference in normal form, in the plain code and, if it is zero there, in FLINT's."""
    difference = apply("sub", left, right)
    try:
        plain = Normalizer(PlainRing(), positive, deep)
        if not plain.zero_everywhere(difference):
            return "no normal form of zero and no witness found"
        if Normalizer(FlintRing(len(plain.atoms)), positive, deep).zero_everywhere(difference):
            laws = "normal form with angle and exponent laws" if deep else "normal form"
            return f"{laws} (plain)", f"{laws} (FLINT)"
    except BudgetError as error:
        return str(error)
    except RecursionError:
        return "nested too deeply"
    raise DisagreementError("zero test", to_text(difference), "the plain and the FLINT normal form to agree")
