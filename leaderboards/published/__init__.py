"""Figures that papers report: the data, and reading them."""
