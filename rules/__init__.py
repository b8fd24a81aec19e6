"""What the municipality's rules make of the organisation, stated as a source of their own."""
