"""TinyHD."""
