"""The formats that files come in, read within bounds, with a place for every character."""
