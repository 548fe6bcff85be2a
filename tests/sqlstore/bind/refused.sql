select '1'+'2'
-- 42725 1:8
-- hint: write casts

select -'5'
-- 42725 1:8
-- hint: write a cast

select 'a' + true
-- 42883 1:8
-- hint: write casts

select true + 1
-- 42883 1:8
-- hint: write casts

select true = 1
-- 42883 1:8
-- hint: write casts

select 1 || 2
-- 42883 1:8
-- hint: write casts

select null + null
-- 42725 1:8
-- hint: write casts

select abs(null)
-- 0A000 1:12
-- hint: write a cast

select length(5)
-- 42883 1:8

select lower(5)
-- 42883 1:8

select substr('abc', 1::int8)
-- 42883 1:8

select strpos('a', 1)
-- 42883 1:8

select nullif(1, 'a')
-- 22P02 1:18

select nullif(1, true)
-- 42883 1:15
-- hint: write casts

select greatest(1,'x')
-- 22P02 1:19

select greatest(1,true)
-- 42804 1:19

select coalesce(1,'x')
-- 22P02 1:19

select 1 in ('a')
-- 22P02 1:14

select 1 in (true)
-- 42883 1:8
-- hint: write casts

select 1 in (1, true)
-- 42883 1:8
-- hint: write casts

select 'a' like 1
-- 42883 1:8
-- hint: write casts

select 1 like 'a'
-- 42883 1:8
-- hint: write casts

select sum('a')
-- 42725 1:12
-- hint: cast it

select sum(true)
-- 42883 1:8

select max(true)
-- 42883 1:8

select max('\x00'::bytea)
-- 42883 1:8

select count(1,2)
-- 42883 1:8

select sum(sum(1))
-- 42803 1:12

select avg('1')
-- 42725 1:12
-- hint: cast it

select abs(true)
-- 42883 1:8

select foo(1)
-- 42883 1:8

select lower()
-- 42883 1:8

select upper(true)
-- 42883 1:8

select char_length(1)
-- 42883 1:8

select position(1 in 'a')
-- 42883 1:8

select case when 1 then 2 end
-- 42804 1:18

select case 1 when 'a' then 2 end
-- 22P02 1:20

select not 1
-- 42804 1:12

select 1 and true
-- 42804 1:8

select 'x' and true
-- 22P02 1:8

select 1 is true
-- 42804 1:8

select case when true then 1 else 'a' end
-- 22P02 1:35

select case when true then 1 else true end
-- 42804 1:28

select '\x0'::bytea
-- 22023 1:8

select ''::int
-- 22P02 1:8

select true::bigint
-- 42846 1:8

select 1::int2::bool
-- 42846 1:8

select 1::bytea
-- 42846 1:8

select '\x61'::bytea::int
-- 42846 1:8

select 1.5::bool
-- 42846 1:8

select true::numeric(3,0)
-- 42846 1:8

select nocol from units
-- 42703 1:8

select units.nocol from units
-- 42703 1:8

select t.id from units
-- 42P01 1:8

select id from units, players
-- 42702 1:8
-- hint: write table.id

select units.id, players.id from units, units
-- 42712 1:41
-- hint: give one of them an alias

select * from nosuch
-- 42P01 1:15

select id from units where sum(hp) > 1
-- 42803 1:28

select id, count(*) from units
-- 42803 1:8
-- hint: add it to GROUP BY, or write MIN(…)

select hp, count(*) from units group by hp + 1
-- 42803 1:8
-- hint: add it to GROUP BY, or write MIN(…)

select count(*) from units group by count(*)
-- 42803 1:37

select count(*) from units group by 1
-- 42803 1:37

select owner from units group by 2
-- 42P10 1:34

select owner from units group by 1.5
-- 42601 1:34

select owner from units group by 'a'
-- 42601 1:34

select owner from units order by 2
-- 42P10 1:34

select owner from units order by 'a'
-- 42601 1:34

select owner as hp, id as hp from units order by hp
-- 42702 1:50
-- hint: write the column's number in ORDER BY

select distinct owner from units order by hp
-- 42P10 1:43

select owner from units union select id from players order by owner + 1
-- 0A000 1:63
-- hint: write SELECT … FROM (…) AS u ORDER BY …

select owner from units union select id from players order by nothere
-- 42703 1:63

select owner from units union select id, name from players
-- 42601 1:38

