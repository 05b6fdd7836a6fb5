"""Speaks HTTP. The Django site: settings, who is asking, pages."""
