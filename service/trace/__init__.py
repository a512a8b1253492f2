"""Per-layer series of a training run: numpy only, no database."""
