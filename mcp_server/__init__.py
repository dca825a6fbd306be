"""The same memory for other programs: an MCP server at /mcp, for whoever has an access token.

Lives here: the tools, their arguments and results, who may call them, and the route.
Offers: `McpEndpoint` to `app.py`.
Must never know: pages, browser sessions, conversations.
"""
