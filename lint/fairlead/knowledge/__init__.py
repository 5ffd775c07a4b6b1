"""Tables of facts: package managers, base images, tools. Data, not code."""
