"""Notes that a person wrote: read, understood, judged formula by formula.

    text ──> tree ──> resolved formula ──> claim ──> proof        ──> verdict
        reading/   letters/, systems/         proofs/                verdicts/
                                       ──> numbers in worlds
                                              worlds/

`introduction.py` goes through the notes formula by formula, `foreword.py` knows what holds before the first one, `verify.py` ends in
findings (`finding.py`).  Each folder knows those before it, and `proofs/` and `worlds/` do not know each other.
"""
