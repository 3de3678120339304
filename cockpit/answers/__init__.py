"""One module a page: read the store, compute, return frozen results."""
