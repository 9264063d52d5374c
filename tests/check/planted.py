"""Planted errors: each takes the text of a right module and returns that of a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Edit = Callable[[str], str]

ADJOINT = ("discrete-adjoint", "taylor", "forward-sensitivity", "high-precision")
SWEEP = ("tangent-identity", *ADJOINT)


@dataclass(frozen=True)
class Mutation:
    """A planted error, the checks that must fail, and a word that one of them must say; the others that must fail are for campaigns."""

    name: str
    edit: Edit
    caught: tuple[str, ...]
    says: str = ""
    also: tuple[str, ...] = ()


def swap(old: str, new: str) -> Edit:
    """Replace a piece of text that occurs exactly once."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        return text.replace(old, new)

    return edit


def wrap(function: str, arguments: str, body: str) -> Edit:
    """Call the right function `right(...)` by a wrong one of its name."""

    def edit(text: str) -> str:
        text = swap(f"def {function}(", f"def right_{function}(")(text)
        lines = "\n".join(f"    {line}" for line in body.replace("right(", f"right_{function}(").splitlines())
        return swap("\n# --- runtime ---\n", f"\ndef {function}({arguments}):\n{lines}\n\n\n# --- runtime ---\n")(text)

    return edit


def nudge(place: str, old: str, new: str) -> Edit:
    """Replace the first `old` after `place` that stands in code, not in a docstring."""

    def edit(text: str) -> str:
        start = text.index(place)
        start = text.index('"""\n    x0', start) if place.endswith("(") and "def " + place in text else start
        at = text.index(old, start)
        return text[:at] + new + text[at + len(old) :]

    return edit


def pullback(body: str) -> Edit:
    """A wrong pullback made from the right one."""
    return wrap("pullback", "t, x, w, theta, p, g", body)


def both(*edits: Edit) -> Edit:
    def edit(text: str) -> str:
        for one in edits:
            text = one(text)
        return text

    return edit


TRANSPOSED = """\
h_t, h_x, h_w, h_theta = right(t, x, w, theta, p, g)
units = torch.eye(p.shape[-1], dtype=p.dtype)
rows = [right(t, x, w, theta, unit.expand_as(p), 0 * g)[1] for unit in units]
return h_t, torch.stack([(row * p).sum(-1) for row in rows], -1) + right(t, x, w, theta, 0 * p, g)[1], h_w, h_theta"""
NO_RUNNING_BY_STATE = "h = right(t, x, w, theta, p, g)\nreturn h[0], right(t, x, w, theta, p, 0 * g)[1], h[2], h[3]"
NO_RUNNING_BY_THETA = "h = right(t, x, w, theta, p, g)\nreturn *h[:3], right(t, x, w, theta, p, 0 * g)[3]"
NO_TIME = "h = right(t, x, w, theta, p, g)\nreturn 0 * h[0], *h[1:]"
NAN = "h = right(t, x, w, theta, p, g)\nreturn *h[:3], h[3] * torch.tensor([1.0, float('nan'), 1.0])"
DEPOSIT = "        self.p = self.p + torch.where(reached[:, None], self.jumps[number_rows(met), met], 0)\n"
LAST = "(frozen.segment == self.timeline.marks.shape[1] - 3)"
PULLED = "        self.move_marks(self.mark_bar, frozen.segment, by_start, by_stop)\n\n"


def deposit_where(condition: str) -> str:
    return DEPOSIT.replace("reached[:, None]", f"(reached & {condition})[:, None]")


