"""From the arguments of `score_frame` to maps and pixels of one size."""
