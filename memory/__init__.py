"""Long-term memory of one person.

Lives here: the facade (`engine`), records and dates, and in rooms of their own how memories are
stored, made (`remember`), held back (`firewall`), found (`recall`), related (`graph`), changed by
hand (`manage`). Offers: `Engine.from_settings(settings).for_user(user_id)`, a `UserMemory`.
Must never know: conversations as a list, pages, who is signed in.
"""
