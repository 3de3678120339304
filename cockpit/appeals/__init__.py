"""What people ask for in words: topics, repeats, urgency, rising topics, masked texts."""
