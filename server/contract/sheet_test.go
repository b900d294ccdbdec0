package contract_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "order 1": "order 1", "1-2": "1-2", "'": "'",
		`=HYPERLINK("http://evil.example")`: `'=HYPERLINK("http://evil.example")`,
		"+1":                                "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1",
		"＝1+1": "'＝1+1", "＠x": "'＠x", " =1": "' =1", "\n-1": "'\n-1",
	} {
		require.Equal(t, want, contract.Plain(text), text)
	}
}

// TestSheetsThatBreakOff has reading fail after some rows: these are there, whole, and the failure is told.
func TestSheetsThatBreakOff(t *testing.T) {
	t.Parallel()
	failure := errors.New("the connection is gone")
	orders := func(yield func(*orderhubv1.Order, error) bool) {
		for _, number := range []string{"ord_1", "ord_2"} {
			if !yield(&orderhubv1.Order{OrderNumber: number, Lines: []*orderhubv1.OrderLine{{Sku: "A"}, {Sku: "B"}}}, nil) {
				return
			}
		}
		yield(nil, failure)
	}
	var sheet, messages bytes.Buffer
	require.ErrorIs(t, contract.WriteOrders(&sheet, orders), failure)
	rows, err := csv.NewReader(&sheet).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+4)
	require.Equal(t, "ord_2", rows[4][0])
	require.ErrorIs(t, contract.WriteMessages(&messages, orders), failure)
	require.Equal(t, 2, strings.Count(messages.String(), "\n"))
	require.True(t, strings.HasSuffix(messages.String(), "}\n"))
}

// TestSheetsThatFailAtOnce has the first read fail: not even a heading is written, so that an answer can be an error.
func TestSheetsThatFailAtOnce(t *testing.T) {
	t.Parallel()
	failure := errors.New("no such merchant")
	orders := func(yield func(*orderhubv1.Order, error) bool) { yield(nil, failure) }
	var sheet, messages bytes.Buffer
	require.Equal(t, failure, contract.WriteOrders(&sheet, orders))
	require.Empty(t, sheet.String())
	require.Equal(t, failure, contract.WriteMessages(&messages, orders), "as it was told")
	require.Empty(t, messages.String())
}
