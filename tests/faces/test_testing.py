"""The assertions of adjointcheck.testing pass where they should, and fail with the figures where they should."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_statements import DECAY, OPEN, wrong

import adjointcheck as ac
from adjointcheck.check import battery
from adjointcheck.check.verdict import judge
from adjointcheck.testing import assert_adjoint_correct, assert_claim_refuted, assert_derivation_proved


def test_derivation_proved(folder: Path) -> None:
    assert assert_derivation_proved("right.toml").proved
    assert assert_derivation_proved(ac.read_toml(DECAY)).proved


@pytest.mark.parametrize(("text", "words"), [(wrong(), "refuted: claim gradient.k: at "), (OPEN, "unknown: step ")])
def test_derivation_not_proved(text: str, words: str) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_derivation_proved(ac.read_toml(text))
    assert words in str(caught.value)


def test_adjoint_correct() -> None:
    assert assert_adjoint_correct(ac.read_toml(DECAY), method="bosh3").verdict == "pass"


@pytest.mark.parametrize("measured", [1.0, None])
def test_adjoint_not_correct(monkeypatch: pytest.MonkeyPatch, measured: float | None) -> None:
    row = battery.Row("planted", lambda case: judge("planted", measured, 0.5, "a planted figure"), "")
    monkeypatch.setattr(battery, "BATTERY", (row,))
    with pytest.raises(AssertionError, match="check planted: a planted figure"):
        assert_adjoint_correct(ac.read_toml(DECAY))


def test_nothing_checked_is_not_correct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(battery, "BATTERY", ())
    with pytest.raises(AssertionError, match="nothing checked"):
        assert_adjoint_correct(ac.read_toml(DECAY))


def test_claim_refuted() -> None:
    claim = assert_claim_refuted(ac.read_toml(wrong()), "gradient.k", slip="sign")
    assert claim.verdict.witness is not None


@pytest.mark.parametrize(
    ("text", "name", "slip", "words"),
    [
        (DECAY, "gradient.k", None, "is proved, not refuted"),
        (DECAY, "gradient.size", None, "no claim gradient.size; it has costate.x"),
        (wrong(), "gradient.k", "transposed", "does not contain 'transposed'"),
    ],
)
def test_claim_not_refuted(text: str, name: str, slip: str | None, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        assert_claim_refuted(ac.read_toml(text), name, slip)
