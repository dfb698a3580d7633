"""What stands between videosal and the disk: whole files, locks, digests, names. Imports no room."""
