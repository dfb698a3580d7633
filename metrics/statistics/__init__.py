"""What the formulas ask of maps: sums over pixels, ranks of values, and values at pixels."""
