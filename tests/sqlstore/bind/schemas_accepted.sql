create table t (id int primary key)
-- names: t_pkey

create table t (id int primary key, a int check (a > 0), b int check (b > a), check (true), check (a < 5), constraint foo check (a > 0))
-- names: foo, t_a_check, t_a_check1, t_check, t_check1, t_pkey

create table t (id int primary key, a int unique, b int unique, unique (a), unique (a, b))
-- names: t_a_b_key, t_a_key, t_a_key1, t_b_key, t_pkey
-- postgres: t_a_b_key, t_a_key, t_b_key, t_pkey

create table t (a int, b int, primary key (a, b), unique (b, a))
-- names: t_b_a_key, t_pkey

create table t (a int null primary key)
-- names: t_pkey

create table t (a int primary key, b int not null not null)
-- names: t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key references p)
-- names: p_a_b_key, p_c_key, p_pkey, t_a_fkey, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key, b text references p(c))
-- names: p_a_b_key, p_c_key, p_pkey, t_b_fkey, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key, b int, foreign key (b, a) references p (b, a))
-- names: p_a_b_key, p_c_key, p_pkey, t_b_a_fkey, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key, b int, foreign key (a, b) references p (b, a))
-- names: p_a_b_key, p_c_key, p_pkey, t_a_b_fkey, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key references p on delete restrict on update no action)
-- names: p_a_b_key, p_c_key, p_pkey, t_a_fkey, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key references p match simple)
-- names: p_a_b_key, p_c_key, p_pkey, t_a_fkey, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key, b int references t)
-- names: p_a_b_key, p_c_key, p_pkey, t_b_fkey, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key, b int references t references p)
-- names: p_a_b_key, p_c_key, p_pkey, t_b_fkey, t_b_fkey1, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key, b int, constraint t_b_fkey check (b > 1), foreign key (b) references p)
-- names: p_a_b_key, p_c_key, p_pkey, t_b_fkey, t_b_fkey1, t_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create index on p (a);
create index on p (a);
create index p_x on p (a, b);
create unique index on p (b)
-- names: p_a_b_key, p_a_idx, p_a_idx1, p_b_idx, p_c_key, p_pkey, p_x

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create index on p (a asc nulls last)
-- names: p_a_b_key, p_a_idx, p_c_key, p_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create index on p using btree (a)
-- names: p_a_b_key, p_a_idx, p_c_key, p_pkey

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create unique index i on p (b);
create table t (a int primary key references p(b))
-- names: i, p_a_b_key, p_c_key, p_pkey, t_a_fkey, t_pkey

create table t (a int primary key, b character varying(10), c char varying (5), d decimal(3), e dec(4,2), f int2, g int8, h bool)
-- names: t_pkey

create table "user" (a int primary key, "order" int, "A b" text)
-- names: user_pkey

create table t (a int primary key, key int, value text, name text, type int, index int, first int, action text, date int, text text, row int)
-- names: t_pkey

create table t (a int constraint pk primary key, b int constraint u unique constraint nn not null constraint dd default 5)
-- names: pk, u

create table t (a int primary key, check (b > 1) , b int)
-- names: t_b_check, t_pkey

create table t (unique (b), a int primary key, b int)
-- names: t_b_key, t_pkey

create table aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb int primary key, ccccccccccccccccccccccccccccccccccccccccccccccc int unique)
-- names: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa_ccccccccccccccccccccccccccccc_key, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_pkey

create table t (a int primary key, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa int unique, check (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa > 1), bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb int, unique (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb))
-- names: t_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_check, t_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_key1, t_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_key, t_pkey

;;create table t (a int primary key);;
-- names: t_pkey

create table t (a int primary key, b text default 'a' || 'b' check (length(b) < 10 and b like 'a%'))
-- names: t_b_check, t_pkey

create table t (a int primary key, check (a > 1) , check (a > 2), constraint t_a_check2 check (a > 3), check (a > 5))
-- names: t_a_check, t_a_check1, t_a_check2, t_a_check3, t_pkey

create table t_a (id int primary key, x int check (x > 1));
create table t (id int primary key, a_x int check (a_x > 1))
-- names: t_a_pkey, t_a_x_check, t_a_x_check1, t_pkey

create table t (id int primary key, t1 text, t2 text, t3 text, b bytea, unique (t1, t2, t3))
-- names: t_pkey, t_t1_t2_t3_key

create table t (a int primary key, b int check (b between 1 and 9 and b <> 5))
-- names: t_b_check, t_pkey

create table t (a int primary key, b numeric(5,2) default -1.5 check (b > -10.25))
-- names: t_b_check, t_pkey

create table t (a int primary key, b bytea default '\x00', c bool default 't')
-- names: t_pkey

create table "T" ("A" int primary key);
create table t (a int primary key)
-- names: T_pkey, t_pkey

create table t (a int primary key, "A" int, "a b" int unique, "c""d" int check ("c""d" > 1))
-- names: t_a b_key, t_c"d_check, t_pkey

create table t (a int primary key, b int constraint x references t constraint y check (b > 1))
-- names: t_pkey, x, y

create table p (id int primary key, a int, b int, unique (a, b), c text unique);
create table t (a int primary key, b int, c int, foreign key (c, b) references p (b, a) on update restrict, unique (c, b))
-- names: p_a_b_key, p_c_key, p_pkey, t_c_b_fkey, t_c_b_key, t_pkey
