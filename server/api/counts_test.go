package api

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
)

// Every list and map of a request has a bound.
func TestEveryCountIsBounded(t *testing.T) {
	v, err := newValidator()
	require.NoError(t, err)
	for _, method := range methods() {
		for i := range method.Input().Fields().Len() {
			if field := method.Input().Fields().Get(i); field.IsList() || field.IsMap() {
				require.Positive(t, v.limits[field.FullName()], field.FullName())
			}
		}
	}
	for name, want := range map[protoreflect.FullName]int{
		"orderhub.v1.Order.lines": 100, "orderhub.v1.ImportUnitsRequest.contents": 10_000,
		"orderhub.v1.OrderLine.goods": mostEntries,
	} {
		require.Equal(t, want, v.limits[name], name)
	}
}

// What has too much of something is refused for that alone, soon, before and
// after it is decoded.
func TestCountsComeBeforeEntries(t *testing.T) {
	v, err := newValidator()
	require.NoError(t, err)
	lines := func(n int) []*orderhubv1.OrderLine {
		made := make([]*orderhubv1.OrderLine, n)
		for i := range made {
			made[i] = &orderhubv1.OrderLine{}
		}
		return made
	}
	fields := map[string]string{}
	for i := range 5000 {
		fields[strings.Repeat("k", i+1)] = ""
	}
	for name, test := range map[string]struct {
		request        proto.Message
		field, message string
	}{
		"lines": {
			&orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{Lines: lines(500_000)}},
			"lines", "must have at most 100 entries",
		},
		"lines to be quoted": {
			&orderhubv1.QuoteOrderRequest{Lines: lines(2000)}, "lines", "must have at most 100 entries",
		},
		"what only answers have": {
			&orderhubv1.CreateOrderRequest{
				Order: &orderhubv1.Order{Lines: []*orderhubv1.OrderLine{{}, {Goods: make([]*orderhubv1.Goods, 100_000)}}},
			},
			"lines[1].goods", "must have at most 1000 entries",
		},
		"a map": {
			&orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{Lines: []*orderhubv1.OrderLine{{Fields: fields}}}},
			"lines[0].fields", "",
		},
		"numbers": {
			&orderhubv1.ListOrdersRequest{Status: make([]orderhubv1.OrderStatus, 100_000)},
			"status", "",
		},
		"contents": {
			&orderhubv1.ImportUnitsRequest{Contents: make([]string, 1_000_000)}, "contents",
			"must have at most 10000 entries",
		},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := proto.Marshal(test.request)
			require.NoError(t, err)
			began := time.Now()
			for _, err := range []error{v.checkBytes(test.request, data), v.check(test.request)} {
				var bad *errs.InvalidError
				require.ErrorAs(t, err, &bad)
				require.Len(t, bad.Violations, 1)
				require.Equal(t, test.field, bad.Violations[0].Field)
				require.Contains(t, bad.Violations[0].Message, test.message)
			}
			require.Less(t, time.Since(began), time.Minute)
		})
	}
	good, err := proto.Marshal(&orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
		ReferenceId: strings.Repeat("r", smallMessage), Lines: lines(100), Metadata: map[string]string{"a": "b"},
	}})
	require.NoError(t, err)
	require.NoError(t, v.checkBytes(&orderhubv1.CreateOrderRequest{}, good))
	require.NoError(
		t, v.checkBytes(&orderhubv1.CreateOrderRequest{}, append(good, 0xff)), "the decoder says what is broken",
	)
}

func TestViolationsAreBounded(t *testing.T) {
	v, err := newValidator()
	require.NoError(t, err)
	order := &orderhubv1.Order{ReferenceId: "x"}
	for range 100 {
		order.Lines = append(order.Lines, &orderhubv1.OrderLine{})
	}
	var bad *errs.InvalidError
	require.ErrorAs(t, v.check(&orderhubv1.CreateOrderRequest{Order: order}), &bad)
	require.Len(t, bad.Violations, mostViolations)
}
