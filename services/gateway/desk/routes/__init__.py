"""The desk over HTTP: pages to look at, and signing in and out."""
