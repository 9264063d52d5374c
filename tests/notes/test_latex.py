"""LaTeX to trees: what is written most, one row each, and what is refused, with the reason and the place."""

from __future__ import annotations

from fractions import Fraction

import pytest

from adjointcheck.notes.reading.latex import Letters, Unread, children, letter, read_formula, statements
from adjointcheck.notes.reading.plain_text import text
from adjointcheck.notes.reading.tree import (
    Call,
    Chain,
    Derivative,
    Evaluated,
    Letter,
    Negative,
    Node,
    Number,
    Power,
    Sum,
    Transposed,
    Variation,
)

LETTERS = Letters(
    functions=frozenset("f g L Psi Phi J H l mathcal{L} mathcal{H}".split()), signals=frozenset("x y z u v lambda p a".split()), plain=frozenset("theta h A B N".split()),
)

READ: list[tuple[str, str]] = [
    (r"f(\underbrace{x, u}_{z}; w) = 0", r"f(x, u, w) = 0"), (r"f(x, {\color{blue}u, w}) = 0", r"f(x, u, w) = 0"), (r"x_{{i,j}} = 0", r"x_{i, j} = 0"),
    (r"x = 1", r"x = 1"), (r"x = 0.5", r"x = 0.5"), (r"x = -2", r"x = -2"), (r"x = y + z - w", r"x = y + z - w"), (r"x = -y - z", r"x = -y - z"), (r"x = 2 y z", r"x = 2 * y * z"),
    (r"x = 2 \cdot y \times z * w", r"x = 2 * y * z * w"), (r"x = \frac{y}{z}", r"x = y/z"), (r"x = \dfrac{1}{2} y", r"x = (1/2) * y"), (r"x = \tfrac12 y", r"x = (1/2) * y"), (r"x = y/2", r"x = y/2"),
    (r"x = 1/2 y", r"x = (1/2) * y"), (r"x = y z / w", r"x = (y * z)/w"), (r"x = {y \over z}", r"x = y/z"), (r"x = y^2", r"x = y^2"), (r"x = y^{-1}", r"x = y^(-1)"), (r"x = y^{1/2}", r"x = y^(1/2)"),
    (r"x = \sqrt{y}", r"x = sqrt(y)"), (r"x = y^{\alpha}", r"x = y^alpha"), (r"x_k = 0", r"x_k = 0"), (r"x_{k+1} = 0", r"x_{k + 1} = 0"), (r"x_{k-1} = 0", r"x_{k - 1} = 0"),
    (r"x_{i,j} = 0", r"x_{i, j} = 0"), (r"x_{ij} = 0", r"x_{i, j} = 0"), (r"x_0 = 0", r"x_0 = 0"), (r"x_12 = 0", r"x_1 * 2 = 0"), (r"x_{\text{obs}} = 0", r"x_obs = 0"),
    (r"x_\mathrm{ref} = 0", r"x_ref = 0"), (r"x_{t_0} = 0", r"x_{t_0} = 0"), (r"f_x = 0", r"f_x = 0"), (r"f_{xu} = 0", r"f_{x, u} = 0"), (r"f_{x u} = 0", r"f_{x, u} = 0"),
    (r"L_{x_i} = 0", r"L_{x_i} = 0"), (r"\mathbf{x} = 0", r"x = 0"), (r"\mathbf x_k = 0", r"x_k = 0"), (r"\boldsymbol{\lambda} = 0", r"lambda = 0"), (r"\bm{\lambda}_{k} = 0", r"lambda_k = 0"),
    (r"\vec{x} = 0", r"x = 0"), (r"\mathrm{x} = 0", r"x = 0"), (r"{\bf x} = 0", r"x = 0"), (r"\mathcal{L} = 0", r"L = 0"), (r"\mathcal L_x = 0", r"L_x = 0"), (r"{\cal L} = 0", r"L = 0"),
    (r"\mathscr{H} = 0", r"H = 0"), (r"\mathrm{loss} = 0", r"loss = 0"), (r"\operatorname{loss}(x) = 0", r"loss(x) = 0"), (r"\varepsilon = 0", r"varepsilon = 0"),
    (r"\lambda_N^T = 0", r"lambda_N^T = 0"), (r"\lambda^T_N = 0", r"lambda_N^T = 0"), (r"x^T y = 0", r"x^T * y = 0"), (r"x^\top y = 0", r"x^T * y = 0"), (r"x^{\top} y = 0", r"x^T * y = 0"),
    (r"x^{\mathsf T} y = 0", r"x^T * y = 0"), (r"x^{\mathrm{T}} y = 0", r"x^T * y = 0"), (r"x^\intercal y = 0", r"x^T * y = 0"), (r"A^{-1} = 0", r"A^(-1) = 0"), (r"A^{-T} = 0", r"(A^(-1))^T = 0"),
    (r"A^{-\top} = 0", r"(A^(-1))^T = 0"), (r"x^* = 0", r"x^* = 0"), (r"x^{*} = 0", r"x^* = 0"), (r"x^\star = 0", r"x^* = 0"), (r"x^{*T} = 0", r"x^*^T = 0"), (r"x^\dagger = 0", r"x^dagger = 0"),
    (r"x' = 0", r"x' = 0"), (r"x^\prime = 0", r"x' = 0"), (r"x^{(k)} = 0", r"x^k = 0"), (r"f_{aug} = 0", r"f_aug = 0"), (r"x^{(k+1)} = 0", r"x^(k + 1) = 0"), (r"t^+ = 0", r"t^+ = 0"),
    (r"p(t_j^-) = p(t_j^+)", r"p(t_j^-) = p(t_j^+)"), (r"\dot x = 0", r"xdot = 0"), (r"\dot{x} = 0", r"xdot = 0"), (r"\ddot{x} = 0", r"xddot = 0"), (r"\dot{\lambda}^T = 0", r"lambdadot^T = 0"),
    (r"\dot{\mathbf{x}} = 0", r"xdot = 0"), (r"\bar{x} = 0", r"bar(x) = 0"), (r"\hat x_k = 0", r"hat(x)_k = 0"), (r"\tilde{f}(x) = 0", r"tilde(f)(x) = 0"), (r"\overline{x} = 0", r"bar(x) = 0"),
    (r"\Delta t = 0", r"Delta t = 0"), (r"\Delta t_k = 0", r"Delta t_k = 0"), (r"\Delta x = 0", r"Delta x = 0"), (r"x(t) = 0", r"x(t) = 0"), (r"x(0) = x_0", r"x(0) = x_0"),
    (r"x(t_1) = 0", r"x(t_1) = 0"), (r"\lambda(T) = 0", r"lambda(T) = 0"), (r"\lambda(t_f) = 0", r"lambda(t_f) = 0"), (r"\lambda^T(t) = 0", r"lambda(t)^T = 0"),
    (r"\lambda(t)^T = 0", r"lambda(t)^T = 0"), (r"x(t+h) = 0", r"x(t + h) = 0"), (r"x(t - \tau) = 0", r"x(t - tau) = 0"), (r"f(x) = 0", r"f(x) = 0"), (r"f(x, u) = 0", r"f(x, u) = 0"),
    (r"f(x(t), u(t), t) = 0", r"f(x(t), u(t), t) = 0"), (r"f(z(t), t; \theta) = 0", r"f(z(t), t, theta) = 0"), (r"f(x | \theta) = 0", r"f(x, theta) = 0"), (r"f(x + h y) = 0", r"f(x + h * y) = 0"),
    (r"f\left(x, u\right) = 0", r"f(x, u) = 0"), (r"f\big(x, u\big) = 0", r"f(x, u) = 0"), (r"f_x(x, u, t) = 0", r"f_x(x, u, t) = 0"), (r"f_x^T(x, u) = 0", r"f_x(x, u)^T = 0"),
    (r"f_x(x,u)^T = 0", r"f_x(x, u)^T = 0"), (r"f(x)^2 = 0", r"f(x)^2 = 0"), (r"\theta (a + b) = 0", r"theta * (a + b) = 0"), (r"\theta(x) = 0", r"theta(x) = 0"),
    (r"u (x + y) = 0", r"u * (x + y) = 0"), (r"x(1 - x) = 0", r"x * (1 - x) = 0"), (r"2(x + y) = 0", r"2 * (x + y) = 0"), (r"(x + y)(x - y) = 0", r"(x + y) * (x - y) = 0"),
    (r"\lambda^T (f - \dot x) = 0", r"lambda^T * (f - xdot) = 0"), (r"\lambda^T [f - \dot x] = 0", r"lambda^T * (f - xdot) = 0"), (r"p \left[ f(x) - \dot x \right] = 0", r"p * (f(x) - xdot) = 0"),
    (r"\{ x + y \} z = 0", r"(x + y) * z = 0"), (r"J[u] = 0", r"J(u) = 0"), (r"J(u + \epsilon v) = 0", r"J(u + epsilon * v) = 0"), (r"dx/dt = 0", r"dx/dt = 0"), (r"dx(t)/dt = 0", r"dx(t)/dt = 0"),
    (r"\frac{dx}{dt} = 0", r"dx/dt = 0"), (r"\frac{d x(t)}{d t} = 0", r"dx(t)/dt = 0"), (r"\frac{\mathrm{d}x}{\mathrm{d}t} = 0", r"dx/dt = 0"), (r"\frac{\mathrm d x}{\mathrm d t} = 0", r"dx/dt = 0"),
    (r"\frac{{\rm d}x}{{\rm d}t} = 0", r"dx/dt = 0"), (r"\frac{d}{dt} x = 0", r"dx/dt = 0"), (r"\frac{d}{dt} x(t) = 0", r"dx(t)/dt = 0"), (r"\frac{d}{dt}\left( p x \right) = 0", r"d(p * x)/dt = 0"),
    (r"\frac{d}{dt} \log p(z(t)) = 0", r"dlog(p(z(t)))/dt = 0"), (r"\frac{d \log\rho}{dt} = 0", r"dlog(rho)/dt = 0"), (r"\frac{d\ln\rho(t)}{dt} = 0", r"dlog(rho(t))/dt = 0"), (r"\frac{d^2 x}{dt^2} = 0", r"d^2x/dt dt = 0"), (r"\frac{d^2}{dt^2} x = 0", r"d^2x/dt dt = 0"),
    (r"d/dt (p x) = 0", r"d(p * x)/dt = 0"), (r"d^2x/dt^2 = 0", r"d^2x/dt dt = 0"), (r"a(t) = dL/dz(t)", r"a(t) = dL/dz(t)"), (r"a(t) = \frac{dL}{dz(t)}", r"a(t) = dL/dz(t)"),
    (r"a(t) = \partial L/\partial z(t)", r"a(t) = dL/dz(t)"), (r"\frac{\partial f}{\partial x} = 0", r"df/dx = 0"), (r"\frac{\partial f(x,u)}{\partial x} = 0", r"df(x, u)/dx = 0"),
    (r"\frac{\partial f}{\partial x}(x, u) = 0", r"(df/dx)(x, u) = 0"), (r"\frac{\partial \Phi}{\partial x}(x(T)) = 0", r"(dPhi/dx)(x(T)) = 0"),
    (r"\frac{\partial f}{\partial x} (y - z) = 0", r"df/dx * (y - z) = 0"), (r"\frac{\partial f}{\partial x} \delta x = 0", r"df/dx * delta x = 0"),
    (r"\frac{\partial}{\partial x} f(x, u) = 0", r"df(x, u)/dx = 0"), (r"\frac{\partial}{\partial x}\left( p f \right) = 0", r"d(p * f)/dx = 0"),
    (r"\frac{\partial^2 H}{\partial x^2} = 0", r"d^2H/dx dx = 0"), (r"\frac{\partial^2 H}{\partial x \partial u} = 0", r"d^2H/dx du = 0"),
    (r"\frac{\partial (\lambda^T f)}{\partial x} = 0", r"d(lambda^T * f)/dx = 0"), (r"\frac{\partial \lambda^T f}{\partial x} = 0", r"d(lambda^T * f)/dx = 0"),
    (r"\partial f/\partial x = 0", r"df/dx = 0"), (r"\partial f / \partial x \delta x = 0", r"df/dx * delta x = 0"), (r"\partial f/\partial x(x, u) = 0", r"(df/dx)(x, u) = 0"),
    (r"\partial H/\partial x = \partial L/\partial x + \lambda^T \partial f/\partial x", r"dH/dx = dL/dx + lambda^T * df/dx"), (r"\partial_x f = 0", r"df/dx = 0"),
    (r"\partial_x f(x, u) = 0", r"df(x, u)/dx = 0"), (r"\partial_t x = 0", r"dx/dt = 0"), (r"\partial_{x} (p f) = 0", r"d(p * f)/dx = 0"), (r"\nabla_x f = 0", r"grad_x f = 0"),
    (r"\nabla_\theta J = 0", r"grad_theta J = 0"), (r"\nabla f(x) = 0", r"grad f(x) = 0"), (r"\nabla_x f^T \lambda = 0", r"(grad_x f)^T * lambda = 0"),
    (r"\nabla \Phi(x(T)) = 0", r"grad Phi(x(T)) = 0"), (r"\nabla_{xx}^2 H = 0", r"grad_x, x H = 0"), (r"\nabla_x^2 L = 0", r"grad_x, x L = 0"), (r"\nabla \cdot f = 0", r"div(f) = 0"),
    (r"d_p L = 0", r"dL/dp = 0"), (r"\mathrm{d}_\theta J = 0", r"dJ/dtheta = 0"), (r"d_k^T y = 0", r"d_k^T * y = 0"), (r"\int_0^T p\, d_\theta \dot x\, dt = 0", r"int from 0 to T of p * dxdot/dtheta dt = 0"),
    (r"J(u(\cdot)) = 0", r"J(u) = 0"), (r"J[u(\,\cdot\,)] = 0", r"J(u) = 0"), (r"J\left(u(\cdot)\right) = 0", r"J(u) = 0"), (r"\dot\mathbf{x}(t) = 0", r"xdot(t) = 0"), (r"x_\mathbf{b}^\mathbf{T} = 0", r"x_b^T = 0"),
    (r"p = Df(x)^\top", r"p = (d(f(x)))^T"), (r"p = D\mathbf{g} y", r"p = d(g) * y"), (r"\dot p^i = f^j_{x_i} p^j", r"pdot^i = f_{x_i}^j * p^j"),
    (r"D_x f = 0", r"df/dx = 0"), (r"D_x f(x,u) \delta x = 0", r"df(x, u)/dx * delta x = 0"), (r"\mathrm{D} f = 0", r"d(f) = 0"), (r"\frac{\delta J}{\delta u} = 0", r"delta J/delta u = 0"),
    (r"\delta J/\delta u = 0", r"delta J/delta u = 0"), (r"\dv{x}{t} = 0", r"dx/dt = 0"), (r"\pdv{f}{x} = 0", r"df/dx = 0"), (r"\dv{t} x = 0", r"dx/dt = 0"),
    (r"\left(\frac{\partial f}{\partial x}\right)^T \lambda = 0", r"(df/dx)^T * lambda = 0"), (r"\left(\frac{\partial f}{\partial x}\right)^{\!\top} \lambda = 0", r"(df/dx)^T * lambda = 0"),
    (r"\left[\frac{\partial f}{\partial x}\right]^T = 0", r"(df/dx)^T = 0"), (r"\left(\frac{\partial H}{\partial u}\right)_{u = u^*} = 0", r"[dH/du at u = u^*] = 0"),
    (r"\frac{\partial f}{\partial x}^T = 0", r"(df/dx)^T = 0"), (r"\delta x = 0", r"delta x = 0"), (r"\delta x(t) = 0", r"delta x(t) = 0"), (r"\delta \dot x = 0", r"delta xdot = 0"),
    (r"\delta x^T A = 0", r"(delta x)^T * A = 0"), (r"\delta^2 J = 0", r"delta (delta J) = 0"), (r"\delta(x y) = 0", r"delta (x * y) = 0"), (r"\delta J_a = 0", r"delta J_a = 0"),
    (r"\delta_{ij} = 0", r"delta_{i, j} = 0"), (r"\delta^{(k)} = 0", r"delta^k = 0"), (r"\delta(t - t_j) = 0", r"delta(t - t_j) = 0"), (r"\delta x_k = 0", r"delta x_k = 0"),
    (r"x + \epsilon \delta x = 0", r"x + epsilon * delta x = 0"), (r"\int_0^T L\,dt = 0", r"int from 0 to T of L dt = 0"), (r"\int_0^T L(x, u)\,dt = 0", r"int from 0 to T of L(x, u) dt = 0"),
    (r"\int\limits_0^T L dt = 0", r"int from 0 to T of L dt = 0"), (r"\int_{t_0}^{t_1} L \mathrm{d}t = 0", r"int from t_0 to t_1 of L dt = 0"),
    (r"\int_{t_0}^{t_1} L \text{d}t = 0", r"int from t_0 to t_1 of L dt = 0"),
    (r"\int_{t_1}^{t_0} a(t)^T f_\theta \, dt = 0", r"int from t_1 to t_0 of a(t)^T * f_theta dt = 0"), (r"\int^T_0 L \; dt = 0", r"int from 0 to T of L dt = 0"),
    (r"\int_0^T L + \lambda^T f \, dt = 0", r"int from 0 to T of (L + lambda^T * f) dt = 0"), (r"\int_0^T dt\, L = 0", r"int from 0 to T of L dt = 0"),
    (r"\int_0^T \mathrm{d}t\; \lambda^T f + \Phi = 0", r"(int from 0 to T of lambda^T * f dt) + Phi = 0"), (r"\int_0^t f(s) ds = 0", r"int from 0 to t of f(s) ds = 0"),
    (r"\int_0^T \left[ L + \lambda^T (f - \dot{x}) \right] dt = 0", r"int from 0 to T of (L + lambda^T * (f - xdot)) dt = 0"),
    (r"\int_0^T \lambda^T \frac{dx}{dt} dt = 0", r"int from 0 to T of lambda^T * dx/dt dt = 0"), (r"\int_0^T \lambda^T dx/dt \, dt = 0", r"int from 0 to T of lambda^T * dx/dt dt = 0"),
    (r"\int_\Omega f \, dx = 0", r"int from Omega of f dx = 0"), (r"\int_0^T \int_\Omega f \, dx \, dt = 0", r"int from 0 to T of (int from Omega of f dx) dt = 0"),
    (r"\iint f \, dx \, dt = 0", r"int of (int of f dx) dt = 0"), (r"\int f(x) \,{\rm d}x = 0", r"int of f(x) dx = 0"), (r"\int_t^T L \, d\tau = 0", r"int from t to T of L dtau = 0"),
    (r"\Phi + \int_0^T L dt + \int_0^T f dt = 0", r"Phi + (int from 0 to T of L dt) + (int from 0 to T of f dt) = 0"), (r"-\int_T^0 L\,dt = 0", r"-(int from T to 0 of L dt) = 0"),
    (r"\theta \int_0^T L\,dt = 0", r"theta * (int from 0 to T of L dt) = 0"), (r"\sum_{k=0}^{N-1} L_k = 0", r"sum over k from 0 to N - 1 of L_k = 0"),
    (r"\sum_{k=0}^{N-1} L(x_k, u_k) + \Phi(x_N) = 0", r"(sum over k from 0 to N - 1 of L(x_k, u_k)) + Phi(x_N) = 0"), (r"\sum_k x_k y_k = 0", r"sum over k of x_k * y_k = 0"),
    (r"\sum_{k \in K} x_k = 0", r"sum over k in K of x_k = 0"), (r"h \sum_{i=1}^s b_i k_i = 0", r"h * (sum over i from 1 to s of b_i * k_i) = 0"),
    (r"\sum\limits_{j=1}^{i-1} a_{ij} k_j = 0", r"sum over j from 1 to i - 1 of a_{i, j} * k_j = 0"), (r"\prod_{k=1}^N A_k = 0", r"product over k from 1 to N of A_k = 0"),
    (r"\sum_{j} l_j(x(s_j)) = 0", r"sum over j of l_j(x(s_j)) = 0"),
    (r"\lim_{\epsilon \to 0} \frac{J(u + \epsilon v) - J(u)}{\epsilon} = 0", r"lim epsilon to 0 of (J(u + epsilon * v) - J(u))/epsilon = 0"),
    (r"\lim_{h \rightarrow 0} x(t+h) = 0", r"lim h to 0 of x(t + h) = 0"), (r"x(t+h) = x(t) + h f(x(t)) + \mathcal{O}(h^2)", r"x(t + h) = x(t) + h * f(x(t)) + O(h^2)"),
    (r"x = O(\epsilon^2)", r"x = O(epsilon^2)"), (r"x = o(\epsilon)", r"x = o(epsilon)"), (r"x = o(\|\delta x\|)", r"x = o(norm(delta x))"),
    (r"\left.\frac{\partial \Phi}{\partial x}\right|_{t=t_1} = 0", r"[dPhi/dx at t = t_1] = 0"),
    (r"\left.\frac{\partial \Phi}{\partial x}\right|_{x=x^*, u=u^*} = 0", r"[dPhi/dx at x = x^*, u = u^*] = 0"), (r"\frac{\partial \Phi}{\partial x}\Big|_{t=t_1} = 0", r"[dPhi/dx at t = t_1] = 0"),
    (r"\frac{\partial \Phi}{\partial x}\big|_{x(T)} = 0", r"[dPhi/dx at x(T)] = 0"), (r"\frac{\partial \Phi}{\partial x}|_{T} = 0", r"[dPhi/dx at T] = 0"),
    (r"\lambda^T \delta x \Big|_{t_0}^{t_1} = 0", r"[lambda^T * delta x at t_1 less at t_0] = 0"), (r"\lambda^T \delta x \big|_{t=T} = 0", r"[lambda^T * delta x at t = T] = 0"),
    (r"\left[ \lambda^T \delta x \right]_0^T = 0", r"[lambda^T * delta x at T less at 0] = 0"), (r"\left[ \lambda^T \delta x \right]_{t_0}^{t_1} = 0", r"[lambda^T * delta x at t_1 less at t_0] = 0"),
    (r"\left. \lambda^T \delta x \right|_{0}^{T} = 0", r"[lambda^T * delta x at T less at 0] = 0"), (r"[p\,\delta x]_{t=0}^{t=T} = 0", r"[p * delta x at t = T less at t = 0] = 0"),
    (r"\frac{d}{dt}\, p^T x = 0", r"d(p^T * x)/dt = 0"),
    (r"J = \big|x - y\big|^2 + \bigl|z\bigr|_2^2", r"J = abs(x - y)^2 + abs_2(z)^2"),
    (r"\left. \frac{\partial}{\partial s} \right|_{s=0} x = 0", r"[dx/ds at s = 0] = 0"),
    (r"\frac{d}{d\epsilon} J(u + \epsilon v) \Big|_{\epsilon=0} = 0", r"[dJ(u + epsilon * v)/depsilon at epsilon = 0] = 0"),
    (r"\lambda^T \frac{\partial f}{\partial x}\Big|_{x=x^*} = 0", r"lambda^T * [df/dx at x = x^*] = 0"), (r"\begin{pmatrix} x \\ p \end{pmatrix} = 0", r"[x; p] = 0"),
    (r"\begin{bmatrix} A & B \\ C_1 & -A^T \end{bmatrix} = 0", r"[A, B; C_1, -A^T] = 0"), (r"\left[ \begin{array}{cc} 1 & 0 \\ 0 & 1 \end{array} \right] = 0", r"[1, 0; 0, 1] = 0"),
    (r"\left( \begin{smallmatrix} x \\ y \end{smallmatrix} \right) = 0", r"[x; y] = 0"), (r"[z(t), a(t), 0] = 0", r"[z(t), a(t), 0] = 0"), (r"(x, y) = 0", r"[x, y] = 0"),
    (r"\dot x = \begin{cases} f(x), & t < 1 \\ 0, & t \ge 1 \end{cases}", r"xdot = {f(x) if t < 1; 0 if t >= 1}"),
    (r"\dot x = \begin{cases} f(x) & \text{if } t < 1 \\ 0 & \text{otherwise} \end{cases}", r"xdot = {f(x) if t < 1; 0 otherwise}"),
    (r"\dot x = \left\{ \begin{array}{ll} f & t < 1 \\ g & t > 1 \end{array} \right.", r"xdot = {f if t < 1; g if t > 1}"),
    (r"\operatorname{tr}\left(\frac{\partial f}{\partial z}\right) = 0", r"tr(df/dz) = 0"), (r"\mathrm{tr}(A B) = 0", r"tr(A * B) = 0"), (r"\mathrm{Tr}\, A = 0", r"tr(A) = 0"),
    (r"\text{tr}(A) = 0", r"tr(A) = 0"), (r"\operatorname{trace}(A) = 0", r"tr(A) = 0"), (r"\log\left|\det \frac{\partial f}{\partial z}\right| = 0", r"log(abs(det(df/dz))) = 0"),
    (r"\det(A) = 0", r"det(A) = 0"), (r"\log p(z) = 0", r"log(p(z)) = 0"), (r"\ln x = 0", r"log(x) = 0"), (r"\exp(-\theta t) = 0", r"exp(-theta * t) = 0"),
    (r"e^{T \operatorname{tr} A} = 0", "exp(T * tr(A)) = 0"), (r"x_{\mathrm{max}} = 0", "x_max = 0"),
    (r"e^{-\int_0^T \mathrm{tr} A\,\mathrm{d}t} = 0", "exp(-(int from 0 to T of tr(A) dt)) = 0"),
    (r"e^{-\theta t} = 0", r"exp(-theta * t) = 0"), (r"e^{x} = 0", r"exp(x) = 0"), (r"\sin x = 0", r"sin(x) = 0"), (r"\sin(x) = 0", r"sin(x) = 0"), (r"\sin^2 x = 0", r"sin(x)^2 = 0"),
    (r"k \cos \theta\, p = 0", r"k * cos(theta) * p = 0"), (r"\sin \omega\, t = 0", r"sin(omega * t) = 0"), (r"\log c\ e^{-t} = 0", r"log(c) * exp(-t) = 0"),
    (r"\cos \omega t = 0", r"cos(omega * t) = 0"), (r"\sin 2 x = 0", r"sin(2 * x) = 0"), (r"\tanh(W x + b) = 0", r"tanh(W * x + b) = 0"), (r"\log \det A = 0", r"log(det(A)) = 0"), (r"\log q_{k+1}(y_{k+1}) - \log c = 0", r"log(q_{k + 1}(y_{k + 1})) - log(c) = 0"),
    (r"\log_2 x = 0", r"log_2(x) = 0"), (r"\|x\| = 0", r"norm(x) = 0"), (r"\|x\|^2 = 0", r"norm(x)^2 = 0"), (r"\left\| x - y \right\|_2^2 = 0", r"norm_2(x - y)^2 = 0"),
    (r"\lVert x \rVert_Q^2 = 0", r"norm_Q(x)^2 = 0"), (r"|x| = 0", r"abs(x) = 0"), (r"\left| x \right|^2 = 0", r"abs(x)^2 = 0"), (r"|x - y| = 0", r"abs(x - y) = 0"),
    (r"\langle \lambda, \delta x \rangle = 0", r"inner(lambda, delta x) = 0"), (r"\left\langle \lambda, f \right\rangle_{L^2} = 0", r"inner_(L^2)(lambda, f) = 0"),
    (r"a \odot b = 0", r"hadamard(a, b) = 0"), (r"A \otimes B = 0", r"kronecker(A, B) = 0"), (r"\mathbb{E}[f(x)] = 0", r"E[f(x)] = 0"),
    (r"\mathbb{E}_{x \sim p}\left[ f(x) \right] = 0", r"E_{x sim p}[f(x)] = 0"), (r"E[x] = 0", r"E[x] = 0"), (r"\min_u H(x, u, p) = 0", r"min over u of H(x, u, p) = 0"),
    (r"\min_u J = 0", r"min over u of J = 0"), (r"\min_u \Phi + \int_0^T L dt", r"min over u of (Phi + (int from 0 to T of L dt))"),
    (r"u^* = \arg\min_u H(x, u, p)", r"u^* = argmin over u of H(x, u, p)"), (r"u^* = \operatorname{argmin}_u H", r"u^* = argmin over u of H"), (r"u^* = \text{arg min}_{~u} H", r"u^* = argmin over u of H"),
    (r"u^* = \operatorname*{arg\,min}_{u \in U} H", r"u^* = argmin over u in U of H"), (r"u^* = \underset{u}{\arg\min} H", r"u^* = argmin over u of H"), (r"\max_{u} H = 0", r"max over u of H = 0"),
    (r"\max(0, x) = 0", r"max(0, x) = 0"), (r"\max\{0, x\} = 0", r"max(0, x) = 0"), (r"\inf_u J = 0", r"inf over u of J = 0"), (r"\sup_{u} J = 0", r"sup over u of J = 0"), (r"x := y", r"x := y"),
    (r"x \coloneqq y", r"x := y"), (r"x \triangleq y", r"x := y"), (r"x \equiv y", r"x equiv y"), (r"x \approx y", r"x approx y"), (r"x \overset{\text{def}}{=} y", r"x := y"),
    (r"x \stackrel{!}{=} y", r"x = y"), (r"x \neq y", r"x != y"), (r"x \le y", r"x <= y"), (r"x \in \mathbb{R}^n", r"x in R^n"), (r"A \in \mathbb{R}^{n \times m}", r"A in R^(n * m)"),
    (r"x, y \in \mathbb{R}^n", r"[x, y] in R^n"), (r"f: \mathbb{R}^n \to \mathbb{R}^m", r"f : R^n to R^m"), (r"x \leftarrow y", r"x <- y"), (r"p \mathrel{+}= y", r"p += y"), (r"p += y", r"p += y"),
    (r"a = b = c = 0", r"a = b = c = 0"), (r"a = b \approx c", r"a = b approx c"), (r"a \le b \le c", r"a <= b <= c"), (r"\dot x = f(x), \quad t \in [0, T]", r"xdot = f(x), t in [0, T]"),
    (r"\dot x = f(x) \quad \text{for } t \in [0, T]", r"xdot = f(x), for, t in [0, T]"), (r"\dot x = f(x), \quad \forall t \in [0, T]", r"xdot = f(x), for all, t in [0, T]"),
    (r"x_{k+1} = f(x_k), \quad k = 0, \dots, N-1", r"x_{k + 1} = f(x_k), k = [0, dots, N - 1]"), (r"x_{k+1} = f(x_k), \; k = 0, 1, \ldots, N-1", r"x_{k + 1} = f(x_k), k = [0, 1, dots, N - 1]"),
    (r"\lambda = 0, \qquad t > 0", r"lambda = 0, t > 0"), (r"\forall t \in [0, T]: \dot x = f", r"xdot = f, for all, t in [0, T]"),
    (r"H_u = 0 \quad \text{(stationarity)}", r"H_u = 0, (stationarity)"), (r"x = 0, \text{ where } t = T", r"x = 0, where, t = T"), (r"x = y \tag{3}", r"x = y"),
    (r"x = y \label{eq:1} \nonumber", r"x = y"), (r"\displaystyle x = y", r"x = y"), (r"\boxed{x = y}", r"x = y"), (r"{x = y}", r"x = y"), (r"\color{red} x = y", r"x = y"),
    (r"\textcolor{red}{x} = y", r"x = y"), (r"x \phantom{abc} = y", r"x = y"), (r"\underbrace{x + y}_{=0} z = 0", r"(x + y) * z = 0"), (r"\overbrace{x}^{a} = 0", r"x = 0"), (r"x = y.", r"x = y"),
    (r"x = y,", r"x = y"), (r"x = \, y \; z \: w \! v", r"x = y * z * w * v"), (r"x\!\left(t\right) = 0", r"x(t) = 0"), (r"x = y \\ + z", r"x = y + z"), (r"x &= y", r"x = y"),
    ('\u03bb = \u2202f/\u2202x', r"lambda = df/dx"), ('\u222b_0^T L dt \u2248 x \xb7 y', r"int from 0 to T of L dt approx x * y"), ('x\u2081 = y\xb2', r"x_1 = y^2"),
    (r"x = 1 + \cdots + N", r"x = 1 + dots + N"), (r"A^T P + P A - P B R^{-1} B^T P + Q = 0", r"A^T * P + P * A - P * B * R^(-1) * B^T * P + Q = 0"), (r"H = L + \lambda^T f", r"H = L + lambda^T * f"),
    (r"\mathcal{H}(x, u, \lambda, t) = L(x, u, t) + \lambda^\top f(x, u, t)", r"H(x, u, lambda, t) = L(x, u, t) + lambda^T * f(x, u, t)"), (r"h^{p+1} = 0", r"h^(p + 1) = 0"),
    (r"(1 + h)^n = 0", r"(1 + h)^n = 0"), (r"\epsilon^{k} = 0", r"epsilon^k = 0"), (r"\mathbb{R}^{n} = 0", r"R^n = 0"), (r"[0, T) = 0", r"[0, T] = 0"), (r"x \to y", r"x to y"),
    (r"0 \le u \le u_{\max}", "0 <= u <= u_max"), (r"u^{\min} \le u", "u^min <= u"), (r"\lambda_1 (x_2 - u x_1) = 0", "lambda_1 * (x_2 - u * x_1) = 0"),
    (r"\mu_{k+1} (x_{k+1} - f(x_k)) = 0", "mu_{k + 1} * (x_{k + 1} - f(x_k)) = 0"), (r"\varepsilon (A + B) = 0", "varepsilon * (A + B) = 0"), (r"x = y\ ?", "x = y"),
    (r"x = \mathrm{const}", r"x = const"), (r"\dot{x} = v, \dot{x} \neq 0", r"xdot = v, xdot != 0"), (r"x = y \mathrm{\ if\ } t < 1", "x = y, if, t < 1"), (r"P(t_f) = Q_f", r"P(t_f) = Q_f"),
    (r"\frac{1}{2} (x - y)^T Q (x - y) = 0", r"(1/2) * (x - y)^T * Q * (x - y) = 0"),
    (r"x \in \operatorname{\mathbb{R}}^n", r"x in R^n"), (r"J = \operatorname{\int_0^1} x dt", r"J = int from 0 to 1 of x dt"), (r"x = (y_1, ..., y_m)", r"x = [y_1, dots, y_m]"),
    (r"f^{'}(x) = 0", r"f'(x) = 0"), (r"f^{''}(x) = 0", r"f''(x) = 0"), (r"f`(x) = 0", r"f'(x) = 0"), (r"x = y \left\[ z + w \right\]", r"x = y * (z + w)"), ("x = y \u2013 z", r"x = y - z"),
    (r"x = {\partial L}/{\partial u}", r"x = dL/du"), (r"\ensuremath{\bm}{y} = z", r"y = z"), (r"x\_1 = y^\*", r"x_1 = y^*"), (r"\lambda = f'(x).y", r"lambda = f'(x) * y"), (r"u(.) = 0", r"u = 0"),
    (r"\begin{bmatrix} x \\\\ y \end{bmatrix} = 0", r"[x; y] = 0"), (r"\Alpha x = 0", r"Alpha * x = 0"), ("x \u2190 x", r"x <- x"), (r"[x + y .] = 0", r"x + y = 0"),
    (r"x = \text{state at time } t", r"x = state at time t"), (r"\text{Term A} = x", r"Term A = x"), (r"x = y \quad \rightarrow \text{the motion}", r"x = y, the motion"), (r"x = \text{the rate} = y", r"x = y, the rate"),
    (r"x = \int_0^1 {y z dt}", r"x = int from 0 to 1 of y * z dt"), (r"x = f(y), \; \color{gray}{k = 1, 2}", r"x = f(y), k = [1, 2]"), (r"x = \sum_{\forall k} y", r"x = sum over k of y"), (r"z = x^\top D x", r"z = x^T * D * x"),
    (r"x = y \text{ by } \eqref{a}", r"x = y, by"),
    (r"y = \delta x_k^0", r"y = delta x_k^0"), (r"\delta J^\text{aug} = 0", r"delta J^aug = 0"), (r"x = \sh t", r"x = sinh(t)"), (r"y = \delta^{(1)} x^T", r"y = delta^1 * x^T"),
    (r"x = f!\left(y\right)", r"x = f(y)"), (r"\vartriangle x = 0", r"Delta x = 0"), (r"\text { net }_{k} = 0", r"net_k = 0"), (r"x = \textsc{loss}(y)", r"x = loss(y)"),
]

