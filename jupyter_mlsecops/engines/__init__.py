"""Other tools behind one protocol."""
