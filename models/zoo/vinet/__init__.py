"""ViNet and ViNet-S."""
