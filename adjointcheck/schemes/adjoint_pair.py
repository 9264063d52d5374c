"""The adjoint partner of a Runge-Kutta method: the costate scheme whose gradient is exact for the computed solution."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from adjointcheck.errors import SchemeError
from adjointcheck.schemes.tableau import Row, Tableau

Matrix = tuple[Row, ...]


@dataclass(frozen=True)
class AdjointPair:
    """A method (a, b) for the state and its partner (A, B) for the costate, at the same times t + c_i h.

        P_i = p(t) - h sum_j A_ij P_j f_x(X_j),    p(t + h) = p(t) - h sum_i B_i P_i f_x(X_i)

    `a` is the partner's full matrix A, s rows of s, and `b` its weights B. Together the two conserve p . dx:

        b_i A_ij + B_j a_ji - b_i B_j = 0 for all i, j, and B = b        (Sanz-Serna 2016).

    Raises `SchemeError` on construction unless all of these hold exactly.
    """

    forward: Tableau
    a: Matrix
    b: Row

    def __post_init__(self) -> None:
        _check_pair(self)

    @property
    def backward(self) -> Matrix:
        """Coefficients D_ij = B_j - A_ij of the same scheme from t + h: P_i = p(t + h) + h sum_j D_ij P_j f_x(X_j).

        They equal b_j a_ji / b_i, which is strictly upper triangular: stages run explicitly from the last to the first.
        """
        return tuple(tuple(b - a for b, a in zip(self.b, row, strict=True)) for row in self.a)


def adjoint_pair(tableau: Tableau) -> AdjointPair:
    """Return the partner A_ij = b_j - b_j a_ji / b_i, B = b (Hager 2000; Sanz-Serna 2016).

    Raises `SchemeError` naming each stage with b_i = 0, for which A has no row.
    """
    _check_weights(tableau)
    lower, b = _square(tableau), tableau.b
    stages = range(tableau.stages)
    a = tuple(tuple(b[j] - b[j] * lower[j][i] / b[i] for j in stages) for i in stages)
    return AdjointPair(tableau, a, b)


def symplectic_residuals(tableau: Tableau, a: Matrix, b: Row) -> Matrix:
    """Return the s x s matrix b_i A_ij + B_j a_ji - b_i B_j for a partner with matrix `a` and weights `b`."""
    lower = _square(tableau)
    stages = range(tableau.stages)
    return tuple(
        tuple(tableau.b[i] * a[i][j] + b[j] * lower[j][i] - tableau.b[i] * b[j] for j in stages) for i in stages
    )


def _square(tableau: Tableau) -> Matrix:
    """Pad the strictly lower rows of a with zeros to s entries."""
    return tuple((*row, *(Fraction(0),) * (tableau.stages - len(row))) for row in tableau.a)


def _check_weights(tableau: Tableau) -> None:
    absent = [f"b_{stage} = 0" for stage, weight in enumerate(tableau.b, start=1) if weight == 0]
    if absent:
        raise SchemeError(
            f"adjoint pair of {tableau.name!r}",
            ", ".join(absent),
            "every weight b_i other than 0, because row i of A_ij = b_j - b_j a_ji / b_i divides by b_i",
            "Use the discrete adjoint in stage cotangents, l_i = (b_i p + h sum_j a_ji l_j) f_x: it never divides.",
        )


def _check_pair(pair: AdjointPair) -> None:
    stages = pair.forward.stages
    where, todo = f"adjoint pair of {pair.forward.name!r}", "Build the pair with `adjoint_pair`."
    shape = (len(pair.b), *map(len, pair.a))
    if shape != (stages,) * (stages + 1):
        raise SchemeError(where, shape, f"{stages} weights and {stages} rows of {stages} entries", todo)
    if pair.b != pair.forward.b:
        raise SchemeError(where, tuple(map(str, pair.b)), "the weights b of the forward method", todo)
    for i, row in enumerate(symplectic_residuals(pair.forward, pair.a, pair.b), start=1):
        for j, residual in enumerate(row, start=1):
            if residual:
                got = f"b_{i} A_{i}{j} + B_{j} a_{j}{i} - b_{i} B_{j} = {residual}"
                raise SchemeError(where, got, "0: p . dx is conserved", todo)
