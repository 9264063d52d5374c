"""The stiff methods on offer: one row each, coefficients from the papers named in `source`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from adjointcheck.schemes.esdirk import Esdirk
from adjointcheck.schemes.rosenbrock import Rosenbrock
from adjointcheck.schemes.tableau import Row, row


def _rows(*texts: str) -> tuple[Row, ...]:
    """Read the rows 2 ... s of a strictly lower matrix; the first is always empty."""
    return ((), *map(row, texts))


RODAS3 = Rosenbrock(
    name="rodas3",
    gamma=Fraction(1, 2),
    a=_rows("0", "2 0", "2 0 1"),
    coupling=_rows("4", "1 -1", "1 -1 -8/3"),
    m=row("2 0 1 1"),
    c=row("0 0 1 1"),
    d=row("1/2 3/2 0 0"),
    order=3,
    error=row("0 0 0 1"),
    error_order=2,
    source="Sandu, Verwer, Blom, Spee, Carmichael & Potra 1997",
)

_RODAS4_A5 = "1.221224509226641 6.019134481288629 12.53708332932087 -0.6878860361058950"

RODAS4 = Rosenbrock(
    name="rodas4",
    gamma=Fraction(1, 4),
    a=_rows(
        "1.544",
        "0.9466785280815826 0.2557011698983284",
        "3.314825187068521 2.896124015972201 0.9986419139977817",
        _RODAS4_A5,
        f"{_RODAS4_A5} 1",
    ),
    coupling=_rows(
        "-5.6688",
        "-2.430093356833875 -0.2063599157091915",
        "-0.1073529058151375 -9.594562251023355 -20.47028614809616",
        "7.496443313967647 -10.24680431464352 -33.99990352819905 11.70890893206160",
        "8.083246795921522 -7.981132988064893 -31.52159432874371 16.31930543123136 -6.058818238834054",
    ),
    m=row(f"{_RODAS4_A5} 1 1"),
    c=row("0 0.386 0.21 0.63 1 1"),
    d=row("0.25 -0.1043 0.1035 -0.0362 0 0"),
    order=4,
    error=row("0 0 0 0 0 1"),
    error_order=3,
    dense=(
        row("10.12623508344586 -7.487995877610167 -34.80091861555747 -7.992771707568823 1.025137723295662 0"),
        row("-0.6762803392801253 6.087714651680015 16.43084320892478 24.76722511418386 -6.594389125716872 0"),
    ),
    dense_order=3,
    digits=16,
    source="Hairer & Wanner 1996, IV.7 and their code RODAS",
)

_RODAS5P_A6 = "-7.502846399306121 2.561846144803919 -11.627539656261098 -0.18268767659942256 0.030198172008377946"

RODAS5P = Rosenbrock(
    name="rodas5p",
    gamma=Fraction("0.21193756319429014"),
    a=_rows(
        "3",
        "2.849394379747939 0.45842242204463923",
        "-6.954028509809101 2.489845061869568 -10.358996098473584",
        "2.8029986275628964 0.5072464736228206 -0.3988312541770524 -0.04721187230404641",
        _RODAS5P_A6,
        f"{_RODAS5P_A6} 1",
        f"{_RODAS5P_A6} 1 1",
    ),
    coupling=_rows(
        "-14.155112264123755",
        "-17.97296035885952 -2.859693295451294",
        "147.12150275711716 -1.41221402718213 71.68940251302358",
        "165.43517024871676 -0.4592823456491126 42.90938336958603 -5.961986721573306",
        "24.854864614690072 -3.0009227002832186 47.4931110020768 5.5814197821558125 -0.6610691825249471",
        "30.91273214028599 -3.1208243349937974 77.79954646070892 34.28646028294783 -19.097331116725623 -28.087943162872662",
        """
        37.80277123390563 -3.2571969029072276 112.26918849496327 66.9347231244047 -40.06618937091002 -54.66780262877968
        -9.48861652309627""",
    ),
    m=row(f"{_RODAS5P_A6} 1 1 1"),
    c=row("0 0.6358126895828704 0.4095798393397535 0.9769306725060716 0.4288403609558664 1 1 1"),
    d=row("0.21193756319429014 -0.42387512638858027 -0.3384627126235924 1.8046452872882734 2.325825639765069 0 0 0"),
    order=5,
    error=row("0 0 0 0 0 0 0 1"),
    error_order=4,
    dense=(
        row("""
            25.948786856663858 -2.5579724845846235 10.433815404888879 -2.3679251022685204 0.524948541321073
            1.1241088310450404 0.4272876194431874 -0.17202221070155493"""),
        row("""
            -9.91568850695171 -0.9689944594115154 3.0438037242978453 -24.495224566215796 20.176138334709044
            15.98066361424651 -6.789040303419874 -6.710236069923372"""),
        row("""
            11.419903575922262 2.8879645146136994 72.92137995996029 80.12511834622643 -52.072871366152654
            -59.78993625266729 -0.15582684282751913 4.883087185713722"""),
    ),
    dense_order=4,
    digits=16,
    source="Steinebach 2023",
)


def _root(digits: int) -> Fraction:
    """Return the root 0.4358... of 6 g^3 - 18 g^2 + 9 g - 1 to `digits` decimals, by Newton's method on integers."""
    scale, g = 10**digits, 10**digits * 4358665 // 10**7
    for _ in range(digits.bit_length() + 2):
        value = 6 * g**3 - 18 * g**2 * scale + 9 * g * scale**2 - scale**3
        g -= value // (18 * g**2 - 36 * g * scale + 9 * scale**2)
    return Fraction(g, scale)


