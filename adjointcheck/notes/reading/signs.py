"""LaTeX's words for mathematics as rows of data: what each command or sign is for the grammar."""

from __future__ import annotations

GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho sigma varsigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
OTHER_LETTERS = frozenset(
    "ell hbar infty emptyset varnothing imath jmath aleph wp dots top bot intercal dagger star prime "
    "Alpha Beta Epsilon Zeta Eta Iota Kappa Mu Nu Omicron Rho Tau Chi omicron digamma".split()
)
DOTS = frozenset("dots ldots cdots vdots ddots dotsc dotsb dotsi dotsm hdots".split())

RELATIONS = {
    "approx": "approx", "simeq": "approx", "cong": "approx", "thickapprox": "approx", "sim": "sim", "equiv": "equiv", "doteq": "=",
    "coloneqq": ":=", "colonequals": ":=", "coloneq": ":=", "triangleq": ":=", "eqqcolon": "=:", "defeq": ":=", "eqdef": ":=", "leq": "<=",
    "le": "<=", "leqslant": "<=", "leqq": "<=", "geq": ">=", "ge": ">=", "geqslant": ">=", "geqq": ">=", "lt": "<", "gt": ">", "ll": "<<",
    "gg": ">>", "neq": "!=", "ne": "!=", "propto": "propto", "in": "in", "notin": "notin", "subset": "subset", "subseteq": "subset",
    "to": "to", "rightarrow": "to", "longrightarrow": "to", "xrightarrow": "to", "mapsto": "mapsto", "longmapsto": "mapsto",
    "succeq": "succeq", "preceq": "preceq", "succ": "succ", "prec": "prec", "downarrow": "to", "searrow": "to", "uparrow": "to",
    "nearrow": "to", "perp": "perp", "parallel": "parallel", "supset": "supset", "supseteq": "supset", "leftarrow": "<-", "gets": "<-",
    "longleftarrow": "<-",
}  # fmt: skip
IMPLICATIONS = frozenset(
    "land implies Rightarrow Longrightarrow iff Leftrightarrow Longleftrightarrow therefore because impliedby Leftarrow".split()
)
PRODUCTS = frozenset(["cdot", "times", "ast"])
BINARY = {"odot": "hadamard", "bullet": "hadamard", "otimes": "kronecker", "circ": "compose"}

