"""Data sources: one file each, found by walking this folder. `worker/data/<source>.py` loads what is named here."""
