"""What a training run is: network, data, training, trace. Pydantic, frozen, torch-free."""
