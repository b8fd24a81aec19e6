"""Stands in for the web server on which HR keeps the position list."""
