package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orderhub/server/batch"
)

// moment is what the primary has shown to its readers by a moment, so that a replica can be held against it.
type moment struct {
	home     string // which database of which cluster
	timeline int64
	position int64 // in its log: what anybody has read by then was written before
	// Transactions from ended on may not have ended yet, nor have those before it that are open.
	ended uint64
	open  []uint64
}

const (
	// selectHomeOfReads is which database of which cluster answers. A replica has both numbers of its primary.
	selectHomeOfReads = `(SELECT system_identifier FROM pg_control_system())::text || '/' ||
		(SELECT oid FROM pg_database WHERE datname = current_database())::text`
	// What is committed can be read once it is on disk, but where the operator has said that commits do not wait for
	// that: there all that was written counts, which may not be on its way to a replica before long.
	selectMoment = `SELECT ` + selectHomeOfReads + `,
		('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint,
		((CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
			ELSE pg_current_wal_flush_lsn() END) - '0/0')::bigint,
		pg_current_snapshot()::text`
)

const (
	// mostAsking is how many reads wait for the primary's moment at once.
	mostAsking = 4096
	// momentTimeout bounds the asking; readers are gone before.
	momentTimeout = time.Second
)

// moments asks the primary. However many reads wait for it, it is asked one question at a time, after they came.
type moments = batch.Committer[struct{}, answeredMoment]

type answeredMoment struct {
	moment *moment
	err    error
}

func newMoments(primary *pgxpool.Pool, asked func()) *moments {
	options := batch.Options{Max: mostAsking, Waiting: mostAsking, Timeout: momentTimeout}
	return batch.New(options, func(ctx context.Context, reads []struct{}) []answeredMoment {
		asked()
		m, err := readMoment(ctx, primary)
		return slices.Repeat([]answeredMoment{{m, err}}, len(reads))
	})
}

func readMoment(ctx context.Context, primary *pgxpool.Pool) (*moment, error) {
	m, visible := &moment{}, ""
	err := primary.QueryRow(ctx, selectMoment).Scan(&m.home, &m.timeline, &m.position, &visible)
	if err != nil {
		return nil, err
	}
	m.ended, m.open, err = parseVisible(visible)
	return m, err
}

// parseVisible reads a snapshot as PostgreSQL writes it: the oldest open transaction, the one after the last that has
// ended, and those between them that are open.
func parseVisible(text string) (ended uint64, open []uint64, err error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return 0, nil, fmt.Errorf("%q is no snapshot", text)
	}
	if ended, err = strconv.ParseUint(parts[1], 10, 64); err != nil || parts[2] == "" {
		return ended, nil, err
	}
	for number := range strings.SplitSeq(parts[2], ",") {
		transaction, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return 0, nil, err
		}
		open = append(open, transaction)
	}
	return ended, open, nil
}

// openBefore are the transactions before one that had not ended.
func (m *moment) openBefore(end uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(m.open), func(transaction uint64) bool { return transaction >= end })
}
