"""Signed-in browsers. The cookie is an opaque secret; the server keeps its hash and, encrypted
under it, the Supabase tokens.

Lives here: sessions, their sealed tokens, the tickets by which a browser gets its cookie.
Offers: what is imported below. Must never know: pages, or what a person has besides a session.
"""

from auth.sessions.records import How, ListedSession, Session
from auth.sessions.sessions import Sessions
from auth.sessions.tickets import TICKET_LIFE_S

__all__ = ["TICKET_LIFE_S", "How", "ListedSession", "Session", "Sessions"]
