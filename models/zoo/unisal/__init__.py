"""UNISAL."""
