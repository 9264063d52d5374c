"""Methods that other libraries offer under names of their own; for `odeint`, not among `METHODS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from adjointcheck.schemes.tableau import Tableau, row

RK4_38 = Tableau(
    name="rk4_38", a=((), row("1/3"), row("-1/3 1"), row("1 -1 1")), b=row("1/8 3/8 3/8 1/8"), c=row("0 1/3 2/3 1"), order=4,
    source="Kutta 1901, the 3/8 rule",
)  # fmt: skip

HEUN2 = Tableau(name="heun2", a=((), row("1")), b=row("1/2 1/2"), c=row("0 1"), order=2, source="Heun 1900")

HEUN3 = Tableau(
    name="heun3", a=((), row("1/3"), row("0 2/3")), b=row("1/4 0 3/4"), c=row("0 1/3 2/3"), order=3, source="Heun 1900",
)  # fmt: skip

FEHLBERG2 = Tableau(
    name="fehlberg2", a=((), row("1/2"), row("1/256 255/256")), b=row("1/512 255/256 1/512"), c=row("0 1/2 1"), order=2,
    error=row("-1/512 0 1/512"), error_order=1, source="Fehlberg 1969, RKF1(2)",
)  # fmt: skip

COMPANIONS: Mapping[str, Tableau] = MappingProxyType({method.name: method for method in (RK4_38, HEUN2, HEUN3, FEHLBERG2)})
