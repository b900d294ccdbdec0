package gateway_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What belongs into a parameter is said as for a field of a body.
func TestParametersSayWhatBelongsThere(t *testing.T) {
	h := startHub(t)
	for query, want := range map[string]string{
		"status=GREAT": "status: must be ORDER_STATUS_PENDING, ORDER_STATUS_PROCESSING, ORDER_STATUS_COMPLETED, " +
			"ORDER_STATUS_FAILED or ORDER_STATUS_CANCELLED",
		"pageSize=many":           "pageSize: must be a whole number of at most 32 bits",
		"createTimeFrom=soon":     "createTimeFrom: must be a time such as 2030-01-31T12:00:00Z",
		"pageSize=1&pageSize=2":   "pageSize: is given twice",
		"%00%1b=1":                `["��"]: is not a known parameter`,
		"createTimeFrom=a&create": "create: is not a known parameter",
	} {
		assert.Equal(t, want, h.call("GET", "/hub/v1/orders?"+query, "").Body["message"], query)
	}
}
