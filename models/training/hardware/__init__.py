"""The processes, devices and memory that a training takes."""
