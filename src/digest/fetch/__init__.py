"""Requests -> responses over HTTP: the one door to the network, guarded, limited, many at once."""
