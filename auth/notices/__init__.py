"""What a person is told of: a new browser, a changed password, address or second factor.

Lives here: the notices of an account, and the mailer of the project's own mail. Imports nothing of
auth. Must never know: the pages that draw them; no secret and no code is in a notice.
"""
