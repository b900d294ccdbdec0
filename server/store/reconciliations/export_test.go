package reconciliations

import "orderhub/server/store"

// ChargeStatements are those about what is kept of single purchases.
var ChargeStatements = []store.Statement{selectNamed, dropOf, dropNamed, selectOthers}
