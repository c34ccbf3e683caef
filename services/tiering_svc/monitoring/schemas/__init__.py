"""Shapes of warnings, warning rules and their back-tests, of stages and their rules over HTTP."""
