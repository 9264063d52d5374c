"""Settings: every fact of every kind of notes is proved by the core, also where letters are values and fields are formulas."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adjointcheck.errors import DisagreementError
from adjointcheck.notes.introduction import understand
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.proofs.jacobian import Partial, lemma
from adjointcheck.notes.proofs.settings import KINDS, judged, setting, specialise
from adjointcheck.notes.reading.latex import read_formula
from adjointcheck.notes.verdicts import situation
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status

WITHOUT_SYMPY = """
import json, sys
sys.modules["sympy"] = None
from adjointcheck.trusted.replay import replay
for text in open(sys.argv[1], encoding="utf-8"):
    judgement = replay(json.loads(text))
    assert judgement.status.value == "proved", judgement.first_wrong
    print("proved")
"""


def replayed(path: Path, documents: list[object]) -> int:
    """How many documents a process without SymPy proves again."""
    path.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", WITHOUT_SYMPY, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.count("proved")


def test_every_kind_is_proved_and_replays_without_sympy(tmp_path: Path) -> None:
    assert replayed(tmp_path / "logs.jsonl", [setting(kind).document for kind in KINDS]) == len(KINDS)


VALUES = [
    ("continuous", {"L": "0"}, "costate", {"left": "p.dot", "right": "-(p*f_x)", "at": "always"}),
    ("continuous", {"Psi": "0"}, "terminal", {"left": "p", "right": "0", "at": "t1"}),
    ("continuous", {"L": "0", "f_t": "0"}, "hamiltonian", {"left": "H", "right": "p*f", "at": "always"}),
    ("euler", {"h": "1"}, "costate", {"left": "p", "right": "p.next + L_x + p.next*f_x", "at": "always"}),
    ("map", {"L": "0"}, "costate", {"left": "p", "right": "p.next*f_x", "at": "always"}),
]


@pytest.mark.parametrize(("kind", "values", "step", "claim"), VALUES)
def test_theorems_hold_where_letters_are_values(kind: str, values: dict[str, str], step: str, claim: dict[str, str]) -> None:
    assert {**setting(kind, tuple(sorted(values.items()))).steps[step]["claim"], "at": claim["at"]} == claim


def test_a_setting_with_a_wrong_step_is_refused() -> None:
    document = setting("continuous").document
    steps = [{**step, "claim": {**step["claim"], "right": "Psi_x + L_x"}} if step["id"] == "terminal" else step for step in document["steps"]]
    with pytest.raises(DisagreementError, match="terminal"):
        judged({**document, "steps": steps})


def test_dimensions_and_values_change_nothing_else() -> None:
    document = setting("continuous").document
    assert specialise(document, {}) == document
    scalar = setting("continuous", (), (("n", "1"), ("k", "1"))).language.letters
    assert (scalar["f_w"].rows, scalar["f_w"].cols, scalar["S"].cols) == ("1", "1", "m")


def test_optional_hypotheses_bar_what_rests_on_them() -> None:
    made = setting("continuous")
    assert "stationary_control" not in made.available()
    assert "stationary_control" in made.available(["stationary"])
    barred = made.available(without=["dynamics"])
    assert "costate" not in barred and "hamiltonian" in barred and "augmented_cost" in barred


HEADER = """state: x in R^n
control: u in R^k
costate: lambda = dJ/dx (column)
letters: A in R^{n x n}, B in R^{n x k}, Q in R^{n x n}, R in R^{k x k}
assume: symmetric Q, symmetric R"""


def regulator() -> Context:
    context = read_header(HEADER.splitlines())
    for text in (r"\dot x = A x + B u", r"J = \int_0^T (x^T Q x + u^T R u)\,dt"):
        _, context = understand(read_formula(text, context.reader()), context)
    return context


def test_fields_and_costs_written_as_formulas_are_put_in() -> None:
    made = situation.concrete("continuous", regulator())
    assert made is not None
    assert {"f_is", "f_partials_delta", "L_partials_dot", "riccati", "ansatz"} <= made.facts.keys()
    assert "ansatz" not in made.available(), "p = 2 x' P rests on a stationary control"
    assert "ansatz" in made.available(["stationary"])


def test_a_wrong_partial_derivative_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Partial.of_transpose
    monkeypatch.setattr(Partial, "of_transpose", lambda self, a: -right(self, a))
    situation._with.cache_clear()
    assert situation.concrete("continuous", regulator()) is None
    situation._with.cache_clear()


LEMMAS = [
    ("continuous", "L + p*f", "x", "L_x + p*f_x"), ("continuous", "L + p*f", "w", "L_w + p*f_w"), ("continuous", "L + p*f", "t", "L_t + p*f_t"),
    ("continuous", "L + p*f", "p", "transpose(f)"), ("continuous", "transpose(x)*x", "x", "2*transpose(x)"),
    ("continuous", "x*(transpose(x)*x)", "x", "(transpose(x)*x)*I + 2*x*transpose(x)"), ("continuous", "exp(L)", "x", "exp(L)*L_x"),
    ("euler", "x + h*f", "x", "I + h*f_x"),
]


@pytest.mark.parametrize(("kind", "text", "by", "expected"), LEMMAS)
def test_partial_derivatives_are_proved_and_wrong_ones_are_not(kind: str, text: str, by: str, expected: str) -> None:
    language = setting(kind).language
    root, found = language.read(text, "root"), Partial(language, by).of(language.read(text, "root"))
    assert language.equal(("always", found, language.read(expected, "expected")), ()).status is Status.PROVED
    assert judge_theory(lemma(language, root, by, found)).status is Status.PROVED
    assert judge_theory(lemma(language, root, by, 2 * found)).status is not Status.PROVED
