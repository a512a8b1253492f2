"""Uploaded data: taken in, converted by a process of its own, kept in a folder each, and described for experiments."""
