"""Key accounts."""
