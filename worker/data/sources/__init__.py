"""Loaders: `load(source) -> (samples, targets)` in numpy, one module for each source of `service.spec.data.sources`."""
