"""Questions to the organisation, each answered by one rule."""
