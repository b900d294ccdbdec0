package store

import "database/sql"

// Pools is how much of each pool of connections is used, by its name.
func (s *DB) Pools() map[string]sql.DBStats {
	if s.pool == nil {
		return map[string]sql.DBStats{"writer": s.WriteDB.Stats(), "readers": s.ReadDB.Stats()}
	}
	stat := s.pool.Stat()
	return map[string]sql.DBStats{"postgres": {
		MaxOpenConnections: int(stat.MaxConns()), InUse: int(stat.AcquiredConns()), Idle: int(stat.IdleConns()),
		WaitCount: stat.EmptyAcquireCount(), WaitDuration: stat.EmptyAcquireWaitTime(),
	}}
}