REFUSED: list[tuple[str, str, int]] = [
    (r"d(p x) = p\,dx", r"`d(...)`: a function of something, or a product", 1), (r"q (x + y) = 0", r"`q(...)`: a function of something, or a product", 2),
    (r"x^k = 0", r"`x` with an index letter above: a power or an index", 0), (r"q^k = 0", r"`q` with an index letter above: a power or an index", 0),
    (r"\delta x^2 = 0", r"a variation before a power: (\delta x)^2, or \delta(x^2)", 0), (r"\int_0^T L = 0", r"an integral without its differential", 0),
    (r"(x + y = 0", r"`(` that is never closed", 0), (r"x + y) = 0", r"`)` that was never opened", 5), (r"\left( x \right] y = 0", r"`(` closed by `]`", 0),
    (r"x = \frac{y}", r"`\frac` without what belongs to it", 4), (r"x = {y", r"`{` that is never closed", 4), (r"x_ = 0", r"a relation (`=`) at a place where it cannot stand", 3),
    (r"x = \begin{bmatrix} a, b \\ c \end{bmatrix}", "several entries in one cell", 20), (r"x = \frac{{a, b}}{c}", "a comma inside braces", 11),
    (r"x = 3 {a, b}", "a comma inside braces", 7), (r"\dot x = f(x)\, 0 \leq t", "a 0 behind a factor", 16),
    (r"x = y_", r"`_` without what belongs to it", 5), (r"x = \foo y", r"the command `\foo`, which is not known", 4), (r"x = \cancel{y}", r"a term that is struck out", 4),
    (r"x \pm y = 0", r"two statements in one (`\pm`)", 2), (r"a \wedge b = 0", r"a wedge product", 2), (r"x^2^3 = 0", r"two indices, or two exponents, one after the other", 3),
    (r"x = y +", r"the end of the formula where something is missing", 6), (r"= y", r"a relation or comma without both sides", 0), (r"x =", r"a relation or comma without both sides", 2),
    (r"\partial f = 0", '`\u2202` outside a fraction', 0), (r"\frac{\partial f}{y} = 0", '`\u2202` outside a fraction', 6),
    (r"\frac{df}{\partial x} = 0", 'a fraction of `d` over `\u2202`, or of `\u2202` over `d`', 6), (r"\frac{\partial^2 f}{\partial x} = 0", r"a derivative of order 2 by 1", 6),
    (r"\frac{d}{dt} p x = 0", r"a derivative of more than one factor without brackets", 0),
    (r"\frac{d}{dt}\, p\, x = 0", r"a derivative of more than one factor without brackets", 0),
    (r"\frac{\partial}{\partial z}\, p x = 0", r"a derivative of more than one factor without brackets", 0), (r"x = y/z w", r"a slash with more than one factor behind it: a/(bc), or (a/b)c", 6),
    (r"e^T = 0", r"`e` with a mark above: a letter, or the exponential", 0), (r"Dx + Eu = 0", r"`D` before a letter: a derivative or a matrix", 0),
    (r"1e-3 = x", r"a number with `e`: a power of ten, or a product with the letter e", 0), (r"(x y)^* = 0", r"a star that may mean adjoint or optimal", 0),
    (r"(x + y)' = 0", r"a prime that may be a derivative or a transposition", 0), (r"(x y)^\dagger = 0", r"a dagger that may mean adjoint or pseudo-inverse", 0),
    (r"\sin x y = 0", r"`sin` of how many factors", 0), (r"\lim x = 0", r"a limit without what goes where", 0), (r"\mathbb{E}[x, y] = 0", r"an expectation without brackets", 0),
    (r"\sum_k = 0", r"a sum of nothing", 0), (r"x = y!", r"a factorial or an exclamation mark", 5), (r"x = y \begin{tikzpicture}", r"the environment `tikzpicture`", 6),
    (r"\begin{pmatrix} x \end{bmatrix} = 0", r"`\end{bmatrix}` where `pmatrix` is open", 18), (r"\overline{x + y} = 0", r"`\bar` over more than a letter", 10),
    (r"\langle x \rangle = 0", r"angle brackets around anything but two entries", 8), (r"x = \sqrt[3]{y}", r"a root of another order", 4), (r"\dot x = f, \quad \dot p = g", r"a second statement", 18),
    (r"x = y \implies y = x", r"a second statement", 15), (r"\binom{n}{k} = 0", r"a binomial", 0), (r"\lfloor x \rfloor = 0", r"rounding", 0), (r"p q | x = 0", r"`|` that is never closed", 4),
    (r"\left. x = 0", r"`.` that is never closed", 0), (r"x y |_{u=v} = 0", r"an evaluation bar behind several factors: of the last one, or of all", 4),
    (r"f_x (x + \epsilon y) = 0", r"`f` with an index before a bracket: its value at a place, or a factor", 4),
    (r"\frac{\partial f}{\partial x}(x + y) = 0", r"a bracket behind a derivative: its value at a place, or a factor", 30), (r"x = \input{y}", r"`\input`: other files are never opened", 4),
    ('x = \u0430', r"the character U+0430 (CYRILLIC SMALL LETTER A)", 4), (r"", r"a formula with nothing in it", 0),
    (r"x = \begin{cases} 1 & 2 & 3 \end{cases}", r"a row of cases that is not `value & condition`", 4), (r"\exists x = 0", r"`there is`", 0), (r"\Tr = 0", r"`tr` without an argument", 0),
    (r"x \mid y = 0", r"`\mid` outside brackets", 2), (r"x = \overset{a}{y}", r"`\overset` on more than a relation", 4), (r"\arg x = 0", r"`\arg` without \min or \max", 0),
    (r"x = \int_0^1 {y}", r"an integral without its differential", 4),
    (r"x = (y. z)", r"a full stop inside a formula", 6),
]


