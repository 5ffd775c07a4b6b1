"""Rules of the family bloat."""
