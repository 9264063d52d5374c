"""The zero-test corpus as data: identities, near misses, and what the core leaves open, one line each.

An identity holds at every real point where both sides are defined.  Sources of traps: the issue lists of SymPy, Maxima
and others in anchors/trust.md (numbers in the comments), and the branch cuts of every function of the grammar.
"""

from __future__ import annotations

# (left, right): PROVED expected; names in `POSITIVE` below are assumed positive for the rows that need it
IDENTITIES: tuple[tuple[str, str], ...] = (
    # polynomials and quotients
    ("(x + y)**2", "x**2 + 2*x*y + y**2"), ("(x + y)*(x - y)", "x**2 - y**2"), ("(x - 1)**5", "x**5 - 5*x**4 + 10*x**3 - 10*x**2 + 5*x - 1"),
    ("x/x", "1"), ("(x**2 - 1)/(x - 1)", "x + 1"), ("1/x + 1/y", "(x + y)/(x*y)"), ("1/(1/x + 1/y)", "x*y/(x + y)"), ("x - y", "-(y - x)"), ("x/(x/y)", "y"),
    ("1/(x - 1) - 1/(x + 1)", "2/(x**2 - 1)"), ("(x**4 + 4)/(x**2 + 2*x + 2)", "x**2 - 2*x + 2"), ("0.1 + 0.2", "0.3"), ("1e-200 + 1", "1 + 1/1e200"),
    ("(a*x + b)**3", "a**3*x**3 + 3*a**2*b*x**2 + 3*a*b**2*x + b**3"), ("x**-2*x**3", "x"), ("(x*y)**-3", "x**-3/y**3"), ("x**0", "1"), ("0*x", "0"), ("0/x", "0"),
    ("x*(y + z)", "x*y + x*z"), ("(x + y + z)**3 - (x + y)**3", "z*(3*(x + y)**2 + 3*(x + y)*z + z**2)"), ("1 - 1/(1 + x)", "x/(1 + x)"), ("-(-x)", "x"), ("--x", "x"),
    ("x/(1 + 1/(1 + 1/x))", "x*(x + 1)/(2*x + 1)"), ("123456789012345678901234567890*x - x", "123456789012345678901234567889*x"), ("(1/3 + 1/7)*21", "10"),
    ("(a*d - b*c)*(e*h - f*g)", "(a*e + b*g)*(c*f + d*h) - (a*f + b*h)*(c*e + d*g)"), ("(a**2 + b**2)*(c**2 + d**2)", "(a*c - b*d)**2 + (a*d + b*c)**2"),
    ("x*(1 - x/k)", "x - x**2/k"), ("v*s/(k + s) - v*s/(k + s)", "0"), ("1/(x - y) + 1/(y - x)", "0"), ("(x + 1)**20/(x + 1)**19", "x + 1"),
    # exponentials and logarithms
    ("exp(x)*exp(y)", "exp(x + y)"), ("exp(-x)", "1/exp(x)"), ("exp(x)**2", "exp(2*x)"), ("exp(0)", "1"), ("exp(x/2)**2", "exp(x)"), ("exp(x/3)**6", "exp(2*x)"),
    ("sqrt(exp(x))", "exp(x/2)"), ("exp(log(x))", "x"), ("exp(2*log(x))", "x**2"), ("exp(-log(x))", "1/x"), ("exp(x + log(y))", "y*exp(x)"), ("exp(log(x)/2)", "sqrt(x)"),
    ("log(x*y)", "log(x) + log(y)"), ("log(x**2)", "2*log(x)"), ("log(x**2)", "2*log(abs(x))"), ("log(1/x)", "-log(x)"), ("log(x/y)", "log(x) - log(y)"), ("log(1)", "0"), ("log(4)", "2*log(2)"),
    ("log(6)", "log(2) + log(3)"), ("log(x**2 - 1)", "log(x - 1) + log(x + 1)"), ("log(2*x + 2)", "log(2) + log(1 + x)"), ("log(0.001)", "-3*log(10)"),
    ("log(x**2 + 2*x + 1)", "2*log(abs(x + 1))"), ("exp(x*log(2))", "2**x"), ("2**x*2**y", "2**(x + y)"), ("4**x", "2**(2*x)"), ("6**x", "2**x*3**x"), ("(1/2)**x", "2**(-x)"),
    ("8**(1/3)", "2"), ("exp(x)*(1 - exp(-x))", "exp(x) - 1"), ("1/(1 + exp(-x))", "exp(x)/(1 + exp(x))"), ("1 - 1/(1 + exp(-x))", "1/(1 + exp(x))"),
    ("log(exp(2))", "log(exp(1)**2)"), ("exp(x + y + z)", "exp(x)*exp(y)*exp(z)"), ("exp(a*x)*exp(-a*x)", "1"), ("exp((x + y)**2)", "exp(x**2)*exp(2*x*y)*exp(y**2)"),
    ("log(abs(x))*2", "log(x**2)"), ("log(x)/log(10)", "log(x**2)/log(100)"),
    # symbolic exponents: Hill functions and their kind
    ("z**h/(k**h + z**h)", "1/((k/z)**h + 1)"), ("z**h", "exp(h*log(z))"), ("z**(h + 1)", "z*z**h"), ("z**(2*h)", "(z**h)**2"), ("(y*z)**h", "y**h*z**h"), ("z**(-h)", "1/z**h"),
    ("h*z**h/z", "h*z**(h - 1)"), ("(z**2)**h", "z**(2*h)"), ("z**(h/2)*z**(h/2)", "z**h"), ("(1/z)**h", "z**(-h)"),
    ("z**(1/2 + h)", "sqrt(z)*z**h"), ("x**y*x**(-y)", "1"), ("(x**2 + 1)**y*(x**2 + 1)", "(x**2 + 1)**(y + 1)"),
    # roots
    ("sqrt(x)**2", "x"), ("sqrt(x**2)", "abs(x)"), ("sqrt(x)*sqrt(y)", "sqrt(x*y)"), ("sqrt(4*x)", "2*sqrt(x)"), ("sqrt(x**4)", "x**2"), ("sqrt(8)", "2*sqrt(2)"), ("sqrt(1/x)", "1/sqrt(x)"),
    ("1/(sqrt(x) - sqrt(y))", "(sqrt(x) + sqrt(y))/(x - y)"), ("sqrt(2)*sqrt(3)", "sqrt(6)"), ("1/sqrt(2)", "sqrt(2)/2"), ("x**(1/3)*x**(2/3)", "x"), ("sqrt(sqrt(x))", "x**(1/4)"),
    ("sqrt(x**2*y)", "abs(x)*sqrt(y)"), ("x**(3/2)", "x*sqrt(x)"), ("sqrt(x)/x", "1/sqrt(x)"), ("sqrt((x - y)**2)", "abs(x - y)"), ("(x**3)**(1/3)", "x"), ("sqrt(x**2 + 2*x + 1)", "abs(x + 1)"),
    ("(1 + sqrt(5))**3/8", "2 + sqrt(5)"), ("(sqrt(2) + sqrt(3))**2", "5 + 2*sqrt(6)"), ("sqrt(x + 1)**4", "x**2 + 2*x + 1"), ("(2 + sqrt(3))*(2 - sqrt(3))", "1"), ("x/sqrt(1 + x**2)*sqrt(1 + x**2)", "x"),
    ("sqrt(1 + x**2)**-1*(1 + x**2)", "sqrt(1 + x**2)"), ("(x**6)**(1/2)", "abs(x)**3"), ("sqrt(3 + 2*sqrt(2))**2", "3 + sqrt(8)"), ("x**0.5", "sqrt(x)"), ("x**(-1/3)", "1/x**(1/3)"),
    # circular functions
    ("sin(x)**2 + cos(x)**2", "1"), ("sin(2*x)", "2*sin(x)*cos(x)"), ("cos(2*x)", "1 - 2*sin(x)**2"), ("cos(2*x)", "cos(x)**2 - sin(x)**2"), ("sin(x + y)", "sin(x)*cos(y) + cos(x)*sin(y)"),
    ("cos(x - y)", "cos(x)*cos(y) + sin(x)*sin(y)"), ("tan(x)", "sin(x)/cos(x)"), ("1 + tan(x)**2", "1/cos(x)**2"), ("sin(-x)", "-sin(x)"), ("cos(-x)", "cos(x)"), ("sin(x - y)", "-sin(y - x)"),
    ("sin(3*x)", "3*sin(x) - 4*sin(x)**3"), ("cos(3*x)", "4*cos(x)**3 - 3*cos(x)"), ("tan(2*x)", "2*tan(x)/(1 - tan(x)**2)"), ("sin(x/2)**2", "(1 - cos(x))/2"), ("tan(x/2)", "sin(x)/(1 + cos(x))"),
    ("tan(x + y)", "(tan(x) + tan(y))/(1 - tan(x)*tan(y))"), ("sin(x)*sin(y)", "(cos(x - y) - cos(x + y))/2"), ("sin(x)**4 - cos(x)**4", "sin(x)**2 - cos(x)**2"), ("sin(0)", "0"), ("cos(0)", "1"),
    ("sin(5*x)", "16*sin(x)**5 - 20*sin(x)**3 + 5*sin(x)"), ("cos(x)**3", "(cos(3*x) + 3*cos(x))/4"), ("sin(a*t + b)", "sin(a*t)*cos(b) + cos(a*t)*sin(b)"), ("sin(x) + sin(y)", "2*sin((x + y)/2)*cos((x - y)/2)"),
    ("cos(x/3)*3 - 4*cos(x/3)**3", "-cos(x)"), ("1/cos(x) - cos(x)", "sin(x)*tan(x)"), ("sin(x/6)*cos(x/6)", "sin(x/3)/2"), ("sin(x*y + y)", "sin(y*(x + 1))"),
    # hyperbolic functions
    ("cosh(x)**2 - sinh(x)**2", "1"), ("sinh(x)", "(exp(x) - exp(-x))/2"), ("cosh(x)", "(exp(x) + exp(-x))/2"), ("tanh(x)", "sinh(x)/cosh(x)"), ("tanh(x)", "1 - 2/(exp(2*x) + 1)"), ("sinh(2*x)", "2*sinh(x)*cosh(x)"),
    ("cosh(2*x)", "1 + 2*sinh(x)**2"), ("sinh(-x)", "-sinh(x)"), ("cosh(-x)", "cosh(x)"), ("tanh(-x)", "-tanh(x)"), ("cosh(x) + sinh(x)", "exp(x)"), ("1 - tanh(x)**2", "1/cosh(x)**2"),
    ("sinh(x + y)", "sinh(x)*cosh(y) + cosh(x)*sinh(y)"), ("cosh(x - y)", "cosh(x)*cosh(y) - sinh(x)*sinh(y)"), ("tanh(2*x)", "2*tanh(x)/(1 + tanh(x)**2)"), ("(1 + tanh(x/2))/2", "1/(1 + exp(-x))"),
    ("sinh(3*x)", "3*sinh(x) + 4*sinh(x)**3"), ("cosh(x/2)**2", "(cosh(x) + 1)/2"), ("sqrt(cosh(x)**2)", "cosh(x)"), ("sqrt(exp(x))*exp(-x/2)", "1"),
    # inverse functions
    ("asin(-x)", "-asin(x)"), ("atan(-x)", "-atan(x)"), ("acos(x) + asin(x)", "pi/2"), ("acos(x) + acos(-x)", "pi"), ("atan(x - y)", "-atan(y - x)"), ("asin(x*(1 + y))", "asin(x + x*y)"), ("asin(0)", "0"),
    # kinks: a proof for each region
    ("abs(x)", "max(x, -x)"), ("abs(x)**2", "x**2"), ("abs(-x)", "abs(x)"), ("abs(abs(x))", "abs(x)"), ("sign(x)*abs(x)", "x"), ("x*sign(x)", "abs(x)"), ("max(x, y)", "(x + y + abs(x - y))/2"),
    ("min(x, y)", "(x + y - abs(x - y))/2"), ("min(x, y) + max(x, y)", "x + y"), ("min(x, y)*max(x, y)", "x*y"), ("max(x, x)", "x"), ("-max(-x, -y)", "min(x, y)"),
    ("sign(-x)", "-sign(x)"), ("sign(x)**3", "sign(x)"), ("abs(x/y)", "abs(x)/abs(y)"), ("piecewise(x, x > 0, -x)", "abs(x)"), ("piecewise(x, x < y, y)", "min(x, y)"),
    ("piecewise(1, x < 0, 1)", "1"), ("piecewise(x, x > 0, 0)", "max(x, 0)"), ("max(x, 0) - max(-x, 0)", "x"), ("max(x, 0)*min(x, 0)", "0"), ("piecewise(sin(x)**2, x < 1, 1 - cos(x)**2)", "sin(x)**2"),
    ("piecewise(x, not (x < 0), -x)", "abs(x)"), ("piecewise(1, x < 0 and 0 < x, 2)", "2"), ("piecewise(1, x <= 0 or 0 <= x, 2)", "1"), ("abs(x**2 + 1)", "x**2 + 1"), ("sign(exp(x))", "1"), ("abs(sqrt(x))", "sqrt(x)"),
    ("piecewise(2, x < x + 1, 3)", "2"), ("max(x**2, -1 - y**2)", "x**2"), ("abs(cosh(x))", "cosh(x)"), ("sign(x)*sign(x)*x", "x"), ("sign(-1/3)", "-1"), ("min(3, 2)", "2"), ("piecewise(x, 2 < 3, 1/0)", "x"),
    ("piecewise(log(x), x > 0, log(-x))", "log(abs(x))"),
    # costate equations as people write them
    ("-p_x*(a - b*y) - p_y*d*y", "-(p_x*(a - b*y) + p_y*(d*y))"), ("p_x*b*x - p_y*(d*x - c)", "-(-p_x*b*x + p_y*d*x - p_y*c)"), ("-x - p_v*(-k/m)", "p_v*k/m - x"),
)

