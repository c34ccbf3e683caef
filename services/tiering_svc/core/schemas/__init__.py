"""Shapes of answers and requests that several areas use: exact numbers as text, months, references to policies."""
