"""Plans: expressions, relations and statements as data."""