# rows that need x, y > 0
POSITIVE_IDENTITIES: tuple[tuple[str, str], ...] = (
    ("abs(x)", "x"), ("sqrt(x**2)", "x"), ("sign(x)", "1"), ("max(x, 0)", "x"), ("sqrt(x**2*y**2)", "x*y"), ("abs(x + y)", "x + y"), ("log(x**2)", "2*log(x)"), ("piecewise(1, x < 0, 2)", "2"),
    ("min(x, -y)", "-y"), ("sqrt(x**2 + 2*x*y + y**2)", "x + y"), ("(x**2*y**4)**(1/2)", "x*y**2"), ("abs(x*y/(x + y))", "x*y/(x + y)"),
)

# true, but beyond the laws that the core knows: UNKNOWN is honest, REFUTED would be a lie
OPEN: tuple[tuple[str, str], ...] = (
    ("sin(pi)", "0"), ("sin(pi/6)", "1/2"), ("sin(x + pi)", "-sin(x)"), ("cos(x + 2*pi)", "cos(x)"), ("sin(asin(x))", "x"), ("tan(atan(x))", "x"), ("atan(1)", "pi/4"), ("4*atan(1/5) - atan(1/239)", "pi/4"),
    ("sqrt(3 + 2*sqrt(2))", "1 + sqrt(2)"), ("sqrt(5 + 2*sqrt(6))", "sqrt(2) + sqrt(3)"), ("(2 + sqrt(5))**(1/3)", "(1 + sqrt(5))/2"), ("cos(asin(x))", "sqrt(1 - x**2)"), ("acos(1/2)", "pi/3"),
    ("(7 + 5*sqrt(2))**(1/3)", "1 + sqrt(2)"), ("asin(1)", "pi/2"), ("atan(x) + atan(1/x)", "sign(x)*pi/2"), ("log(cosh(x) + sinh(x))", "x"), ("log(1018081)", "2*log(1009)"), ("asin(tanh(x))", "2*atan(tanh(x/2))"),
    ("log(sqrt(x))", "log(x)/2"), ("exp(1)**x", "exp(x)"), ("log(z**h)", "h*log(z)"), ("sqrt(z)**h", "z**(h/2)"), ("sqrt(x*y)**2", "x*y"),
    ("atan((x**2 - 1)/(x - 1))", "atan(x + 1)"), ("abs(x*y)", "abs(x)*abs(y)"), ("max(x, max(y, z))", "max(max(x, y), z)"), ("sign(x*y)", "sign(x)*sign(y)"), ("max(a*x, a*y)", "a*piecewise(max(x, y), a > 0, min(x, y))"),
    ("sqrt(2)", "2*cos(pi/4)"), ("exp(log(3)*log(2))", "2**log(3)"), ("sign(sqrt(2) - 1)", "1"), ("max(pi, 3)", "pi"), ("abs(x - x**3)", "abs(x)*abs(1 - x**2)"),
)

