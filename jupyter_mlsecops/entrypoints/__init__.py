"""Doors: what starts the linter, finds files and prints."""
