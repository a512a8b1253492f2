"""Theory: what a network's spec says of its signals at the start weights, layer by layer. Wide layers, drawn at random.

The forward signal is told by its second moment q, the backward one by χ, the factor of E‖∂loss/∂z‖² from one layer to
the next; both are computed from the real second moment of the input on, and not at a fixed point. What has no closed
form says so, and why.
"""

from service.theory.profile import LayerTheory, Profile, predicted_profile

__all__ = ["LayerTheory", "Profile", "predicted_profile"]
