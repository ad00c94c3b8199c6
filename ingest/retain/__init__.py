"""Ending the life of data about persons: what may go, who approved it, and taking exactly that out.

Belongs here: when data may go (`due_dates`), whose each row is (`inventory`), the list that is submitted to an
approval (`bordereau`), the append-only register of what was decided (`register`), taking out rows and bytes
(`elimination`, `exclusions`). Does not belong here: the durations (`data_contracts.retention`), the command.

Nothing here is ever eliminated without an approval in the register, of a list that has not changed since.
"""
