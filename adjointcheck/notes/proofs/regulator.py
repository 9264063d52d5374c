"""The linear-quadratic regulator in a setting that already knows f = A x + B w and the quadratic costs: feedback and Riccati's matrix.

    p = c x' P,   w = -R^-1 (B' P + N') x,   P.dot = -(P A + A' P - (P B + N) R^-1 (B' P + N') + Q),   P = M at t1

P is defined by its equation; that p is c x' P where J is stationary in w is proved, by uniqueness.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import symbols_of
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.notes.systems.endless import LASTING
from adjointcheck.trusted.verdict import Status

Names = Mapping[str, str]


def names_of(made: Setting, bodies: Mapping[str, str], own: Mapping[str, str]) -> Names | None:
    """Which letters are A, B, Q, R, M, and c: 1 where the costs carry 1/2, else 2, -1 or -2 for maxima; None for any other problem.

    N is the weight x' N w between state and control: a letter, one transposed, or 0.  The aim is x - r of costs in x - r, else 0.
    """
    language = made.language
    shape = {name: tuple(text.split()[:2]) for name, text in own.items()}
    state, control = language.letters["x"].rows, language.letters["w"].rows

    def same(text: str, function: str) -> bool:
        sides = language.read(bodies[function], function), language.read(text, function)
        return language.equal(("always", *sides), ()).status is Status.PROVED

    def of(rows: str, cols: str) -> list[str]:
        return [name for name, dims in shape.items() if dims == (rows, cols)]

    if not {"f", "L"} <= bodies.keys() or ("Psi" in language.functions and "Psi" not in bodies):  # any Phi(x(T)) has no matrix
        return None
    for a, b in ((a, b) for a in of(state, state) for b in of(state, control) if a != b and same(f"{a}*x + {b}*w", "f")):
        for q, r in ((q, r) for q in of(state, state) for r in of(control, control) if q != r and "nonzero" in own[r]):
            for c in ("1", "2", "-1", "-2"):
                for n in ("0", *(n for n in of(state, control) if n != b), *(f"transpose({n})" for n in of(control, state))):
                    if same(f"{c}/2*(transpose(x)*{q}*x + transpose(w)*{r}*w" + (")" if n == "0" else f" + 2*transpose(x)*{n}*w)"), "L"):
                        ends = [m for m in of(state, state) if "Psi" in bodies and same(f"{c}/2*transpose(x)*{m}*x", "Psi")]
                        return {"A": a, "B": b, "Q": q, "R": r, "N": n, "c": c, "M": ends[0] if ends else "0", "aim": "0"}
                found = next((aim for aim in _aims(of, shape, state) if same(aim.cost(c, r), "L")), None)
                ends = [aim for aim in _aims(of, shape, state) if "Psi" in bodies and same(aim.square(c), "Psi")]
                if found is not None and (ends or "Psi" not in bodies):
                    last = ends[0].weight if ends else "0"
                    return {"A": a, "B": b, "Q": found.weight, "R": r, "N": "0", "c": c, "M": last, "aim": found.gap}
    return None


@dataclass(frozen=True)
class Aim:
    """e' Q e of e = x - r or C x - r; `weight` is what it makes of Q in x' Q x."""

    gap: str
    inner: str
    weight: str

    def square(self, c: str) -> str:
        return f"{c}/2*transpose({self.gap})*{self.inner}*({self.gap})"

    def cost(self, c: str, r: str) -> str:
        return f"{self.square(c)} + {c}/2*transpose(w)*{r}*w"


def _aims(of: Callable[[str, str], list[str]], shape: Mapping[str, tuple[str, ...]], state: str) -> Iterator[Aim]:
    """What a state may have to follow: a signal of its own length, or one that an output C x follows."""
    yield from (Aim(f"x - {r}", q, q) for r in of(state, "1") for q in of(state, state))
    for output in [name for name, dims in shape.items() if dims[1] == state and dims != (state, state)]:
        rows = shape[output][0]
        gaps = (f"{output}*x", *(f"{output}*x - {r}" for r in of(rows, "1")))
        yield from (Aim(gap, q, f"transpose({output})*{q}*{output}") for gap in gaps for q in of(rows, rows))


def regulator_steps(names: Names, known: Container[str]) -> Iterator[dict[str, Any]]:
    """The control, Riccati's equation as P's definition, and p = c x' P by uniqueness; `known` are the steps before these."""
    a, b, q, r, m, c = (names[key] for key in "ABQRMc")
    end = [id for id in ("Psi_x_is",) if id in known]
    crossed, weight = (f" + transpose({names['N']})", f" + {names['N']}") if names["N"] != "0" else ("", "")
    gain = f"inverse({r})*(transpose({b})*P{crossed})"
    yield _step("stationary_is", "rewrite", f"{c}*(transpose(w)*{r}{' + transpose(x)*' + names['N'] if crossed else ''}) = -p*{b}",
                ["stationary_control", "L_w_is", "f_w_is"], stationary_control="hole")
    solved = f"inverse({r})*transpose(hole)/({c})"
    yield _step("control", "rewrite", f"w = -inverse({r})*(transpose({b})*transpose(p)/({c}){crossed and crossed + '*x'})",
                ["stationary_is"], stationary_is=solved)
    law, fed = f"P*{a} + transpose({a})*P", f"(P*{b}{weight})*{gain}"
    if m == LASTING:
        yield _step("still", "assume", "P.dot = 0", [])
        yield _step("steady", "assume", f"{q} = {fed} - ({law})", [])
        yield _step("riccati", "rewrite", f"P.dot = -({law} - {fed} + {q})", ["still", "steady"], still="hole", steady="hole")
    else:
        yield _step("riccati", "assume", f"P.dot = -({law} - {fed} + {q})", [])
    yield _step("riccati_end", "assume", f"P = {m}", [], at="t1")
    yield _step("gain", "define", f"K = {gain}", [])
    if "-" not in names["aim"]:
        yield from ansatz_steps(names, gain, end)


