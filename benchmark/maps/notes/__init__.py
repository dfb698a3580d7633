"""What a reader of the scores should know of the maps, told before anything is scored."""
