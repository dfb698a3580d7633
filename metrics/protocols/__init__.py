"""Named sets of metric conventions."""
