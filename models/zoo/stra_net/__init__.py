"""STRA-Net."""
