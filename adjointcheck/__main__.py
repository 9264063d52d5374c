"""`python -m adjointcheck` is the command `adjointcheck`."""

from __future__ import annotations

from adjointcheck.cli import main

if __name__ == "__main__":
    main()
