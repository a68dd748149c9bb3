"""Python as it stands in notebooks: trees, names, and what expressions stand for."""
