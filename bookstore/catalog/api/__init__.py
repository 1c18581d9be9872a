"""The catalogue through both doors."""