def read(formula: str, letters: Letters = LETTERS) -> Chain:
    found = read_formula(formula, letters)
    assert isinstance(found, Chain), found
    return found


@pytest.mark.parametrize(("formula", "expected"), READ, ids=[row[0] for row in READ])
def test_formulas_are_read_as_they_are_meant(formula: str, expected: str) -> None:
    assert text(read(formula)) == expected


@pytest.mark.parametrize(("formula", "reason", "position"), REFUSED, ids=[ascii(row[0]) for row in REFUSED])
def test_what_is_not_read_says_where_and_why(formula: str, reason: str, position: int) -> None:
    found = read_formula(formula, LETTERS)
    assert isinstance(found, Unread) and (found.reason, found.position) == (reason, position) and found.todo


def test_the_tables_are_as_long_as_they_should_be() -> None:
    assert len({row[0] for row in READ}) >= 250 and len({row[0] for row in REFUSED}) >= 50


# Trees, not only their printing


X, F, T = Letter("x"), Letter("f"), Letter("t")


@pytest.mark.parametrize(("formula", "tree"), [
    (r"x_{k+1}", Letter("x", (Sum((Letter("k"), Number(Fraction(1)))),))), (r"f_{xu}", Letter("f", (X, Letter("u")))), (r"\dot{\bar x}_k^{*}", Letter("x", (Letter("k"),), (Letter("*"),), ("bar", "dot"))),
    (r"\Delta t_k", Letter("t", (Letter("k"),), (), ("Delta",))), (r"\lambda^T(t)", Transposed(Call(Letter("lambda"), (T,)))), (r"A^{-T}", Transposed(Power(Letter("A"), Negative(Number(Fraction(1)))))),
    (r"\frac{\partial^2 f}{\partial x^2}", Derivative(F, (X, X), "partial")), (r"\frac{\delta J}{\delta u}", Derivative(Letter("J"), (Letter("u"),), "functional")), (r"dL/dz(t)", Derivative(Letter("L"), (Call(Letter("z"), (T,)),))),
    (r"\nabla_x f(x)", Derivative(Call(F, (X,)), (X,), "nabla")), (r"\delta x^T", Transposed(Variation(X))), (r"\delta^2 x", Variation(Variation(X))), (r"[x]_0^T", Evaluated(X, (Letter("T"),), (Number(Fraction(0)),))), (r"\mathcal{L}", Letter("mathcal{L}")),
    (r"x^{(k)*}", Letter("x", (), (Letter("k"), Letter("*")))), (r"x^{+T}", Transposed(Letter("x", (), (Letter("+"),)))), (r"\mathrm{loss}", Letter("loss")), (r"\vec{x}", X), (r"d^2x/dt^2", Derivative(X, (T, T))),
])
def test_trees_are_exact(formula: str, tree: Node) -> None:
    assert read(formula).sides == (tree,)


