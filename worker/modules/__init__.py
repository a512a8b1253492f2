"""Modules that torch lacks, and torch's own where they must take or give one tensor."""
