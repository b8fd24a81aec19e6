"""Targets that are given files: tables, differences, and the ways a file travels."""
