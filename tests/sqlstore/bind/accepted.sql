-- # literals

select 1, 2147483647, 2147483648, -2147483648, 9223372036854775807, -9223372036854775808
-- columns: ?column? integer, ?column? integer, ?column? bigint, ?column? integer, ?column? bigint, ?column? bigint

select 1.5, 0.05, 100., .5, 1e3, 1.5e-2, 1.50
-- columns: ?column? numeric(2,1), ?column? numeric(2,2), ?column? numeric(3,0), ?column? numeric(1,1), ?column? numeric(4,0), ?column? numeric(3,3), ?column? numeric(3,2)

select 'a', 'it''s', '', null, true, false
-- columns: ?column? text, ?column? text, ?column? text, ?column? text?, ?column? boolean, ?column? boolean

select -5, +5, - -5, -(5), -1.5
-- columns: ?column? integer, ?column? integer, ?column? integer, ?column? integer, ?column? numeric(2,1)

select '\x00ff'::bytea, 'abc'::bytea, '5'::int, ' t '::bool, '1.005'::numeric(5,2)
-- columns: bytea bytea, bytea bytea, int4 integer, bool boolean, numeric numeric(5,2)

select 1 as "A b", 2 as x, 3 y, 4 as select
-- columns: A b integer, x integer, y integer, select integer

select /* a /* b */ c */ 1 -- end
-- columns: ?column? integer

-- # names

select ID, Units.HP from UNITS
-- columns: id integer, hp integer

select "id" from "units" as "U" where "U"."id" = 1
-- columns: id integer

select u.*, p.name as pn from units u, players p
-- columns: id integer, owner bigint, x smallint, y smallint?, hp integer, alive boolean, data bytea?, pn varchar(20)

select * from units u join players p on u.owner = p.id
-- columns: id integer, owner bigint, x smallint, y smallint?, hp integer, alive boolean, data bytea?, id bigint, name varchar(20), gold numeric(12,2), note text?

select * from units a join units b using (id, owner)
-- columns: id integer, owner bigint, x smallint, y smallint?, hp integer, alive boolean, data bytea?, x smallint, y smallint?, hp integer, alive boolean, data bytea?

select id from units a join units b using (id)
-- columns: id integer

select a.id, b.id from units a left join units b using (id)
-- columns: id integer, id integer?

select n, m from (select id, name from players) as t (n, m)
-- columns: n bigint, m varchar(20)

select x.column1, column2 from (values (1, 'a'), (2, null)) as x
-- columns: column1 integer, column2 text?

select units.id from units where exists (select 1 from players where players.id = owner)
-- columns: id integer

select key, value, index, date from (select 1 as key, 2 as value, 3 as index, 4 as date) as t
-- columns: key integer, value integer, index integer, date integer

-- # arithmetic

select x + 1, x + y, x + hp, hp + owner, x * 2, hp / 2, hp % 3, -x, +hp from units
-- columns: ?column? integer, ?column? smallint?, ?column? integer, ?column? bigint, ?column? integer, ?column? integer, ?column? integer, ?column? smallint, ?column? integer

select gold + 1, gold - 0.5, gold * 2, gold * 1.05, gold % 7, -gold from players
-- columns: ?column? numeric(13,2), ?column? numeric(13,2), ?column? numeric(13,2), ?column? numeric(15,4), ?column? numeric(12,2), ?column? numeric(12,2)

select (gold / 3)::numeric(12,4), cast(gold / 3 as int), (gold / id::numeric(9,0))::bigint from players
-- columns: numeric numeric(12,4), int4 integer, int8 bigint

select hp / 2::smallint, (hp + 1) / 2, (x + y)::bigint from units
-- columns: ?column? integer, ?column? integer, int8 bigint?

select 7 / 2, -7 / 2, -7 % 3, 2 * (3 + 4) - 1
-- columns: ?column? integer, ?column? integer, ?column? integer, ?column? integer

-- # comparison

select x = y, x <> hp, x != 1, hp < owner, hp >= 2.5, alive = true from units
-- columns: ?column? boolean?, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean

select name = note, name < 'a', note >= name from players
-- columns: ?column? boolean?, ?column? boolean, ?column? boolean?

select data = '\x01', data < data from units
-- columns: ?column? boolean?, ?column? boolean?

select x is null, y is not null, alive is true, alive is not true, alive is false, alive is unknown, alive is not unknown from units
-- columns: ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean

select x is distinct from y, name is not distinct from note from units, players
-- columns: ?column? boolean, ?column? boolean

select hp between 1 and 10, hp not between y and 10, hp between symmetric 10 and 1 from units
-- columns: ?column? boolean, ?column? boolean?, ?column? boolean

