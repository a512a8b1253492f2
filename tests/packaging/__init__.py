"""What surrounds the code: locks, images, compose, the Makefile, and what the documents say."""
