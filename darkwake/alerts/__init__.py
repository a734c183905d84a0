"""Alerts: which events wake somebody, an outbox that forgets none, and the channels that carry them."""
