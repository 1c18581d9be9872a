"""Measurements, side by side in one run: ratios count, absolute figures are a machine's own."""
