"""Engagement scores: how active, steady, rich and social a member's messages of the last weeks are.
"""

from .engagements import EngagementPlugin

__all__ = ["EngagementPlugin"]
