"""Memories that mem0's hosted platform keeps, behind the calls of UserMemory.

May be imported from it: `Platform`, the way there, and `HostedMemory`, the memory of one person.
It must never know who is signed in elsewhere: the person comes with the binding, as everywhere.
"""
