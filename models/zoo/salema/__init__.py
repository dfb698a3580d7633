"""SalEMA."""
