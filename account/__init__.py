"""Everything of one person's account.

Lives here: the export of all their data and its import into a new account, the deletion of the
account, their preferences, and the tokens with which other programs reach their memory.
Offers: `export`, `delete_account`, `Certificate`, `Preferences`, `AccessTokens`, `holder_of`.
Must never know: pages, Auth's tokens, how a memory is made.
"""
