"""The municipality's own list of positions (stillingsfortegnelse), and which of them each employment has."""
