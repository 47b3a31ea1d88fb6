"""How the tables of the place `chongqing` follow from the raw facts in its `evidence/` folder.

Judgements are named constants with reason and range beside them; the notes in the tables repeat them in a
line. Counts of people are arrays of (4 regions, 18 ages) in persons. Years mean year ends; the census of 1
November 2020 stands for the end of 2020.
"""
