"""DeepVS."""