def ansatz_steps(names: Names, gain: str, end: list[str]) -> Iterator[dict[str, Any]]:
    """p = c x' P by uniqueness, and the feedback: of a state that is to follow nothing."""
    a, b, c = (names[key] for key in "ABc")
    yield _step("gap", "define", f"gap = p - {c}*transpose(x)*P", [])
    law = ["costate", "L_x_is", "f_x_is", "dynamics", "f_is", "control", "riccati"]
    moved = f"gap.dot = p.dot - {c}*transpose({a}*x + {b}*w)*P - {c}*transpose(x)*P.dot"
    yield _step("gap_moves", "differentiate", moved, ["gap", "dynamics", "f_is"], by="dot")
    how = {"gap_moves": "hole", "gap": f"-hole*({b}*{gain} - {a})"}
    yield _step("gap_law", "rewrite", f"gap.dot = gap*({b}*{gain} - {a})", [*how, *law], **how)
    yield _step("gap_end", "rewrite", "gap = 0", ["gap", "terminal", *end, "riccati_end"], at="t1", gap="hole")
    yield _step("no_gap", "unique", "gap = 0", ["gap_law", "gap_end"])
    yield _step("ansatz", "rewrite", f"p = {c}*transpose(x)*P", ["gap", "no_gap"], gap="-hole", no_gap="hole")
    yield _step("feedback", "rewrite", f"w = -{gain}*x", ["control", "ansatz"], control="hole")


def control_steps(made: Setting, own: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """w = -R^-1 f_w' p'/c of any problem in which L_w is c w' R; p'/c of the next layer over layers."""
    language, control = made.language, made.language.letters["w"].rows
    slope, rate = (made.facts[id].part("right") for id in ("L_w_is", "f_w_is"))
    weights = [name for name, text in own.items() if text.split()[:2] == [control, control] and "nonzero" in text]
    law, after = ("stationarity", "p.next") if language.layers else ("stationary_control", "p")
    for r, c in ((r, c) for r in weights for c in ("1", "2", "-1", "-2")):
        if language.equal(("always", slope, language.read(f"{c}*transpose(w)*{r}", "L")), ()).status is Status.PROVED:
            yield _step("stationary_is", "rewrite", f"{c}*transpose(w)*{r} = -{after}*({to_text(rate)})",
                        [law, "L_w_is", "f_w_is"], **{law: "hole"})
            yield _step("control", "rewrite", f"w = -inverse({r})*transpose({after}*({to_text(rate)}))/({c})",
                        ["stationary_is"], stationary_is=f"inverse({r})*transpose(hole)/({c})")
            return


def stationary(made: Setting) -> bool:
    """Is L_w = -p f_w a fact, or L_w + p.next f_w = 0 of layers that are no steps in time?"""
    law = made.facts.get("stationary_control") or made.facts.get("stationarity")
    plain = law is not None and "h" not in symbols_of(law.part("left"))
    return plain and {"L_w_is", "f_w_is"} <= made.facts.keys()


def value_steps(names: Names, known: Container[str]) -> Iterator[dict[str, Any]]:
    """J = c/2 x' P x at t0, for J = J + int d/dt (c/2 x' P x) dt less its ends."""
    half, end = f"{names['c']}/2*", [id for id in ("Psi_is",) if id in known]
    value, rate = f"{half}transpose(x)*P*x", f"{half}(transpose(x.dot)*P*x + transpose(x)*P.dot*x + transpose(x)*P*x.dot)"
    moved = {"value": "J", "t0": value, "t1": f"Psi - {value}", "integrand": f"L + {rate}"}
    yield {"id": "value_moved", "rule": "by_parts", "premises": ["cost"], "claim": moved, "how": {"boundary": f"-({value})"}}
    premises = ["value_moved", "L_is", "dynamics", "f_is", "feedback", "riccati", "riccati_end", *end]
    yield {"id": "value", "rule": "rewrite", "premises": premises, "claim": {"value": "J", "t0": value}, "how": {}}


def _step(id: str, rule: str, claim: str, premises: list[str], at: str = "always", **how: str) -> dict[str, Any]:
    left, right = claim.split(" = ")
    return {"id": id, "rule": rule, "premises": premises, "claim": {"left": left, "right": right, "at": at}, "how": how}


def letters_of(made: Setting) -> dict[str, str]:
    """P, the gain K and what the proof names."""
    state, control = made.language.letters["x"].rows, made.language.letters["w"].rows
    return {"P": f"{state} {state} symmetric", "K": f"{control} {state}", "gap": f"1 {state}"}

