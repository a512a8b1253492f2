"""Everything that a job has recorded, as one file: CSV, NPZ or TensorBoard, made by a process of its own."""
