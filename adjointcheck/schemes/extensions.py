"""The continuous extension of each Runge-Kutta method: one row each; Rosenbrock methods carry theirs themselves."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from adjointcheck.schemes.catalogue import METHODS
from adjointcheck.schemes.esdirk import Esdirk
from adjointcheck.schemes.extension import Extension
from adjointcheck.schemes.stiff_catalogue import KVAERNO3, KVAERNO5
from adjointcheck.schemes.tableau import Row, Tableau


def _row(text: str) -> Row:
    return tuple(map(Fraction, text.split()))


def _hermite(method: Tableau | Esdirk) -> Extension:
    """No bubble: order 3, or that of a method of lower order."""
    fsal = isinstance(method, Esdirk) or method.fsal
    further_a, further_c = ((), ()) if fsal else ((method.b,), (Fraction(1),))
    return Extension(method, min(method.order, 3), "Hermite", further_a, further_c, digits=method.digits)


_DOPRI5 = Extension(
    method=METHODS["dopri5"],
    order=4,
    bubble=(_row("""
        -12715105075/11282082432 0 87487479700/32700410799 -10690763975/1880347072 701980252875/199316789632
        -1453857185/822651844 69997945/29380423"""),),
    source="Shampine 1986, as in Hairer, Norsett & Wanner 1993, their code DOPRI5",
)

# The paper's b_i(theta) are quartics with the slopes and values of the method at both ends: these are their leading terms.
_TSIT5 = Extension(
    method=METHODS["tsit5"],
    order=4,
    bubble=(_row("""
        -1.0530884977290216 0.1017 2.490627285651252793 -16.54810288924490272 47.37952196281928122 -34.87065786149660974
        2.5"""),),
    digits=17,
    source="Tsitouras 2011",
)

_DOP853_D = (
    """
    -8.4289382761090128651353491142 0 0 0 0 0.56671495351937776962531783590 -3.0689499459498916912797304727
    2.3846676565120698287728149680 2.1170345824450282767155149946 -0.87139158377797299206789907490
    2.2404374302607882758541771650 0.63157877876946881815570249290 -0.088990336451333310820698117400
    18.148505520854727256656404962 -9.1946323924783554000451984436 -4.4360363875948939664310572000""",
    """
    10.427508642579134603413151009 0 0 0 0 242.28349177525818288430175319 165.20045171727028198505394887
    -374.54675472269020279518312152 -22.113666853125306036270938578 7.7334326684722638389603898808
    -30.674084731089398182061213626 -9.3321305264302278729567221706 15.697238121770843886131091075
    -31.139403219565177677282850411 -9.3529243588444783865713862664 35.816841486394083752465898540""",
    """
    19.985053242002433820987653617 0 0 0 0 -387.03730874935176555105901742 -189.17813819516756882830838328
    527.80815920542364900561016686 -11.573902539959630126141871134 6.8812326946963000169666922661
    -1.0006050966910838403183860980 0.77771377980534432092869265740 -2.7782057523535084065932004339
    -60.196695231264120758267380846 84.320405506677161018159903784 11.992291136182789328035130030""",
    """
    -25.693933462703749003312586129 0 0 0 0 -154.18974869023643374053993627 -231.52937917604549567536039109
    357.63911791061412378285349910 93.405324183624310003907691704 -37.458323136451633156875139351
    104.09964950896230045147246184 29.840293426660503123344363579 -43.533456590011143754432175058
    96.324553959188282948394950600 -39.177261675615439165231486172 -149.72683625798562581422125276""",
)


def _dop853_bubble() -> tuple[Row, ...]:
    """The code's nested form d_0 + theta (d_1 + (1 - theta)(d_2 + theta d_3)), in powers of theta."""
    d0, d1, d2, d3 = map(_row, _DOP853_D)
    columns = list(zip(d0, d1, d2, d3, strict=True))
    return (d0, tuple(q + r for _, q, r, _ in columns), tuple(s - r for _, _, r, s in columns), tuple(-s for s in d3))


_DOP853 = Extension(
    method=METHODS["dop853"],
    order=7,
    further_a=(
        METHODS["dop853"].b,
        _row("""
            0.0561675022830479523392909219681 0 0 0 0 0 0.253500210216624811088794765333 -0.246239037470802489917441475441
            -0.124191423263816360469010140626 0.15329179827876569731206322685 0.00820105229563468988491666602057
            0.00756789766054569976138603589584 -0.008298"""),
        _row("""
            0.0318346481635021405060768473261 0 0 0 0 0.0283009096723667755288322961402 0.0535419883074385676223797384372
            -0.0549237485713909884646569340306 0 0 -0.000108347328697249322858509316994 0.000382571090835658412954920192323
            -0.000340465008687404560802977114492 0.141312443674632500278074618366"""),
        _row("""
            -0.428896301583791923408573538692 0 0 0 0 -4.69762141536116384314449447206 7.68342119606259904184240953878
            4.06898981839711007970213554331 0.356727187455281109270669543021 0 0 0 -0.00139902416515901462129418009734
            2.9475147891527723389556272149 -9.15095847217987001081870187138"""),
    ),
    further_c=_row("1 0.1 0.2 7/9"),
    bubble=_dop853_bubble(),
    digits=28,
    source="Hairer, Norsett & Wanner 1993, II.6 and their code DOP853",
)

# Derived here: of the bubbles that give order 4 the one of least norm. Stages have order 2 but for stage 2, so that q_2 = 0
# and the sums of q_i c_i^k for k = 0, ..., 3 are 0, 0, 0, 1/4.
_KVAERNO5 = Extension(
    method=KVAERNO5,
    order=4,
    bubble=(
        _row("""
            -0.48424934964585917 0 0.99217470118034618 -0.62410803310215605 1.3801004273784249 -0.63195887290537794
            -0.63195887290537794"""),
    ),
    digits=16,
    source="derived from its order conditions",
)

_EULER, _MIDPOINT, _HEUN, _RK4, _BOSH3 = (_hermite(METHODS[name]) for name in ("euler", "midpoint", "heun", "rk4", "bosh3"))

_ROWS = (_EULER, _MIDPOINT, _HEUN, _RK4, _BOSH3, _DOPRI5, _TSIT5, _DOP853, _hermite(KVAERNO3), _KVAERNO5)

EXTENSIONS: Mapping[str, Extension] = MappingProxyType({row.method.name: row for row in _ROWS})
