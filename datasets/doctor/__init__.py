"""What a copy of a data set holds, what it lacks, and what is broken in it."""
