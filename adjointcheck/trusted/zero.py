"""The zero test: are two expressions equal wherever both are defined?"""

from __future__ import annotations

from adjointcheck.errors import DisagreementError
from adjointcheck.expression.calculus import domain_ledger
from adjointcheck.expression.grammar import LOG, to_text
from adjointcheck.expression.node import Expression, apply, symbols_of, walk
from adjointcheck.trusted.normal_form import Normalizer
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, PlainRing
from adjointcheck.trusted.split import FEW, parts
from adjointcheck.trusted.verdict import Status, Verdict
from adjointcheck.trusted.witness import agree_somewhere, refute

DEPTH = 4  # of sums inside products inside sums that are taken apart


def equal(left: Expression, right: Expression, positive: frozenset[str] = frozenset()) -> Verdict:
    """PROVED, REFUTED with a witness, or UNKNOWN with the reason, for `left` = `right`.

    PROVED means: equal at every real point where both sides are defined (the conditions are named in the evidence) and
    the names in `positive` are positive.  Raises DisagreementError when our own codes contradict each other.
    """
    if left is right:
        return _proved(left, right, positive, ("same expression",))
    if _written(left, right) > LOG.tokens:
        return Verdict(Status.UNKNOWN, reason=f"written out it is longer than {LOG.tokens} tokens")
    if evidence := _in_parts(left, right, positive):
        return _proved(left, right, positive, evidence)
    witness = refute(left, right, positive, tries=8)
    deep = None if witness else _decide(left, right, positive, deep=True)
    if deep is True:
        return _proved(left, right, positive, _both_codes(" with angle and exponent laws"))
    witness = witness or refute(left, right, positive)
    if witness:
        return Verdict(Status.REFUTED, ("disjoint balls (Arb)", "confirmed by a second arithmetic"), witness=witness)
    return Verdict(Status.UNKNOWN, reason=deep if isinstance(deep, str) else "no normal form of zero and no witness found")


def _written(*roots: Expression) -> int:
    """How many nodes the sides have as trees: substitution makes graphs that no text could hold."""
    sizes: dict[Expression, int] = {}
    for node in walk(roots):
        sizes[node] = 1 + sum(sizes[arg] for arg in node.args)
    return max(sizes[root] for root in roots)


def _in_parts(left: Expression, right: Expression, positive: frozenset[str], depth: int = DEPTH) -> tuple[str, ...]:
    """Evidence for left = right, or none: long sums by their parts, what is not split, or not proved so, as a whole."""
    smaller = parts(left, right, FEW if depth == DEPTH else 0) if depth else [(left, right)]
    if smaller != [(left, right)]:
        found = ["long sums: like terms cancel"]
        for a, b in smaller:
            evidence = found[:1] if a is b else [*_in_parts(a, b, positive, depth - 1)]
            if not evidence:
                break
            found += evidence
        else:
            return tuple(dict.fromkeys(found))
    return _both_codes("") if _decide(left, right, positive, deep=False) is True else ()


def _both_codes(laws: str) -> tuple[str, ...]:
    return f"normal form{laws} (plain)", f"normal form{laws} (FLINT)"


def _proved(left: Expression, right: Expression, positive: frozenset[str], evidence: tuple[str, ...]) -> Verdict:
    """A proof speaks of some point: both sides are evaluated at one, which is a third opinion as well."""
    where = _where(left, right)
    sampled = True if left is right and not domain_ledger([left]) else agree_somewhere(left, right, positive)
    if sampled is False:
        raise DisagreementError("zero test", f"{to_text(left)} against {to_text(right)}: normal form 0, balls disjoint", "agreement")
    if sampled is None:
        return Verdict(Status.UNKNOWN, reason="no admissible point was found: equality may hold for want of a domain")
    return Verdict(Status.PROVED, (*evidence, *where))


def _where(left: Expression, right: Expression, most: int = 4) -> tuple[str, ...]:
    """The domain of both sides: every inequality, for it narrows the claim, and the first few divisors."""
    ledger = [(to_text(a), relation) for a, relation in domain_ledger([left, right]) if symbols_of(a)]
    narrow = [f"{text} {relation} 0" for text, relation in ledger if relation != "!="]
    divisors = [f"{text} != 0" for text, relation in ledger if relation == "!="]
    more = f" and {len(divisors) - most} more != 0" if len(divisors) > most else ""
    return ("where " + ", ".join(narrow + divisors[:most]) + more,) if ledger else ()


def _decide(left: Expression, right: Expression, positive: frozenset[str], deep: bool) -> bool | str:
    """True: zero in both codes; False: not zero in the plain code; a text: the reason why there is no answer."""
    difference = apply("sub", left, right)
    try:
        plain = Normalizer(PlainRing(), positive, deep)
        if not plain.zero_everywhere(difference):
            return False
        if Normalizer(FlintRing(len(plain.atoms)), positive, deep).zero_everywhere(difference):
            return True
    except BudgetError as error:
        return str(error)
    except RecursionError:
        return "nested too deeply"
    raise DisagreementError("zero test", to_text(difference), "the plain and the FLINT normal form to agree")
