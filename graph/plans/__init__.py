"""Plans: named sets of changes with a date, decided before they are carried out (architecture.md §4 "Plans")."""
