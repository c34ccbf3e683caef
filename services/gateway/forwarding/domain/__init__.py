"""The rules of forwarding, pure: whose path it is, and when a service that fails is left alone."""
