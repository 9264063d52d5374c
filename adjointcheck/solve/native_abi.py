"""The plain C interface of the native target, mirrored in ctypes: one structure, four functions for each precision.

Nothing is copied on the way: every pointer is the address of a contiguous, row-major array of the launch's real type
(double under `_f64`, float under `_f32`), on the machine's or the device's memory, and 0 where it is not wanted.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping

FORMAT = 3  # of this structure; `adjointcheck_describe` says it as "format"

# What `adjointcheck_solve_*` returns: 0 when the launch ran to its end, else why it did not start or was ended.
CODES: Mapping[int, str] = {
    0: "finished",
    1: "an input pointer is missing",
    2: "no error estimate: this method takes equal time steps only",
    3: "memory_limit is too small for one group of trajectories",
    4: "out of memory",
    5: "cancelled",
    6: "an option is out of range",
    7: "this library was built without that precision",
}
HOLDS: Mapping[str, int] = {"constant": 0, "linear": 1}
INPUTS = ("x0", "theta", "w", "t0", "t1", "times")  # each with its row stride, its gradient and its `shared` flag


class Launch(ctypes.Structure):
    """One launch: the forward solve of `count` trajectories and, with seeds, their exact discrete adjoint.

    `x0` left out: x0 = initial_state(theta), and `theta_bar` then includes p(t0) dx0/dtheta.  `data` left out: the
    statement's own.  Seeds both left out: forward only; then no `*_bar` is written.  `workspace` is for the device,
    where nobody else can allocate; on the CPU it stays 0.
    """

    _fields_ = [
        ("count", ctypes.c_int64),
        ("threads", ctypes.c_int32), ("method_flags", ctypes.c_int32),
        ("hold", ctypes.c_int32), ("intervals", ctypes.c_int32),
        ("max_steps", ctypes.c_int64), ("steps", ctypes.c_int64), ("memory_limit", ctypes.c_int64),
        ("rtol", ctypes.c_double), ("atol", ctypes.c_double),
        # inputs: x0 (N, n), theta (N, m), w (N, K or K + 1, k), t0 and t1 (N), times (N, S), data (S, widest group)
        *((name, ctypes.c_void_p) for name in (*INPUTS, "data")),
        # elements between the rows of an input, 0 where all trajectories share one row
        *((f"{name}_stride", ctypes.c_int64) for name in INPUTS),
        # seeds: dJ counts cost_bar (N) times, dx1 counts x1_bar (N, n) times
        ("x1_bar", ctypes.c_void_p), ("cost_bar", ctypes.c_void_p),
        # outputs: x1 (N, n), cost (N); status, accepted, rejected (N) int64
        ("x1", ctypes.c_void_p), ("cost", ctypes.c_void_p),
        ("status", ctypes.c_void_p), ("accepted", ctypes.c_void_p), ("rejected", ctypes.c_void_p),
        # gradients: (N, size of one row of the input), or (size) summed over the trajectories where `shared` is set
        *((f"{name}_bar", ctypes.c_void_p) for name in INPUTS),
        *((f"{name}_bar_shared", ctypes.c_int32) for name in ("theta", "w", "t0", "t1", "times", "x0")),
        # one int64 each: attempts made, and what the lanes could have made meanwhile
        ("lane_attempts", ctypes.c_void_p), ("lane_slots", ctypes.c_void_p),
        # one int32 that somebody else sets to nonzero to end the launch at the next group
        ("cancel", ctypes.c_void_p),
        ("workspace", ctypes.c_void_p), ("workspace_bytes", ctypes.c_int64), ("rows", ctypes.c_int64),
        # for the device: a counter (int64, zeroed) of the trajectories handed out; t1 - t0 where the host knows it, else 0
        ("next", ctypes.c_void_p), ("span", ctypes.c_double),
    ]  # fmt: skip


def bind(library: ctypes.CDLL) -> ctypes.CDLL:
    """Declare the functions of a built library; returns it.

    describe(buffer, size) -> bytes needed, writes JSON; memory_f64/_f32(launch) -> bytes the launch may allocate;
    solve_f64/_f32(launch) -> a key of CODES.
    """
    library.adjointcheck_describe.argtypes = [ctypes.c_char_p, ctypes.c_int]
    library.adjointcheck_describe.restype = ctypes.c_int
    for precision in ("f64", "f32"):
        for name, result in (("memory", ctypes.c_longlong), ("solve", ctypes.c_int)):
            function = getattr(library, f"adjointcheck_{name}_{precision}")
            function.argtypes, function.restype = [ctypes.POINTER(Launch)], result
    return library
