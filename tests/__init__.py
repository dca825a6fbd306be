"""Tests, sorted as the packages are; support/ helps them, e2e/ drives a browser."""
