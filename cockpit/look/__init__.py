"""The design language: tokens, palettes, type; known to every layer, knowing none."""
