"""Rules of the family mutable."""
