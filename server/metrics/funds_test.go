package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/metrics"
	"orderhub/server/money"
)

type knownFunds map[string]fulfil.Funds

func (k knownFunds) Known(context.Context) (map[string]fulfil.Funds, error) {
	if k == nil {
		return nil, errors.New("gone")
	}
	return k, nil
}

func TestFunds(t *testing.T) {
	registry := prometheus.NewRegistry()
	metrics.RegisterFunds(knownFunds{
		"codes": {}, "topups": {
			Balance: dialect.Balance{Amount: 12_500 * money.Unit / 1000, Currency: "THB"}, ReadAt: time.Unix(1_800_000_000, 0),
			Low: true, Refusal: &fulfil.FundsRefusal{},
		},
	}, slog.New(slog.DiscardHandler), registry)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP orderhub_provider_balance What could be spent at a provider when that was last read.
# TYPE orderhub_provider_balance gauge
orderhub_provider_balance{currency="THB",provider="topups"} 12.5
# HELP orderhub_provider_balance_low 1 while the balance at a provider is below its threshold, else 0.
# TYPE orderhub_provider_balance_low gauge
orderhub_provider_balance_low{provider="codes"} 0
orderhub_provider_balance_low{provider="topups"} 1
# HELP orderhub_provider_balance_read_timestamp_seconds When the balance at a provider was last read.
# TYPE orderhub_provider_balance_read_timestamp_seconds gauge
orderhub_provider_balance_read_timestamp_seconds{provider="topups"} 1.8e+09
# HELP orderhub_provider_out_of_funds 1 while a provider refuses purchases for want of money, else 0.
# TYPE orderhub_provider_out_of_funds gauge
orderhub_provider_out_of_funds{provider="codes"} 0
orderhub_provider_out_of_funds{provider="topups"} 1
`)))
	broken := prometheus.NewRegistry()
	metrics.RegisterFunds(knownFunds(nil), slog.New(slog.DiscardHandler), broken)
	found, err := broken.Gather()
	require.NoError(t, err)
	require.Empty(t, found)
}
