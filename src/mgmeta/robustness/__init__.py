"""How far the answer depends on single trials, on small-study effects and on priors."""