select owner from units union select name from players
-- 42804 1:38

select 1 where 1
-- 42804 1:16

select 1 where 'x'
-- 22P02 1:16

select id from units having true
-- 42803 1:8
-- hint: add it to GROUP BY, or write MIN(…)

select id from units having count(*) > 1
-- 42803 1:8
-- hint: add it to GROUP BY, or write MIN(…)

select (select id, hp from units)
-- 42601 1:16

select 1 in (select id, hp from units)
-- 42601 1:21

select (select id from units where nope)
-- 42703 1:36

select exists (select nope from units)
-- 42703 1:23

select id from units limit id
-- 42P10 1:28

select id from units order by id limit id
-- 42P10 1:40

select id from units order by id limit 'a'
-- 22P02 1:40

select id from units order by id limit true
-- 42804 1:40

select id from units order by id limit count(*)
-- 42803 1:40

select id from units order by id offset hp
-- 42P10 1:41

insert into units (nope) values (1)
-- 42703 1:20

insert into units (id, id) values (1, 2)
-- 42701 1:24

insert into units (id) values (1, 2)
-- 42601 1:35

insert into units (id, owner) values (1)
-- 42601 1:39

insert into units (id) values (id)
-- 42703 1:32

insert into units (hp) values ('a')
-- 22P02 1:32

insert into units (hp) values (true)
-- 42804 1:32
-- hint: write a cast

insert into units (alive) values (1)
-- 42804 1:35
-- hint: write a cast

insert into units (x) values (100000)
-- 22003 1:31

insert into units (y) values ('1.5')
-- 22P02 1:31

insert into nosuch values (1)
-- 42P01 1:13

insert into units (owner, x, hp) values (1, 2, 3), (1, 2)
-- 42601 1:53

insert into units (owner, x, hp) select 1, 2
-- 42601 1:41

insert into units (owner, x, hp) select 1, 2, true
-- 42804 1:47
-- hint: write a cast

insert into players (id, name) values (1, 'a') on conflict (note) do nothing
-- 42P10 1:61
-- hint: name all columns of the primary key or of a UNIQUE constraint

insert into players (id, name) values (1, 'a') on conflict (nope) do nothing
-- 42703 1:61

insert into players (id, name) values (1, 'a') on conflict on constraint nope do nothing
-- 42704 1:74

insert into players (id, name) values (1, 'a') on conflict do update set note = 'a'
-- 42601 1:74
-- hint: write (columns)

insert into players (id, name) values (1, 'a') on conflict (id) do update set note = note
-- 42702 1:86
-- hint: write table.note

insert into players (id, name) values (1, 'a') on conflict (id) do update set note = excluded.note, note = 'b'
-- 42601 1:101

insert into players (id, name) values (1, 'a') on conflict (id) do update set nope = 1
-- 42703 1:79

insert into players (id, name) values (1, 'a') on conflict (id) do update set note = excluded.nope
-- 42703 1:86

insert into players (id, name) values (1, 'a') on conflict (id) do update set note = 'x' where id
-- 42702 1:96
-- hint: write table.id

insert into players (id, name) values (1, 'a') returning nope
-- 42703 1:58

insert into players (id, name) values (1, 'a') returning excluded.id
-- 42P01 1:58

insert into players (id, name) values (1, 'a') returning count(*)
-- 42803 1:58

insert into players (id, name) values (1, count(*))
-- 42803 1:43

update units set nope = 1
-- 42703 1:18

update units set hp = nope
-- 42703 1:23

update units set hp = 1, hp = 2
-- 42601 1:26

update units set hp = 'a'
-- 22P02 1:23

update units set hp = true
-- 42804 1:23
-- hint: write a cast

update units set hp = count(*)
-- 42803 1:23

update units set units.hp = 1
-- 42703 1:18

update units u set hp = units.hp
-- 42P01 1:25

update nosuch set a = 1
-- 42P01 1:8

update units set hp = 1 where hp
-- 42804 1:31

update units set hp = 1 where count(*) > 1
-- 42803 1:31

update units set hp = (select 1, 2)
-- 42601 1:31

delete from nosuch
-- 42P01 1:13

delete from units where nope = 1
-- 42703 1:25

delete from units where hp
-- 42804 1:25

delete from units u where units.id = 1
-- 42P01 1:27

delete from units returning nope
-- 42703 1:29