select x in (1, 2, 3), x not in (1, 100000), x in (1.5, 2), name in ('a', 'b'), x in (5) from units, players
-- columns: ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean

select null in (true, 7), 1 = null, not null
-- columns: ?column? boolean?, ?column? boolean?, ?column? boolean?

select alive and hp > 1 or not alive, alive and null, (alive or alive) and alive from units
-- columns: ?column? boolean, ?column? boolean?, ?column? boolean

select name like 'a%', name not like '_b', note like name escape '!', note like 'a' escape '' from players
-- columns: ?column? boolean, ?column? boolean, ?column? boolean?, ?column? boolean?

-- # functions

select length(name), char_length(note), character_length('abc'), octet_length(name), length('\x00'::bytea) from players
-- columns: length integer, char_length integer?, character_length integer, octet_length integer, length integer

select lower(name), upper(note), name || '!', name || id, id || note, 'a' || 'b' from players
-- columns: lower text, upper text?, ?column? text, ?column? text, ?column? text?, ?column? text

select data || '\x00', data || data, '\x01'::bytea || 'a'::text from units
-- columns: ?column? bytea?, ?column? bytea?, ?column? text

select substr(name, 2), substr(name, 2, 3), substring(name, 2), substring(name from 2), substring(name from 2 for 3), substring(name for 3) from players
-- columns: substr text, substr text, substring text, substring text, substring text, substring text

select strpos(name, 'a'), position('a' in name), position(name in note) from players
-- columns: strpos integer, position integer, position integer?

select abs(x), abs(hp), abs(owner), abs(-1.5), mod(hp, 3), mod(x, hp), mod(1.5, 1) from units
-- columns: abs smallint, abs integer, abs bigint, abs numeric(2,1), mod integer, mod integer, mod numeric(2,1)

select coalesce(y, x), coalesce(y, 0), coalesce(y, hp, owner), coalesce(note, name), coalesce(null, null) from units, players
-- columns: coalesce smallint, coalesce integer, coalesce bigint, coalesce text, coalesce text?

select nullif(x, 1), nullif(note, 'a'), greatest(x, hp, 3), least(name, note), greatest(1, 2.5) from units, players
-- columns: nullif smallint?, nullif text?, greatest integer, least text, greatest numeric(2,1)

select case when alive then 1 else 2 end, case when alive then x end, case x when 1 then 'a' when 2 then 'b' else name end from units, players
-- columns: case integer, case smallint?, name text

select case when true then 1.5 else 2 end, case when x = 1 then null else hp end from units
-- columns: case numeric(2,1), hp integer?

-- # casts

select x::int, x::bigint, hp::smallint, owner::int, hp::numeric(10,2), gold::int, gold::numeric(8,1), gold::bigint from units, players
-- columns: x integer, x bigint, hp smallint, owner integer, hp numeric(10,2), gold integer, gold numeric(8,1), gold bigint

select x::text, gold::text, alive::text, data::text, name::text, hp::varchar(3), name::varchar(5), note::varchar(2) from units, players
-- columns: x text, gold text, alive text, data text?, name text, hp varchar(3), name varchar(5), note varchar(2)?

select note::int, note::bool, alive::int, hp::bool, cast(name as bigint) from units, players
-- columns: note integer?, note boolean?, alive integer, hp boolean, name bigint

select '12'::int + 1, cast('t' as boolean), 'abc'::varchar(2), 1::text || 'a'
-- columns: ?column? integer, bool boolean, varchar varchar(2), ?column? text

select x::int2, x::int4, x::int8, alive::bool, gold::decimal(12,2), gold::dec(9), name::character varying(3), name::char varying(4) from units, players
-- columns: x smallint, x integer, x bigint, alive boolean, gold numeric(12,2), gold numeric(9,0), name varchar(3), name varchar(4)

-- # aggregates

select count(*), count(y), count(all hp), min(x), max(hp), min(name), max(gold) from units, players
-- columns: count bigint, count bigint, count bigint, min smallint?, max integer?, min text?, max numeric(12,2)?

select sum(x), sum(hp), sum(owner)::bigint, sum(gold)::numeric(15,2), avg(hp)::numeric(10,2), avg(gold)::int from units, players
-- columns: sum bigint?, sum bigint?, sum bigint?, sum numeric(15,2)?, avg numeric(10,2)?, avg integer?

select owner, count(*) from units group by owner
-- columns: owner bigint, count bigint

select owner o, hp + 1, count(*) from units group by o, hp + 1
-- columns: o bigint, ?column? integer, count bigint

