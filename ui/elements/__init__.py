"""Small elements that any page may use.

Lives here: plain text, markdown of answers, a POST from the browser, scrolling to a message, and
the files of ui/assets.
Offers: a function each.
Must never know: a page, a session, a person.
"""