select a < b from (values (1)) t(a, b)
-- 42P10 1:37

select * from (select 1)
-- 42601 1:23

select * from (values (1))
-- 42601 1:24

select * from units u(a,b,c,d,e,f,g,h,i)
-- 42P10 1:39

with a as (select 1), a as (select 2) select 1
-- 42712 1:23

with a(x, y) as (select 1) select * from a
-- 42P10 1:11

with a as (select nope) select 1
-- 42703 1:19

select * from a
-- 42P01 1:15

values (1), (1, 2)
-- 42601 1:14

values (1), ('a')
-- 22P02 1:14

values (1), (true)
-- 42804 1:14

select $1 + $2
-- 42725 1:8
-- hint: write casts

select $1 is null
-- 42P18 1:8
-- hint: write a cast: $1::integer

select $1 is null or $1 = 1
-- 42P08 1:8
-- hint: write a cast: $1::integer

select $1, $1::int
-- 42P08 1:8
-- hint: write a cast: $1::integer

select $1 = id, $1 = name from players
-- 42883 1:17
-- hint: write casts

insert into units (hp, data) values ($1, $1)
-- 42P08 1:42
-- hint: write a cast: $1::integer

select id from units where id = 1 = true
-- 42601 1:28

select 1 < 2 < 3
-- 42601 1:8

select 1_000
-- 42601 1:8

select 'a' 'b'
-- 42601 1:8

select 1a
-- 42601 1:8

select a.b.c.d from units
-- 0A000 1:8
-- hint: write table.column

select units from units
-- 0A000 1:8
-- hint: name a column

select units.* from units u
-- 42P01 1:8

select *
-- 42601 1:8

select * from units where * = 1
-- 42601 1:27

select count(distinct) from units
-- 42601 1:8

select 1,
-- 42601 1:9

select 1 from units where
-- 42601 1:26

select from units
-- 0A000 1:13

select 1/0
-- 22012 1:8

select 1 where 1/0 = 1 and false
-- 22012 1:16

select 2147483647 + 1
-- 22003 1:8

select 9223372036854775807 + 1
-- 22003 1:8

select abs(-2147483648)
-- 22003 1:8

select 1 % 0
-- 22012 1:8

select 'a' like 'b' escape 'ab'
-- 22025 1:8

select substring('abc' from 1 for -1)
-- 22011 1:8

select case when x > 1 then 1/0 else 2 end from units
-- 22012 1:29

select coalesce(null, 1/0)
-- 22012 1:23

select coalesce(x, 1/0) from units
-- 22012 1:20

select 100000::smallint
-- 22003 1:8

select '100000'::smallint
-- 22003 1:8

select 3000000000::int
-- 22003 1:8

select 'x'::numeric(3,1)
-- 22P02 1:8

select 1000::numeric(3,1)
-- 22003 1:8

select true and 1/0 = 1
-- 22012 1:17

select 1 in (1, 1/0)
-- 22012 1:17

select x in (1, 1/0) from units
-- 22012 1:17

select x between 1 and 'a' from units
-- 22P02 1:24

select x between true and 1 from units
-- 42883 1:8
-- hint: write casts

select name between 1 and 2 from players
-- 42883 1:8
-- hint: write casts

select x is distinct from 'a' from units
-- 22P02 1:27

select x is distinct from true from units
-- 42883 1:8
-- hint: write casts

select * from units join players using (nope)
-- 42703 1:41

select * from units join players using (hp)
-- 42703 1:41

select * from units join players on hp
-- 42804 1:37

select * from units join players on nope = 1
-- 42703 1:37

select * from units u, players p join units v on u.id = v.id
-- 42P01 1:50

select * from units cross join players on true
-- 42601 1:32

select * from units join players
-- 42601 1:21

select * from units left join players
-- 42601 1:31

select xmin from units
-- 0A000 1:8
-- hint: use the primary key

select id from units for update
-- 0A000 1:22
-- hint: there is one writer

select id from units fetch first 1 row only
-- 0A000 1:22
-- hint: write LIMIT

select now()
-- 0A000 1:8
-- hint: a reducer has no clock: pass the time as a parameter

select random()
-- 0A000 1:8
-- hint: a reducer has no randomness: pass what is drawn as a parameter

select current_user
-- 0A000 1:8
-- hint: a reducer has no users: pass the sender as a parameter

