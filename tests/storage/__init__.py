"""Tests of the bucket."""
