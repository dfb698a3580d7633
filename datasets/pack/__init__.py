"""The ground truth of a split in one file."""
