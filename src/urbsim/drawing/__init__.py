"""Draw the views of a Vensim model from its equations.

`structure` says what each view shows, `layout` where, `sketch` writes and reads the lines that Vensim keeps
at the end of a file, `render` paints them. Lengths are pixels; x grows to the right, y downwards; sizes are
halves, as in Vensim.
"""
