"""One verdict for each formula: proved in every setting that is open, contradicted in worlds, or neither."""
