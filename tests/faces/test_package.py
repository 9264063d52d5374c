"""The names of the package: there on demand, and nothing heavy before."""

from __future__ import annotations

import subprocess
import sys

import pytest

import adjointcheck as ac

HEAVY = ("sympy", "torch", "numpy", "flint", "matplotlib", "scipy", "click", "rich", "pytest")


def loaded_after(code: str, *names: str) -> set[str]:
    """Which of `names` are imported when `code` has run in a fresh process."""
    script = f"import sys\n{code}\nprint(*[name for name in {names} if name in sys.modules])"
    return set(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split())


def test_import_is_light() -> None:
    assert loaded_after("import adjointcheck", *HEAVY) == set()


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import adjointcheck.pytest_plugin", {"torch", "sympy", "numpy", "flint"}),
        ("import adjointcheck.cli", {"torch", "sympy", "numpy", "flint", "rich", "matplotlib", "jinja2"}),
        ("import adjointcheck as ac; ac.load('lotka_volterra')", {"torch", "sympy", "numpy"}),
        ("import adjointcheck as ac; ac.derive(ac.load('lotka_volterra'))", {"torch", "matplotlib"}),
        ("import adjointcheck as ac; ac.replay(ac.derive(ac.load('lotka_volterra')).log())", {"torch"}),
    ],
)
def test_what_waits_until_it_is_needed(code: str, absent: set[str]) -> None:
    assert loaded_after(code, *absent) == set()


def test_every_name_is_there() -> None:
    assert set(ac.__all__) <= set(dir(ac))
    for name in ac.__all__:
        assert getattr(ac, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ac.nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize("order", ["import adjointcheck.derive, adjointcheck.check", "from adjointcheck.derive import graph", "pass"])
def test_rooms_named_like_verbs_can_be_called(order: str) -> None:
    """adjointcheck.derive is a package and a function, whichever of the two was asked for first."""
    code = f"{order}\nimport adjointcheck as ac\nassert ac.derive(ac.load('lotka_volterra')).proved\n"
    code += "assert callable(ac.check)\nimport adjointcheck.derive.slips\nassert ac.derive.derive.__module__ == 'adjointcheck.derive'"
    assert loaded_after(code, "adjointcheck.derive") == {"adjointcheck.derive"}


def test_a_callable_becomes_a_statement() -> None:
    def field(t: ac.math, x: ac.math, theta: ac.math) -> list[object]:  # type: ignore[valid-type]
        return [-theta.k * x.x + ac.math.sin(t)]

    problem = ac.from_callable(field, states=["x"], parameters={"k": 2}, initial={"x": 1}, terminal_cost="x**2", horizon=(0, 1))
    assert ac.derive(problem).costate["x"] is ac.derive(ac.read_toml(problem.to_toml())).costate["x"]
