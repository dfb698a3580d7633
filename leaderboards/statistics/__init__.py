"""Which differences are more than chance, where they come from, and for which videos they hold."""
