"""The examples, run as their own texts say."""
