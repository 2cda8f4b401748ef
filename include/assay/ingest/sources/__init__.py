"""Sources: the input of a batch, fetched byte for byte from files, HTTP, REST or a database."""
