"""The command `channels`. Everything that it does is one call of the packages below it."""
