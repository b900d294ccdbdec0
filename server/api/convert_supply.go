package api

import (
	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/supply"
)

var (
	toAPINewItems         = byWord[supply.NewItems, orderhubv1.NewItems]()
	toAPISyncStatus       = byWord[supply.Status, orderhubv1.SyncStatus]()
	toAPISyncChangeKind   = byWord[supply.Kind, orderhubv1.SyncChangeKind]()
	toAPISyncChangeStatus = byWord[supply.State, orderhubv1.SyncChangeStatus]()
	toAPIProposalStatus   = byWord[supply.ProposalStatus, orderhubv1.ProposalStatus]()
)

var (
	fromAPINewItems       = inverse(toAPINewItems)
	fromAPISyncStatus     = inverse(toAPISyncStatus)
	fromAPIProposalStatus = inverse(toAPIProposalStatus)
)

func toAPISync(s *supply.Sync, provider string) *orderhubv1.Sync {
	return &orderhubv1.Sync{
		Id: s.ID, Provider: provider, Status: toAPISyncStatus[s.Status], Reason: s.Reason, AskedBy: s.AskedBy,
		DecidedBy: s.DecidedBy, Listed: toAPICount(int64(s.Listed)), Proposed: toAPICount(int64(s.Proposed)),
		Changes: toAPICount(int64(s.Changes)), Skipped: toAPICount(int64(s.Skipped)), Times: toAPICount(int64(s.Times)),
		CreateTime: toAPITime(s.CreatedAt), EndTime: toAPIOptionalTime(s.EndedAt),
	}
}

func toAPISyncChange(c *supply.Change, products *catalog.Snapshot) *orderhubv1.SyncChange {
	converted := &orderhubv1.SyncChange{
		Id: c.ID, Kind: toAPISyncChangeKind[c.Kind], Status: toAPISyncChangeStatus[c.State], Note: c.Note,
		ProviderSku: c.ProviderSKU, Name: c.Name, Offer: c.OfferID,
	}
	if p := products.ProductByID(c.ProductID); p != nil {
		converted.Product = p.SKU
	}
	if c.Kind == supply.Cost {
		converted.OldCost, converted.OldCurrency = c.OldCost.Format(c.OldCurrency), string(c.OldCurrency)
	}
	if c.Kind == supply.Cost || c.Kind == supply.Imported {
		converted.NewCost, converted.NewCurrency = c.NewCost.Format(c.NewCurrency), string(c.NewCurrency)
	}
	if c.Kind == supply.Imported {
		converted.Price = c.Product.Price.Format(c.PriceCurrency())
		converted.PriceCurrency = string(c.PriceCurrency())
	}
	return converted
}

func toAPIProposal(p *supply.Proposal, provider string) *orderhubv1.Proposal {
	converted := &orderhubv1.Proposal{
		Id: p.ID, Provider: provider, ProviderSku: p.ProviderSKU, Name: p.Name, Category: p.Category,
		Currency: string(p.Currency), Stock: p.Stock, Available: p.Available, Status: toAPIProposalStatus[p.Status],
		Note: p.Note, CreateTime: toAPITime(p.CreatedAt),
	}
	if p.Currency != "" {
		converted.Cost = p.Cost.Format(p.Currency)
	}
	return converted
}
