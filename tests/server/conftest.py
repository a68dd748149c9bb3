"""Lets tests in this folder's subfolders import the helpers that stand beside this file."""
