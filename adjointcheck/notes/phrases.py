"""What a sentence says of the formula behind it: patterns in the languages of notes."""

from __future__ import annotations

import re

VANISHES = r"(?:(?!\b(?:not|nicht|pas|no)\b)[^.;]){0,%d}?(?:vanish|verschwind|annul|anula|zero|обраща)"
OPTIMUM = re.compile(r"optim|óptim|ottim|extremal|stationar|stationär|stationnair"  # in the languages of notes
                     rf"|h_\{{?\\?\w+\}}?\$?(?:{VANISHES % 12}|\s*=\s*0)")
ANY_CONTROL = re.compile(  # of which nothing is best
    r"\b(?:any|every|each|all|arbitrary|jede[rsnm]?|beliebig\w*|tout|toute|chaque|cualquier|todo|ogni|qualsiasi|любо\w+|кажд\w+)\W+(?:\w+\W+){0,1}?"
    r"(?:control|steuer|commande|controllo|управл)|\bwhatever the control")
STATIONARY = re.compile(rf"\bgradi\w+{VANISHES % 30}")  # where the control that follows makes it so
BEST = re.compile(  # where the control that follows is that
    r"(?<!sub)(?<!sub-)(?<!non-)(?:optimale?[nrs]?|оптимальн\w+)\s+(?:control|feedback|input|policy|steuer|stell|regel|rückf|управл)"
    r"|(?:commande|control|retour|controllo)\s+(?:\w+\s+){0,3}(?:optimal|óptim|ottim)")
UNPAID = re.compile(  # no running cost
    r"\b(?:no|without|sans|ohne|kein\w*|sin|senza|без|нет)\W+(?:\w+\W+){0,2}(?:running|stage|courant|laufend|intermed|corrient|текущ)")
_LAST = (r"(?:\b(?:last|final|terminal|letzt|schluss|derni|ultim)|\bend\b|últim|последн|最后|末"
         r"|\bat (?:time |step |layer )?\$[tnl]\$)")
_ONLY = r"(?:\b(?:only|just|alone|nur|seul|s[oó]lo|solamente)|только|只|仅)"
LAST_PAID = re.compile(  # of the costs of all layers that of the last one alone
    rf"(?=.*(?:\bloss|\bcost|verlust|kosten|\bperte|coût|pérdida|\bcoste|perdita|\bcosto|потер|функци|损失|代价)).*?"
    rf"(?:{_ONLY}[^.;,:]{{0,40}}?{_LAST}|{_LAST}[^.;,:]{{0,25}}?{_ONLY})", re.DOTALL)
CASE = re.compile(r"\b(?:if|when|suppose|should|wenn|falls|sofern|si|lorsque|quand|se|quando|cuando|если|когда)\b|若|如果|当")
SUPPOSED = re.compile(  # "if we had", which the notes leave again
    r"\bif\b[^.;:]{0,60}\b(?:was|were|had)\b|\bwenn\b[^.;:]{0,60}\b(?:wäre|hätte)|\bsi\b[^.;:]{0,60}\b(?:était|avait|fuera|tuviera)\b")
RULE = re.compile(r"\\(?:tanh|sinh|cosh|sin|cos|tan|exp|log|ln)\s*'")  # tanh' = 1 - tanh^2, a rule of calculus


def said_of_any(sentence: str) -> str:
    """Why H_u = 0 is not judged behind "for every control", where no word says that the best one is meant."""
    words = sentence.lower()
    return "it is said of any control, not of the best one" if ANY_CONTROL.search(words) and not OPTIMUM.search(words) else ""
