"""What a network has to beat first."""
