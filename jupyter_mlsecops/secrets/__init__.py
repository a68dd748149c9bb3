"""What secrets look like, where they stand, and what can be done about them."""
