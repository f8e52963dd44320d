"""Plugins are imported as tgstats.plugins.NAME: at run time the plugin folders join this package's
path.
"""
