"""Formats: a wire document in, text out."""