select owner, max(hp) from units group by 1 order by 2 desc
-- columns: owner bigint, max integer?

select id, hp, owner, count(*) from units group by id
-- columns: id integer, hp integer, owner bigint, count bigint

select p.name, p.gold, sum(u.hp) from players p join units u on u.owner = p.id group by p.id having sum(u.hp) > 10 order by p.name
-- columns: name varchar(20), gold numeric(12,2), sum bigint?

select count(*) from units having count(*) > 1
-- columns: count bigint

select 1 from units having true
-- columns: ?column? integer

select owner, (select name from players where id = owner) from units group by owner
-- columns: owner bigint, name varchar(20)?

select max(hp) - min(hp), count(*) + 1 from units where alive
-- columns: ?column? integer?, ?column? bigint

select count(*) + sum(x) from units order by count(*)
-- columns: ?column? bigint?

-- # order, limit, distinct, union

select id from units order by hp desc, y nulls first, -x limit 5 offset 2
-- columns: id integer

select id as hp, x from units order by hp, 2
-- columns: hp integer, x smallint

select id from units order by id limit $1 offset $2
-- parameters: p1 bigint, p2 bigint
-- columns: id integer

select id from units order by (hp), x + 1
-- columns: id integer

select distinct owner, x from units order by x, owner
-- columns: owner bigint, x smallint

select distinct hp + 1 from units order by hp + 1
-- columns: ?column? integer

select distinct alive from units
-- columns: alive boolean

select 1 union select 2
-- columns: ?column? integer

select id from units union all select id from players order by 1
-- columns: id bigint

select x from units union select 1.5 union all select null
-- columns: x numeric(6,1)?

select name, 1 from players union select note, id from players order by name, 2 limit 3
-- columns: name text?, ?column? bigint

(select id from units order by hp limit 1) union all (select id from players order by gold limit 1) order by id
-- columns: id bigint

((select 1))
-- columns: ?column? integer

(select id from units order by id) limit 1
-- columns: id integer

values (1, 'a'), (2.5, null) order by column1 desc
-- columns: column1 numeric(2,1), column2 text?

select all id from units
-- columns: id integer

-- # subqueries

select id from units where owner in (select id from players where gold > 10)
-- columns: id integer

select id from units where owner not in (select id from players)
-- columns: id integer

select id from units where (select gold from players where id = owner) > 5
-- columns: id integer

select exists (select from players), not exists (select 1 from units where hp > 5)
-- columns: exists boolean, ?column? boolean

select id from units u where exists (select 1 from units v where v.owner = u.owner and v.id <> u.id)
-- columns: id integer

select (select max(hp) from units), (select count(*) from players where gold > 1)
-- columns: max integer?, count bigint?

select id from units where x in (select 1 union select 2)
-- columns: id integer

select x from (select x, y from units where hp > 1 order by x limit 3) as t where y is null
-- columns: x smallint

select a.n from (select count(*) as n from units) a join (select 1 as m) b on a.n > b.m
-- columns: n bigint

select name from players p where id = (select owner from units where id = p.id)
-- columns: name varchar(20)

select 1 where 1 in (select 2 where false)
-- columns: ?column? integer

-- # with

with a as (select id from units) select * from a
-- columns: id integer

with a (n) as (select id from units where hp > 1), b as (select n from a where n > 2) select a.n, b.n from a, b
-- columns: n integer, n integer

with a as (select 1 as x) select (select x from a) + (select x from a)
-- columns: ?column? integer?

with units as (select 1 as q) select q from units
-- columns: q integer

with a as materialized (select 1), b as not materialized (select 2) select * from a, b
-- columns: ?column? integer, ?column? integer

with a as (with b as (select 1 as x) select x from b) select x from a
-- columns: x integer

with unused as (select 1 / 0 as boom) select 1
-- columns: ?column? integer

select (with a as (select owner as o) select o from a) from units
-- columns: o bigint?

-- # parameters

select id from units where id = $1
-- parameters: id integer
-- columns: id integer

select $1::int, $1 + 1
-- parameters: p1 integer
-- columns: int4 integer, ?column? integer

select $1 = x, $2 < hp, $3 like name, $4 in (hp, 5), gold > $5 from units, players
-- parameters: x smallint, hp integer, name text, hp4 integer, gold numeric(12,2)
-- columns: ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean

select id from units where hp between $1 and $2 and alive = $3
-- parameters: hp integer, hp2 integer, alive boolean
-- columns: id integer