# (left, right): REFUTED expected
NEAR_MISSES: tuple[tuple[str, str], ...] = (
    # algebra slips
    ("(x + y)**2", "x**2 + y**2"), ("(x + y)**3", "x**3 + y**3"), ("1/(x + y)", "1/x + 1/y"), ("x/(y + z)", "x/y + x/z"), ("(x + y)/x", "y"), ("x - (y - z)", "x - y - z"), ("-x**2", "(-x)**2"), ("2**-x", "-2**x"),
    ("x/y/z", "x/(y/z)"), ("x**2**3", "(x**2)**3"), ("a*x - b*x*y", "a*x - b*y"), ("x**-1", "-x"), ("(a*b)**2", "a*b**2"), ("x/2*y", "x/(2*y)"), ("1 - (1 - x)", "-x"), ("(x**2 - 1)/(x - 1)", "x - 1"),
    ("x**2 - 2*x*y - y**2", "(x - y)**2"), ("12345678901234567890*x", "12345678901234567891*x"), ("0.1", "0.1000000000000000055511151231257827"), ("1/3", "0.333333333333333333333333"), ("x*(1 - x/k)", "x - x/k"),
    # exponentials and logarithms (sympy #23086 and its kin; symbolic-math-verify accepts several of these)
    ("exp(x + y)", "exp(x) + exp(y)"), ("exp(x*y)", "exp(x)*exp(y)"), ("exp(x)**2", "exp(x**2)"), ("exp(-x)", "-exp(x)"), ("log(x + y)", "log(x) + log(y)"), ("log(x*y)", "log(x)*log(y)"), ("log(x)**2", "2*log(x)"),
    ("log(x/y)", "log(x)/log(y)"), ("log(x**2)", "log(x)**2"), ("exp(2*log(x))", "2*x"), ("log(2*x)", "2*log(x)"), ("2**(x + y)", "2**x + 2**y"), ("2**(x*y)", "2**x*2**y"), ("(x*y)**h", "x*y**h"), ("z**h/(k**h + z**h)", "z**h/(k + z)**h"),
    ("h*z**(h - 1)", "h*z**h"), ("z**(h - 1)", "z**h - 1"), ("(z**h)**2", "z**(h**2)"), ("x**y", "y**x"), ("1/(1 + exp(-x))", "1 - exp(-x)"), ("exp(x)*(1 - exp(-x))", "exp(x) + 1"), ("log(x**2)", "2*log(x) + 1e-30"), ("log(1 + x)", "log(x)"),
    ("log(abs(x))", "abs(log(x))"), ("exp(abs(x))", "abs(exp(x))"), ("log(x**2 + y**2)", "2*log(x + y)"),
    # roots and branches
    ("sqrt(x**2)", "x"), ("sqrt(x**2)", "-x"), ("sqrt(x + y)", "sqrt(x) + sqrt(y)"), ("sqrt(x**2 + y**2)", "x + y"), ("sqrt(x)*2", "sqrt(2*x)"), ("sqrt(x**2*y)", "x*sqrt(y)"), ("(x**2)**(1/2)", "x"), ("(x**6)**(1/6)", "x"), ("sqrt((x - y)**2)", "x - y"),
    ("sqrt(x**2 - 2*x + 1)", "x - 1"), ("(x**4)**(1/4)", "x"), ("1/sqrt(x)", "-sqrt(x)"), ("x**(2/3)", "x**(3/2)"), ("sqrt(1 - x**2)", "1 - x"), ("sqrt(2)", "1.4142135623730950488016887242096980785696718753769"), ("sqrt(x**2 + 1)", "abs(x)"),
    ("(x**2)**(3/2)", "x**3"), ("sqrt(sin(x)**2)", "sin(x)"), ("sqrt(x)*sqrt(x)", "abs(x) + 1e-40"), ("sqrt(2) + sqrt(3)", "3.1462643699419723423291350657155704455124771291873"), ("sqrt(cos(x)**2)", "cos(x)"), ("(x**2*y**2)**(1/2)", "x*y"),
    # circular and hyperbolic slips
    ("sin(x)**2 + cos(x)**2", "2"), ("sin(2*x)", "2*sin(x)"), ("cos(2*x)", "2*cos(x)"), ("cos(2*x)", "1 - sin(x)**2"), ("sin(x + y)", "sin(x) + sin(y)"), ("sin(x + y)", "sin(x)*cos(y) - cos(x)*sin(y)"), ("cos(x + y)", "cos(x)*cos(y) + sin(x)*sin(y)"),
    ("cos(x - y)", "cos(x) - cos(y)"), ("tan(x + y)", "tan(x) + tan(y)"), ("sin(-x)", "sin(x)"), ("cos(-x)", "-cos(x)"), ("tan(x)", "cos(x)/sin(x)"), ("1 + tan(x)**2", "1/sin(x)**2"), ("sin(x)**2", "sin(x**2)"), ("sin(x)/x", "1"), ("sin(3*x)", "3*sin(x)"),
    ("sin(x/2)", "sin(x)/2"), ("sin(x + 0.001)", "sin(x)"),  # Maxima's zeroequiv called this one true
    ("cosh(x)**2 + sinh(x)**2", "1"), ("cosh(x)", "(exp(x) - exp(-x))/2"), ("tanh(x)", "(exp(x) - 1)/(exp(x) + 1)"), ("1 - tanh(x)**2", "cosh(x)**2"), ("sinh(x + y)", "sinh(x) + sinh(y)"), ("sinh(x)", "sin(x)"), ("cosh(x)", "cos(x)"), ("tanh(x)", "atan(x)"),
    ("asin(sin(x))", "x"), ("acos(cos(x))", "x"), ("atan(tan(x))", "x"), ("asin(x)", "1/sin(x)"), ("atan(x)", "1/tan(x)"), ("acos(x)", "-acos(-x)"), ("acos(x) + asin(x)", "pi"), ("acos(-x)", "acos(x)"), ("atan(x)", "asin(x)/acos(x)"), ("atan(x) + atan(1/x)", "pi/2"),
    ("atan(x) + atan(y)", "atan((x + y)/(1 - x*y))"), ("asin(x) + asin(y)", "asin(x*sqrt(1 - y**2) + y*sqrt(1 - x**2))"), ("180*acos(7823207/7823209)/pi", "0"), ("pi", "355/113"), ("pi", "3.14159265358979323846264338327950288419716939937510"),
    ("exp(pi*sqrt(163))", "262537412640768744"), ("exp(pi) - pi", "20"), ("22/7", "pi"), ("exp(1)", "2.71828182845904523536028747135266249775724709369995"), ("sin(22)", "0"), ("cos(355)", "-1"), ("log(2)", "0.693147180559945309417232121458176568"),
    ("exp(-exp(8))", "0"), ("tanh(40*x**2 + 40)", "1"), ("sin(1e-30)", "1e-30"), ("atan(1e40)", "pi/2"), ("exp(1e-60) - 1", "1e-60"), ("cosh(1e-25)", "1"), ("log(1 + 1e-50)", "1e-50"), ("sqrt(1 + 1e-80)", "1 + 1e-80/2"),
    # kinks
    ("abs(x)", "x"), ("abs(x)", "-x"), ("abs(x + y)", "abs(x) + abs(y)"), ("abs(x - y)", "abs(x) - abs(y)"), ("abs(x)**3", "x**3"), ("sign(x)", "1"), ("sign(x)", "x"), ("sign(x + y)", "sign(x) + sign(y)"), ("max(x, y)", "x"), ("max(x, y)", "x + y"), ("min(x, y)", "-max(x, y)"),
    ("max(x, y) + z", "max(x + z, y)"), ("max(x*z, y*z)", "z*max(x, y)"), ("max(x, 0)", "x"), ("max(x, 0)", "abs(x)"), ("min(x, 0)", "-abs(x)"), ("min(x, y)*max(x, y)", "x**2"), ("max(x, 0)**2", "x**2"), ("piecewise(x, x > 0, -x)", "x"), ("piecewise(x, x > 0, 0)", "x"),
    ("piecewise(1, x < 0, 2)", "1"), ("piecewise(1, x < 0, 2)", "2"), ("piecewise(x, x < y, y)", "max(x, y)"), ("piecewise(x, x < 1000000, x + 1)", "x + 1"), ("abs(x - 1000)", "1000 - x + 2*max(x - 1000, 0) + 1e-9"), ("abs(x)", "sqrt(x**2 + 1e-60)"), ("sign(x)*x", "x"),
    ("max(x, y, z)", "max(x, y)"), ("abs(x*y)", "x*abs(y)"), ("piecewise(sin(x), x < 1, cos(x))", "sin(x)"), ("piecewise(1, x < 0 or y < 0, 2)", "piecewise(1, x < 0 and y < 0, 2)"), ("max(x, 0)", "x*(1 + tanh(100*x))/2"), ("sign(x)", "tanh(1000*x)"),
    # adjoint slips
    ("-p_x*(a - b*y) - p_y*d*y", "p_x*(a - b*y) + p_y*d*y"), ("-p_x*(a - b*y) - p_y*d*y", "-p_x*(a - b*y) + p_x*b*x"), ("-p_x*(a - b*y) - p_y*d*y", "-p_x*(a - b*y)"), ("p_x*x", "p_x*x/2"), ("x - 1", "1 - x"), ("2*mu*x*v**2 + p_v*(2*mu*x*v + 1)", "mu*x*v**2 + p_v*(2*mu*x*v + 1)"),
)

