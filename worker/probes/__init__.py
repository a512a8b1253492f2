"""Trace: statistics of every layer, computed on the device, copied to the host once a chunk."""
