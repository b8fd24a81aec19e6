"""The source: as the municipality's own directory, under a name and a cursor of its own."""

from importers.active_directory.source import ActiveDirectory


class SchoolAd(ActiveDirectory):
    """The schools' domain."""

    name = "school_ad"
