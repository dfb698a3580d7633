"""Score one video: from its maps and its ground truth to the values of every frame."""
