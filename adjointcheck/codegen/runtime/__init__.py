"""Texts that generated modules carry with them; read as data by the emitters, never imported by this package."""
