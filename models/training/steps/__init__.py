"""One step of a training, and the order and size of the steps."""
