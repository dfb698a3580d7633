"""Where density maps and fixations come from, and how they are made from gaze."""
