"""The text of notes to trees: places, macros, terminals, grammar; no letter is understood yet."""
