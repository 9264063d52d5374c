"""Planted errors in the native text: what each one says, and what it puts in the place of what."""

from __future__ import annotations

TABLEAU = "ADJ_CONSTEXPR double A[STAGES][STAGES] = {\n    {0},\n    {0.161},"
UNDO = "sum = sum + (number<R>(weight) * unit) * by_x[decltype(j)::value][c];"

# Every one is run with equal time steps under a linear control, or with the error control under a constant one.
MUTANTS: dict[str, tuple[str, str]] = {
    "one coefficient of the tableau": (TABLEAU, TABLEAU.replace("0.161", "0.1611")),
    "one error weight": ("constexpr double weight = Weights::of(decltype(j)::value);\n        if constexpr (weight != 0) {",
                         "constexpr double weight = Weights::of(decltype(j)::value) * (Weights::of(0) == E[0] ? 1.01 : 1);\n        if constexpr (weight != 0) {"),
    "stages swapped on the way back": (UNDO, UNDO.replace("by_x[decltype(j)::value]", "by_x[EFFECTIVE - decltype(j)::value + I]")),
    "stage coupling transposed": ("constexpr double weight = A[decltype(j)::value][I];", "constexpr double weight = A[decltype(j)::value][decltype(j)::value - I - 1];"),
    "rejected time steps recorded as taken": ("sides[LANE_APART] = moved;", "sides[LANE_APART] = right;"),
    "state recorded after the time step": ("before[c * LANE_APART] = g.x[c];", "before[c * LANE_APART] = next[c];"),
    "mask a time step late": ("g.left = choose(reached, zero, moved);", "g.left = choose(less(zero, g.reached), zero, moved);"),
    "deposit at t0 skipped": ("if (!is_observation(mark)) return;", "if (!is_observation(mark) || marks[lane].from == 0) return;"),
    "deposit one segment late": ("            marks[lane].retreat();\n            enter(g, lane);", "            deposit(g, lane), marks[lane].retreat();\n            enter(g, lane);\n            return;"),
    "stage time at the segment's start only": ("g.stop_bar = g.stop_bar + fraction * by_t;", ""),
    "length of the time step dropped": ("g.stop_bar = g.stop_bar + width * by_h;", ""),
    "running cost missing in dJ/dh": ("by_h = by_h + choose(same(g.cost_bar, zero), zero, (EVEN ? h : one) * weight * costs[I]);", ";"),
    "weight of the running cost": ("q, h * weight, by_t", "q, weight, by_t"),
    "dPsi/dt1": ("s.t1_bar = weigh(s.cost_bar, by_t);", "s.t1_bar = zero;"),
    "dl/dtheta": ("s.theta_bar[c] = s.theta_bar[c] + weigh(s.cost_bar, by_theta[c]);", ";"),
    "dl/ds": ("s.times_bar[j] = weigh(s.cost_bar, by_t);", "s.times_bar[j] = zero;"),
    "right node of a linear control": ("m.node + launch->hold) * CONTROLS + c", "m.node) * CONTROLS + c"),
    "local coordinate frozen": ("const R by_u = by_w[c] * (g.w_high[c] - g.w_low[c]);", "const R by_u = zero;"),
    "local coordinate free of t0": ("t0_bar = -drift * (T(1) - share)", "t0_bar = 0"),
    "first slope of the last time step kept": ("g.slope[c] = choose(accepted, slopes[STAGES - 1][c], g.slope[c]);", ""),
    "slope kept across a jump of the control": ("if (m.from > 0) set(jumped, lane, 1);", ""),
    "quadrature of the lane's last trajectory": ("set(g.quadrature, lane, 0), ", ""),
    "parameters of the lane's last trajectory": ("            copy_theta(g, lane);\n            lay(lane);", "            if (started < W) copy_theta(g, lane);\n            lay(lane);"),
    "the way back of the wrong trajectory": ("trajectory[lane] = starts[top[lane]].trajectory;", "trajectory[lane] = starts[lane].trajectory;"),
    "costate of the neighbour": ("set(s.p[c], l, get(g.p[c], lane));", "set(s.p[c], l, get(g.p[c], lane ^ 1));"),
    "kept values of another stage": ("by_x[I], by_w, by_theta, kept[I]);", "by_x[I], by_w, by_theta, kept[I > 1 ? I - 1 : I]);"),
    "branches of a choice exchanged": ("mask.low ? a.low : b.low", "mask.low ? b.low : a.low"),
    "controller's memory": ("number<R>(PI_BEFORE / CONTROL_ORDER) * g.log_before", "number<R>(0.38 / CONTROL_ORDER) * g.log_before"),
}  # fmt: skip
