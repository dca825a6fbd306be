"""Accounts at Supabase Auth and the browsers that are signed in to them.

Lives here: the client of the Auth server, second factors, providers, browser sessions, limits, audit.
Offers: `AuthClient`, `SecondFactors`, `Providers`, `Sessions`, `Limits`, and the routes of these.
Must never know: memories, conversations, pages.
"""
