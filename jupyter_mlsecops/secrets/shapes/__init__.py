"""What secrets look like: shapes of provider tokens, names of credentials, placeholders, and the offline checks between them."""
