# Puts an upgrade script together.
#
# usage: awk -f upgrade-script.awk RELEASED WRITTEN PART ...
#
#   RELEASED   install script of the version to upgrade from
#   WRITTEN    what must be written by hand (sql/upgrade)
#   PART ...   the parts of the install script of the new version, in their order
#
# A line "-- @parts" of WRITTEN stands for what follows from the parts, a line "-- @part NAME" for that one of them, there
# and not among the others.  What follows from the parts:
#
# - A part is new if none of its CREATE, COMMENT and INSERT statements stands in RELEASED, and comes as it is.
# - In other parts, a statement that stands in RELEASED is done already.  Of what is new or changed there,
#     functions, aggregates, views and triggers are created, or replaced if RELEASED has one of that name;
#     other objects are created if RELEASED has none of that name;
#     COMMENT and GRANT are taken over.
#   Of both new and old,
#     "SELECT f(...);" is taken over, so that it must do no harm to call such a function again;
#     INSERT and UPDATE are taken over if WRITTEN empties the table by "DELETE FROM table;".
#
# The rest (ALTER, DROP, changed tables and types, shipped rows) is for WRITTEN.

FNR == 1 {
	if (statement ~ /[^ \n]/)
		fail("the last statement does not end")
	nfile++
	file = FILENAME
	part = file
	sub(/.*\//, "", part)
	sub(/\.sql$/, "", part)
	parts[nfile] = part
	statement = quote = ""
}

nfile == 2 {
	written[++nwritten] = $0
	if ($0 ~ /^-- @part /)
		placed[$3] = 1
	if ($0 ~ /^DELETE FROM [a-z_]+;$/)
		emptied[substr($3, 1, length($3) - 1)] = 1
	next
}

nfile > 2 {
	text[nfile] = text[nfile] $0 "\n"
}

/^\\/ && quote == "" {
	next
}

{
	scan($0)
}

END {
	for (f = 3; f <= nfile; f++)
		if (parts[f] in placed)
			placed[parts[f]] = f
	for (i = 1; i <= nwritten; i++)
	{
		if (written[i] == "-- @parts")
			for (f = 3; f <= nfile; f++)
			{
				if (!(parts[f] in placed))
					printf "%s", part_text(f)
			}
		else if (written[i] ~ /^-- @part /)
		{
			split(written[i], word, " ")
			if (placed[word[3]] < 3)
			{
				print "upgrade-script.awk: there is no part " word[3] >"/dev/stderr"
				exit 1
			}
			printf "%s", part_text(placed[word[3]])
		}
		else
			print written[i]
	}
}

function fail(message)
{
	printf "upgrade-script.awk: %s:%d: %s\n", file, FNR, message >"/dev/stderr"
	exit 1
}

# Adds a line to the statement that is being read, without comments, and takes the statement down where it ends.
function scan(line,    rest, token)
{
	rest = line
	while (rest != "")
	{
		if (quote != "")
		{
			if (!index(rest, quote))
				break
			statement = statement substr(rest, 1, index(rest, quote) + length(quote) - 1)
			rest = substr(rest, index(rest, quote) + length(quote))
			quote = ""
			continue
		}
		if (!match(rest, /--|'|"|;|\$[A-Za-z_]*\$/))
			break
		token = substr(rest, RSTART, RLENGTH)
		if (token == "--")
		{
			rest = substr(rest, 1, RSTART - 1)
			sub(/ +$/, "", rest)
			break
		}
		statement = statement substr(rest, 1, RSTART + RLENGTH - 1)
		rest = substr(rest, RSTART + RLENGTH)
		if (token != ";")
			quote = token
		else
		{
			take(statement)
			statement = ""
			if (rest !~ /^ *(--.*)?$/)
				fail("one statement a line")
			return
		}
	}
	if (statement != "" || rest !~ /^ *$/)
		statement = statement rest "\n"
}

function take(statement,    k)
{
	sub(/^[ \n]+/, "", statement)
	k = key(statement)
	if (nfile == 1)
	{
		known[statement] = 1
		known_key[k] = 1
		return
	}
	statements[nfile, ++count[nfile]] = statement
	keys[nfile, count[nfile]] = k
	if (statement in known && statement ~ /^(CREATE|COMMENT|INSERT) /)
		is_old[nfile] = 1
}

# What tells an object from others of its kind, as far as that can be seen without knowing types.
function key(statement,    word, k, n)
{
	n = split(statement, word, /[ \n(;]+/)
	k = word[1] " " word[2] " " word[3]
	if (word[1] == "CREATE" && (word[2] == "UNIQUE" || word[3] == "INDEX"))
		k = k " " word[4]
	if (word[1] == "CREATE" && word[2] == "TRIGGER" && match(statement, /[ \n]ON [a-z_]+/))
		k = k substr(statement, RSTART, RLENGTH)
	if (word[1] == "CREATE" && (word[2] == "CAST" || word[2] == "OPERATOR"))
		k = statement
	return k
}

function part_text(f,    i, result)
{
	if (!is_old[f])
		return text[f] "\n"
	for (i = 1; i <= count[f]; i++)
		result = result statement_text(statements[f, i], keys[f, i])
	return result == "" ? "" : "-- of " parts[f] "\n\n" result
}

function statement_text(statement, k,    word)
{
	split(statement, word, /[ \n(;]+/)
	if (statement ~ /^SELECT [a-z_]+\(/)
		return statement "\n\n"
	if (word[1] == "INSERT")
		return word[3] in emptied ? statement "\n\n" : ""
	if (word[1] == "UPDATE")
		return word[2] in emptied ? statement "\n\n" : ""
	if (statement in known)
		return ""
	if (word[1] == "COMMENT" || word[1] == "GRANT")
		return statement "\n\n"
	if (word[1] != "CREATE")
		return ""
	if (!(k in known_key))
		return statement "\n\n"
	if (word[2] ~ /^(FUNCTION|AGGREGATE|VIEW|TRIGGER)$/)
		return "CREATE OR REPLACE" substr(statement, 7) "\n\n"
	return ""
}
