"""What a forgetting took, and what can still be read of it: probed, and told in words.

Lives here: the search for traces of forgotten memories, and the certificate that it becomes.
May be imported: `Prober`, `Proof`. What was forgotten is handed over by `memory.manage.forget`.
Must never know: pages. Keeps nothing: the words are held as long as the search takes.
"""
