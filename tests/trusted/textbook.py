"""More of the corpus: textbook identities, branch traps, other systems' bugs, and slips; (left, right) under a source or remark.

Identities hold at every real point where both sides are defined; of near misses at least one such point is wrong.
"""

from __future__ import annotations

IDENTITIES: dict[str, tuple[tuple[str, str], ...]] = {
    "sums and products of angles": (
        ("sin(x) - sin(y)", "2*cos((x + y)/2)*sin((x - y)/2)"), ("cos(x) + cos(y)", "2*cos((x + y)/2)*cos((x - y)/2)"), ("cos(x) - cos(y)", "-2*sin((x + y)/2)*sin((x - y)/2)"), ("cos(x)*cos(y)", "(cos(x - y) + cos(x + y))/2"),
        ("sin(x)*cos(y)", "(sin(x + y) + sin(x - y))/2"), ("sin(x + y)*sin(x - y)", "sin(x)**2 - sin(y)**2"), ("cos(x + y)*cos(x - y)", "cos(x)**2 - sin(y)**2"), ("sin(x + y)**2 - sin(x - y)**2", "sin(2*x)*sin(2*y)"),
        ("tan(x) + tan(y)", "sin(x + y)/(cos(x)*cos(y))"), ("tan(x) - tan(y)", "sin(x - y)/(cos(x)*cos(y))"), ("sin(x + y + z)", "sin(x)*cos(y)*cos(z) + cos(x)*sin(y)*cos(z) + cos(x)*cos(y)*sin(z) - sin(x)*sin(y)*sin(z)"),
        ("cos(x + y + z)", "cos(x)*cos(y)*cos(z) - sin(x)*sin(y)*cos(z) - sin(x)*cos(y)*sin(z) - cos(x)*sin(y)*sin(z)"), ("tan(x - y)", "(tan(x) - tan(y))/(1 + tan(x)*tan(y))"), ("(sin(x) + cos(x))**2", "1 + sin(2*x)"),
        ("(sin(x) + sin(y))**2 + (cos(x) + cos(y))**2", "2 + 2*cos(x - y)"), ("sin(x) + cos(x)", "sqrt(2)*sin(x + pi/4)"), ("sin(x)*sin(x + 2*y)", "sin(x + y)**2 - sin(y)**2"), ("a*sin(x) + b*cos(x)", "(a*tan(x) + b)*cos(x)"),
    ),
    "multiple and half angles": (
        ("cos(2*x)", "2*cos(x)**2 - 1"), ("sin(2*x)", "2*tan(x)/(1 + tan(x)**2)"), ("cos(2*x)", "(1 - tan(x)**2)/(1 + tan(x)**2)"), ("tan(3*x)", "(3*tan(x) - tan(x)**3)/(1 - 3*tan(x)**2)"), ("sin(4*x)", "4*sin(x)*cos(x)*cos(2*x)"),
        ("cos(4*x)", "8*cos(x)**4 - 8*cos(x)**2 + 1"), ("cos(5*x)", "16*cos(x)**5 - 20*cos(x)**3 + 5*cos(x)"), ("cos(6*x)", "32*cos(x)**6 - 48*cos(x)**4 + 18*cos(x)**2 - 1"), ("sin(6*x)", "2*sin(3*x)*cos(3*x)"), ("tan(x/2)", "(1 - cos(x))/sin(x)"),
        ("tan(x/2)**2", "(1 - cos(x))/(1 + cos(x))"), ("sin(x)", "2*tan(x/2)/(1 + tan(x/2)**2)"), ("cos(x)", "(1 - tan(x/2)**2)/(1 + tan(x/2)**2)"), ("abs(sin(x/2))", "sqrt((1 - cos(x))/2)"), ("abs(cos(x/2))", "sqrt((1 + cos(x))/2)"),
        ("sin(x)**3", "(3*sin(x) - sin(3*x))/4"), ("sin(x)**4", "(3 - 4*cos(2*x) + cos(4*x))/8"), ("cos(x)**4", "(3 + 4*cos(2*x) + cos(4*x))/8"), ("sin(x)**2*cos(x)**2", "(1 - cos(4*x))/8"), ("cos(x)*cos(2*x)*cos(4*x)", "sin(8*x)/(8*sin(x))"),
        ("1/tan(x) - tan(x)", "2/tan(2*x)"), ("1/sin(2*x)", "(tan(x) + 1/tan(x))/2"), ("(1 + sin(x) - cos(x))/(1 + sin(x) + cos(x))", "tan(x/2)"), ("sin(x)**6 + cos(x)**6", "1 - 3*sin(x)**2*cos(x)**2"),
    ),
    "Pythagoras and quotients": (
        ("1/cos(x)**2 - tan(x)**2", "1"), ("1 + 1/tan(x)**2", "1/sin(x)**2"), ("(1 - sin(x))*(1 + sin(x))", "cos(x)**2"), ("cos(x)/(1 - sin(x))", "(1 + sin(x))/cos(x)"), ("1/(1 - cos(x)) + 1/(1 + cos(x))", "2/sin(x)**2"), ("tan(x)*sin(x) + cos(x)", "1/cos(x)"),
        ("(tan(x) + 1/tan(x))*sin(x)*cos(x)", "1"), ("sqrt(1 - sin(x)**2)", "abs(cos(x))"), ("sqrt(1 + tan(x)**2)", "1/abs(cos(x))"), ("sin(x)**4 + 2*sin(x)**2*cos(x)**2 + cos(x)**4", "1"), ("(1 + tan(x)**2)*cos(x)**4", "cos(x)**2"), ("sin(x)/(1 + cos(x)) + (1 + cos(x))/sin(x)", "2/sin(x)"),
    ),
    "shifts by multiples of pi": (
        ("sin(pi - x)", "sin(x)"), ("cos(pi - x)", "-cos(x)"), ("cos(pi/2 - x)", "sin(x)"), ("sin(x + pi/2)", "cos(x)"), ("tan(x + pi)", "tan(x)"), ("tan(pi/2 - x)", "1/tan(x)"), ("sin(x + 2*pi)", "sin(x)"), ("cos(x - 3*pi/2)", "-sin(x)"), ("sin(x + 100*pi)", "sin(x)"), ("cos(x + 101*pi)", "-cos(x)"),
        ("sin(x + pi/3) + sin(x - pi/3)", "sin(x)"), ("cos(x + pi/6)", "(sqrt(3)*cos(x) - sin(x))/2"), ("sin(x)*sin(pi/3 - x)*sin(pi/3 + x)", "sin(3*x)/4"), ("cos(x)*cos(pi/3 - x)*cos(pi/3 + x)", "cos(3*x)/4"), ("tan(pi/4 + x)", "(1 + tan(x))/(1 - tan(x))"),
        ("cos(x) + cos(x + 2*pi/3) + cos(x + 4*pi/3)", "0"), ("sin(x)**2 + sin(x + 2*pi/3)**2 + sin(x - 2*pi/3)**2", "3/2"),
    ),
    "known angles": (
        ("cos(pi/3)", "1/2"), ("sin(pi/3)", "sqrt(3)/2"), ("tan(pi/6)", "1/sqrt(3)"), ("cos(pi/4)**2", "1/2"), ("sin(2*pi)", "0"), ("cos(pi)", "-1"), ("sin(5*pi/6)", "1/2"), ("cos(7*pi/4)", "1/sqrt(2)"), ("tan(-pi/4)", "-1"), ("sin(13*pi/3)", "sqrt(3)/2"), ("asin(1/2)", "pi/6"), ("asin(-1)", "-pi/2"),
        ("acos(0)", "pi/2"), ("acos(-1)", "pi"), ("atan(sqrt(3))", "pi/3"), ("atan(-1)", "-pi/4"), ("asin(sqrt(2)/2)", "pi/4"), ("acos(sqrt(3)/2)", "pi/6"), ("atan(1/sqrt(3))", "pi/6"), ("sin(asin(1/3))", "1/3"), ("cos(acos(3/5)*2)", "-7/25"), ("sin(2*atan(1/2))", "4/5"),
    ),
    "functions of inverse functions": (
        ("sin(acos(x))", "sqrt(1 - x**2)"), ("cos(atan(x))", "1/sqrt(1 + x**2)"), ("sin(atan(x))", "x/sqrt(1 + x**2)"), ("tan(asin(x))", "x/sqrt(1 - x**2)"), ("tan(acos(x))", "sqrt(1 - x**2)/x"), ("sin(2*asin(x))", "2*x*sqrt(1 - x**2)"), ("cos(2*asin(x))", "1 - 2*x**2"), ("cos(2*acos(x))", "2*x**2 - 1"),
        ("sin(2*atan(x))", "2*x/(1 + x**2)"), ("cos(2*atan(x))", "(1 - x**2)/(1 + x**2)"), ("tan(2*atan(x))", "2*x/(1 - x**2)"), ("cos(3*acos(x))", "4*x**3 - 3*x"), ("sin(3*asin(x))", "3*x - 4*x**3"), ("cos(5*acos(x))", "16*x**5 - 20*x**3 + 5*x"), ("sin(asin(x) + acos(x))", "1"), ("sin(asin(x) + asin(y))", "x*sqrt(1 - y**2) + y*sqrt(1 - x**2)"),
        ("cos(atan(x) + atan(y))", "(1 - x*y)/(sqrt(1 + x**2)*sqrt(1 + y**2))"), ("tan(atan(x) + atan(y))", "(x + y)/(1 - x*y)"), ("cos(acos(x))", "x"), ("atan(1/x) + atan(x)", "pi/2*sign(x)"), ("tan(asin(x)/2)", "x/(1 + sqrt(1 - x**2))"), ("acos(-x)", "pi - acos(x)"), ("asin(x) + asin(-x)", "0"), ("cos(asin(x))**2 + x**2", "1"),
    ),
    "hyperbolic functions": (
        ("sinh(x - y)", "sinh(x)*cosh(y) - cosh(x)*sinh(y)"), ("cosh(x + y)", "cosh(x)*cosh(y) + sinh(x)*sinh(y)"), ("tanh(x + y)", "(tanh(x) + tanh(y))/(1 + tanh(x)*tanh(y))"), ("cosh(2*x)", "cosh(x)**2 + sinh(x)**2"), ("cosh(2*x)", "2*cosh(x)**2 - 1"), ("cosh(3*x)", "4*cosh(x)**3 - 3*cosh(x)"),
        ("sinh(x/2)**2", "(cosh(x) - 1)/2"), ("tanh(x/2)", "sinh(x)/(1 + cosh(x))"), ("tanh(x/2)", "(cosh(x) - 1)/sinh(x)"), ("sinh(x)*sinh(y)", "(cosh(x + y) - cosh(x - y))/2"), ("cosh(x)*cosh(y)", "(cosh(x + y) + cosh(x - y))/2"), ("sinh(x) + sinh(y)", "2*sinh((x + y)/2)*cosh((x - y)/2)"),
        ("cosh(x) - sinh(x)", "exp(-x)"), ("(cosh(x) + sinh(x))**3", "cosh(3*x) + sinh(3*x)"), ("(1 + tanh(x))/(1 - tanh(x))", "exp(2*x)"), ("sinh(4*x)", "4*sinh(x)*cosh(x)*cosh(2*x)"), ("tanh(x)", "(exp(x) - exp(-x))/(exp(x) + exp(-x))"), ("tanh(x)", "(exp(2*x) - 1)/(exp(2*x) + 1)"), ("sinh(log(x))", "(x - 1/x)/2"),
        ("cosh(log(x))", "(x + 1/x)/2"), ("tanh(log(x))", "(x**2 - 1)/(x**2 + 1)"), ("tanh(3*x)", "(3*tanh(x) + tanh(x)**3)/(1 + 3*tanh(x)**2)"), ("cosh(x)**2*(1 - tanh(x)**2)", "1"), ("log(cosh(x) + sinh(x))", "x"), ("sqrt(cosh(2*x) - 1)", "sqrt(2)*abs(sinh(x))"), ("sinh(x)**3", "(sinh(3*x) - 3*sinh(x))/4"),
    ),
    "exponentials and logarithms": (
        ("log(exp(x))", "x"), ("log(exp(x)*exp(y))", "x + y"), ("log(exp(x)/y)", "x - log(y)"), ("log(1/exp(x))", "-x"), ("log(1 + exp(x)) - log(1 + exp(-x))", "x"), ("log(exp(x) + 1)", "x + log(1 + exp(-x))"), ("log(sqrt(x))", "log(x)/2"), ("log(x**3)", "3*log(x)"), ("log(x**y)", "y*log(x)"),
        ("log(x**2*y**4)", "2*log(abs(x)) + 4*log(abs(y))"), ("exp(log(x) + log(y))", "x*y"), ("exp(3*log(x) - 2*log(y))", "x**3/y**2"), ("exp(y*log(x))", "x**y"), ("x**(1/log(x))", "exp(1)"), ("x**log(y)", "y**log(x)"), ("exp(1)**x", "exp(x)"), ("10**log(x)", "x**log(10)"), ("log(8)/log(2)", "3"), ("log(x)/log(2)", "log(x**3)/log(8)"),
        ("log(x**2 - y**2)", "log(abs(x - y)) + log(abs(x + y))"), ("log(x**3 + 1)", "log(x + 1) + log(x**2 - x + 1)"), ("exp(x)*exp(-2*x)*exp(x)", "1"), ("(exp(x) - 1)*(exp(x) + 1)", "exp(2*x) - 1"), ("(exp(x) - exp(-x))**2", "exp(2*x) - 2 + exp(-2*x)"), ("exp(x/5)**10", "exp(2*x)"), ("exp(exp(log(x)))", "exp(x)"),
        ("log(log(exp(exp(x))))", "x"), ("exp(log(log(x)))", "log(x)"), ("exp(x**2)*exp(y**2)*exp(2*x*y)", "exp((x + y)**2)"), ("exp(1/x)*exp(-1/x)", "1"), ("exp(x/y)**y", "exp(x)"), ("log(3*x/(2*y))", "log(3) - log(2) + log(x/y)"), ("log(1000)", "3*log(10)"), ("log(12)", "2*log(2) + log(3)"), ("exp(-log(2)*x)", "1/2**x"),
    ),
    "powers and roots": (
        ("x**y*x**z", "x**(y + z)"), ("(x**y)**z", "x**(y*z)"), ("x**y/x**z", "x**(y - z)"), ("(x/y)**h", "x**h/y**h"), ("sqrt(x**h)", "x**(h/2)"), ("(sqrt(x))**h", "x**(h/2)"), ("(x**(1/3))**h", "x**(h/3)"), ("x**h*y**h*x**(-h)", "y**h"), ("(x**2 + 1)**h*(x**2 + 1)**(1 - h)", "x**2 + 1"), ("(x**h + x**(-h))**2", "x**(2*h) + 2 + x**(-2*h)"),
        ("4**h", "2**h*2**h"), ("(x*y*z)**h", "x**h*y**h*z**h"), ("x**(h**2)", "(x**h)**h"), ("exp(h*x)", "exp(x)**h"), ("(exp(x) + 1)**h", "exp(h*log(1 + exp(x)))"), ("sqrt(x)*sqrt(x)*sqrt(x)", "x**(3/2)"), ("x**(1/2)*x**(1/3)*x**(1/6)", "x"), ("sqrt(x*y)*sqrt(x/y)", "abs(x)"), ("sqrt(x*y)**2", "x*y"), ("sqrt(x/y)", "sqrt(x*y)/abs(y)"),
        ("(sqrt(x) + sqrt(y))*(sqrt(x) - sqrt(y))", "x - y"), ("(sqrt(x) + 1)**2", "x + 2*sqrt(x) + 1"), ("1/(sqrt(x + 1) + sqrt(x))", "sqrt(x + 1) - sqrt(x)"), ("sqrt(x**2 + 2*x*y + y**2)", "abs(x + y)"), ("sqrt(x**6)", "abs(x)**3"), ("sqrt(12)", "2*sqrt(3)"), ("sqrt(2)*sqrt(8)", "4"), ("27**(2/3)", "9"), ("16**(-3/4)", "1/8"),
        ("(1 + sqrt(2))**2", "3 + 2*sqrt(2)"), ("1/(sqrt(3) - sqrt(2))", "sqrt(3) + sqrt(2)"), ("((1 + sqrt(5))/2)**2", "(1 + sqrt(5))/2 + 1"), ("sqrt(sqrt(16*x**4))", "2*abs(x)"), ("(x**3)**(2/3)", "x**2"), ("sqrt(1 + 1/x**2)", "sqrt(x**2 + 1)/abs(x)"), ("x**(7/10)*x**(3/10)", "x"), ("(x - y)**(5/3)", "(x - y)*(x - y)**(2/3)"),
        ("sqrt(x + sqrt(y))*sqrt(x - sqrt(y))", "sqrt(x**2 - y)"), ("sqrt(sqrt(x) + 1)**4", "x + 2*sqrt(x) + 1"), ("sqrt(exp(2*x) + 2*exp(x) + 1)", "exp(x) + 1"),
    ),
    "quotients and polynomials": (
        ("x**3 - y**3", "(x - y)*(x**2 + x*y + y**2)"), ("x**3 + y**3", "(x + y)*(x**2 - x*y + y**2)"), ("x**4 + x**2 + 1", "(x**2 + x + 1)*(x**2 - x + 1)"), ("x**5 - 1", "(x - 1)*(x**4 + x**3 + x**2 + x + 1)"), ("1/(x*(x + 1))", "1/x - 1/(x + 1)"), ("1/((x - a)*(x - b))", "(1/(x - a) - 1/(x - b))/(a - b)"),
        ("(a/b)/(c/d)", "a*d/(b*c)"), ("1/(1 - x) + 1/(1 + x)", "2/(1 - x**2)"), ("(x**2 - y**2)/(x - y) - y", "x"), ("x*(y/x)", "y"), ("(a + b + c)**2", "a**2 + b**2 + c**2 + 2*(a*b + b*c + c*a)"), ("a**3 + b**3 + c**3 - 3*a*b*c", "(a + b + c)*(a**2 + b**2 + c**2 - a*b - b*c - c*a)"),
        ("(a - b)*(b - c)*(c - a)", "a*b**2 - a**2*b + b*c**2 - b**2*c + c*a**2 - c**2*a"), ("1/(1 + 1/(1 + 1/(1 + x)))", "(x + 2)/(2*x + 3)"), ("a/(b + c/d)", "a*d/(b*d + c)"), ("atan((x**2 - 1)/(x - 1))", "atan(x + 1)"), ("exp(x/(1 + x))*exp(1/(1 + x))", "exp(1)"), ("sin(x - x**2/(1 + x))", "sin(x/(1 + x))"), ("1/(x**2 + 1 - x**2)", "1"),
    ),
    "kinks": (
        ("abs(x*y)", "abs(x)*abs(y)"), ("abs(x)**3", "x**2*abs(x)"), ("abs(x - y)", "max(x, y) - min(x, y)"), ("max(x, max(y, z))", "max(max(x, y), z)"), ("min(x, min(y, z))", "min(min(z, y), x)"), ("max(x, y, z)", "max(z, x, y)"), ("max(min(x, y), z)", "min(max(x, z), max(y, z))"), ("min(max(x, y), z)", "max(min(x, z), min(y, z))"), ("max(x, y) + z", "max(x + z, y + z)"),
        ("max(2*x, 2*y)", "2*max(x, y)"), ("max(exp(x), exp(y))", "exp(x)*max(1, exp(y)/exp(x))"), ("sign(x*y)", "sign(x)*sign(y)"), ("sign(x)*sign(x)*sign(x)", "sign(x)"), ("abs(abs(x) - abs(y))", "max(abs(x), abs(y)) - min(abs(x), abs(y))"), ("max(abs(x), 0)", "abs(x)"), ("abs(max(x, 0))", "max(x, 0)"), ("abs(x)", "max(x, 0) + max(-x, 0)"),
        ("abs(abs(abs(x) - 1) - 1)", "max(abs(abs(x) - 1) - 1, 1 - abs(abs(x) - 1))"), ("piecewise(x, x > y, y)", "max(x, y)"), ("piecewise(1, x < 0, 2, x < 1, 3)", "piecewise(piecewise(3, not x < 1, 2), x >= 0, 1)"), ("piecewise(x**2, x < y, y**2)", "min(x, y)**2"), ("max(x, -x)*max(y, -y)", "abs(x*y)"), ("cos(abs(x))", "cos(x)"), ("sin(abs(x))", "sign(x)*sin(x)"), ("exp(max(x, y))*exp(min(x, y))", "exp(x + y)"),
        ("log(max(x, y))", "max(log(x), log(x)) + log(max(x, y)) - log(x)"), ("atan(abs(x))", "abs(x)*atan(x)/x"), ("tanh(abs(x))*sign(x)", "tanh(x)"), ("cosh(abs(x))", "cosh(x)"), ("abs(sin(x))**2", "1 - cos(x)**2"), ("max(x, 0)*max(-x, 0)", "0"), ("max(x, 0)**2 + min(x, 0)**2", "x**2"),
    ),
    "fields and costates": (
        ("r*x*(1 - x/k)", "r*x - r*x**2/k"), ("-p_x*(r - 2*r*x/k)", "p_x*r*(2*x/k - 1)"), ("v*s/(k + s)", "v/(1 + k/s)"), ("v*k/(k + s)**2", "v/(k + s) - v*s/(k + s)**2"), ("s**h/(k**h + s**h) + k**h/(k**h + s**h)", "1"), ("h*s**(h - 1)*k**h/(k**h + s**h)**2", "h*(s/k)**h/(s*(1 + (s/k)**h)**2)"),
        ("sigma*(y - x)*p_x + (x*(rho - z) - y)*p_y", "p_x*sigma*y - p_x*sigma*x + p_y*rho*x - p_y*x*z - p_y*y"), ("mu*(1 - x**2)*v - x", "-x + mu*v - mu*v*x**2"), ("-p_x*v*(-2*mu*x) - p_v*(-1 - 2*mu*x*v)", "2*mu*x*v*(p_x + p_v) + p_v"), ("sin(y - x) + sin(z - x)", "sin(y)*cos(x) - cos(y)*sin(x) + sin(z)*cos(x) - cos(z)*sin(x)"),
        ("exp(-e/(b*temperature))*exp(e/(b*t0))", "exp(e/b*(1/t0 - 1/temperature))"), ("1/(1 + exp((v - a)/b))", "(1 - tanh((v - a)/(2*b)))/2"), ("(v + 40)/10/(1 - exp(-(v + 40)/10))", "(v + 40)*exp((v + 40)/10)/(10*(exp((v + 40)/10) - 1))"), ("x/sqrt(x**2 + y**2)**3", "x*(x**2 + y**2)**(-3/2)"), ("-g*x/(x**2 + y**2)**(3/2)", "-g*x/((x**2 + y**2)*sqrt(x**2 + y**2))"),
        ("g/l*sin(x)*p_v - p_x*v", "-(p_x*v - p_v*g*sin(x)/l)"), ("1 - tanh(a*x + b)**2", "4/(exp(a*x + b) + exp(-a*x - b))**2"), ("p*w - (w - u)**2/2", "p*w - w**2/2 + w*u - u**2/2"), ("beta*s*i/(s + i + r)", "beta*i*(1 - (i + r)/(s + i + r))"), ("(a*x + b*w)*p + q*x**2 + r*w**2", "r*(w + b*p/(2*r))**2 - b**2*p**2/(4*r) + a*x*p + q*x**2"),
        ("log(1 + exp(x))", "max(x, 0) + log(1 + exp(-abs(x)))"), ("x/(1 + exp(-x))", "x - x/(1 + exp(x))"), ("exp(x)/(exp(x) + exp(y))", "1/(1 + exp(y - x))"), ("(x**2 + 1)**h/(x**2 + 1)", "(x**2 + 1)**(h - 1)"), ("c*(x - y)/(1 + (x - y)**2)", "-c*(y - x)/(1 + (y - x)**2)"),
    ),
}

