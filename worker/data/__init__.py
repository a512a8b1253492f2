"""Load: from a data source to tensors on the device."""
