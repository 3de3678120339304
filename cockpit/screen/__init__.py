"""Scenes of the command-centre screen: what each shows, in which order, for how long."""