# true, and perhaps beyond the laws that the core knows
HARD: tuple[tuple[str, str], ...] = (
    ("sqrt(4 + 2*sqrt(3))", "1 + sqrt(3)"), ("(26 + 15*sqrt(3))**(1/3)", "2 + sqrt(3)"), ("atan(2) + atan(3)", "3*pi/4"), ("sin(pi/5)**2", "(5 - sqrt(5))/8"), ("cos(pi/12)", "(sqrt(6) + sqrt(2))/4"), ("sin(pi/10)", "(sqrt(5) - 1)/4"), ("atan(1/2) + atan(1/3)", "pi/4"),
    ("asin(x)", "atan(x/sqrt(1 - x**2))"), ("2*atan(x)", "asin(2*x/(1 + x**2)) + 0*log(1 - x**2)"), ("acos(1 - 2*x**2) + 0*log(x)", "2*asin(x)"), ("atan(sinh(x))", "2*atan(tanh(x/2))"), ("max(pi, 22/7)", "22/7"), ("abs(exp(1) - 3)", "3 - exp(1)"), ("sign(sin(1))", "1"), ("sqrt((1 - sqrt(2))**2)", "sqrt(2) - 1"), ("log(1009*1013)", "log(1009) + log(1013)"),
)

NEAR_MISSES: dict[str, tuple[tuple[str, str], ...]] = {
    "angle slips": (
        ("sin(x) - sin(y)", "2*sin((x + y)/2)*cos((x - y)/2)"), ("cos(x) + cos(y)", "2*cos(x + y)*cos(x - y)"), ("cos(x) - cos(y)", "2*sin((x + y)/2)*sin((x - y)/2)"), ("tan(x - y)", "(tan(x) - tan(y))/(1 - tan(x)*tan(y))"), ("cos(3*x)", "3*cos(x) - 4*cos(x)**3"), ("sin(x/2)", "sqrt((1 - cos(x))/2)"), ("cos(2*x)", "sqrt((1 + cos(4*x))/2)"), ("sqrt(1 - sin(x)**2)", "cos(x)"),
        ("tan(x/2)", "(1 + cos(x))/sin(x)"), ("sin(pi - x)", "-sin(x)"), ("cos(pi/2 + x)", "sin(x)"), ("tan(pi/2 - x)", "tan(x)"), ("sin(x + pi)", "sin(x)"), ("cos(x + 99*pi)", "cos(x)"), ("sin(pi/3)", "1/2"), ("cos(pi/4)", "1/2"), ("asin(1/2)", "pi/3"), ("atan(2) + atan(3)", "-pi/4"), ("acos(-1)", "-pi"), ("sin(x)**4", "(3 - 4*cos(2*x) - cos(4*x))/8"),
        ("(sin(x) + cos(x))**2", "1"), ("sin(x)*cos(x)", "sin(2*x)"), ("1/cos(x)**2", "1 - tan(x)**2"), ("sin(x)**2", "(1 + cos(2*x))/2"), ("cos(4*x)", "8*cos(x)**4 - 8*cos(x)**2 - 1"), ("sin(x + y)*sin(x - y)", "sin(x**2 - y**2)"), ("cos(x*y)", "cos(x)*cos(y)"), ("sin(1/x)", "1/sin(x)"), ("asin(x) + acos(x)", "pi/4"), ("sin(x) + cos(x)", "sqrt(2)*cos(x + pi/4)"),
    ),
    "inverse functions and branches": (
        ("asin(sin(3*x))", "3*x"), ("atan(x) + atan(y)", "atan((x + y)/(1 - x*y)) + pi"), ("cos(asin(x))", "-sqrt(1 - x**2)"), ("sin(acos(x))", "1 - x**2"), ("tan(asin(x))", "x/sqrt(1 + x**2)"), ("2*atan(x)", "atan(2*x/(1 - x**2))"), ("acos(-x)", "-acos(x)"), ("asin(2*x*sqrt(1 - x**2))", "2*asin(x)"), ("acos(1 - 2*x**2)", "2*asin(x)"), ("atan(1/x)", "1/atan(x)"),
        ("atan(1/x)", "pi/2 - atan(x)"), ("atan(x)", "asin(x/sqrt(1 - x**2))"), ("log(x**2)", "2*log(x) + log(2)"), ("log(x*y)", "log(x) + log(y) + log(abs(x))"), ("sqrt(x**2*y**2)", "x*y"), ("sqrt(x)*sqrt(y)", "-sqrt(x*y)"), ("sqrt(x**4*y)", "-x**2*sqrt(y)"), ("(x**2)**(1/4)", "sqrt(x) + 1e-30"), ("(x**3)**(1/3)", "-x"),
        ("sqrt((1 - x)**2)", "1 - x"), ("sqrt((x + 1)**2) + sqrt((x - 1)**2)", "2*x"), ("sqrt(x + 2*sqrt(x - 1))", "1 + sqrt(x - 2)"), ("sqrt(exp(2*x))", "-exp(x)"), ("abs(x)", "sqrt(x)**2 + x"), ("x**(2/4)*abs(x)", "x**2"), ("(x**(1/3))**2", "x**(1/3)*2"), ("exp(log(x**2)/2)", "x"), ("exp(log(abs(x)))", "x"), ("log(exp(x)**2)", "x**2"), ("log(exp(x) + exp(y))", "x + y"), ("acos(cos(x))", "abs(x)"),
        ("log(x)/log(y)", "log(x/y)"), ("log(x)**y", "y*log(x)"), ("sqrt(3 + 2*sqrt(2))", "sqrt(2) - 1"), ("sqrt(5 - 2*sqrt(6))", "sqrt(2) - sqrt(3)"), ("(2 - sqrt(5))**2", "sqrt(5) - 2"), ("sqrt(x**2 + y**2)", "abs(x) + abs(y)"), ("sqrt(x - y)*sqrt(x - y)", "abs(x + y)"), ("(exp(x) - 1)/(exp(x) + 1)", "tanh(x)"), ("atan(tan(2*x))", "2*x"),
    ),
    "hyperbolic slips": (
        ("cosh(x - y)", "cosh(x)*cosh(y) + sinh(x)*sinh(y)"), ("tanh(x + y)", "(tanh(x) + tanh(y))/(1 - tanh(x)*tanh(y))"), ("cosh(2*x)", "1 - 2*sinh(x)**2"), ("sinh(2*x)", "2*sinh(x)"), ("1 + tanh(x)**2", "1/cosh(x)**2"), ("sinh(-x)", "sinh(x)"), ("cosh(x)", "sqrt(sinh(x)**2 - 1)"), ("sinh(x)", "sqrt(cosh(x)**2 - 1)"), ("tanh(x/2)", "sinh(x)/(1 - cosh(x))"),
        ("cosh(x) + sinh(x)", "exp(-x)"), ("sinh(3*x)", "3*sinh(x) - 4*sinh(x)**3"), ("tanh(x)", "(1 - exp(-x))/(1 + exp(-x))"), ("1 - tanh(x)", "2/(exp(x) + 1)"), ("cosh(x)*cosh(y)", "cosh(x + y)"), ("sinh(log(x))", "(x + 1/x)/2"), ("log(cosh(x))", "abs(x) - log(2)"), ("tanh(x)", "x/sqrt(1 + x**2)"), ("cosh(x)", "1 + x**2/2 + x**4/24"),
    ),
    "powers, exponents and quotients": (
        ("(x + y)**h", "x**h + y**h"), ("x**h*x**k", "x**(h*k)"), ("(x**h)**k", "x**(h + k)"), ("x**h/y**h", "(x - y)**h"), ("h**x", "x**h"), ("2**h*3**h", "5**h"), ("z**h/(k**h + z**h)", "1/(1 + (z/k)**h)"), ("h*z**(h - 1)", "(h - 1)*z**h"), ("h*z**h/z", "h*z**(h + 1)"), ("exp(h*x)", "exp(h)*exp(x)"), ("x**(-h)", "-x**h"), ("x**(1/h)", "1/x**h"), ("sqrt(x**h)", "x**(2*h)"),
        ("1/(a + 1/b)", "a + b"), ("a/(b/c)", "a/(b*c)"), ("(a + b)/(a + c)", "b/c"), ("(x**2 + y**2)/(x + y)", "x + y"), ("1/x - 1/y", "(x - y)/(x*y)"), ("x**3 - y**3", "(x - y)**3"), ("(a - b)**2", "a**2 - b**2"), ("x**2 + 4", "(x + 2)**2"), ("a*(b + c)*d", "a*b + c*d"), ("1/(1 + x)", "1 - x"), ("(1 + x)**100", "1 + 100*x"), ("x**5 - 1", "(x - 1)*(x**4 + x**3 + x**2 + x)"),
        ("(a*b - c)*d", "a*(b - c)*d"), ("x/(1 + x/(1 + x))", "x"), ("2*x/(2*y + 2)", "x/(y + 2)"), ("1/(x - a)**2", "1/(x**2 - a**2)"), ("(x + 1/2)**2", "x**2 + x + 1/2"), ("x*y/(x + y)", "1/x + 1/y"), ("-(a - b)", "-a - b"), ("(-x)**3", "x**3"), ("(-x)**2", "-x**2"), ("10**(-3)", "1/100"), ("1e-5", "1/10000"), ("(x**4 + 4)/(x**2 + 2*x + 2)", "x**2 + 2*x + 2"),
    ),
    "kink slips": (
        ("max(x, max(y, z))", "max(x, y) + max(z, 0)"), ("max(min(x, y), z)", "min(max(x, y), z)"), ("max(-x, -y)", "-max(x, y)"), ("max(x**2, y**2)", "max(x, y)**2"), ("max(x*y, z*y)", "y*max(x, z)"), ("abs(x)*abs(y)", "x*y"), ("abs(x - y)", "abs(x) - abs(y)"), ("sign(x)*x**2", "abs(x)"), ("sign(x + y)", "sign(x)"), ("sign(x)**2", "1 + 1e-20"), ("min(x, 0)", "-max(x, 0)"),
        ("piecewise(x, x < 0, 0)", "max(x, 0)"), ("piecewise(1, x < y, 2)", "piecewise(1, y < x, 2)"), ("piecewise(1, x < 0 and y < 0, 2)", "piecewise(1, x < 0, 2)"), ("piecewise(1, not x < 0, 2)", "piecewise(1, x < 0, 2)"), ("piecewise(1, x < 0, 2, x < 1, 3)", "piecewise(1, x < 0, 3, x < 1, 2)"), ("max(x, y, z)", "max(x, max(y, 0))"), ("abs(abs(x) - 1)", "abs(x - 1)"), ("min(abs(x), 1)", "abs(min(x, 1))"), ("sin(abs(x))", "sin(x)"),
        ("max(x, 1)", "log(exp(x) + exp(1))"), ("abs(x)", "x*tanh(50*x)"), ("sign(x)", "2/pi*atan(1e6*x)"), ("max(x, 0)", "(x + sqrt(x**2 + 1e-40))/2"), ("max(x + 1e-100, x)", "x"), ("abs(x) - abs(-x)", "1e-180"),
    ),
    "adjoint slips": (
        ("-p_x*(r - 2*r*x/k)", "-p_x*(r - r*x/k)"), ("p_x*sigma*(y - x) + p_y*(x*(rho - z) - y)", "p_x*sigma*(y - x) + p_y*(x*(rho - z) + y)"), ("2*mu*x*v*p_v + p_v", "2*mu*x*v*p_v - p_v"), ("-p_x*0 - p_v*(-g/l*cos(x))", "p_v*g/l*sin(x)"), ("-(2*q*x + a*p)", "-(q*x + a*p)"), ("2*r*w + b*p", "r*w + b*p"), ("x1 - xd", "2*(x1 - xd)"), ("-p_x*a - p_y*c", "-p_x*a - p_y*b"),
        ("-p_x*a - p_y*c + 2*x", "-p_x*a - p_y*c"), ("p_k*(1 + h*a)", "p_k/(1 + h*a)"), ("p_k*(1 + h*a)", "p_k*exp(h*a)"), ("p_k + h*a*p_k", "p_k + h*a*p_j"), ("h*(p_1*b1 + p_2*b2)", "h*(p_1*b2 + p_2*b1)"), ("p_x*x/k**2", "-p_x*x/k**2"), ("-p_x*r*x**2/k**2", "p_x*r*x**2/k"), ("p*(1 - tanh(w*x)**2)*w", "p*(1 - tanh(w*x)**2)*x"), ("p*(1 - tanh(w*x)**2)*w", "p*(1 - tanh(w*x))*w"), ("p*h*s**(h - 1)", "p*h*s**h"),
        ("p*s**h*log(s)", "p*s**h*h/s"), ("p*v*k/(k + s)**2", "p*v/(k + s)"), ("p*v*k/(k + s)**2", "p*v*s/(k + s)**2"), ("p*cos(y - x) - q*cos(x - y)", "p*cos(y - x) + q*cos(x - y)"), ("(x - d)**2/2", "(x - d)**2"), ("a11*p1 + a21*p2", "a11*p1 + a12*p2"), ("p*f + l", "p*f - l"), ("-(l + p*f)", "l + p*f"), ("l_x + p*f_x", "p*f_x"), ("3*p*x**2*(1 + 1e-60)", "3*p*x**2"),
        ("p*exp(-a*t)", "p*exp(-a*(t + 1e-90))"), ("p_x*(a - b*y)", "p_x*(a - b*y + 1e-150*x)"),
    ),
    "constants of other systems (Maxima, SymPy and folklore)": (
        ("sin(x + 1e-3)", "sin(x)"), ("180*acos(7823207/7823209)/pi - 1/25", "0"), ("acos(7823207/7823209)", "0"), ("exp(pi*sqrt(58))", "24591257751.99999982221324"), ("exp(pi*sqrt(67))", "147197952744"), ("pi**4 + pi**5", "exp(6)"), ("3*log(640320)/sqrt(163)", "pi"), ("log(6)**5", "18.467"), ("cos(log(2))**2", "0.5918"), ("(1 + 9**(-(4**42)))", "1.0000000001"),
        ("sqrt(2)", "99/70"), ("(1 + sqrt(5))/2", "1.6180339887498948482045868343656381177203"), ("sin(11)", "-1"), ("sin(10**9)", "0.5458434494486996"), ("tan(11)", "-226"), ("exp(3)", "20"), ("log(10)", "2.302585"), ("163/log(163)", "32"), ("pi", "(2143/22)**(1/4)"), ("pi", "sqrt(2) + sqrt(3)"), ("exp(-200)", "0"), ("1/(1 + exp(-300))", "1"), ("tanh(50)", "1"), ("atan(1e30)", "pi/2"),
        ("sinh(1e-20)", "1e-20"), ("cos(1e-40)", "1"), ("sqrt(1 + 1e-60)", "1"), ("1/3 + 1/3 + 1/3", "0.999999999999999999999999"), ("0.1*3", "0.30000000000000004"), ("2**0.5*2**0.5", "2.0000000000000004"), ("sqrt(2)**2", "2 + 1e-190"), ("sin(1)**2 + cos(1)**2", "1 - 1e-195"), ("exp(1)*exp(-1)", "1 + 1e-200"),
    ),
}
