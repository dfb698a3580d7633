"""Rows, columns, cells and marks of a table."""
