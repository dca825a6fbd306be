"""What a Supabase project's Auth server is asked besides supabase-py, and what it has switched on.

Lives here: the addresses that supabase-py lacks, and the settings. Must never know: what they are
asked for.
"""
