"""Read one kind of source each, check it, and say file, row, found and expected."""
