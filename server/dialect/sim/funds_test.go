package sim_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
	"orderhub/server/dialect/sim"
	"orderhub/server/money"
)

func simulator(t *testing.T, config string) *sim.Simulator {
	t.Helper()
	s, err := sim.New(json.RawMessage(config), func() time.Time { return start })
	require.NoError(t, err)
	return s
}

// A simulator pays each purchase once, for what is delivered, and runs dry.
func TestFunds(t *testing.T) {
	s := simulator(t, `{"balance": {"amount": "25.00", "currency": "THB"}, "scripts": {"PART": {"failLast": 1}}}`)
	buy := func(reference, sku string, quantity int64) dialect.Outcome {
		o, err := s.Place(t.Context(), dialect.Purchase{
			Reference: reference, SKU: sku, Quantity: quantity, UnitCost: 10 * money.Unit, Currency: "THB", SubmittedAt: start,
		})
		require.NoError(t, err)
		return o
	}
	left := func(want money.Amount) {
		t.Helper()
		b, err := s.ReadBalance(t.Context())
		require.NoError(t, err)
		require.Equal(t, dialect.Balance{Amount: want, Currency: "THB"}, b)
	}
	require.Equal(t, dialect.Delivered, buy("a", "PART", 2).State)
	left(15 * money.Unit)
	require.Equal(t, dialect.Delivered, buy("a", "PART", 2).State, "a repetition")
	left(15 * money.Unit)
	refused := buy("b", "ANY", 2)
	require.Equal(t, dialect.Refused, refused.State)
	require.Equal(t, dialect.CodeOutOfFunds, refused.FailureCode)
	asked, err := s.Inquire(t.Context(), dialect.Purchase{Reference: "b", SKU: "ANY", Quantity: 2, SubmittedAt: start})
	require.NoError(t, err)
	require.Equal(t, dialect.CodeNotReceived, asked.FailureCode)
	require.Equal(t, dialect.Delivered, buy("c", "ANY", 1).State)
	left(5 * money.Unit)
	other, err := s.Place(
		t.Context(), dialect.Purchase{Reference: "d", SKU: "ANY", Quantity: 1, UnitCost: 10, Currency: "EUR"},
	)
	require.NoError(t, err)
	require.Equal(t, dialect.Delivered, other.State, "costs of another currency are not counted")
	left(5 * money.Unit)
}

func TestFundsThatAreNotTold(t *testing.T) {
	_, err := simulator(t, `{}`).ReadBalance(t.Context())
	require.ErrorIs(t, err, dialect.ErrNoBalance)
	const config = `{"balance": {"amount": "1", "currency": "THB"}, "faults": [{"on": "account", "do": "status"}]}`
	_, err = simulator(t, config).ReadBalance(t.Context())
	require.EqualError(t, err, "status 500")
	for _, bad := range []string{`{"amount": "1", "currency": "X"}`, `{"amount": "a", "currency": "THB"}`} {
		_, err := sim.ParseConfig([]byte(`{"balance": ` + bad + `}`))
		require.ErrorContains(t, err, "balance.")
	}
}

// What is listed with a stock runs out: of each purchase all units are taken once, or none.
func TestStock(t *testing.T) {
	s := simulator(t, `{"balance": {"amount": "35.00", "currency": "THB"}, "items": [
		{"sku": "FEW", "name": "Few", "cost": "10.00", "currency": "THB", "stock": 4},
		{"sku": "ANY", "name": "Any", "cost": "10.00", "currency": "THB"}]}`)
	buy := func(reference, sku string, quantity int64) dialect.Outcome {
		o, err := s.Place(t.Context(), dialect.Purchase{
			Reference: reference, SKU: sku, Quantity: quantity, UnitCost: 10 * money.Unit, Currency: "THB", SubmittedAt: start,
		})
		require.NoError(t, err)
		return o
	}
	left := func(want int64) {
		t.Helper()
		items, err := outboundtest.Listed(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, dialect.Item{
			SKU: "FEW", Name: "Few", Cost: 10 * money.Unit, Currency: "THB", Stock: want, Available: want > 0,
		}, items[0])
		require.Equal(t, int64(-1), items[1].Stock)
	}
	left(4)
	require.Equal(t, dialect.Delivered, buy("a", "FEW", 2).State)
	require.Equal(t, dialect.Delivered, buy("a", "FEW", 2).State, "a repetition")
	left(2)
	refused := buy("b", "FEW", 3)
	require.Equal(t, dialect.Refused, refused.State)
	require.Equal(t, "OUT_OF_STOCK", refused.FailureCode)
	asked, err := s.Inquire(t.Context(), dialect.Purchase{Reference: "b", SKU: "FEW", Quantity: 3, SubmittedAt: start})
	require.NoError(t, err)
	require.Equal(t, dialect.CodeNotReceived, asked.FailureCode)
	require.Equal(t, dialect.CodeOutOfFunds, buy("c", "FEW", 2).FailureCode)
	left(2)
	require.Equal(t, dialect.Delivered, buy("d", "ANY", 1).State)
	require.Equal(t, dialect.CodeOutOfFunds, buy("e", "FEW", 2).FailureCode)
	left(2)
}

// A list with a cost that is none is no list.
func TestListOfNoCosts(t *testing.T) {
	_, err := outboundtest.Listed(t.Context(), simulator(t, `{"items": [{"sku": "A", "cost": "-1", "currency": "THB"}]}`))
	require.ErrorIs(t, err, dialect.ErrMalformed)
}
