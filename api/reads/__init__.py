"""Reads: from a GraphQL document to Cypher, and from rows to JSON."""
