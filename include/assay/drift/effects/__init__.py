"""Effects: how large a shift is, and how large it is by chance alone at this number of rows."""