select current_timestamp
-- 0A000 1:8
-- hint: a reducer has no clock: pass the time as a parameter

select id from units tablesample bernoulli (1)
-- 0A000 1:22
-- hint: a reducer has no randomness

select 1 intersect select 1
-- 0A000 1:10
-- hint: write WHERE … IN (SELECT …)

select distinct on (owner) owner from units
-- 0A000 1:21
-- hint: write GROUP BY, or a subquery

select id, row_number() over (order by id) from units
-- 0A000 1:25
-- hint: write a subquery

select count(*) filter (where true) from units
-- 0A000 1:17
-- hint: write a subquery

select string_agg(name, ',') from players
-- 0A000 1:8
-- hint: the aggregates are COUNT, SUM, MIN, MAX and AVG

select array[1]
-- 0A000 1:8
-- hint: use a table of rows

select row(1,2)
-- 0A000 1:8
-- hint: compare the columns one by one, with AND

select (1,2) = (1,2)
-- 0A000 1:8
-- hint: compare the columns one by one, with AND

select x = any (array[1]) from units
-- 0A000 1:12
-- hint: write IN (…)

select name ~ 'a' from players
-- 0A000 1:13
-- hint: bit operations belong into the reducer

select name ilike 'a' from players
-- 0A000 1:13
-- hint: write lower(a) LIKE b

select name similar to 'a' from players
-- 0A000 1:13
-- hint: write LIKE

select name collate "C" from players
-- 0A000 1:13
-- hint: texts are ordered by their bytes

select x::float from units
-- 0A000 1:11
-- hint: there are no floats: write NUMERIC(p, s)

select x::date from units
-- 0A000 1:11
-- hint: keep times as BIGINT, in units of your choice
-- postgres: 42846

select x::nosuch from units
-- 42704 1:11

select '2020-01-01'::date
-- 0A000 1:22
-- hint: keep times as BIGINT, in units of your choice

select date '2020-01-01'
-- 0A000 1:8
-- hint: write 'text'::type

select interval '1 day'
-- 0A000 1:8
-- hint: write 'text'::type

select x::numeric from units
-- 0A000 1:11
-- hint: write NUMERIC(p, s) with 1 <= p <= 18 and 0 <= s <= p

select name::varchar from players
-- 0A000 1:14
-- hint: write TEXT, or VARCHAR(n)

select "ID" from units
-- 42703 1:8

select 1 as "Ä"
-- 0A000 1:13

select e'a\n'
-- 0A000 1:8
-- hint: write a plain string, 'text' or '\x00ff'::bytea

select b'01'
-- 0A000 1:8
-- hint: write a plain string, 'text' or '\x00ff'::bytea

select $$a$$
-- 0A000 1:8
-- hint: write it as 'text'

select $2::int
-- 42P18 1:8

select $0
-- 42P02 1:8

select t.* = 'x' from units as t
-- 0A000 1:8
-- hint: name its columns

select id from units isnull
-- 0A000 1:22
-- hint: write IS NULL
-- postgres: 42601

select id from units where x isnull
-- 0A000 1:30
-- hint: write IS NULL

select name at time zone 'utc' from players
-- 0A000 1:13
-- hint: a reducer has no clock: pass the time as a parameter
-- postgres: 42883

select grouping(owner) from units group by owner
-- 0A000 1:8
-- hint: write several queries

select owner from units group by rollup (owner)
-- 0A000 1:34
-- hint: write several queries

select owner from units group by cube (owner)
-- 0A000 1:34
-- hint: write several queries

select owner from units group by grouping sets ((owner), ())
-- 0A000 1:34
-- hint: write several queries

select * from units natural join players
-- 0A000 1:21
-- hint: write the columns: JOIN … USING (…)

select * from units right join players on true
-- 0A000 1:21
-- hint: swap the tables and write LEFT JOIN

select * from units full outer join players on true
-- 0A000 1:21
-- hint: write an inner or a left join with ON or USING

select * from units, lateral (select 1) as t
-- 0A000 1:22
-- hint: use a subquery in the SELECT list, or a join

select * from generate_series(1, 3) as t
-- 0A000 1:15

with recursive a as (select 1) select * from a
-- 0A000 1:1
-- hint: read level by level

with a as (insert into notes default values returning id) select * from a
-- 0A000 1:6
-- hint: write two statements

with a as (select 1) insert into notes (body) select 'a'
-- 0A000 1:6
-- hint: write the query where its name is used

