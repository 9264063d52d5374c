"""Words of LaTeX that are typed in ASCII: accents before their letters, cedillas and sharp s."""

from __future__ import annotations

import pytest
from understood import findings, statuses

from adjointcheck.notes.reading.accents import composed
from adjointcheck.notes.reading.document import read_text
from adjointcheck.notes.verify import Notes, begun


@pytest.mark.parametrize(("typed", "word"), [
    (r"sym\'etriques", "symétriques"), (r"o\`u", "où"), (r"co\^ut", "coût"), (r"fran\c{c}ais", "français"), (r"{\'e}l\'{e}ment", "élément"),
    (r"r\"uckw\"arts", "rückwärts"), (r"gr\"o\ss er", "größer"), (r"ma\~nana", "mañana"), (r"d\'{\i}a", "día"), (r"na\"\i ve", "naïve"),
    (r"$\hat x$, \cite{c}, \cdot", r"$\hat x$, \cite{c}, \cdot"),
])
def test_words_are_composed(typed: str, word: str) -> None:
    assert composed(typed) == word


@pytest.mark.parametrize(("said", "status"), [(r"sont sym\'etriques", "proved"), (r"ne sont pas sym\'etriques", "unknown")])
def test_what_accented_words_say_counts(said: str, status: str) -> None:
    text = (rf"\[ \dot x = f(x), \quad J = \int_0^T x^T G x\,dt + x(T)^T K G x(T) \] Les matrices $G$ et $K$ {said}. "
            r"\[ p(t)^T = \frac{dJ}{dx(t)} \] \[ \dot p = -2 G x - f_x^T p \]")
    document = read_text(rf"\begin{{document}}{text}\end{{document}}", "notes.tex")
    notes = Notes("notes.tex", begun(document))
    assert [finding.status for formula in document.formulas for finding in notes.judged(formula)][-1] == status


PARTS = r"""$$\frac{dX}{dt} = F(X), \quad X(0) = U$$ $$J(U) = J_o + \frac12 \langle B^{-1}(U - X_b), U - X_b \rangle$$
$$J_o = \frac12 \int_0^T \langle R^{-1}(HX - Y), HX - Y \rangle\,dt$$ $$P(t) = -\nabla_{X(t)} J_o$$
$$\frac{d\hat X}{dt} = \frac{\partial F}{\partial X} \hat X, \quad \hat X(0) = u$$ """


@pytest.mark.parametrize(("line", "signs"), [
    (r"\hat J(U, u) = \int_0^T \langle R^{-1}(HX - Y), H \hat X \rangle\,dt SIGN \langle B^{-1}(U - X_b), u \rangle", "+-"),
    (r"\nabla J(U) = B^{-1}(U - X_b) SIGN P(0)", "-+"),
])
def test_a_cost_of_a_part_and_a_written_term(line: str, signs: str) -> None:
    assert statuses(PARTS + "".join(f"$${line.replace('SIGN', sign)}$$ " for sign in signs))[-2:] == ["proved", "refuted"]


def test_a_start_by_a_costate_is_no_start() -> None:
    assert findings(PARTS + r"$$U = X_b + B P(0)$$")[-1].words == "it is not so in general; what rests on it is left open"
