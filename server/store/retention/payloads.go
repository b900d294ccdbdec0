package retention

import "orderhub/server/store"

// hasPayload are attempts that there is something to remove of, as the index attempt_contents has them. What the
// provider contradicted later stays, for a person decides about it.
const hasPayload = `a.settled_at IS NOT NULL AND a.dispute = '' AND (a.failure_message <> '' OR a.held IS NOT NULL
	OR a.exchanges IS NOT NULL)`

var (
	// An attempt is emptied when it and its order have been final for long enough. What it is found by stays: the
	// provider may tell something more of it, tickets may be taken back.
	selectPayloads = `SELECT a.id, a.created_at < $2,
		coalesce(a.settled_at < $2 AND o.completed_at < $2, false) FROM attempts a `
	nextPayloads = `LEFT JOIN orders o ON o.id = a.order_id WHERE a.id > $1 AND ` + hasPayload + `
		ORDER BY a.id LIMIT $3`
	lookPayloads = store.Statement{
		Postgres: selectPayloads + nextPayloads,
		SQLite:   selectPayloads + `INDEXED BY attempt_contents ` + nextPayloads,
	}

	// One that is contradicted or erased in this moment is left alone; that is looked at once it is locked.
	emptyAttempts = store.FromPostgres(`UPDATE attempts AS a SET failure_message = '', held = NULL, exchanges = NULL,
		payload_removed_at = $2
		WHERE a.id = ANY(ARRAY(SELECT id FROM attempts WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED))
		AND ` + hasPayload + ` RETURNING id`)
)