with a as (select 1) update notes set body = 'a'
-- 0A000 1:6
-- hint: write the query where its name is used

update units set hp = 1 from players where owner = players.id
-- 0A000 1:8
-- hint: write a subquery: SET a = (SELECT …)

delete from units using players where owner = players.id
-- 0A000 1:13
-- hint: write WHERE … IN (SELECT …)

update units set (x, y) = (1, 2)
-- 0A000 1:18
-- hint: write SET a = …, b = …

update units set id = id + 1
-- 0A000 1:18
-- hint: write WHERE with = on every column of the primary key, or of a unique key

update units set x = 1 where y = 1
-- 0A000 1:18
-- hint: write WHERE with = on every column of the primary key, or of a unique key

update players set name = 'a' where id > 1
-- 0A000 1:20
-- hint: write WHERE with = on every column of the primary key, or of a unique key

update notes set id = 5
-- 428C9 1:23
-- hint: leave it out, or write DEFAULT

update notes set id = default where id = 1
-- 0A000 1:18
-- hint: delete the row and insert another

insert into notes (id) values (1)
-- 428C9 1:32
-- hint: leave it out, or write DEFAULT

insert into units (id, owner, x, hp) values (default, 1, 2, 3), (5, 1, 2, 3)
-- 0A000 1:13
-- hint: write two statements

insert into notes (body) values ('a') on conflict (body) do nothing
-- 42P10 1:52
-- hint: name all columns of the primary key or of a UNIQUE constraint

insert into players (id, name) values (1, 'a') on conflict (id) where id > 1 do nothing
-- 0A000 1:61

insert into players (id, name) values (1, 'a') on conflict (lower(name)) do nothing
-- 0A000 1:61
-- postgres: 42P10

insert into players (id, name) values (1, 'a'), (2)
-- 42601 1:50

insert into players (id, name, gold) values (1, 'a', 12345678901)
-- 22003 1:54

