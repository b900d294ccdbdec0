package command

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// Why an attempt failed is shown as far as it is kept.
func TestWhyOfAttempts(t *testing.T) {
	at := timestamppb.New(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		attempt *orderhubv1.Attempt
		why     string
	}{
		{&orderhubv1.Attempt{}, "-"},
		{&orderhubv1.Attempt{FailureCode: "SOLD_OUT", FailureMessage: "no more"}, "no more"},
		{&orderhubv1.Attempt{FailureCode: "SOLD_OUT", PayloadRemovedTime: at}, "SOLD_OUT (no longer kept)"},
		{&orderhubv1.Attempt{PayloadRemovedTime: at}, "(no longer kept)"},
		{&orderhubv1.Attempt{PayloadRemovedTime: at, Dispute: "it is gone"}, "it is gone"},
	} {
		cells := attemptCells(tt.attempt)
		require.Equal(t, tt.why, cells[len(cells)-1])
	}
}