select coalesce($1, 5), nullif($2, 'a'), case when $3 then $4 else 1.5 end, $5 || 'a'
-- parameters: p1 integer, p2 text, p3 boolean, p4 numeric(2,1), p5 text
-- columns: coalesce integer, nullif text?, case numeric(2,1), ?column? text

select $1
-- parameters: p1 text
-- columns: ?column? text

select id from units where owner = sqlc.arg(who) and (hp > sqlc.arg(hp) or hp = sqlc.arg(hp))
-- parameters: who bigint, hp integer
-- columns: id integer

select id from units where hp = sqlc.narg(hp) or sqlc.narg(hp) is null
-- parameters: hp integer?
-- columns: id integer

select $2 = 1, $1 = 'a'
-- parameters: p1 text, p2 integer
-- columns: ?column? boolean, ?column? boolean

-- # insert

insert into players (id, name) values (1, 'a')

insert into players values (1, 'a', 5, null)

insert into players values (1, 'a')

insert into players (name, id) values ($1, $2) returning id, name || '!'
-- parameters: name text, id bigint
-- columns: id bigint, ?column? text

insert into units (owner, x, hp) values (1, 2, 3), ($1, $2, $3)
-- parameters: owner bigint, x smallint, hp integer

insert into units (id, owner, x, hp) values (default, 1, 2, 3) returning *
-- columns: id integer, owner bigint, x smallint, y smallint?, hp integer, alive boolean, data bytea?

insert into units (owner, x, y, hp, alive, data) values (1, 2, null, 3, default, '\x01')

insert into players (id, name, gold) select id + 100, name || 'x', 1.005 from players where id < $1
-- parameters: id bigint

insert into players (id, name) select 5, 'x'

insert into players as p (id, name) values (1, 'a') on conflict (id) do update set note = p.note || excluded.name where p.gold > 1 returning p.id
-- columns: id bigint

insert into players (id, name) values (1, 'a') on conflict do nothing

insert into players (id, name) values (1, 'a') on conflict (name) do nothing returning id
-- columns: id bigint

insert into players (id, name) values (1, 'a') on conflict on constraint players_name_key do update set id = excluded.id, gold = default

insert into players (id, name) values (1, 'a') on conflict on constraint players_pkey do nothing

insert into units (owner, x, y, hp) values (1, 2, 3, 4) on conflict (y, x) do update set hp = units.hp + excluded.hp

insert into players (id, name) (select 1, 'b' union select 2, 'c')

insert into notes default values

insert into notes (body) values ($1) on conflict do nothing
-- parameters: body text?

insert into players (id, name) values ((select max(id) + 1 from players), 'z')

-- # update, delete

update units set hp = hp - 1, y = default, alive = hp > 1 where id = $1 returning id, hp
-- parameters: id integer
-- columns: id integer, hp integer

update units u set hp = (select count(*) from players where id = u.owner)::int where u.alive

update units set x = $1, y = $2, data = $3 where id = $4
-- parameters: x smallint, y smallint?, data bytea?, id integer

update players set id = id + 1 where name = $1
-- parameters: name text

update players set gold = gold * 2, note = 5 where id in (select owner from units)

update units set hp = 1.5

update units set x = 2, y = 3 where x = 1 and y = 1

delete from units

delete from units u where u.hp <= 0 returning *
-- columns: id integer, owner bigint, x smallint, y smallint?, hp integer, alive boolean, data bytea?

delete from players where not exists (select 1 from units where owner = players.id)

-- # more

select t.a, t.owner from units as t (a)
-- columns: a integer, owner bigint

select x * 0.5, gold = id::smallint from units join players using (id) where owner < 5
-- columns: ?column? numeric(6,1), ?column? boolean

select a.id from (units a cross join units b) left join players p on p.id = a.owner and p.gold > 1
-- columns: id integer

select u.id from units u inner join (players p left outer join notes n on n.id = p.id) on u.owner = p.id
-- columns: id integer

select a.x, b.x from units a, units b, units c where a.id = b.id and b.id = c.id
-- columns: x smallint, x smallint

select u.id from units u join players p on true left join notes n on n.body = p.note where n.id is null
-- columns: id integer

select sum(c) from (select count(*)::int as c from units group by owner) as t
-- columns: sum bigint?

select owner, alive, count(*) from units group by owner, alive having count(*) > 1 and alive order by 3 desc nulls last, owner asc
-- columns: owner bigint, alive boolean, count bigint

select length(name) as n, count(*) from players group by n order by n
-- columns: n integer, count bigint

select case when count(*) > 1 then 'many' else 'few' end as size from units
-- columns: size text

select min(case when alive then hp end), max(coalesce(y, x)) from units
-- columns: min integer?, max smallint?

