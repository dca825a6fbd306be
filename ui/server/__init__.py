"""What the app's web server adds to Streamlit's.

Lives here: the first page, response headers, /healthz and /readyz.
Offers: routes and middleware to `app.py`.
Must never know: a page's content.
"""
