"""Letters, signs and layouts, held once: every report prints these rows and every name is made here."""

from __future__ import annotations

from dataclasses import dataclass

from adjointcheck.expression.table import RESERVED

TIME = "t"
COSTATE_PREFIX = "p_"
RESERVED_NAMES = RESERVED | {TIME}


def costate_name(state: str) -> str:
    """The symbol of the costate component that belongs to `state`: p_x for x."""
    return COSTATE_PREFIX + state


@dataclass(frozen=True)
class Row:
    """One line of the convention: a symbol, what it stands for, and what fixes its sign and shape."""

    symbol: str
    meaning: str
    formula: str


CONVENTION = (
    Row("t; t0, t1", "time; horizon", "t1 < t0 is allowed; h is a local time step"),
    Row("x(t)", "state, a column of n components", "xdot = f(t, x, w, theta)"),
    Row("w(t)", "control, k components that vary in time", "values on a grid over the horizon"),
    Row("theta", "parameters, m constants", "never called p"),
    Row("f", "vector field", "f(t, x, w, theta)"),
    Row("L, Psi", "running and terminal cost", "J = Psi(t1, x(t1), theta) + int L(t, x, w, theta) dt, minimised"),
    Row("l_j", "observation cost at the time s_j", "J gains l_j(s_j, x(s_j), theta); s_j = t0 and s_j = t1 count"),
    Row("p(t)", "costate, a row of n components", "p = +dJ/dx(t); p_x belongs to the state x"),
    Row("J_a", "augmented Lagrangian (no penalty term)", "J_a = Psi + int [L + p (f - xdot)] dt"),
    Row("H", "Hamiltonian", "H = L + p f"),
    Row("pdot", "costate equation", "pdot = -dL/dx - p df/dx"),
    Row("p(t1)", "transversality", "p(t1) = dPsi/dx; free t1: dPsi/dt1 + H(t1) = 0"),
    Row("p(s_j-)", "jump at an observation", "p(s_j-) = p(s_j+) + dl_j/dx"),
    Row("dH/dw", "gradient condition",
        "dL/dw + p df/dw = 0; it is the L2 gradient of J in w(t); the vector of discrete derivatives carries h*b_i"),
    Row("dJ/dx0", "gradient in the initial state", "dJ/dx0 = p(t0)"),
    Row("dJ/dtheta", "gradient in the parameters",
        "dJ/dtheta = dPsi/dtheta + int (dL/dtheta + p df/dtheta) dt + sum_j dl_j/dtheta + p(t0) dx0/dtheta"),
    Row("dJ/dt0, dJ/dt1", "gradient in the horizon", "dJ/dt0 = -H(t0); dJ/dt1 = dPsi/dt + H(t1)"),
    Row("a, b, c", "Butcher tableau", "stage slope k_i without h"),
)
