"""Imports over HTTP: batches of lines in one request, and files of any size as jobs."""
