"""The demo model's rules: they read one request and know nothing of servers, data or users."""
