"""What a file of memories looks like: Keepsake's own JSON, CSV and Markdown, and those of others.

Lives here: each of our formats, written and read in one file; the lists and exports of others.
May be imported: by the export, the import and the reader of files.
Must never know: the database, whose memories they are, or what is known already.
"""
