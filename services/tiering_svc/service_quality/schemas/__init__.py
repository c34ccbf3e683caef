"""Shapes of satisfaction and of assessments over HTTP."""
