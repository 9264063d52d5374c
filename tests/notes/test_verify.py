"""Verdicts of proof and worlds together, line by line; and attempts to trick the verifier into PROVED."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from adjointcheck.errors import DisagreementError
from adjointcheck.notes import verify
from adjointcheck.notes.finding import Counterexample, Finding
from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.proofs.prove import Proof
from adjointcheck.notes.reading.document import Formula
from adjointcheck.notes.verdicts.comparison import Agreement, Contradiction, Undecided
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status

NODE = r"""\dot z(t) = f(z(t), t, \theta)
a(t) = \frac{\partial L}{\partial z(t)}"""
BOLZA = r"""\dot x = f(x, u, t)
J = \Phi(x(T)) + \int_0^T L(x, u, t)\,dt"""
COLUMN = "state: x in R^n\ncontrol: u(t) in R^k\ncostate: lambda = dJ/dx (column)"
NETWORK = r"""x_{k+1} = x_k + h f(x_k, w_k)
J = \Phi(x_N) + \sum_{k=0}^{N-1} h L(x_k, w_k)"""
LAYERS = "state: x in R^n\ncontrol: w in R^k\ncostate: p (row)\nlayer: k = 0 ... N\nfield: f(x, w)\nrunning cost: L(x, w)\nterminal cost: Phi(x)\ntime step: h"


def findings(header: str, lines: Iterable[str]) -> list[Finding]:
    notes = verify.Notes("notes.md", read_header(header.splitlines()))
    formulas = [Formula(str(i), text, "notes.md", i, 1) for i, text in enumerate(lines, 1)]
    return [finding for formula in formulas for finding in notes.judged(formula)]


def verdicts(header: str, setting: str, *lines: str) -> list[str]:
    found = findings(header, [*setting.splitlines(), *lines])
    return [finding.status for finding in found[len(setting.splitlines()):]]


RIGHT_AND_WRONG = [
    ("", NODE, r"\frac{d a(t)}{dt} = -a(t)^T \frac{\partial f(z(t), t, \theta)}{\partial z}", r"\frac{d a(t)}{dt} = a(t)^T \frac{\partial f(z(t), t, \theta)}{\partial z}"),
    ("", NODE, r"\frac{dL}{d\theta} = -\int_{t_1}^{t_0} a(t)^T \frac{\partial f(z(t), t, \theta)}{\partial \theta}\,dt",
     r"\frac{dL}{d\theta} = -\int_{t_0}^{t_1} a(t)^T \frac{\partial f(z(t), t, \theta)}{\partial \theta}\,dt"),
    ("", NODE, r"z(t+\varepsilon) = z(t) + \varepsilon f(z(t), t, \theta) + \mathcal{O}(\varepsilon^2)",
     r"z(t+\varepsilon) = z(t) + \varepsilon f(z(t), t, \theta) + \mathcal{O}(\varepsilon^3)"),
    ("", NODE, r"\lim_{\varepsilon\to 0}\frac{a(t+\varepsilon) - a(t)}{\varepsilon} = -a(t)\frac{\partial f(z(t), t, \theta)}{\partial z(t)}",
     r"\lim_{\varepsilon\to 0}\frac{a(t) - a(t+\varepsilon)}{\varepsilon} = -a(t)\frac{\partial f(z(t), t, \theta)}{\partial z(t)}"),
    (COLUMN, BOLZA, r"\dot\lambda = -f_x^T\lambda - L_x^T", r"\dot\lambda = -f_x\lambda - L_x^T"),
    (COLUMN, BOLZA, r"\lambda(T) = \nabla\Phi(x(T))", r"\lambda(T) = -\nabla\Phi(x(T))"),
    (COLUMN, BOLZA, r"\frac{d}{dt}(\lambda^T \delta x) = -L_x \delta x + \lambda^T f_u \delta u",
     r"\frac{d}{dt}(\lambda^T \delta x) = L_x \delta x + \lambda^T f_u \delta u"),
    (LAYERS, NETWORK, r"p_k = p_{k+1}(I + h f_x(x_k, w_k)) + h L_x(x_k, w_k)", r"p_{k+1} = p_k(I + h f_x(x_k, w_k)) + h L_x(x_k, w_k)"),
    (LAYERS, NETWORK, r"p_{k-1} = p_k + h p_k f_x(x_{k-1}, w_{k-1}) + h L_x(x_{k-1}, w_{k-1})",
     r"p_{k-1} = p_k + h p_k f_x(x_k, w_k) + h L_x(x_{k-1}, w_{k-1})"),
    (LAYERS, NETWORK, r"\frac{\partial J}{\partial w_k} = h L_w(x_k, w_k) + h p_{k+1} f_w(x_k, w_k)",
     r"\frac{\partial J}{\partial w_k} = h L_w(x_k, w_k) + h p_k f_w(x_k, w_k)"),
    (LAYERS, NETWORK, r"\frac{p_{k+1} - p_k}{h} = -L_x(x_k, w_k) - p_{k+1} f_x(x_k, w_k)", r"\frac{p_{k+1} - p_k}{h} = -L_x(x_k, w_k) - p_k f_x(x_k, w_k)"),
]


@pytest.mark.parametrize(("header", "setting", "right", "wrong"), RIGHT_AND_WRONG)
def test_right_lines_are_proved_and_wrong_ones_refuted(header: str, setting: str, right: str, wrong: str) -> None:
    assert verdicts(header, setting, right, wrong) == ["proved", "refuted"]


def test_a_finding_tells_reading_rules_and_counterexample_and_its_proof_replays() -> None:
    *_, right, wrong = findings(COLUMN, [*BOLZA.splitlines(), r"\lambda(T) = \nabla\Phi(x(T))", r"\lambda(T) = 0"])
    assert right.document is not None and judge_theory(right.document).status is Status.PROVED
    assert right.reading and any("terminal" in rule for rule in right.rules)
    assert wrong.counterexample is not None and wrong.document is None and "Psi" in wrong.expected


def test_each_link_of_a_chain_has_its_own_verdict() -> None:
    chain = r"\dot\lambda = -H_x^T = -L_x^T - f_x^T \lambda = -L_x^T + f_x^T \lambda"
    found = findings(COLUMN, [*BOLZA.splitlines(), r"H = L + \lambda^T f", chain])[3:]
    assert [(finding.name, finding.status) for finding in found] == [("4", "proved"), ("4.2", "proved"), ("4.3", "refuted")]


def test_what_follows_from_the_first_wrong_line_is_told() -> None:
    found = findings(COLUMN, [*BOLZA.splitlines(), r"\dot\lambda = f_x^T\lambda + L_x^T", r"-\dot\lambda = -f_x^T\lambda - L_x^T"])
    assert [finding.status for finding in found[2:]] == ["refuted", "refuted"]
    assert [finding.because for finding in found[2:]] == ["", "3"]


# Tricks


def test_an_assumed_wrong_costate_equation_proves_nothing() -> None:
    header = COLUMN + "\nassume: the costate obeys another law"
    found = findings(header, [*BOLZA.splitlines(), r"\dot\lambda = f_x^T\lambda - L_x^T", r"2\dot\lambda = 2 f_x^T\lambda - 2 L_x^T"])
    assert "proved" not in [finding.status for finding in found[2:]]
    notes = verify.Notes("notes.md", read_header(header.splitlines()))
    assert any("not understood and not used" in told for told in notes.idle())


def test_a_letter_defined_again_is_a_claim_on_what_it_was() -> None:
    found = findings(COLUMN, [*BOLZA.splitlines(), r"G = L_x", r"G = -L_x", r"H = L + \lambda^T f", r"H = L - \lambda^T f"])
    assert [finding.status for finding in found[2:]] == ["definition", "refuted", "definition", "refuted"]


def test_a_hamiltonian_of_the_notes_own_sign_is_judged_as_written() -> None:
    header = COLUMN + "\ngoal: min"
    lines = [*BOLZA.splitlines(), r"H = L - \lambda^T f", r"\dot\lambda = -H_x^T"]
    assert findings(header, lines)[-1].status != "proved", "the costate dJ/dx belongs to L + lambda^T f"


def test_layers_that_are_not_understood_are_not_taken_for_others() -> None:
    lines = [r"x_{k+1} = x_k + \Gamma f(x_k, w_k)", r"p_k = p_{k+1} f_x(x_k, w_k)"]
    assert findings(LAYERS, lines)[-1].status != "proved"


def test_a_weighted_cost_is_not_taken_for_the_plain_one() -> None:
    lines = [NETWORK.splitlines()[0], r"J = \Phi(x_N) + \sum_{k=0}^{N-1} h^2 L(x_k, w_k)", r"p_k = p_{k+1}(I + h f_x(x_k, w_k)) + h L_x(x_k, w_k)"]
    assert findings(LAYERS, lines)[-1].status != "proved"


def test_a_claim_stated_twice_is_no_proof_of_itself() -> None:
    assert "proved" not in verdicts(COLUMN, BOLZA, r"L_x = \lambda^T f_x", r"L_x = \lambda^T f_x")


def test_what_says_nothing_is_told_so() -> None:
    found = findings(COLUMN, [*BOLZA.splitlines(), r"\lambda^T f = \lambda^T f"])[-1]
    assert found.status == "proved" and "both sides are the same" in found.words


# The policy


BLANK = Finding("1", "notes.md", 1, 1, "a = b", "unknown")
DIFFER = Contradiction(Counterexample((), "1", "2", "1"), "a = c")
POLICY = [
    (Proof(Status.PROVED), Agreement(4), "proved"), (Proof(Status.PROVED), Undecided("why"), "proved"),
    (Proof(Status.UNKNOWN), DIFFER, "refuted"), (Proof(Status.REFUTED), DIFFER, "refuted"), (Proof(Status.INVALID), DIFFER, "refuted"),
    (Proof(Status.REFUTED), Agreement(4), "unknown"), (Proof(Status.REFUTED), Undecided("why"), "unknown"),
    (Proof(Status.UNKNOWN), Agreement(4), "unknown"), (Proof(Status.INVALID), Undecided("why"), "unknown"),
]


@pytest.mark.parametrize(("proof", "world", "status"), POLICY)
def test_only_the_core_proves_and_only_a_world_refutes(proof: Proof, world: Agreement | Contradiction | Undecided, status: str) -> None:
    assert verify.combined(BLANK, proof, world).status == status


def test_a_proof_beside_a_counterexample_is_our_defect_and_leaves_one_formula_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DisagreementError, match="formula 7"):
        verify.combined(replace(BLANK, name="7"), Proof(Status.PROVED), DIFFER)
    monkeypatch.setattr(verify, "judge_pair", lambda *_: Proof(Status.PROVED))
    found = findings(COLUMN, [*BOLZA.splitlines(), r"\lambda(T) = 0", r"H = L + \lambda^T f"])
    assert [item.status for item in found[2:]] == ["unknown", "definition"] and found[2].words.startswith("internal disagreement")


def test_a_costate_declared_by_its_meaning_names_the_cost() -> None:
    lines = (r"a(t_1) = \frac{\partial L}{\partial z(t_1)}", r"\frac{da(t)}{dt} = -a(t) \frac{\partial f(z(t), t, \theta)}{\partial z}")
    header = "state: z in R^n\ncostate: a = dL/dz (row)"
    assert verdicts(header, r"\dot z(t) = f(z(t), t, \theta)", *lines) == ["proved", "proved"]
    assert verdicts(header.replace("dL", "-dL"), r"\dot z(t) = f(z(t), t, \theta)", *lines) == ["refuted", "proved"]
    for contradictory in (f"running cost: L(z, t)\n{header}", f"{header}\nrunning cost: L(z, t)"):
        assert any("L: declared as" in problem for problem in read_header(contradictory.splitlines()).problems)
