"""The gradient methods by name, for `odeint(..., gradient=Checkpointed(checkpoints=20))` and the like."""

from __future__ import annotations

from adjointcheck.solve.checkpointed import Checkpointed as Checkpointed
from adjointcheck.solve.continuous import Backsolve as Backsolve
from adjointcheck.solve.continuous import Interpolated as Interpolated
from adjointcheck.solve.forward_sensitivity import ForwardSensitivity as ForwardSensitivity
from adjointcheck.solve.gradient_method import Discrete as Discrete
from adjointcheck.solve.reconstruction import DriftWarning as DriftWarning
from adjointcheck.solve.reconstruction import Reconstruction as Reconstruction
from adjointcheck.solve.reconstruction import ReconstructionWarning as ReconstructionWarning
from adjointcheck.solve.reversible import Reversible as Reversible
