"""Imports at work: asked for, read and written batch by batch, undone, erased."""
