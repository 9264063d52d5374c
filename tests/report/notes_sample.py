"""Findings made by hand: every status, a chain, marks, a first wrong line with a consequence, hostile text."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.finding import Counterexample, Finding, Findings

HOSTILE = '\\text{<script>alert(1)</script>}\x1b[31m = \\href{javascript:alert(1)}{x} & "quoted"'
BAR = r"\delta\bar J = \left[\left(\frac{\partial\phi}{\partial x} - \lambda^T\right)\delta x\right]_{t=t_f}"
WITNESS = Counterexample((("n", "2"), ("f", "(x_2**2, x_1*theta)"), ("L", "x_1*x_2"), ("x", "(1/2, -3)"), ("p", "(2, 5)")), "(-1/2, 7)", "(1/2, -7)", "14")


def finding(name: str, line: int, text: str, status: str, **options: object) -> Finding:
    return replace(Finding(name, "notes.md", line, 1, text, status), **options)  # type: ignore[arg-type]


def findings(*, text: str = r"\dot{x} = f(t, x, w)") -> Findings:
    """A page with one wrong line that nobody marked, and a line that follows from it."""
    return Findings("notes.md", (("x", "state, n x 1 (declared)"), ("lambda", "costate, row, +dJ/dx (proposed)"), ("a_theta", "parameter adjoint")), (
        finding("1", 12, text, "assumption", reading=r"\dot{x} = f(t, x, w)", introduced=("f",), words="the state equation"),
        finding("2", 16, r"H = L + p\,f", "definition", reading="H = L + p f", introduced=("H",)),
        finding("3", 20, r"\dot{p} = -H_x = -L_x - p f_x", "proved", reading=r"\dot{p} = -H_x", rules=("costate equation", "definition of H")),
        finding("3.2", 20, r"\dot{p} = -H_x = -L_x - p f_x", "proved", reading=r"-H_x = -L_x - p f_x", rules=("definition of H",)),
        finding("4", 24, r"p(t_1) = -\frac{\partial\Psi}{\partial x}", "refuted", reading=r"p(t_1) = -\Psi_x", expected=r"p(t_1) = \frac{\partial\Psi}{\partial x}",
                words="the sign is turned", counterexample=WITNESS),
        finding("5", 28, r"p(t_1)\,\xi = -\Psi_x\,\xi", "refuted", reading=r"p(t_1)\,\xi = -\Psi_x\,\xi", because="4"),
        finding("6", 32, BAR, "unknown", words="no proof and no counterexample was found"),
        finding("7", 36, r"\foo{x} = \frac{1", "not read", words="column 8: a group that is never closed"),
        finding("8", 40, r"\dot{p} = H_x", "refuted", declared="refuted", expected=r"\dot{p} = -H_x", counterexample=WITNESS),
    ))


def clean() -> Findings:
    """The same page without what is at fault."""
    page = findings()
    return replace(page, items=tuple(item for item in page.items if item.status in ("proved", "definition", "assumption") or item.declared))
