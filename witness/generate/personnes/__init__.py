"""Persons and stays of the invented world, and what the software of ESMS and the national systems are told of them.

Belongs here: who the persons are, where they stay, what is delivered about them, what goes wrong. Does not belong
here: the world they live in (the rest of `witness.generate`), of which they only know the panel and the structures.
"""
