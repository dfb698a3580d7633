"""Ranks of methods across metrics and data sets, and how they are printed and drawn."""
