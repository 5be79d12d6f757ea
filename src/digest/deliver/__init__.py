"""Claimed mails -> a relay or a folder, and what became of each; one file is one backend.

A backend has `check(target)`, which raises DeliveryError when mails cannot be delivered there, and
`deliver(target, exchange, stopping)`, which asks `exchange` for mails until there are none or `stopping()` says so,
and gives every result back to it.
"""
