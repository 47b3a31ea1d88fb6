"""Many runs of one scenario: drawn, shared out among workers, streamed to Parquet, taken up again."""
