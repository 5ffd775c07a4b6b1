"""Rules of the family correctness."""
