"""Who reaches what, how fast and how fairly: arrays in, frozen results out."""
