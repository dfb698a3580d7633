"""ESAN."""
