"""What each person may do in each system on a day, limited to what, and why (kombit_access.md §4)."""
