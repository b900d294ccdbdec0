package dialect_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
)

// A call that is turned away is made again when the provider wants it, as far as there is patience.
func TestAgain(t *testing.T) {
	const second = time.Second
	stopped := errors.New("stopped")
	for _, tt := range []struct {
		name   string
		asks   []time.Duration // of calls that are turned away, one after the other
		most   time.Duration   // 0 for no patience
		stop   bool
		waits  []time.Duration
		isBusy bool
	}{
		{name: "not turned away", most: second},
		{name: "no patience", asks: []time.Duration{second}, isBusy: true},
		{
			name: "as long as it says", asks: []time.Duration{30 * second}, most: time.Minute,
			waits: []time.Duration{30 * second},
		},
		{
			name: "it does not say", asks: []time.Duration{0, 0, 0}, most: time.Minute,
			waits: []time.Duration{second, 2 * second, 4 * second},
		},
		{name: "for too long", asks: []time.Duration{61 * second}, most: time.Minute, isBusy: true},
		{
			name: "for too long in all", asks: []time.Duration{31 * second, 30 * second}, most: time.Minute,
			waits: []time.Duration{31 * second}, isBusy: true,
		},
		{name: "stopped", asks: []time.Duration{second}, most: time.Minute, stop: true, waits: []time.Duration{second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, calls := t.Context(), 0
			var waits []time.Duration
			if tt.most > 0 {
				ctx = dialect.Patiently(ctx, dialect.Patience{Most: tt.most, Wait: func(_ context.Context, d time.Duration) error {
					waits = append(waits, d)
					if tt.stop {
						return stopped
					}
					return nil
				}})
			}
			answer, err := dialect.Again(ctx, func() (string, error) {
				if calls++; calls <= len(tt.asks) {
					return "", &dialect.BusyError{After: tt.asks[calls-1]}
				}
				return "answer", nil
			})
			require.Equal(t, tt.waits, waits)
			switch {
			case tt.stop:
				require.ErrorIs(t, err, stopped)
			case tt.isBusy:
				_, busy := errors.AsType[*dialect.BusyError](err)
				require.True(t, busy)
			default:
				require.NoError(t, err)
				require.Equal(t, "answer", answer)
			}
		})
	}
}
