"""Theorems for every dimension: drafted with SymPy, proved line by line by `trusted/theory.py`, replayed without SymPy."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from adjointcheck.errors import ProblemError
from adjointcheck.trusted.replay import Judged
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status, Verdict, worst

__all__ = ["THEORIES", "Row", "Theory", "theory"]


@dataclass(frozen=True)
class Row:
    """A theorem of the table: the function `build` (if empty, the theorem's name) of the module `home`, with `options`, drafts it."""

    title: str
    source: str
    home: str
    build: str = ""
    options: tuple[Any, ...] = ()


THEORIES: dict[str, Row] = {
    "bolza": Row("Continuous adjoint of the Bolza problem", "Pontryagin et al. 1962; Bryson and Ho 1975, section 2.3", "bolza"),
    "discrete_to_continuous": Row("From a(t) = a(t + eps) dx(t + eps)/dx(t) to the costate equation",
                                 "Chen et al. 2018, appendix B.1", "discrete"),
    "gradient_limit": Row("The discrete gradients tend to the continuous ones", "Hager 2000; Walther 2007", "discrete"),
    "resnet": Row("A residual network is forward Euler: its discrete adjoint", "Haber and Ruthotto 2017; LeCun 1988", "discrete"),
    "residual_backpropagation": Row("Backpropagation through a residual network (h = 1)", "He et al. 2016; LeCun 1988", "discrete"),
    "chain_rule_1": Row("The adjoint is the chain rule of the composition, depth 1",
                       "Griewank and Walther 2008, chapter 3", "discrete", "chain_rule", (1,)),
    "chain_rule_2": Row("The adjoint is the chain rule of the composition, depth 2",
                       "Griewank and Walther 2008, chapter 3", "discrete", "chain_rule", (2,)),
    "chain_rule_3": Row("The adjoint is the chain rule of the composition, depth 3",
                       "Griewank and Walther 2008, chapter 3", "discrete", "chain_rule", (3,)),
    "chain_rule_4": Row("The adjoint is the chain rule of the composition, depth 4",
                       "Griewank and Walther 2008, chapter 3", "discrete", "chain_rule", (4,)),
    "chain_rule_induction": Row("The adjoint is the chain rule of the composition, any depth",
                               "Griewank and Walther 2008, chapter 3", "discrete"),
    "augmented": Row("The augmented reverse-time system and the gradients in t0 and t1", "Chen et al. 2018, appendix B", "neural"),
    "augmented_node": Row("Adjoint of a neural ODE with lifted state", "Dupont, Doucet and Teh 2019", "neural"),
    "change_of_variables": Row("Instantaneous change of variables, from Jacobi's formula",
                              "Liouville 1838; Chen et al. 2018, appendix A", "neural"),
    "infinitesimal_change": Row("Instantaneous change of variables, from det(I + eps J)", "Chen et al. 2018, appendix A", "neural"),
    "flow_likelihood": Row("Adjoint of a flow with the trace of its Jacobian as running cost", "Grathwohl et al. 2019", "neural"),
    "hutchinson": Row("Hutchinson's estimator of the trace is unbiased", "Hutchinson 1989", "neural"),
    "gradient_iteration": Row("A gradient step in w lowers the cost to first order", "Kelley 1960; Bryson and Denham 1962", "neural"),
    "free_final_time": Row("Free final time: H + Psi_t = 0 at t1", "Bryson and Ho 1975, section 2.7", "end_conditions"),
    "terminal_manifold": Row("Terminal manifold psi(t1, x(t1)) = 0 and free t1: necessary conditions",
                             "Bryson and Ho 1975, section 2.8", "end_conditions"),
    "manifold_multiplier": Row("The manifold's multiplier is the price of moving it: dJ/dz = -nu",
                               "Bryson and Ho 1975, section 2.8", "end_conditions"),
    "fixed_end": Row("Fixed end state: p(t1) = Psi_x + nu and dJ/dx1 = -nu", "Bryson and Ho 1975, section 2.4", "end_conditions"),
    "horizon": Row("Parameters in the horizon, t1 = T(theta)", "Bryson and Ho 1975, section 2.7", "end_conditions"),
    "box": Row("Controls in a box: variational inequality and projected gradient", "Hinze et al. 2009, chapter 1", "end_conditions"),
    "box_component": Row("One control between bounds, each inequality as a square", "Valentine 1937", "end_conditions"),
    "periodic": Row("Periodic states: p(t1) = p(t0) + Psi_x, and the gradient in the period", "Colonius 1988", "end_conditions"),
    "observations": Row("Observations at many times: jumps of p, gradients in the times", "Bryson and Ho 1975, chapter 3", "events"),
    "event": Row("State-triggered event with reset: its time's derivative, jump of the costate", "Rozenvasser 1967; Galan et al. 1999",
                 "events", "event", ("r",)),
    "switch": Row("State-triggered switch of fields: jump of the costate", "Bryson and Ho 1975, chapter 3", "events", "event", ("",)),
    "hessian_vector_product": Row("Tangent of the adjoint: Hessian-vector product and its symmetry",
                                  "Griewank and Walther 2008, section 5.3", "second_order"),
    "riccati": Row("Riccati's equation from the costate p = 2 x' P", "Kalman 1960", "second_order"),
    "regulator_optimum": Row("The regulator's cost as a square: w = -R^-1 B' P x is optimal", "Kalman 1960", "second_order"),
    "hamiltonian_conserved": Row("H is constant where f and L have no t", "Pontryagin et al. 1962", "second_order"),
    "hamiltonian_rate": Row("dH/dt = H_t along an extremal", "Pontryagin et al. 1962", "second_order"),
    "adjoint_pairing": Row("p dx is constant along the linearised flow", "Sanz-Serna 2016", "second_order"),
    "noether": Row("Noether's invariant of a symmetry: p xi - H tau + gauge", "Noether 1918; Torres 2002", "second_order"),
    "pairing": Row("The symplectic partner of a method, for every number of stages", "Hager 2000; Sanz-Serna 2016", "runge_kutta"),
    "euler_index_shift": Row("Euler's method for the costate is not the adjoint of Euler's method", "Hager 2000", "runge_kutta"),
}
_KINDS = {"explicit": "explicit", "diagonal": "diagonally implicit", "full": "fully implicit"}
_BY_STAGES = {
    "stage_cotangents": "Discrete adjoint of {} explicit stages, weights 0 allowed",
    "other_pair": "Any method for the costate: what the gradient of {} stages loses",
    "symplectic_pair": "Under the pairing optimise-then-discretise is exact, {} stages",
}
THEORIES |= {
    f"runge_kutta_{kind}_{s}": Row(f"Discrete adjoint and partner of {s} stages, {words}", "Hager 2000; Sanz-Serna 2016",
                                   "runge_kutta", "runge_kutta", (kind, s))
    for kind, words in _KINDS.items() for s in (1, 2, 3, 4)
}
THEORIES |= {
    f"{name}_{s}": Row(title.format(s), "Hager 2000; Sanz-Serna 2016", "runge_kutta", name, (s,))
    for name, title in _BY_STAGES.items() for s in (1, 2, 3, 4)
}


@dataclass(frozen=True)
class Theory:
    """A theorem with its proof as plain data and the trusted core's verdict on every step."""

    document: Mapping[str, Any]
    steps: tuple[Judged, ...]

    @property
    def name(self) -> str:
        return self.document["name"]

    @property
    def title(self) -> str:
        return self.document["title"]

    @property
    def hypotheses(self) -> tuple[Mapping[str, str], ...]:
        """What the theorem takes for granted beside the flags of its letters: the claims of all `assume` steps."""
        return tuple(step["claim"] for step in self.document["steps"] if step["rule"] == "assume")

    @property
    def conclusions(self) -> tuple[Mapping[str, str], ...]:
        """What it states."""
        claims = {step["id"]: step["claim"] for step in self.document["steps"]}
        return tuple(claims[id] for id in self.document["conclusions"])

    @property
    def verdict(self) -> Verdict:
        """The least favourable verdict of all steps."""
        return worst(step.verdict for step in self.steps)

    @property
    def proved(self) -> bool:
        """True when every step is PROVED."""
        return self.verdict.status is Status.PROVED

    def log(self) -> dict[str, Any]:
        """The proof as plain JSON data that `replay` judges again without SymPy."""
        judged = {step.name: step.verdict for step in self.steps}
        steps = [{**step, "verdict": judged[step["id"]].status.value, "evidence": list(judged[step["id"]].evidence)}
                 for step in self.document["steps"]]
        return {**self.document, "steps": steps}


def theory(name: str) -> Theory:
    """Draft the theorem `name` and judge it; raises ProblemError for a name that is not in the table."""
    if name not in THEORIES:
        near = difflib.get_close_matches(name, THEORIES, 1)
        raise ProblemError("theory", name, f"one of {', '.join(THEORIES)}", f"Did you mean {near[0]}?" if near else "")
    row = THEORIES[name]
    draft = getattr(import_module(f"adjointcheck.derive.theories.{row.home}"), row.build or name)(*row.options)
    document = draft.document(name, row.title, row.source)
    return Theory(document, judge_theory(document).steps)
