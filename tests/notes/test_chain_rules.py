"""Derivations by the chain rule as blogs and lecture notes write them: ends without a place, moved multipliers, cases that are only supposed."""

from __future__ import annotations

import pytest
from understood import statuses

POSED = r"$$ \min_p J(x(t_f)) $$ $$ \dot x = f(x, p), \quad x(0) = x_0 $$ "
NAMED = r"$$ J(x(t_f)) = J(x(t_f)) + \int_0^{t_f} \lambda^T (\dot x - f(x, p))\,dt \equiv L(x, p, \lambda) $$ "


@pytest.mark.parametrize(("given", "right", "wrong"), [
    ("", r"\frac{dJ}{dp} = \frac{dJ}{dx}\frac{dx}{dp}", r"\frac{dJ}{dp} = -\frac{dJ}{dx}\frac{dx}{dp}"),
    (NAMED, r"\frac{dJ}{dp} = \frac{dL}{dp}", r"\frac{dJ}{dp} = -\frac{dL}{dp}"),
    (NAMED, r"\frac{dL}{dp} = \left.\frac{dJ}{dx}\frac{dx}{dp}\right|_{t=t_f} + \int_0^{t_f} \left[\frac{d\lambda^T}{dp}(\dot x - f) "
            r"+ \lambda^T \left(\frac{d\dot x}{dp} - \frac{\partial f}{\partial x}\frac{dx}{dp} - \frac{\partial f}{\partial p}\right)\right] dt",
            r"\frac{dL}{dp} = \left.\frac{dJ}{dx}\frac{dx}{dp}\right|_{t=t_f} + \int_0^{t_f} \left[\frac{d\lambda^T}{dp}(\dot x - f) "
            r"+ \lambda^T \left(\frac{d\dot x}{dp} - \frac{\partial f}{\partial x}\frac{dx}{dp} + \frac{\partial f}{\partial p}\right)\right] dt"),
    (NAMED, r"\frac{dL}{dp} = -\int_0^{t_f} \lambda^T \frac{\partial f}{\partial p}\,dt", r"\frac{dL}{dp} = \int_0^{t_f} \lambda^T \frac{\partial f}{\partial p}\,dt"),
    (NAMED + "With $x_f = x(t_f)$ we have ", r"\lambda(t_f) = -J'(x_f)^T", r"\lambda(t_f) = J'(x_f)^T"),
])
def test_a_cost_at_the_end_is_differentiated_there(given: str, right: str, wrong: str) -> None:
    assert statuses(f"{POSED}{given}$$ {right} $$")[-1] == "proved"
    assert statuses(f"{POSED}{given}$$ {wrong} $$")[-1] == "refuted"


def test_a_named_end_holds_the_state_nowhere() -> None:
    end = r"Given $x_f = x(t_f)$, solve $$ \dot x = f(x, p), \quad x(t_f) = x_f $$ "
    assert statuses(f"{POSED}{NAMED}{end}$$ \\lambda(t_f) = 0 $$")[-1] == "refuted"  # it would be free at a held end
    assert statuses(f"{POSED}{NAMED}{end}$$ \\dot\\lambda = -f_x^T \\lambda $$")[-1] == "proved"


def test_what_is_only_supposed_says_nothing_of_the_rest() -> None:
    aside = r"We seek $dJ/dp = - \int_0^{t_f} \lambda^T f_p\,dt$. For instance, if the system was linear ($\dot x = A(p) x$), then $f_x = A(p)$. If we had $\dot x = x$, then $\dot\lambda = -\lambda$. "
    found = statuses(f"{POSED}{NAMED}{aside}$$ \\dot\\lambda = -f_x^T \\lambda $$ $$ \\dot\\lambda = f_x^T \\lambda $$")
    assert found[-6:] == ["unknown"] * 4 + ["proved", "refuted"]
