# SQL: statements as functions (sql.h, sql.ts), linked to what a language's compiler makes of the source; genesis rows.
# CHANNELS names the command line.
#
# Sources include the bindings that stand beside them, which are committed: a build elsewhere (OUT=…) writes its own, to
# be compared.

SKIRMISH := --schema skirmish/schema.sql --queries skirmish/queries.sql

LANGUAGES += sql
sql: $(OUT)/skirmish/rows.json

$(OUT)/skirmish/rows.json: skirmish/genesis.sql skirmish/schema.sql
	@mkdir -p $(@D)
	$(CHANNELS) sql genesis $< --schema skirmish/schema.sql -o $@
