"""The door for JupyterLab: an extension of Jupyter Server that checks notebooks while they are edited.

Only `handlers` and `extension` need jupyter_server; nothing outside this package imports it.
"""
