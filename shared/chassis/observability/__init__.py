"""What a service tells about itself while it runs: log lines, metrics, the trace. Never personal data."""
