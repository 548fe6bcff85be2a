"""Tools of the repository: what generates files, and what measures. Not part of the package."""
