"""Adding evidence: forms and spreadsheets in, checked rows of the raw tables out, all or none."""
