"""The raw tables: schemas, loading, cross-checks, typed records."""
