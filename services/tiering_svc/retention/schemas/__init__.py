"""Shapes of retention, of lost customers and costs, and of lifetime values over HTTP."""
