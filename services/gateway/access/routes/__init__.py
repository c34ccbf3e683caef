"""Partners' keys, development tokens, the rate limit."""