def test_separators_are_kept_and_do_not_count_in_comparisons() -> None:
    (call,) = read(r"f(x, t; \theta | p)").sides
    assert isinstance(call, Call) and call.separators == (",", ";", "|") and call == read(r"f(x, t, \theta, p)").sides[0]


def test_every_node_knows_its_characters() -> None:
    formula = r"\dot\lambda^T = -\lambda^T \frac{\partial f}{\partial x} - \int_0^T L(x, u)\,dt"
    waiting: list[Node] = [read(formula)]
    seen = []
    while waiting:
        node = waiting.pop()
        seen.append((type(node).__name__, formula[slice(*node.span)]))
        waiting += children(node)
    for expected in (("Transposed", r"\dot\lambda^T"), ("Derivative", r"\frac{\partial f}{\partial x}"), ("Call", "L(x, u)"), ("Integral", r"\int_0^T L(x, u)\,dt"), ("Letter", r"\dot\lambda"), ("Number", "0")):
        assert expected in seen, expected


# What the letters decide


@pytest.mark.parametrize(("formula", "letters", "expected"), [
    ("q(x + y)", Letters(functions=frozenset("q")), "q(x + y)"), ("q(x + y)", Letters(plain=frozenset("q")), "q * (x + y)"), ("q(t + h)", Letters(signals=frozenset("q")), "q(t + h)"), ("q(x - y)", Letters(signals=frozenset("q")), "q * (x - y)"),
    ("q^k", Letters(indexed=frozenset("q")), "q^k"), ("q^k", Letters(plain=frozenset("q")), "q^k"), ("d x", Letters(plain=frozenset("d")), "d * x"), ("d x", Letters(), "delta x"), (r"\int c d x dt", Letters(plain=frozenset("cd")), "int of c * d * x dt"),
    (r"\delta x", Letters(plain=frozenset({"delta"})), "delta * x"), ("e^x", Letters(plain=frozenset("e")), "e^x"), ("e^T", Letters(plain=frozenset("e")), "e^T"), ("D x", Letters(plain=frozenset("D")), "D * x"), ("D f", Letters(operators=frozenset("D")), "d(f)"),
    ("(x y)^*", Letters(star="adjoint"), "(x * y)^T"), ("x^*", Letters(star="adjoint"), "x^T"), ("(x y)^*", Letters(star="optimal"), "[x * y at *]"), ("(x y)'", Letters(prime="transpose"), "(x * y)^T"), ("x'", Letters(prime="derivative"), "d(x)"),
    (r"A^\dagger", Letters(dagger="adjoint"), "A^T"), ("x^H", Letters(transposes=frozenset("TH")), "x^T"), ("x^T", Letters(transposes=frozenset()), "x^T"), ("O(h)", Letters(functions=frozenset("O")), "O(h)"), ("q(r)", Letters(), "q(r)"), ("q(r, s)", Letters(), "q(r, s)"),
])
def test_letters_decide_what_text_leaves_open(formula: str, letters: Letters, expected: str) -> None:
    assert text(read(formula, letters)) == expected


