"""The maps that are scored: where they lie, and reading them."""
