"""Bytes to instruction AST, every token with its exact place."""
