"""Builds native texts with the machine's own compiler and launches them on tensors, without the package's loader."""

from __future__ import annotations

import ctypes
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from adjointcheck.solve.native_abi import CODES, HOLDS, INPUTS, Launch, bind

COMPILER = shutil.which("g++")
FLAGS = ("-std=c++17", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-fopenmp", "-shared", "-fPIC")
SUFFIX = {torch.float64: "f64", torch.float32: "f32"}


@functools.cache
def folder() -> Path:
    """Where built libraries lie, for all processes of a test run: the cache folder that tests/conftest.py sets."""
    place = Path(os.environ["XDG_CACHE_HOME"]) / "native_harness"
    place.mkdir(parents=True, exist_ok=True)
    return place


@functools.cache
def build(text: str, *flags: str, optimise: str = "-O2") -> ctypes.CDLL:
    """The library of a native text."""
    return bind(load(text, *flags, optimise=optimise))


@functools.cache
def load(text: str, *flags: str, optimise: str) -> ctypes.CDLL:
    """The library of any text, built once for all processes."""
    stem = folder() / hashlib.sha256("\0".join((text, optimise, *flags)).encode()).hexdigest()[:16]
    made = stem.with_suffix(".so")
    with open(stem.with_suffix(".lock"), "a") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not made.exists():
            stem.with_suffix(".cpp").write_text(text)
            command = [str(COMPILER), *FLAGS, optimise, *flags, f"{stem}.cpp", "-o", f"{stem}.part", "-lm"]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
            assert done.returncode == 0, done.stderr[:4000]
            os.replace(f"{stem}.part", made)
    return ctypes.CDLL(str(made))


def sizes(inputs: dict[str, Tensor], hold: str) -> dict[str, int]:
    """Numbers in one row of each input."""
    counts = {name: inputs[name][0].numel() for name in INPUTS if name in inputs}
    return counts | {"intervals": inputs["w"].shape[-2] - HOLDS[hold] if "w" in inputs else 1}


def launch(
    library: Any, inputs: dict[str, Tensor], *, hold: str = "constant", steps: int = 0, rtol: float = 1e-6, atol: float = 1e-6,
    max_steps: int = 100_000, threads: int = 1, x1_bar: Tensor | None = None, cost_bar: Tensor | None = None, memory_limit: int = 0,
    shared: tuple[str, ...] = (), states: int = 0, span: float = 0.0, cancel: int = 0, expect: int = 0, want: tuple[str, ...] = INPUTS,
) -> dict[str, Tensor]:  # fmt: skip
    """One launch; `inputs` all have the batch axis, x0 may be left out (then `states` says how many there are)."""
    count, dtype = len(inputs["t0"]), inputs["t0"].dtype
    n = inputs["x0"].shape[1] if "x0" in inputs else states
    kept = {name: value.contiguous() for name, value in inputs.items()}
    found = {"x1": torch.full((count, n), -7.0, dtype=dtype), "cost": torch.full((count,), -7.0, dtype=dtype)}
    found |= {name: torch.full((count,), -7, dtype=torch.int64) for name in ("status", "accepted", "rejected")}
    found |= {name: torch.zeros(1, dtype=torch.int64) for name in ("lane_attempts", "lane_slots")}
    shapes = {name: value.shape for name, value in kept.items()} | {"x0": torch.Size((count, n))}
    gradients = {f"{name}_bar": shapes[name] for name in INPUTS if name in shapes and name in want}
    if x1_bar is not None or cost_bar is not None:
        found |= {name: torch.full(shape[1:] if name[:-4] in shared else shape, -7.0, dtype=dtype) for name, shape in gradients.items()}
    flag = torch.tensor([cancel], dtype=torch.int32)
    seeds = {name: value.contiguous() for name, value in (("x1_bar", x1_bar), ("cost_bar", cost_bar)) if value is not None}
    call = Launch(count=count, threads=threads, hold=HOLDS[hold], max_steps=max_steps, steps=steps, rtol=rtol, atol=atol)
    call.span, call.memory_limit, call.intervals = span, memory_limit, sizes(inputs, hold)["intervals"] if count else 1
    pointers: dict[str, Any] = kept | found | seeds | {"cancel": flag}
    for name, tensor in pointers.items():
        setattr(call, name, tensor.data_ptr() or None)
    for name, tensor in kept.items():
        setattr(call, f"{name}_stride", 0 if tensor.stride(0) == 0 else tensor[0].numel() if count else 0)
    for name in shared:
        setattr(call, f"{name}_bar_shared", 1)
    code = getattr(library, f"adjointcheck_solve_{SUFFIX[dtype]}")(ctypes.byref(call))
    assert code == expect, CODES[code]
    return found
