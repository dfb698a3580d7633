"""The metrics on batches of torch tensors."""
