"""The Python side of the hot-reload engine: the peer, the worker, and the nursery that forks
workers.
"""
