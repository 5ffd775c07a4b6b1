"""The build model: stages, the graph between them, and what holds at each step."""
