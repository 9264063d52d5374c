"""What is understood becomes claims, and proofs for the trusted core."""
