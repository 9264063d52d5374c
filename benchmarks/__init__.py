"""Speed and accuracy beside the peers: `python -m benchmarks.all --quick` runs everything; the figures are in RESULTS.md."""
