"""A model as one searchable page: every equation with its numbers and sources, pictures, loops, levers."""
