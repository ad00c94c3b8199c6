"""Persons and stays of the invented world, and what is told of them to software and to national systems.

Belongs here: who the persons are, where they stay, what is delivered about them, what goes wrong in it. Does not belong
here: the world that they live in (the rest of `witness.generate`), of which only the panel and the structures are used.
"""
