"""The contracts as an implementation under test."""
