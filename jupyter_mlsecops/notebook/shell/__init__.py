"""The shell as a language: commands with words and places."""
