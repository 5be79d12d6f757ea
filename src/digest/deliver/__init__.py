"""Claimed mails -> a relay or a folder, and what became of each; one file is one backend.

A backend is named by what stands before the colon of `[delivery] to`. It has `check(delivery, home)`, which raises
DeliveryError when mails cannot be delivered, and `deliver(delivery, home, exchange, stopping)`, which asks `exchange`
for mails until there are none, or asks for no more once `stopping()` says so, and gives every result back to it.
"""
