"""The paths that other services answer."""
