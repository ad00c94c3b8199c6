"""From a delivered file to accepted and rejected Parquet: landing, readers, validation, lake."""
