"""The recorded pass that a session moves in.

timeline      the moments of the pass, and the state at any place
names         how people name nodes, and how nodes are shown to people
lines         the user's lines, and the nodes that each made
expressions   arithmetic over labels and fields, for conditions and for print
whatif        the numbers that follow from another number at a leaf
loaded        all of these together, for one pass
"""
