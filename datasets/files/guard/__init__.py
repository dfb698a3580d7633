"""What stands between files of unknown origin and the libraries that read them."""
