"""Where files and texts come from and where they go: fetched, written, checked, loaded, run."""
