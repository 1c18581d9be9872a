"""Tests of fast reads."""
