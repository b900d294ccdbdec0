package store

import (
	"database/sql"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Pools is how much of each pool of connections is used, by its name.
func (s *DB) Pools() map[string]sql.DBStats {
	if s.pool == nil {
		return map[string]sql.DBStats{"writer": s.WriteDB.Stats(), "readers": s.ReadDB.Stats()}
	}
	pools := map[string]sql.DBStats{"postgres": statsOf(s.pool)}
	if s.Pooled() {
		pools["direct"] = statsOf(s.direct)
	}
	if s.replicas != nil {
		for i, one := range s.replicas.all {
			pools[replicaName(i)] = statsOf(one.pool)
		}
	}
	return pools
}

func statsOf(pool *pgxpool.Pool) sql.DBStats {
	stat := pool.Stat()
	return sql.DBStats{
		MaxOpenConnections: int(stat.MaxConns()), InUse: int(stat.AcquiredConns()), Idle: int(stat.IdleConns()),
		WaitCount: stat.EmptyAcquireCount(), WaitDuration: stat.EmptyAcquireWaitTime(),
	}
}
