package exports

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/export"
	"orderhub/server/store"
)

// What is read for a column of an export has its name.
func TestFieldsStandUnderTheirNames(t *testing.T) {
	for kind, of := range map[export.Kind]func(*export.Row) store.Fields{
		export.Orders: orderFields, export.Lines: lineFields, export.Transfers: transferFields,
		export.Attempts: attemptFields, export.Claims: claimFields,
	} {
		var names []string
		fields := of(&export.Row{})
		for i := range export.Columns(kind) {
			name := fields[2*i].(string)
			names = append(names, name[strings.LastIndexAny(name, " .")+1:])
		}
		require.Equal(t, export.Columns(kind), names, "%s", kind)
		require.Len(t, cells(fields.Places()[:len(names)]), len(names), "%s", kind)
	}
}
