"""A small stand-in for Stripe that the real ``stripe`` SDK talks to over HTTP.

Here live the server, its state and its faults. Here never live Django, our own models or services:
the sandbox is a separate process that knows only Stripe's public behaviour. Start with ``README.md``.
"""
