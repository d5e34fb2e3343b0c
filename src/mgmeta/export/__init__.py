"""Results for other programs: a summary for machines, effects, a spreadsheet, references."""
