"""The embedded mode: one process that starts the broker, the workers and the API, watches them, and stops them all."""
