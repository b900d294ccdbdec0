package providers

import (
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

func fromDBProvider(row *ent.Provider) (fulfil.Provider, error) {
	config, err := json.Marshal(row.Config)
	if err != nil {
		return fulfil.Provider{}, fmt.Errorf("configuration of provider %d: %w", row.ID, err)
	}
	return fulfil.Provider{
		ID: row.ID, Name: row.Name, Connector: row.Connector, Status: fulfil.Status(row.Status), Config: config,
		Limits: fulfil.Limits{
			Concurrency: row.MaxConcurrency, RequestsPerMinute: row.RequestsPerMinute, Burst: row.Burst,
			Timeout: time.Duration(row.TimeoutMs) * time.Millisecond,
			Horizon: time.Duration(row.HorizonS) * time.Second,
		},
		LowBalance: money.Amount(row.LowBalanceMicros), LowBalanceCurrency: money.Currency(row.LowBalanceCurrency),
		HasCredentials: len(row.Credentials) > 0, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}, nil
}

func fromDBOffer(row *ent.Offer) fulfil.Offer {
	return fulfil.Offer{
		ID: row.ID, ProductID: row.ProductID, ProviderID: row.ProviderID, ProviderSKU: row.ProviderSku,
		Cost: money.Amount(row.CostMicros), Currency: money.Currency(row.Currency), Priority: row.Priority,
		Status: fulfil.Status(row.Status), PriceLocked: row.PriceLocked, StateLocked: row.StateLocked,
		OffBySync: row.OffBySync, ListedCost: money.Amount(row.ListedCostMicros), MaxLoss: row.MaxLossBp,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}
