"""The deployment: an ordered list of calls, as a script or made one by one; and tools that `make` runs."""
