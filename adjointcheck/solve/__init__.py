"""The numeric layer on torch."""
