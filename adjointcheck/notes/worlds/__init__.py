"""Concrete worlds, in which what is understood has numbers; nothing here knows an adjoint equation."""
