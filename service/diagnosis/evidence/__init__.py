"""What rules read from a trace and a run: shared measurements, one idea a file."""
