"""The version of the drawing code: a part of every object's name, so that no old picture is used for a new one."""

# Raise it by one whenever the same design gives other bytes, then `make golden`: a test compares the pictures.
DRAWING = 2
