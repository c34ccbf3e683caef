"""Partners' keys, signing out, development tokens, the rate limit."""
