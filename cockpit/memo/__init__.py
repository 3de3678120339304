"""Decision memos: what one says, and its two forms, HTML and PDF."""
