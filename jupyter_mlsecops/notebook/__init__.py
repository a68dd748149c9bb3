"""What a notebook is; knows nothing of security."""
