"""Speaks Kubernetes. Knows no HTTP request of a browser, no session, no HTML."""
