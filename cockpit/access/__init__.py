"""Who may see what: data classes and small-count masks."""
