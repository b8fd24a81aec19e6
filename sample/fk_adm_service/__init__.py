"""Stands in for FK-adm's interface for roles, written from kombit_access.md §1.2."""
