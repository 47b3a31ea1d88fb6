"""Tables: what is written as CSV, workbook, Parquet or IAMC, and what is printed."""