insert into players (id, name) values (1, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')
-- 22001 1:43

insert into players (id, name, gold) values (1, 'a', 'x')
-- 22P02 1:54

insert into players select * from units
-- 42601 1:28

insert into players (id) select id, name from players
-- 42601 1:33

select gold * gold * gold from players
-- 0A000 1:8
-- hint: cast an operand to a NUMERIC of fewer digits

select gold / 3 from players
-- 0A000 1:8
-- hint: write CAST(a / b AS NUMERIC(p, s)): the quotient needs a scale

select gold + owner * 0.5 from units, players
-- 0A000 1:15
-- hint: cast an operand to a NUMERIC of fewer digits

select sum(gold) from players
-- 0A000 1:8
-- hint: write CAST(sum(…) AS BIGINT), or AS NUMERIC(p, s)

select avg(hp) from units
-- 0A000 1:8
-- hint: write CAST(avg(…) AS BIGINT), or AS NUMERIC(p, s)

select avg(hp)::text from units
-- 0A000 1:8
-- hint: write CAST(avg(…) AS BIGINT), or AS NUMERIC(p, s)

select sum(owner) + 1 from units
-- 0A000 1:8
-- hint: write CAST(sum(…) AS BIGINT), or AS NUMERIC(p, s)

select sum(distinct hp) from units
-- 0A000 1:8
-- hint: aggregate over SELECT DISTINCT in FROM

select count(hp order by id) from units
-- 0A000 1:14
-- hint: write a subquery

select max(hp) over (partition by owner) from units
-- 0A000 1:16
-- hint: write a subquery

select min(data) from units
-- 42883 1:8

select sum(name) from players
-- 42883 1:8

select (select sum(units.hp)) from units
-- 0A000 1:16
-- hint: compute it in a subquery in FROM

select count((select 1)) from units
-- 0A000 1:14
-- hint: compute it in a subquery in FROM

select 1 from units group by hp having id > 1
-- 42803 1:40
-- hint: add it to GROUP BY, or write MIN(…)

select owner from units group by owner order by hp
-- 42803 1:49
-- hint: add it to GROUP BY, or write MIN(…)

select owner from units order by id limit 5 offset -
-- 42601 1:53

select id from units limit 5
-- 0A000 1:28
-- hint: order by the primary key

select id from units offset 1
-- 0A000 1:29
-- hint: order by the primary key

select id from units order by id limit all
-- 0A000 1:8
-- hint: leave it out

select id from units order by id limit 5, 2
-- 42601 1:34

select exists (select 1 from units limit 99999999999999999999)
-- 0A000 1:42
-- hint: cast an operand to a NUMERIC of fewer digits
-- postgres: 22003

select exists (select 1 from units limit 1 / 0)
-- 22012 1:42

select exists (select id from units limit id)
-- 42P10 1:43

select id from units order by id fetch first 5 rows only
-- 0A000 1:34
-- hint: write LIMIT

select id from units where x = any (select 1)
-- 0A000 1:32
-- hint: write IN (…)

select id from units where x > all (select 1)
-- 0A000 1:32
-- hint: write NOT EXISTS (SELECT …)

select 1 except select 2
-- 0A000 1:10
-- hint: write WHERE NOT EXISTS (SELECT …)

select 1 where 1 between 0 and 2 and
-- 42601 1:37

select (1, 2)
-- 0A000 1:8
-- hint: compare the columns one by one, with AND

select row(1, 2)
-- 0A000 1:8
-- hint: compare the columns one by one, with AND

select '{1}'::int[]
-- 0A000 1:18
-- hint: use a table of rows

select x[1] from units
-- 0A000 1:9
-- hint: use a table of rows
-- postgres: 42804

select 'a'::json
-- 0A000 1:13
-- hint: use columns
-- postgres: 22P02

select 1::real, 2
-- 0A000 1:11
-- hint: there are no floats: write NUMERIC(p, s)

select 1::double precision
-- 0A000 1:11
-- hint: there are no floats: write NUMERIC(p, s)

select now()::text
-- 0A000 1:8
-- hint: a reducer has no clock: pass the time as a parameter

select clock_timestamp()
-- 0A000 1:8
-- hint: a reducer has no clock: pass the time as a parameter

select gen_random_uuid()
-- 0A000 1:8
-- hint: a reducer has no randomness: pass what is drawn as a parameter

select concat('a', 'b')
-- 0A000 1:8
-- hint: it passes over NULL: write a || b, or COALESCE

select round(gold) from players
-- 0A000 1:8
-- hint: write CAST(a AS NUMERIC(p, s)): it rounds

select trim(name) from players
-- 0A000 1:8
-- hint: do it in the reducer, or write substr and ||

select power(2, 3)
-- 0A000 1:8
-- hint: there are no floats: write arithmetic with casts

select nextval('a')
-- 0A000 1:8
-- hint: write an identity column
-- postgres: 42P01

select 2 ^ 3
-- 0A000 1:10
-- hint: write products

select 5 & 3
-- 0A000 1:10
-- hint: bit operations belong into the reducer

select name !~~ 'a' from players
-- 0A000 1:13
-- hint: write LIKE, or lower(a) LIKE b

select 1 == 1
-- 42883 1:10

select 1 %- 1
-- 42883 1:10

select 5 !
-- 42883 1:10
-- postgres: 42601

select id from units as u (a, b, c, d, e, f, g, h)
-- 42P10 1:49

select * from (values (1, 2)) as t (a, b, c)
-- 42P10 1:43

select 9223372036854775808
-- 0A000 1:8
-- hint: cast an operand to a NUMERIC of fewer digits

select 1234567890123456789.5
-- 0A000 1:8
-- hint: cast an operand to a NUMERIC of fewer digits

select 0.0000000000000000001
-- 0A000 1:8
-- hint: cast an operand to a NUMERIC of fewer digits

select '99999'::smallint
-- 22003 1:8

select 'abc'::bool
-- 22P02 1:8

select '1e5'::int
-- 22P02 1:8

select 300000::smallint
-- 22003 1:8

select 1000000::numeric(5,2)
-- 22003 1:8

select '1000000'::numeric(5,2)
-- 22003 1:8

select 'NaN'::numeric(5,2)
-- 0A000 1:8

select '5'::text::numeric(5,2)
-- 0A000 1:8
-- hint: pass the value as a parameter

select name::bytea from players
-- 0A000 1:8
-- hint: pass the value as a parameter

select hp::bytea from units
-- 42846 1:8

select owner::bool from units
-- 42846 1:8

select data::int from units
-- 42846 1:8

select gold::bool from players
-- 42846 1:8

select sqlc.arg(a) + $1
-- 42601 1:22
-- postgres: 42703

select sqlc.arg(a) = 1, sqlc.narg(a) = 1
-- 42601 1:25
-- hint: write sqlc.narg everywhere if it may be NULL
-- postgres: 42703

select sqlc.slice(a)
-- 42883 1:8
-- hint: write sqlc.arg(name) or sqlc.narg(name)
-- postgres: 42703

select $33::int
-- 54000 1:8
-- postgres: 42P18

select $1 || $1, $1 + 1
-- 42883 1:18
-- hint: write casts

select * from units where x = (select x, y from units)
-- 42601 1:39

select * from units where x in (select x, y from units)
-- 42601 1:40

select * from units where id = (select name from players)
-- 42883 1:27
-- hint: write casts

select "Id" from units
-- 42703 1:8

select id from "Units"
-- 42P01 1:16

select 1 from public.units
-- 0A000 1:15
-- hint: write the table's name alone
-- postgres: 42P01

select public.units.id from units
-- 0A000 1:8
-- hint: write table.column
-- postgres: 42P01

select e'a'
-- 0A000 1:8
-- hint: write a plain string, 'text' or '\x00ff'::bytea

select u&'a'
-- 0A000 1:8

select x'1f'
-- 0A000 1:8
-- hint: write a plain string, 'text' or '\x00ff'::bytea

select 'abc
-- 42601 1:8

select "abc
-- 42601 1:8

select /* abc
-- 42601 1:8

select #1
-- 0A000 1:8
-- hint: bit operations belong into the reducer
-- postgres: 42883

select 1 \ 2
-- 42601 1:10

select :a
-- 42601 1:8

select @x
-- 0A000 1:8
-- hint: write abs(a)
-- postgres: 42703

select ?
-- 0A000 1:8
-- hint: there is no JSON, and there are no arrays: use columns
-- postgres: 42601

select 1;; select 2
-- 42601 1:12
-- postgres: ok

table units
-- 0A000 1:1
-- hint: write SELECT, INSERT, UPDATE or DELETE

explain select 1
-- 0A000 1:1
-- hint: write SELECT, INSERT, UPDATE or DELETE
-- postgres: 42601

drop table units
-- 0A000 1:1
-- hint: write SELECT, INSERT, UPDATE or DELETE
-- postgres: 42601

merge into units using players on true when matched then delete
-- 0A000 1:1
-- hint: write SELECT, INSERT, UPDATE or DELETE

truncate units
-- 0A000 1:1
-- hint: write SELECT, INSERT, UPDATE or DELETE
-- postgres: 42601

begin
-- 0A000 1:1
-- hint: write SELECT, INSERT, UPDATE or DELETE
-- postgres: 42601

foo
-- 42601 1:1

set x = 1
-- 0A000 1:1
-- hint: write SELECT, INSERT, UPDATE or DELETE
-- postgres: 42601

select length('a', 'utf8')
-- 0A000 1:8
-- hint: write length(a)

select abs('5')
-- 0A000 1:12
-- hint: write a cast

select substring(name, '[a-z]') from players
-- 0A000 1:24
-- hint: write a number, with a cast

select substr(data, 1) from units
-- 0A000 1:8

select data like '\x00' from units
-- 0A000 1:8

select strpos(data, 'a') from units
-- 42883 1:8

select name like 'a' escape 'ab' from players
-- 22025 1:8

select 1 in ()
-- 42601 1:8

select case end
-- 42601 1:13

select case when true then 1
-- 42601 1:28

select coalesce()
-- 42601 1:8

select nullif(1)
-- 42601 1:8

select greatest()
-- 42601 1:8

select cast(1 as)
-- 42601 1:17

select cast(1 int)
-- 42601 1:15

select from where
-- 42601 1:13

select * from units where id = 1 group by
-- 42601 1:34

select distinct on (owner) id from units
-- 0A000 1:21
-- hint: write GROUP BY, or a subquery

select id from units for share
-- 0A000 1:22
-- hint: there is one writer

select id into notes from units
-- 0A000 1:11
-- hint: write INSERT … SELECT
-- postgres: 42P07

select count(*) filter (where alive) from units
-- 0A000 1:17
-- hint: write a subquery

select id from units where current of c
-- 0A000 1:28
-- hint: there are no cursors
-- postgres: 42601

select u.id from units u, players u
-- 42712 1:27
-- hint: give one of them an alias

select id from units join units on true
-- 42712 1:27
-- hint: give one of them an alias

select * from units join players on units.id = notes.id join notes on true
-- 42P01 1:48

select * from units u join players p using (note)
-- 42703 1:45

select * from (units join players on true) as j
-- 0A000 1:47

select * from (units)
-- 42601 1:16

select * from (select 1) where true
-- 42601 1:23

with a (x, y) as (select 1) select 1
-- 42P10 1:12

with a as (select * from b), b as (select 1) select 1
-- 42P01 1:26

select excluded.id from players
-- 42P01 1:8

insert into players (id, name) values (1, 'a') on conflict (id) do update set note = name
-- 42702 1:86
-- hint: write table.name

select 1 union select 'a' union select true
-- 22P02 1:23

select 1, 2 union select 1
-- 42601 1:26

select null union select null union select 1
-- 42804 1:44

select x from units order by y + nope
-- 42703 1:34

select x as a, y as a from units order by a
-- 42702 1:43
-- hint: write the column's number in ORDER BY

select ((((((((((((((((((((((((((1))))))))))))))))))))))))))
-- 54000 1:32
-- hint: compute parts of it in WITH queries
-- postgres: ok

select not not not not not not not not not not not not not not not not not not not not not not not not not not true
-- 54000 1:104
-- hint: compute parts of it in WITH queries
-- postgres: ok

update units set hp = 1 returning (select count(*) from units)
-- 0A000 1:35
-- hint: write a SELECT of its own before this statement

insert into players (id, name) values (1, 'a'), (2, 'b') on conflict (id) do update set note = (select max(name) from players)
-- 0A000 1:96
-- hint: write a SELECT of its own before this statement

delete from units where x > 0 returning id, exists (select 1 from players p where exists (select 1 from units u where u.x = p.id))
-- 0A000 1:60
-- hint: write a SELECT of its own before this statement

select $0
-- 42P02 1:8

select sum(*) from units
-- 42883 1:8

select sum(1, 2) from units
-- 42883 1:8

select 'x'::numeric(5, 2)
-- 22P02 1:8

select version()
-- 0A000 1:8
-- hint: a reducer has no server and no session

-- # what an attack found: refused with a hint, not as no SQL

select exists (values (1))
-- 0A000 1:16
-- hint: write EXISTS (SELECT …)

select exists ((select 1))
-- 0A000 1:17
-- hint: write EXISTS (SELECT …)

select id from units where x in (values (1), (2))
-- 0A000 1:34
-- hint: write IN ((VALUES …))

select * from ((values (1))) v
-- 0A000 1:17
-- hint: write (SELECT * FROM (VALUES …) AS v)

select v.column1 from ((values (1)) as v join units u on u.id = v.column1)
-- 0A000 1:25
-- hint: write (SELECT * FROM (VALUES …) AS v)

select id from units order by id using <
-- 0A000 1:34
-- hint: write ASC or DESC

select hp from units group by distinct hp
-- 0A000 1:31
-- hint: leave it out

select hp from units group by all hp
-- 0A000 1:31
-- hint: leave it out

select id from units u where u.* is null
-- 0A000 1:30
-- hint: name its columns

select count(u.*) from units u
-- 0A000 1:14
-- hint: name its columns

select 1e9999999
-- 22003 1:8

select 1e-9999999
-- 22003 1:8

select 1::numeric(99999999999, 2)
-- 22003 1:11
-- hint: write NUMERIC(p, s) with 1 <= p <= 18 and 0 <= s <= p

select ''::varchar(99999999999)
-- 42601 1:12

select 1 order by 99999999999
-- 42601 1:19

insert into units (owner, x, hp, alive) select distinct id, 1, 1, null from players
-- 42804 1:67
-- hint: write a cast

insert into units (owner, x, hp, alive) select id, 1, 1, null from players order by 4
-- 42804 1:58
-- hint: write a cast

insert into units (owner, x, hp) select id, '1', 1 from players order by 2, id
-- 42804 1:45
-- hint: write a cast

insert into units (owner, x, hp, alive) select 1, 1, 1, null union select 2, 2, 2, null
-- 42804 1:57
-- hint: write a cast

insert into units (owner, x, hp) select id, '99999', 1 from players order by id
-- 22003 1:45

select * from (values (1) union select 2) v
-- 0A000 1:27
-- hint: begin with SELECT: (SELECT … UNION VALUES …)