FUNCTIONS = {
    name: name
    for name in (
        "sin cos tan cot sinh cosh tanh exp log ln lg det tr rank dim ker diag vec sign abs norm softmax softplus relu grad div curl Re Im "
        "cov var deg gcd sech csch sec csc coth erf"
    ).split()
} | {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "asin": "asin", "acos": "acos", "atan": "atan", "ln": "log", "Tr": "tr",
    "trace": "tr", "Trace": "tr", "sgn": "sign", "ReLU": "relu", "Det": "det", "Diag": "diag", "Cov": "cov", "Var": "var", "Log": "log",
    "Exp": "exp", "Sign": "sign", "rk": "rank", "Div": "div", "sh": "sinh", "ch": "cosh", "tg": "tan", "ctg": "cot", "arctg": "atan",
    "sen": "sin",
}  # fmt: skip
ENTRYWISE = frozenset("exp log sin cos sqrt sinh cosh tan tanh".split())  # of a number, or of every entry of a matrix
BIG = {
    "sum": "sum", "prod": "product", "lim": "lim", "min": "min", "max": "max", "inf": "inf", "sup": "sup", "argmin": "argmin",
    "argmax": "argmax", "minimize": "min", "minimise": "min", "maximize": "max", "maximise": "max", "limsup": "lim", "liminf": "lim",
}  # fmt: skip
INTEGRALS = {"int": 1, "oint": 1, "iint": 2, "iiint": 3, "intop": 1}
ACCENTS = {
    "dot": "dot", "ddot": "ddot", "dddot": "dddot", "bar": "bar", "overline": "bar", "hat": "hat", "widehat": "hat", "tilde": "tilde",
    "widetilde": "tilde", "check": "check", "breve": "breve", "acute": "acute", "grave": "grave", "mathring": "ring",
    "underline": "underline",
}  # fmt: skip
FONTS = frozenset(  # change how a letter looks, not which letter it is
    "mathbf boldsymbol bm bold mathbold pmb vec overrightarrow mathit mathnormal bf it sf tt boldmath mathbfit symbf vb va textbf".split()
)
LOOKS = frozenset(
    "displaystyle textstyle scriptstyle scriptscriptstyle mathstrut strut limits nolimits nonumber notag noindent hfill hfil allowbreak "
    "nobreak relax middle boxed fbox framebox smash mathclap mathrlap mathllap ensuremath mathop mathbin mathrel mathord mathopen "
    "mathclose mathpunct mathinner protect centering small footnotesize normalsize large Large em break newline linebreak pagebreak "
    "smallskip medskip bigskip par substack".split()
)
SIZES = frozenset("big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm".split())
DROPPED = {  # commands that say nothing, with the number of their arguments
    "tag": 1, "label": 1, "vspace": 1, "color": 1, "textcolor": 1, "phantom": 1, "hphantom": 1, "vphantom": 1, "footnote": 1, "rule": 2,
    "raisebox": 1, "scalebox": 1, "colorbox": 1, "qedhere": 0, "hline": 0, "addtocounter": 2, "setcounter": 2, "hspace": 1, "mspace": 1,
    "hskip": 0, "kern": 0, "mkern": 0, "Box": 0, "square": 0, "blacksquare": 0, "qed": 0, "qedsymbol": 0,
}  # fmt: skip
FRACTIONS = frozenset("frac dfrac tfrac cfrac nicefrac sfrac flatfrac".split())
PHYSICS = {"dv": "d", "pdv": "partial", "fdv": "delta", "derivative": "d"}  # the package `physics`: \\dv{f}{x}
MATRICES = frozenset("matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array".split())
CASES = frozenset("cases dcases rcases".split())
LINES = frozenset("aligned alignedat gathered split align gather multline eqnarray equation flalign multlined".split())
ROMAN = frozenset(
    "textsc mathrm operatorname textrm textnormal textsf mathsf mathtt texttt textit textup mbox text hbox mathup symrm".split()
)
SHAPED = {"mathcal": "mathcal", "mathscr": "mathscr", "mathbb": "mathbb", "mathfrak": "mathfrak", "mathds": "mathbb", "Bbb": "mathbb"}
SPACES = frozenset(
    ", ; : ! > thinspace medspace thickspace negthinspace negmedspace negthickspace enspace enskip space nobreakspace /".split()
) | {" ", "\n", "\t", "-", "&"}
QUADS = frozenset(["quad", "qquad"])
CONNECTIVES = frozenset(
    "for if where with and or when otherwise else given so thus hence since then that from by on at in as is are all any each every "
    "subject to such s.t. st iff unless while therefore let over almost a.e.".split()
)
SIGNS = {
    "\u2212": "-", "·": "\\cdot", "⋅": "\\cdot", "\u00d7": "\\times", "\u2217": "*", "∂": "\\partial", "∇": "\\nabla", "∫": "\\int",
    "∑": "\\sum",
    "∏": "\\prod", "≈": "\\approx", "≡": "\\equiv", "≤": "\\le", "≥": "\\ge", "≠": "\\ne", "∈": "\\in", "→": "\\to", "⇒": "\\implies",
    "∞": "\\infty", "\u2032": "'", "\u2019": "'", "\u22a4": "\\top", "ᵀ": "^{T}", "†": "\\dagger", "‖": "\\|", "⟨": "\\langle",
    "⟩": "\\rangle",
    "…": "\\dots", "⋯": "\\cdots", "≔": ":=", "≜": "\\triangleq", "\u211d": "\\mathbb{R}", "\u2113": "\\ell", "⊗": "\\otimes",
    "⊙": "\\odot",
    "∘": "\\circ", "½": "\\frac{1}{2}", "¼": "\\frac{1}{4}", "²": "^{2}", "³": "^{3}", "∀": "\\forall", "∝": "\\propto", "√": "\\sqrt",
    "ẋ": "\\dot{x}", "ẏ": "\\dot{y}", "ż": "\\dot{z}", "ṗ": "\\dot{p}", "ȧ": "\\dot{a}", "ϵ": "\\epsilon", "∆": "\\Delta", "Ω": "\\Omega",
    "\u223c": "\\sim", "\u2223": "|", "∥": "\\|", "⟶": "\\to", "⟹": "\\implies", "⇔": "\\iff", "≪": "\\ll", "≫": "\\gg",
    "\u2216": "\\setminus", "\u2013": "-", "\u2010": "-", "\u2011": "-", "\u2012": "-", "←": "\\gets", "⟵": "\\gets", "↦": "\\mapsto",
    "⟼": "\\mapsto", "⪰": "\\succeq", "⪯": "\\preceq", "≻": "\\succ", "≺": "\\prec", "⊂": "\\subset", "⊆": "\\subset", "⊥": "\\perp",
    "≃": "\\approx", "≅": "\\approx", "⩽": "\\le", "⩾": "\\ge", "⟂": "\\perp", "±": "\\pm", "\u2044": "/", "\u2215": "/",
    "\u2022": "\\cdot", "∙": "\\cdot", "\U0001d53c": "\\mathbb{E}", "\u2112": "\\mathcal{L}", "\u210b": "\\mathcal{H}", "\u2070": "^{0}",
    "\u00b9": "^{1}", "ⁿ": "^{n}", "ᵢ": "_{i}", "ⱼ": "_{j}", "ₙ": "_{n}", "ₖ": "_{k}", "ₜ": "_{t}", "\u2009": "\\,",
    "\uff1a": ":", "\uff0c": ",", "\uff08": "(", "\uff09": ")", "\uff1b": ";",
    "\uff1d": "=", "\u3002": ".", "\u3001": ",",
} | {chr(0x2080 + digit): f"_{{{digit}}}" for digit in range(10)}  # fmt: skip
SIGNS |= dict(
    zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩϑϕϱ", (
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega vartheta phi varrho"
    ).split(), strict=True)
)  # fmt: skip
UNICODE = {sign: f"\\{word}" if word.isalpha() and word.isascii() and len(word) > 1 else word for sign, word in SIGNS.items()}
REFUSED = {  # what is known and not read: why, and what to write instead
    "pm": "two statements in one (`\\pm`)|Write the two formulas apart.",
    "mp": "two statements in one (`\\mp`)|Write the two formulas apart.",
    "cancel": "a term that is struck out|Write the formula without it.",
    "bcancel": "a term that is struck out|Write the formula without it.",
    "xcancel": "a term that is struck out|Write the formula without it.",
    "cancelto": "a term that is struck out|Write the formula without it.",
    "wedge": "a wedge product|Write it in coordinates.", "input": "`\\input`: other files are never opened|Paste its text.",
    "include": "`\\include`: other files are never opened|Paste its text.", "write": "`\\write`: nothing is ever run|Leave it out.",
    "includegraphics": "a picture|Write the formula as text.", "catcode": "`\\catcode` changes how TeX reads|Leave it out.",
    "tikz": "a drawing|Write the formula as text.", "ce": "chemistry|Write the rate equation.",
    "oplus": "a direct sum|Write the parts apart.",
    "cup": "a union of sets|State the parts apart.", "cap": "an intersection of sets|State the parts apart.",
    "exists": "`there is`|State the formula for a named thing.", "binom": "a binomial|Write it with factorials or numbers.",
    "choose": "a binomial|Write it with factorials or numbers.", "lfloor": "rounding|It has no derivative.",
    "lceil": "rounding|It has no derivative.",
    "mod": "a remainder|It has no derivative.", "setminus": "a difference of sets|State the parts apart.",
    "ref": "a reference|Leave it out.",
    "cite": "a citation|Leave it out.", "eqref": "a reference|Leave it out.", "overwrite": "`\\overwrite`|Leave it out.",
    "lor": "`or` between statements|Write them apart.", "neg": "`not`|Write the statement that holds.",
    "expandafter": "TeX programming|Write the formula out.", "csname": "TeX programming|Write the formula out.",
    "loop": "TeX programming|Write the formula out.", "def": "a macro defined inside a formula|Define it before.",
    "newcommand": "a macro defined inside a formula|Define it before.", "let": "TeX programming|Write the formula out.",
}  # fmt: skip
