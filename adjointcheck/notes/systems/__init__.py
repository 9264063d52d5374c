"""Kinds of systems and their customs: layers, stages, events, observations, regulators, fields written out."""
