"""The maps behind the figures."""
