"""Compiled loops over maps and lists of pixels."""
