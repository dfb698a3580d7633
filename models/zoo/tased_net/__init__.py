"""TASED-Net."""
