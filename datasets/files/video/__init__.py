"""Reading one video file: which of its pictures there are, decoding them, the right way up."""
