"""Tables, figures and the results folder: what leaves the program."""
