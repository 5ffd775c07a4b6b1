"""Pinning: what the tags, URLs and branches of a Dockerfile give now, and writing it into the file.

The only part of Fairlead that uses the network, and only `fairlead pin` asks it to.
"""
