"""Published reviews refitted from one table, the multiverse of choices, and claims checked by rule."""
