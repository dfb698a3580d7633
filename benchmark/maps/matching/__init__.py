"""From the files that are there to the map of each frame."""
