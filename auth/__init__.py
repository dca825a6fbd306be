"""Accounts at Supabase Auth and the browsers that are signed in to them.

Lives here: the client of Auth, second factors, passkeys, providers, browser sessions, limits, the
audit log.
Offers: `AuthClient`, `SecondFactors`, `Providers`, `Sessions`, `Limits`, and the routes of these.
Must never know: memories, conversations, pages.
"""
