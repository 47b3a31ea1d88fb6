"""Holding the model to history: parameters fitted to it, and how well what they give agrees with it."""
