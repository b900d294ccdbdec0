package exports

import (
	"orderhub/server/export"
	"orderhub/server/store"
)

// Reads are the statements of what is exported by number: of all, and of one merchant with what they are given.
func Reads(kind export.Kind) (all, ofMerchant store.Statement, args []any) {
	t := tables[kind]
	args = []any{int64(1), partRows, int64(1)}
	if !t.byMerchant {
		args = append(args, int64(windowRows))
	}
	return t.statement(false), t.statement(true), args
}

// WindowRows is among how many rows those of one merchant are looked for at once.
const WindowRows = windowRows
