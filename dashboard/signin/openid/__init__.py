"""What the way in by OpenID Connect is made of; ``dashboard.signin.oidc`` is the way itself."""
