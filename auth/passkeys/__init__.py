"""Passkeys, where the Supabase project has them: a way in without a password.

Lives here: what is asked of Auth about them, and the check of what a browser answers. Imports the
client of Auth. Must never know: a private key, which no browser gives away; pages.
"""
