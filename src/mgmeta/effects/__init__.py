"""From a printed statement to an effect or a bound, one function per route."""
