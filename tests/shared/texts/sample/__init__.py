"""Texts of an area that does not exist."""

from shared.texts import load_texts

texts = load_texts(__package__)