def _kvaerno3() -> Esdirk:
    """The paper gives every coefficient as a function of g, the value at which the method is L-stable."""
    g = _root(50)
    third = ((-4 * g**2 + 6 * g - 1) / (4 * g), (1 - 2 * g) / (4 * g), g)
    fourth = ((6 * g - 1) / (12 * g), -1 / ((24 * g - 12) * g), (-6 * g**2 + 6 * g - 1) / (6 * g - 3), g)
    return Esdirk(
        name="kvaerno3",
        a=((Fraction(0),), (g, g), third, fourth),
        c=(Fraction(0), 2 * g, Fraction(1), Fraction(1)),
        order=3,
        error=tuple(x - y for x, y in zip(fourth, (*third, Fraction(0)), strict=True)),
        error_order=2,
        digits=48,
        source="Kvaerno 2004, ESDIRK 3/2",
    )


KVAERNO3 = _kvaerno3()

_KVAERNO5_A6 = "0.13855640231268224 0 -0.04245337201752043 0.02446657898003141 0.61943039072480676 0.26"
_KVAERNO5_A7 = "0.13659751177640291 0 -0.05496908796538376 -0.04118626728321046 0.62993304899016403 0.06962479448202728 0.26"

KVAERNO5 = Esdirk(
    name="kvaerno5",
    a=(
        row("0"),
        row("0.26 0.26"),
        row("0.13 0.84033320996790809 0.26"),
        row("0.22371961478320505 0.47675532319799699 -0.06470895363112615 0.26"),
        row("0.16648564323248321 0.10450018841591720 0.03631482272098715 -0.13090704451073998 0.26"),
        row(_KVAERNO5_A6),
        row(_KVAERNO5_A7),
    ),
    c=row("0 0.52 1.23033320996790809 0.89576598435007589 0.43639360985864756 1 1"),
    order=5,
    error=tuple(x - y for x, y in zip(row(_KVAERNO5_A7), row(f"{_KVAERNO5_A6} 0"), strict=True)),
    error_order=4,
    digits=16,
    source="Kvaerno 2004, ESDIRK 5/4",
)

STIFF_METHODS: Mapping[str, Esdirk | Rosenbrock] = MappingProxyType(
    {method.name: method for method in (RODAS3, RODAS4, RODAS5P, KVAERNO3, KVAERNO5)}
)
