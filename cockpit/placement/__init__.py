"""Where to put things: models of placement, solvers that prove, a checker that shares nothing."""
