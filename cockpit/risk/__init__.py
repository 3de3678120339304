"""Risk: where trouble builds up, how sure that is, and when to warn."""
