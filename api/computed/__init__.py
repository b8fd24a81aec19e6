"""Root fields that a rule of ``graph`` answers first."""
