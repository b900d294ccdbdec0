package job

// What asks each database when jobs are due, and what reads its answer.
var (
	DueOnPostgres = dueOnPostgres
	DueOnSQLite   = dueOnSQLite
	ParseDue      = parseDue
)

// Stopped is closed when nothing is at work any more.
func (r *Runner) Stopped() <-chan struct{} {
	return r.client.(interface{ Stopped() <-chan struct{} }).Stopped()
}
