"""Public figures made once: noise, sums that hold, margins, and what stays hidden."""
