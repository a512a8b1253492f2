"""What each layer kind does to the forward signal, and to the gradient on its way back; one module a family."""
