"""One rule a file; each module offers it as `RULE`."""