MUTATIONS = (
    Mutation("sign of p", pullback("return right(t, x, w, theta, -p, g)"),
             ("emitted-values", "agreement"), also=SWEEP),
    Mutation("transposed Jacobian", pullback(TRANSPOSED), ("emitted-values", "taylor"), "pullback", also=SWEEP),
    Mutation("dropped dL/dx", pullback(NO_RUNNING_BY_STATE), ("emitted-text", "tangent-identity"), also=("emitted-values", *SWEEP)),
    Mutation("dropped dL/dtheta", pullback(NO_RUNNING_BY_THETA), ("discrete-adjoint",), "dtheta", also=("agreement", *ADJOINT)),
    Mutation("dropped dPsi/dtheta", wrap("terminal_partials", "t1, x, theta", "a, b, c = right(t1, x, theta)\nreturn a, b, 0 * c"),
             ("taylor", "high-precision"), "dtheta", also=ADJOINT),
    Mutation("dropped dH/dt", pullback(NO_TIME), ("forward-sensitivity", "invariants"), also=ADJOINT[::3]),
    Mutation("skipped observation at t0", swap(DEPOSIT, deposit_where("(frozen.segment > 0)")),
             ("emitted-tableau", "tangent-identity"), "runtime", also=SWEEP),
    Mutation("skipped observation at t1", swap(DEPOSIT, deposit_where(f"~{LAST}")), ("emitted-tableau", "taylor"), also=SWEEP),
    Mutation("last deposit one time step late",
             both(swap(DEPOSIT, deposit_where(f"~{LAST}")), swap(PULLED, deposit_where(LAST) + PULLED)),
             ("tangent-identity", "taylor"), also=("emitted-tableau", *SWEEP)),
    Mutation("wrong stage order", swap("B[i] * self.p)", "B[-1 - i] * self.p)"), ("continuous-adjoint",), also=SWEEP),
    Mutation("missing dt1 term", swap("        self.t1_bar = self.weigh(by_t)\n", "        self.t1_bar = 0 * by_t\n"),
             ("discrete-adjoint",), "dt1", also=("invariants", *ADJOINT[2:])),
    Mutation("no -H at the end times", swap("by_length = (step.right - step.left) * by_h", "by_length = 0 * by_h"),
             ("forward-sensitivity", "high-precision"), "dt", also=("invariants", *ADJOINT[::3])),
    Mutation("wrong initial-value chain rule", wrap("initial_pullback", "theta, p", "return right(theta, p.flip(-1))"),
             ("emitted-values", "discrete-adjoint"), "initial_pullback"),
    Mutation("NaN gradient", pullback(NAN), ("live-inputs", "emitted-values", "taylor"), "theta.b: nan",
             also=("continuous-adjoint", "agreement", *ADJOINT)),
    Mutation("silent zero", swap("gathered = self.p, self.theta_bar,", "gathered = self.p, 0 * self.theta_bar,"),
             ("live-inputs",), "exactly 0", also=("discrete-adjoint",)),
    Mutation("gradient off by 1e-10", pullback("h = right(t, x, w, theta, p, g)\nreturn *h[:3], h[3] * (1 + 1e-10)"),
             ("emitted-values", "discrete-adjoint", "high-precision")),
    Mutation("gradient off by 1e-6", pullback("h = right(t, x, w, theta, p, g)\nreturn *h[:3], h[3] * (1 + 1e-6)"),
             ("taylor", "continuous-adjoint"), "c0 ="),
    Mutation("previous state in the cost", swap("        self.observed[number_rows(slot), slot] = self.x\n",
             "        self.observed[number_rows(slot), slot] = trial.x\n"), ("taylor",), also=("discrete-adjoint",)),
    Mutation("chance in the gradient", swap("        self.theta_bar = self.weigh(by_theta)\n",
             "        self.theta_bar = self.weigh(by_theta) * (1 + 1e-9 * torch.rand(1, dtype=torch.float64))\n"),
             ("repeatability",), "differ"),
    Mutation("neighbours in a batch", swap("        self.theta_bar = self.weigh(by_theta)\n",
             "        self.theta_bar = self.weigh(by_theta) * (1 + 1e-12 * len(by_theta))\n"), ("repeatability",), "batch"),
    Mutation("weight of the tableau", nudge("\nB = (", "0.096", "0.097"),
             ("emitted-tableau", "tangent-identity"), "B[0]", also=("discrete-adjoint",)),
    Mutation("datum", swap("OBSERVATION_DATA = ((0.5,)", "OBSERVATION_DATA = ((0.5000000000001,)"),
             ("emitted-tableau",), "OBSERVATION_DATA[0][0]"),
    Mutation("coefficient off by 1e-12", nudge("observation_partials_0(", "0.1*t\n", "0.1000000000001*t\n"),
             ("emitted-text", "emitted-values"), "observation_partials_0, l by x"),
    Mutation("a batch of one dies", swap("accepted = running & (error <= 1)", "accepted = running & (error <= 1) & (len(error) > 1)"),
             ("own-values",), "step underflow"),
)  # fmt: skip
