package backlog

import "orderhub/server/store"

// Queries are those of Backlog, by the table that none may read whole.
var Queries = map[string]store.Statement{
	"orders": openOrders, "river_job": dueJobs, "webhook_deliveries": dueDeliveries, "attempts": attemptsForOperators,
	"events": hiddenEvent,
}
