"""The second derivation: reverse mode of the Hamiltonian on the hash-consed graph, no SymPy and no Jacobian."""

from __future__ import annotations

from adjointcheck.expression.calculus import gradient
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, symbol
from adjointcheck.trusted.rules import Setting


def swept_gradient(setting: Setting) -> dict[str, str]:
    """Texts of dH/dx, dH/dw and dH/dtheta for H = L + p f (Griewank 1989: at most a small multiple of f's cost)."""
    roots, seeds = [setting.running, *setting.rates.values()], [ONE, *(symbol(p) for p in setting.costates)]
    names = (*setting.states, *setting.controls, *setting.parameters)
    return {name: to_text(slope) for name, slope in gradient(roots, seeds, names).items()}
