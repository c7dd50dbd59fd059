"""The deployment: an ordered list of calls as data, its script, and its performer."""
