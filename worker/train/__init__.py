"""Train: one engine for every run."""
