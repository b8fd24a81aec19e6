"""SAML 2.0 identity provider: requests, responses, logout and metadata (docs/formats/saml.md). Knows no graph."""
