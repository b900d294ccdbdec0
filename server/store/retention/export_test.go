package retention

import "orderhub/server/store"

// Statements are those of all steps, by the names of their variables.
var Statements = map[string]store.Statement{
	"lookDeliveries": lookDeliveries, "deleteDeliveries": deleteDeliveries, "deleteAttempts": deleteAttempts,
	"deleteBodies": deleteBodies, "selectUnfinished": selectUnfinished,
	"lookCallbacks": lookCallbacks, "deleteCallbacks": deleteCallbacks,
	"lookPayloads": lookPayloads, "emptyAttempts": emptyAttempts,
	"lookPurchases": lookPurchases, "deletePurchases": deletePurchases,
	"lookSyncs": lookSyncs, "deleteSyncChanges": deleteSyncChanges, "deleteSyncs": deleteSyncs,
	"lookOperatorEvents": lookOperatorEvents, "deleteOperatorEvents": deleteOperatorEvents,
	"lookRestoredEvents": lookRestoredEvents, "lookEvents": lookEvents, "deleteEvents": deleteEvents,
	"selectLog": selectLog, "selectReplays": selectReplays, "tryLock": tryLock,

	"count doneJobs": doneJobs.count, "remove doneJobs": doneJobs.remove,
	"count failedJobs": failedJobs.count, "remove failedJobs": failedJobs.remove,
	"count refusals": refusals.count, "remove refusals": refusals.remove,
	"count holds": holds.count, "remove holds": holds.remove,
	"count recipientChecks": recipientChecks.count, "remove recipientChecks": recipientChecks.remove,
}
