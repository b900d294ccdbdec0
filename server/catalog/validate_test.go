package catalog_test

import (
	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
)

// fieldsOf are the fields that an error is about, in its order.
func fieldsOf(t require.TestingT, err error) []string {
	var invalid *errs.InvalidError
	require.ErrorAs(t, err, &invalid)
	var fields []string
	for _, v := range invalid.Violations {
		fields = append(fields, v.Field)
	}
	return fields
}
