"""The data of a run. Sources are one file each in `sources/`; `worker/data/sources/` loads what is named there."""
