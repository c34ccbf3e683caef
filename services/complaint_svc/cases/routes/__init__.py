"""Cases over HTTP: filing and reading them, and their steps."""
