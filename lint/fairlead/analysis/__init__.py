"""Models over a build, each computed once and only when a rule asks for it."""
