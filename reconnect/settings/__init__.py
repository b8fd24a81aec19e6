"""The settings: their tree, how they are read, and the texts about invalid ones."""
