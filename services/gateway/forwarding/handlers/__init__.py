"""Calls to the services behind the gateway, one or several at once."""
