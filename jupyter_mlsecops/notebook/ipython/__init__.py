"""IPython's language around Python: magics, shell lines, and what is left."""
