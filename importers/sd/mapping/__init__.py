"""From SD's answers to statements: pure functions, a module a kind (formats/sd.md §4)."""
