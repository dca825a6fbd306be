"""Accounts at Supabase Auth and the browsers that are signed in to them.

Lives here: the client of the Auth server, browser sessions and their cookie, limits on attempts.
Offers: `AuthClient`, `Sessions`, `Limits`, the routes that hand a cookie over and take it back.
Must never know: memories, conversations, pages.
"""
