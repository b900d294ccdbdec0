package job

// What asks each database when jobs are due, and what reads its answer.
var (
	DueOnPostgres = dueOnPostgres
	DueOnSQLite   = dueOnSQLite
	ParseDue      = parseDue
)