select u.owner, p.name, count(*) from units u join players p on p.id = u.owner group by u.owner, p.id
-- columns: owner bigint, name varchar(20), count bigint

select distinct p.name, u.alive from players p join units u on u.owner = p.id order by 2, 1
-- columns: name varchar(20), alive boolean

select id from units union select id from units union all select id from units order by id desc limit 1
-- columns: id integer

select a from (select 1 as a union select 2) as t order by a desc
-- columns: a integer

select (x + 1) * 2 as twice from units order by twice
-- columns: twice integer

select id from units where not (hp > 1 and x < 2) or (alive) is not false
-- columns: id integer

select -hp % 3, - (hp % 3), 2 - -1, 2 - - 1, 1 + 2 * 3 - 4 / 2 % 3 from units
-- columns: ?column? integer, ?column? integer, ?column? integer, ?column? integer, ?column? integer

select 1 < 2 and 2 < 3 or 3 < 2, not 1 = 2, not not true, 1 = 1 is true, 1 is null = false
-- columns: ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean

select 'a' || 'b' like 'ab', 'a' || 1 + 2, 1 + 2 between 3 and 3 + 1
-- columns: ?column? boolean, ?column? text, ?column? boolean

select hp::text || x::text, (hp + x)::text, -hp::text::int from units
-- columns: ?column? text, text text, ?column? integer

select name from players where name >= 'a' and name < 'b' and gold between 0.5 and 100 and id in ($1, $2, $3)
-- parameters: id bigint, id2 bigint, id3 bigint
-- columns: name varchar(20)

select id from units where ((((hp)))) = ((1))
-- columns: id integer

select cast(cast(hp as text) as int), cast(null as int), null::text, cast($1 as numeric(5,2)) from units
-- parameters: p1 numeric(5,2)
-- columns: hp integer, int4 integer?, text text?, numeric numeric(5,2)

update notes set body = $1 where id = $2 returning body
-- parameters: body text?, id integer
-- columns: body text?

delete from units where id = $1 and hp <= $2
-- parameters: id integer, hp integer

insert into notes (body) select name from players where gold > $1 order by id limit 10
-- parameters: gold numeric(12,2)

insert into units (owner, x, hp) values ($1, $2 + 1, coalesce($3, 5))
-- parameters: owner bigint, p2 integer, p3 integer

update units set hp = 1 where id = 3 returning (select count(*) from units) as units
-- columns: units bigint?

-- # words that are names where they stand

select id as user, hp as right, owner as "any", x as any, y as not from units
-- columns: user integer, right integer, any bigint, any smallint, not smallint?

select 1 as as from units
-- columns: as integer

select substring(name for key) from (select name, 2 as key from players) t
-- columns: substring text

select id from (select id, id as nulls, true as valid from units) t where nulls not in (1, 2) and not valid
-- columns: id integer

with ties as (select 1 as a) select a from ties
-- columns: a integer

-- # what a subquery and a parameter get from their place

select exists (select $1), exists (select $2 limit 1)
-- parameters: p1 text, p2 text
-- columns: exists boolean, exists boolean

select (values (1)), (select 1 as a union select 2), ((select id from units union all (select 2)))
-- columns: column1 integer?, a integer?, id integer?

select $1 in (1, 2), $2 in ($3, $4)
-- parameters: p1 integer, p2 text, p3 text, p4 text
-- columns: ?column? boolean, ?column? boolean

-- # types by the target's columns, and by the first of two comparisons; VALUES beside UNION

insert into units (owner, x, y, hp, alive, data) select id, '1', null, '5', 'f', '\x02' from players order by id

insert into units (owner, x, y, hp, alive) select $1, $2, $3, 4, $4 from players order by name, id
-- parameters: owner bigint, x smallint, y smallint?, alive boolean

insert into units (owner, x, hp, y) select max(id), '1', 2, null from players group by name order by 1, 3

select id from units where $1 between hp and x
-- parameters: hp integer
-- columns: id integer

select id from units where $1 not between x and hp and y = 1
-- parameters: x smallint
-- columns: id integer

select id from units where $1 between symmetric x and hp
-- parameters: x smallint
-- columns: id integer

select x from units where nullif($1, hp) = 3
-- parameters: hp integer
-- columns: x smallint

(values (1) union select 2) order by 1
-- columns: column1 integer

values (1) union values (2) order by column1
-- columns: column1 integer

(select 1 as a union all values (2)) order by a
-- columns: a integer

select substring(name for 2 from 3) from players
-- columns: substring text

select a from (select 2 as a union values (1)) v union select hp from units
-- columns: a integer
