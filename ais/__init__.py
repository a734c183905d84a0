"""What was said: sentences and files in, the case file in DuckDB."""
