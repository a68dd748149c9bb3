"""What single rules need beside the words of a notebook."""