def test_an_index_and_a_power_are_different_trees() -> None:
    index, power = read("q^k", Letters(indexed=frozenset("q"))), read("q^k", Letters(plain=frozenset("q")))
    assert isinstance(index.sides[0], Letter) and isinstance(power.sides[0], Power)


def test_a_transposition_and_a_power_of_the_final_time_are_different_trees() -> None:
    assert isinstance(read("x^T").sides[0], Transposed) and isinstance(read("x^T", Letters(transposes=frozenset())).sides[0], Power)


@pytest.mark.parametrize(("other", "usual"), [(r"\sh 1 + \ch(t)", r"\sinh 1 + \cosh(t)"), (r"\tg x", r"\tan x"), (r"\operatorname{sen} x", r"\sin x"), (r"\mathrm{arctg}(x)", r"\arctan(x)")])
def test_functions_go_by_the_names_of_other_countries(other: str, usual: str) -> None:
    assert text(read(other)) == text(read(usual)) != text(read(r"\cosh 1 + \sinh(t)"))


# Statements and names


@pytest.mark.parametrize(("display", "parts"), [
    (r"\dot x = f, \quad x(0) = x_0", [r"\dot x = f", "x(0) = x_0"]), (r"a = b, c = d", ["a = b", "c = d"]), (r"x_{k+1} = f, \quad k = 0, \dots, N", [r"x_{k+1} = f, \quad k = 0, \dots, N"]), (r"a = b \implies c = d", ["a = b", "c = d"]),
    (r"a = b \text{ and } c = d", [r"a = b \text{ and }", "c = d"]), (r"f(a, b) = c, \; t \in [0, T]", [r"f(a, b) = c, \; t \in [0, T]"]), (r"a = b; c = d", ["a = b", "c = d"]), (r"a = b \quad + c", [r"a = b \quad + c"]), (r"\text{only words}", []), (r"\boxed{a = b}", ["a = b"]), (r"\mathbf{x} = \left( y \right)", [r"\mathbf{x} = \left( y \right)"]), ("{a = b}", ["a = b"]), (r"(a = b", ["(a = b"]),
    (r"x, y \in \mathbb{R}^n", [r"x, y \in \mathbb{R}^n"]), (r"a = b \\ c = d", ["a = b", "c = d"]),
    (r"a = b \mathrm{\ subject\ to\ } c = d", [r"a = b \mathrm{\ subject\ to\ }", "c = d"]), (r"\mathrm{d\ at} = b", [r"\mathrm{d\ at} = b"]),
    (r"a = b \to c = d \to u \to 0", ["a = b", r"c = d \to u \to 0"]), (r"J = \int_0^T u\,dt \to \min", [r"J = \int_0^T u\,dt \to \min"]),
    (r"x(t_\mathrm{f}) = x_\mathrm{f}, z = 0", [r"x(t_\mathrm{f}) = x_\mathrm{f}", "z = 0"]), (r"a = x_12, b = c^\text{in}", ["a = x_12", r"b = c^\text{in}"]),
])
def test_displays_are_cut_into_statements(display: str, parts: list[str]) -> None:
    assert [display[start:end] for start, end in statements(display)] == parts


