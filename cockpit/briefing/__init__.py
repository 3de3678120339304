"""The one-page briefing: what it says and how it stands on screen, on paper and in an office."""
