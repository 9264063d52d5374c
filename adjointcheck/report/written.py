"""LaTeX that a person wrote, as MathML: latex2mathml lays it out, and nothing passes that is not plain presentation.

The text comes from files that nobody has vetted, and the library escapes only some of it: its output is read back as XML and kept
only if all of its elements and attributes are harmless ones. What cannot be shown is None, and the page shows the text itself.
"""

from __future__ import annotations

import re
from itertools import accumulate
from xml.etree import ElementTree

CAP, DEPTH = 4000, 40  # characters of one formula that is laid out, and its nested groups
ELEMENTS = frozenset(
    "math mrow mi mo mn mtext mspace mfrac msqrt mroot msub msup msubsup mover munder munderover mtable mtr mtd mstyle mpadded "
    "menclose".split()
)
ATTRIBUTES = frozenset(
    "stretchy fence form separator displaystyle scriptlevel mathvariant minsize maxsize width lspace rspace linethickness accent "
    "accentunder movablelimits display columnalign columnspacing rowspacing notation".split()
)
_VALUE = re.compile(r"[\w.+% -]*\Z", re.ASCII)
_END = r"(?![A-Za-z])"
_GONE = re.compile(
    rf"(?<!\\)%[^\n]*|\\(?:label|tag\*?|eqref|ref)\s*\{{[^{{}}]*\}}|\\(?:nonumber|notag|limits|nolimits|middle){_END}|(?<!\\)&"
)
_ROWS = re.compile(r"\\begin\s*\{\s*(?:cases|[pbvB]?matrix|array|aligned|split|gathered|align\*?)\s*\}")
_WORDS = tuple((re.compile(pattern), replacement) for pattern, replacement in (
    (rf"\\arg\s*\\(min|max){_END}", r"\\operatorname{arg\\,\1}"),
    (r"\\operatorname\*", r"\\operatorname"),
    (rf"\\(?:boldsymbol|bm|pmb){_END}", r"\\mathbf"),
    (r"\\[bB]igg?[lr]?\s*\\([{}|])", r"\\\1"),
))


def written_mathml(latex: str) -> str | None:
    """One <math> element for `latex`, or None if it is too long or deep, unbalanced, or has a command that nobody knows."""
    from latex2mathml.converter import convert

    if len(latex) > CAP or max(accumulate((sign == "{") - (sign == "}") for sign in latex), default=0) > DEPTH:
        return None
    try:
        text = convert(_prepared(latex), display="block")
        root = ElementTree.fromstring(re.sub(r'\sxmlns="[^"]*"', "", text, count=1))
    except Exception:  # whatever a stranger's text does to the library: it is then shown as it is
        return None
    return _plain(root) if _harmless(root) else None


def _prepared(latex: str) -> str:
    text = _GONE.sub(lambda match: "&" if match[0] == "&" and _ROWS.search(latex) else "", latex)
    for pattern, replacement in _WORDS:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def _harmless(root: ElementTree.Element) -> bool:
    return all(
        element.tag in ELEMENTS
        and "\\" not in (element.text or "")
        and all(name in ATTRIBUTES and _VALUE.match(value) for name, value in element.attrib.items())
        for element in root.iter()
    )


def _plain(root: ElementTree.Element) -> str:
    root.attrib.clear()
    root.set("displaystyle", "true")
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
