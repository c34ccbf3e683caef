"""Verifying credentials, and partners' keys."""
