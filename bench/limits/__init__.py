"""The limits: programs of at most 60 lines that do the same durable work with nothing around it."""
