"""The fields that libraries are asked about: nothing symmetric, nothing at rest, every parameter live, time explicit."""

from __future__ import annotations

from typing import Any

from adjointcheck.conform.protocol import Field


def _tangled(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    u, v, a, b = y[..., 0], y[..., 1], theta[..., 0], theta[..., 1]
    return [-a * u + b * u * v + space.cos(2 * t) / 2, -u - b * space.sin(v) / 2 + a * t / 5]


def _autonomous(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    u, v, a, b = y[..., 0], y[..., 1], theta[..., 0], theta[..., 1]
    return [a * u - b * u * v, b * u * v / 2 - v]


def _resting(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    """f vanishes at t = 0, and so do its derivatives in y."""
    u, v, a, b = y[..., 0], y[..., 1], theta[..., 0], theta[..., 1]
    return [t * (b * v - a * u), t * (u * v / 2 - b)]


def _van_der_pol(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    u, v = y[..., 0], y[..., 1]
    return [v, theta[..., 0] * (1 - u * u) * v - u]


def _lorenz(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    u, v, w = y[..., 0], y[..., 1], y[..., 2]
    return [theta[..., 0] * (v - u), u * (theta[..., 1] - w) - v, u * v - theta[..., 2] * w]


def _contracting(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    u, v, a, b = y[..., 0], y[..., 1], theta[..., 0], theta[..., 1]
    return [-a * (u - space.cos(t)), u * b - a * v / 2]


def _turning(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    u, v, a, b = y[..., 0], y[..., 1], theta[..., 0], theta[..., 1]
    return [(1j * a - b) * u + v * v / 4 + t, (b / 2 + 0.3j) * v - 1j * a * u * v / 3]


def _turning_parts(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    """The same, written for (Re u, Re v, Im u, Im v)."""
    p, q, r, s, a, b = y[..., 0], y[..., 1], y[..., 2], y[..., 3], theta[..., 0], theta[..., 1]
    return [-a * r - b * p + (q * q - s * s) / 4 + t, b * q / 2 - 0.3 * s + a * (p * s + r * q) / 3,
            a * p - b * r + q * s / 2, b * s / 2 + 0.3 * q - a * (p * q - r * s) / 3]  # fmt: skip


JUMP = 0.7
START, END = 0.1, 1.6


def _jumping(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    u, v, a, b = y[..., 0], y[..., 1], theta[..., 0], theta[..., 1]
    return [b * v - a * u + space.where(t < JUMP, 1.5, -0.5) * b, space.where(t < JUMP, 0.3 * u, u) - a * v]


def _moving(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    """theta[1] is the time of the jump, and stands nowhere else."""
    u, v, a = y[..., 0], y[..., 1], theta[..., 0]
    return [v - a * u + space.where(t < theta[..., 1], 1.5, -0.5), u - a * v]


def _inside(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    """Not a number outside [START, END]."""
    outside = (t < START - 1e-12) | (t > END + 1e-12)
    return [part * space.where(outside, float("nan"), 1.0) for part in _tangled(space, t, y, theta)]


def _thrown(space: Any, t: Any, y: Any, theta: Any) -> list[Any]:
    u, v, a, b = y[..., 0], y[..., 1], theta[..., 0], theta[..., 1]
    return [v + t * b / 10, -a - b * v * u / 10]


def _ground(space: Any, t: Any, y: Any, theta: Any) -> Any:
    """The event: the height meets a floor that rises; theta[2] stands here only."""
    return y[..., 0] - theta[..., 2] * (1 + t / 5)


_TEXT = ("-a*u + b*u*v + cos(2*t)/2", "-u - b*sin(v)/2 + a*t/5")
TANGLED = Field("tangled", _tangled, (1.1, 0.4), (0.9, 0.6), _TEXT)
AUTONOMOUS = Field("autonomous", _autonomous, (1.1, 0.6), (0.9, 0.7), ("a*u - b*u*v", "b*u*v/2 - v"))
RESTING = Field("resting", _resting, (1.1, 0.4), (0.9, 0.6), ("t*(b*v - a*u)", "t*(u*v/2 - b)"))
VAN_DER_POL = Field("van der Pol", _van_der_pol, (2.0, 0.5), (1.0,), ("v", "a*(1 - u*u)*v - u"))
LORENZ = Field("Lorenz", _lorenz, (1.0, 2.0, 20.0), (10.0, 28.0, 2.6666666666666665), ("a*(v - u)", "u*(b - w) - v", "u*v - c*w"))
CONTRACTING = Field("contracting", _contracting, (1.5, 0.4), (20.0, 0.7), ("-a*(u - cos(t))", "u*b - a*v/2"))
TURNING = Field("turning", _turning, (0.8 + 0.3j, -0.4 + 0.9j), (1.1, 0.4), real=_turning_parts)
JUMPING = Field("jumping", _jumping, (1.1, 0.4), (0.9, 0.6), breaks=(JUMP,),
                text=("b*v - a*u + piecewise(1.5, t < 0.7, -0.5)*b", "piecewise(0.3, t < 0.7, 1)*u - a*v"))  # fmt: skip
MOVING = Field("moving jump", _moving, (1.1, 0.4), (0.9, JUMP), breaks=(JUMP,),
               text=("v - a*u + piecewise(1.5, t < b, -0.5)", "u - a*v"))  # fmt: skip
INSIDE = Field("inside", _inside, (1.1, 0.4), (0.9, 0.6))
THROWN = Field("thrown", _thrown, (1.5, 2.0), (3.0, 0.5, 0.4), event=_ground)
FIELDS = (TANGLED, AUTONOMOUS, RESTING, VAN_DER_POL, LORENZ, CONTRACTING, TURNING, JUMPING, MOVING, INSIDE, THROWN)
