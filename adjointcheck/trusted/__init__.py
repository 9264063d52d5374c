"""The trusted core: the only maker of PROVED, readable in one sitting, without SymPy."""