# false, but nowhere visible within the precision and the points that are tried: UNKNOWN is honest, PROVED would be a lie
HIDDEN: tuple[tuple[str, str], ...] = (
    ("exp(-exp(30))", "0"), ("piecewise(1, x < 1e30, 2)", "1"), ("max(x, -1e40)", "x"), ("x + 1e-399*1e-399*1e-399*1e-399", "x"), ("tanh(1e6 + x**2)", "1"), ("1/(1 + exp(-1e5))", "1"), ("abs(x - 1e20)", "1e20 - x"),
    ("piecewise(x + 1, x**2 < 1e-30, x)", "x"), ("sign(x**2)", "1"), ("atan(1e390*exp(1e3))", "pi/2"),
)

# nothing to decide: no point of the reals lies in the domain of both sides
EMPTY: tuple[tuple[str, str], ...] = (
    ("1/(x - x)", "1"), ("0/0", "1"), ("0/0", "0"), ("1/0", "2/0"), ("log(-1 - x**2)", "x"), ("sqrt(-1)", "1"), ("sqrt(-2) + 0", "sqrt(-2)"), ("sqrt(-1)*sqrt(-1)", "-1"), ("(-1)**(1/3)", "-1"), ("(-2)**x", "1"), ("0**x", "0"), ("0**(-1)", "1"), ("log(0)", "x"),
    ("log(-x**2)", "2*log(x)"), ("asin(2)", "x"), ("acos(1 + x**2 + y**2 + 1)", "0"), ("sqrt(-1 - exp(x))", "0"), ("(-1 - x**2)**(1/2)", "1"), ("x**y + 0*log(-x)", "1"), ("log(x - x)", "1"), ("1/(sin(x)**2 + cos(x)**2 - 1)", "3"), ("sqrt(x) + log(-x)", "5"),
    ("1/(abs(x) - max(x, -x))", "1"), ("log(-abs(x))", "1"), ("x/0", "x/0 + 1"),
)
