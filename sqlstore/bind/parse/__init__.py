"""Text to syntax trees: lexemes, sqlglot's parser behind a whitelist, trees of our own.

Not here: names, types and plans (`sqlstore.bind`).
"""
