"""SQL of levels, of movements between them, and of what their customers buy and have in common."""
