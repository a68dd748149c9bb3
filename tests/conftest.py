"""Lets tests in subfolders import the helpers that stand beside this file."""