@pytest.mark.parametrize(("written", "name"), [(r"\mathbf{x}", "x"), (r"\lambda", "lambda"), (r"\mathcal{H}", "mathcal{H}"), ("t_1", "t"), ("x + y", None), ("x = y", None), ("(", None)])
def test_a_single_letter_is_told(written: str, name: str | None) -> None:
    found = letter(written)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(("text", "sides"), [(r"\psi(x(T)) = 0 \in \mathbb{R}^q", 2), (r"g = h = 0 \in \mathbb R^{q}", 3), (r"x \in \mathbb{R}^n", 2),
                                             (r"u = 1 \in U", 3)])
def test_a_space_behind_an_equation_is_no_side(text: str, sides: int) -> None:
    found = read_formula(text)
    assert isinstance(found, Chain)
    assert len(found.sides) == sides


@pytest.mark.parametrize(("text", "count"), [
    (r"x_{i+1} = A x_i \ (i \ge 0)", 1), (r"\dot x = f(x)\;(0 \le t \le T)", 1), (r"y = a (b + c)", 0), (r"(a < b) = c", 0),
])
def test_a_relation_in_brackets_behind_a_statement_is_its_condition(text: str, count: int) -> None:
    chain = read_formula(text)
    assert (len(chain.conditions) if isinstance(chain, Chain) else 0) == count


def test_a_gain_before_an_innovation_is_a_factor() -> None:
    chain = read_formula(r"x^a = x^b + K (y - H x^b)")
    assert isinstance(chain, Chain) and isinstance(chain.sides[1], Sum) and not isinstance(chain.sides[1].terms[1], Call)
    assert isinstance(read_formula(r"x = K (a - b c)"), Unread)
