"""What was worked out once and need not be worked out again, in a folder that only the user can write."""
