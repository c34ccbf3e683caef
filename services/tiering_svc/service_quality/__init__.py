"""Service quality."""
