"""A native text by hand, with the interface of native_abi.py: x' = theta x, J = x(t1)^2/2, solved by its closed form.

It tests what stands around a kernel: reading, strides, sums, operations, transforms, interrupts, the cache.  theta < -90
makes it wait for a cancel flag, NaN leaves a trajectory unfinished.
"""

from __future__ import annotations

from types import ModuleType

from adjointcheck.problem.statement import Problem

TEXT = r'''
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
struct Launch {
  int64_t count; int32_t threads, method_flags, hold, intervals; int64_t max_steps, steps, memory_limit; double rtol, atol;
  const void *x0, *theta, *w, *t0, *t1, *times, *data;
  int64_t x0_stride, theta_stride, w_stride, t0_stride, t1_stride, times_stride;
  const void *x1_bar, *cost_bar; void *x1, *cost; int64_t *status, *accepted, *rejected;
  void *x0_bar, *theta_bar, *w_bar, *t0_bar, *t1_bar, *times_bar;
  int32_t theta_bar_shared, w_bar_shared, t0_bar_shared, t1_bar_shared, times_bar_shared, x0_bar_shared;
  int64_t *lane_attempts, *lane_slots; volatile int32_t *cancel; void *workspace; int64_t workspace_bytes, rows; uint64_t *next; double span;
};
template <class T> static void put(void *to, int shared, int64_t i, T value) {
  if (!to) return;
  T *at = static_cast<T *>(to) + (shared ? 0 : i);
  *at = value + (shared && i ? *at : T(0));
}
template <class T> static int solve(const Launch *l) {
  const T *x0 = (const T *)l->x0, *theta = (const T *)l->theta, *t0 = (const T *)l->t0, *t1 = (const T *)l->t1;
  const T *x1_bar = (const T *)l->x1_bar, *cost_bar = (const T *)l->cost_bar;
  if (!theta || !t0 || !t1 || !l->w || !l->times) return 1;
  if (l->memory_limit == 1) return 3;
  for (int64_t i = 0; i < l->count; ++i) {
    T a = theta[i * l->theta_stride], s = t1[i * l->t1_stride] - t0[i * l->t0_stride], x = x0 ? x0[i * l->x0_stride] : T(1);
    while (a < -90) if (l->cancel && *l->cancel) return 5;
    T e = std::exp(a * s), y = x * e, bad = std::isfinite(y) ? T(0) : T(NAN);
    if (l->x1) ((T *)l->x1)[i] = y;
    if (l->cost) ((T *)l->cost)[i] = y * y / 2 + bad;
    if (l->status) l->status[i] = bad == bad ? 0 : 3;
    if (l->accepted) l->accepted[i] = 1;
    if (l->rejected) l->rejected[i] = 0;
    if (!x1_bar && !cost_bar) continue;
    T p = (x1_bar ? x1_bar[i] : T(0)) + (cost_bar ? cost_bar[i] * y : T(0)) + bad;
    put<T>(l->x0_bar, l->x0_bar_shared, i, p * e);
    put<T>(l->theta_bar, l->theta_bar_shared, i, p * y * s);
    put<T>(l->t0_bar, l->t0_bar_shared, i, -p * y * a);
    put<T>(l->t1_bar, l->t1_bar_shared, i, p * y * a);
  }
  if (l->lane_attempts) *l->lane_attempts = 3 * l->count;
  if (l->lane_slots) *l->lane_slots = 4 * l->count;
  return 0;
}
extern "C" int adjointcheck_describe(char *buffer, int size) {
  const char *facts = R"({"name": "growth", "method": "METHOD", "n": 1, "m": 1, "k": 0, "S": 0, "lanes": {"f64": 4, "f32": 4}, "format": 3})";
  if (buffer && size) snprintf(buffer, size, "%s", facts);
  return (int)strlen(facts) + 1;
}
extern "C" long long adjointcheck_memory_f64(const Launch *) { return 0; }
extern "C" long long adjointcheck_memory_f32(const Launch *) { return 0; }
extern "C" int adjointcheck_solve_f64(const Launch *l) { return solve<double>(l); }
extern "C" int adjointcheck_solve_f32(const Launch *l) { return solve<float>(l); }
'''


def text(mark: str = "", method: str = "tsit5") -> str:
    """The text; another `mark` makes it another entry of the cache."""
    return TEXT.replace("METHOD", method) + f"// {mark}\n"


def growth() -> Problem:
    """The statement that the text solves."""
    return Problem(name="growth", states={"x": "a*x"}, parameters={"a": 0.7}, initial={"x": 1}, horizon=(0, 1), terminal_cost="x**2/2")


def torch_module(method: str = "tsit5") -> ModuleType:
    """The torch target of the statement."""
    from adjointcheck.derive import derive
    from adjointcheck.solve.load import build

    return build(derive(growth()), "torch", method)
