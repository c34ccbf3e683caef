"""The only SQL of tiering."""
