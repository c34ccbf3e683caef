"""Shapes of the pyramid and of composition over HTTP."""
