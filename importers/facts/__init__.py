"""The model's own facts from YAML, JSON or a folder of CSV, for whatever has no importer yet."""
