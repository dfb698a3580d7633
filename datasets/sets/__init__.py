"""The data sets, one file each, with their facts."""
