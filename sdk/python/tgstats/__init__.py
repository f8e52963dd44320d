"""The bot's vocabulary for Python plugins: the base classes lie in tgstats.plugins.base."""
