"""The settings: their tree, how they are read, and what is wrong with one."""
