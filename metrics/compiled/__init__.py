"""The metrics by compiled kernels, for maps of 8 bits and for maps of real numbers."""
