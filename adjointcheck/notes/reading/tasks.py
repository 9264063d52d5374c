"""Tasks that notes number: "(a) Find the optimal control. (d) Solve it again with |u| <= 1." and, further down, "(d) Now ..."

What a list of tasks says of one of them holds from where this one is worked out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

NUMBER = r"\(?([a-h]|i{1,3}|iv|vi{0,3}|\d)\)"
LABEL = re.compile(rf"^[\s*_#]*{NUMBER}")
LISTED = re.compile(rf"(?:^|(?<=[\s*_])){NUMBER}")


def task_of(paragraph: str) -> str:
    """d of a paragraph that begins with (d); "" of any other."""
    found = LABEL.match(paragraph)
    return found[1] if found is not None else ""


def in_their_tasks(formulas: Sequence[Any]) -> tuple[Any, ...]:
    """The formulas, those of a list of tasks right before the first one of their task."""
    found = list(formulas)
    for formula in formulas:
        tasks, place = _tasks(formula), found.index(formula)
        later = range(place + 1, len(found)) if len({*tasks}) > 1 else ()
        target = next((i for i in later if _tasks(found[i]) == [task_of(found[i].paragraph)] == tasks[-1:]), None)
        if target is not None:
            found.insert(target - 1, found.pop(place))
    return tuple(found)


def _tasks(formula: Any) -> list[str]:
    """The numbers of tasks before it in its paragraph."""
    return LISTED.findall(formula.paragraph)
