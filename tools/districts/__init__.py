"""How the tables of the place `districts` follow from the raw facts and from the place `chongqing`.

The four regions of `chongqing` are the margins: what is known or judged there is shared out among the
districts of each region, so that the two places agree. Only what a district has counted replaces the share.
Guang'an, across the provincial border, takes the rates of its neighbours, the new metropolitan districts.
"""
