"""Adapters of libraries, each of which imports its library when it is asked for."""
