"""HTTP shapes of tiering, a file a subject."""
