"""What the app's web server adds to Streamlit's.

Lives here: the first page, response headers, /healthz and /readyz, whom a personal route answers.
Offers: routes and middleware to `app.py`, `answer_signed_in` to the routes of other rooms.
Must never know: a page's content.
"""
