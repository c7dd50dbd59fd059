"""The version of what is drawn: a part of every picture's name, so that no old picture is taken for a new one."""

# Raise it by one whenever the same design gives other bytes, then `make golden`: a test compares the pictures.
DRAWING = 1
