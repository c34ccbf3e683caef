"""The desk's sentences in English and Chinese."""
