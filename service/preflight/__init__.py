"""What can be said of an experiment before it is trained: its layers, its cost, and whether it is admitted."""
