"""What silence does: proper imputation, comparisons, simulation, and which paper to fetch."""
