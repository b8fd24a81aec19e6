"""Care of rights that asks questions and writes what follows from the answers."""
