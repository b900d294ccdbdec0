package api

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/supply"
)

// supplyService has the catalogue follow what providers list.
type supplyService struct {
	orderhubv1.UnimplementedSupplyServiceServer
	*services
}

func (s *supplyService) GetSyncPolicy(ctx context.Context, r *orderhubv1.GetSyncPolicyRequest) (
	*orderhubv1.GetSyncPolicyResponse, error,
) {
	provider, err := s.Providers.Find(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	found, err := s.Supply.Policy(ctx, provider.ID)
	return &orderhubv1.GetSyncPolicyResponse{Policy: s.toAPISyncPolicy(&found, provider.Name)}, err
}

func (s *supplyService) SetSyncPolicy(ctx context.Context, r *orderhubv1.SetSyncPolicyRequest) (
	*orderhubv1.SetSyncPolicyResponse, error,
) {
	provider, err := s.Providers.Find(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	in := r.GetPolicy()
	wanted := supply.Policy{
		ProviderID: provider.ID, Interval: in.GetInterval().AsDuration(), NewItems: fromAPINewItems[in.GetNewItems()],
		HoldGone: int(in.GetHoldGonePercent()), HoldRise: int(in.GetHoldRisePercent()),
	}
	bad := &errs.InvalidError{}
	for i, rule := range in.GetRules() {
		at := "policy.rules[" + strconv.Itoa(i) + "]."
		currency := fromAPICurrency(bad, at+"currency", rule.GetCurrency())
		wanted.Rules = append(wanted.Rules, supply.Rule{
			Category: rule.GetMatchCategory(), Name: rule.GetMatchName(), Currency: currency,
			Terms: s.fromAPITerms(bad, at+"terms", rule.GetTerms(), currency),
		})
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	set, err := s.Supply.SetPolicy(ctx, wanted)
	return &orderhubv1.SetSyncPolicyResponse{Policy: s.toAPISyncPolicy(&set, provider.Name)}, err
}

func (s *supplyService) fromAPITerms(
	bad *errs.InvalidError, at string, t *orderhubv1.ImportTerms, c money.Currency,
) supply.Terms {
	category, found := s.Catalog.Snapshot().FindCategory(t.GetCategory())
	if !found {
		bad.Add(at+".category", "must be the slug of a category")
	}
	markup, ok := percentOf(t.GetMarkupPercent())
	if !ok {
		bad.Add(at+".markup_percent", "must be a number of at least 0, with at most 2 decimals")
	}
	sold := fromAPICurrency(bad, at+".currency", t.GetCurrency())
	c = cmp.Or(sold, c)
	return supply.Terms{
		CategoryID: category.ID, Markup: markup, Currency: sold,
		RoundUpTo: fromAPIAmount(bad, at+".round_up_to", t.GetRoundUpTo(), c), SKUPrefix: t.GetSkuPrefix(),
		Dated: t.GetDated(),
	}
}

func (s *supplyService) toAPISyncPolicy(p *supply.Policy, provider string) *orderhubv1.SyncPolicy {
	converted := &orderhubv1.SyncPolicy{
		Provider: provider, Interval: toAPIDuration(p.Interval), NewItems: toAPINewItems[p.NewItems],
		HoldGonePercent: int32(p.HoldGone), HoldRisePercent: int32(p.HoldRise), NextTime: toAPIOptionalTime(p.NextAt),
		ReadTime: toAPIOptionalTime(p.ReadAt), Listed: toAPICount(p.Listed),
	}
	for _, r := range p.Rules {
		terms := &orderhubv1.ImportTerms{
			SkuPrefix: r.Terms.SKUPrefix, Dated: r.Terms.Dated, Currency: string(r.Terms.Currency),
		}
		if category, found := s.Catalog.Snapshot().FindCategory(strconv.FormatInt(r.Terms.CategoryID, 10)); found {
			terms.Category = category.Slug
		}
		if r.Terms.Markup != 0 {
			terms.MarkupPercent = toAPIPercent(r.Terms.Markup)
		}
		if r.Terms.RoundUpTo != 0 {
			terms.RoundUpTo = r.Terms.RoundUpTo.Format(cmp.Or(r.Terms.Currency, r.Currency))
		}
		converted.Rules = append(converted.Rules, &orderhubv1.ImportRule{
			MatchCategory: r.Category, MatchName: r.Name, Currency: string(r.Currency), Terms: terms,
		})
	}
	return converted
}

// whoCalls is the name of the operator.
func whoCalls(ctx context.Context) string { return actorOf(ctx, &callOf(ctx).principal).Name }

func (s *supplyService) RunSync(ctx context.Context, r *orderhubv1.RunSyncRequest) (
	*orderhubv1.RunSyncResponse, error,
) {
	provider, err := s.Providers.Find(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	done, err := s.Supply.Ask(ctx, provider.ID, whoCalls(ctx))
	return &orderhubv1.RunSyncResponse{Sync: toAPISync(&done, provider.Name)}, err
}

func (s *supplyService) ListSyncs(ctx context.Context, r *orderhubv1.ListSyncsRequest) (
	*orderhubv1.ListSyncsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	filter := supply.Filter{Status: fromAPISyncStatus[r.GetStatus()], BeforeID: p.key(0), Limit: p.limit()}
	names, err := s.providerNames(ctx, r.GetProvider(), &filter.ProviderID)
	if err != nil {
		return nil, err
	}
	found, err := s.Supply.Syncs(ctx, filter)
	convert := func(one *supply.Sync) *orderhubv1.Sync { return toAPISync(one, names[one.ProviderID]) }
	shown, next, err := pageOf(&p, found, err, func(one *supply.Sync) int64 { return one.ID }, convert)
	return &orderhubv1.ListSyncsResponse{Syncs: shown, NextPageToken: next}, err
}

func (s *supplyService) namedSync(ctx context.Context, found *supply.Sync) (*orderhubv1.Sync, error) {
	provider, err := s.Providers.Get(ctx, found.ProviderID)
	return toAPISync(found, provider.Name), err
}

func (s *supplyService) GetSync(ctx context.Context, r *orderhubv1.GetSyncRequest) (
	*orderhubv1.GetSyncResponse, error,
) {
	found, err := s.Supply.Sync(ctx, r.GetSync())
	shown, err := converted(ctx, &found, err, s.namedSync)
	return &orderhubv1.GetSyncResponse{Sync: shown}, err
}

func (s *supplyService) ListSyncChanges(ctx context.Context, r *orderhubv1.ListSyncChangesRequest) (
	*orderhubv1.ListSyncChangesResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Supply.Changes(ctx, r.GetSync(), p.key(0), p.limit())
	convert := func(c *supply.Change) *orderhubv1.SyncChange { return toAPISyncChange(c, s.Catalog.Snapshot()) }
	shown, next, err := pageOf(&p, found, err, func(c *supply.Change) int64 { return c.ID }, convert)
	return &orderhubv1.ListSyncChangesResponse{Changes: shown, NextPageToken: next}, err
}

func (s *supplyService) ApproveSync(ctx context.Context, r *orderhubv1.ApproveSyncRequest) (
	*orderhubv1.ApproveSyncResponse, error,
) {
	done, err := s.Supply.Approve(ctx, r.GetSync(), whoCalls(ctx))
	shown, err := converted(ctx, &done, err, s.namedSync)
	return &orderhubv1.ApproveSyncResponse{Sync: shown}, err
}

func (s *supplyService) RejectSync(ctx context.Context, r *orderhubv1.RejectSyncRequest) (
	*orderhubv1.RejectSyncResponse, error,
) {
	done, err := s.Supply.Reject(ctx, r.GetSync(), whoCalls(ctx))
	shown, err := converted(ctx, &done, err, s.namedSync)
	return &orderhubv1.RejectSyncResponse{Sync: shown}, err
}

func (s *supplyService) UndoSync(ctx context.Context, r *orderhubv1.UndoSyncRequest) (
	*orderhubv1.UndoSyncResponse, error,
) {
	done, err := s.Supply.Undo(ctx, r.GetSync(), whoCalls(ctx), r.GetLock())
	shown, err := converted(ctx, &done, err, s.namedSync)
	return &orderhubv1.UndoSyncResponse{Sync: shown}, err
}

func (s *supplyService) UndoSyncChange(ctx context.Context, r *orderhubv1.UndoSyncChangeRequest) (
	*orderhubv1.UndoSyncChangeResponse, error,
) {
	done, err := s.Supply.UndoChange(ctx, r.GetChange(), r.GetLock())
	return &orderhubv1.UndoSyncChangeResponse{Change: toAPISyncChange(&done, s.Catalog.Snapshot())}, err
}

func (s *supplyService) ListProposals(ctx context.Context, r *orderhubv1.ListProposalsRequest) (
	*orderhubv1.ListProposalsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	filter := supply.ProposalFilter{Status: supply.Open, BeforeID: p.key(0), Limit: p.limit()}
	if status, given := fromAPIProposalStatus[r.GetStatus()]; given {
		filter.Status = status
	}
	names, err := s.providerNames(ctx, r.GetProvider(), &filter.ProviderID)
	if err != nil {
		return nil, err
	}
	found, err := s.Supply.Proposals(ctx, filter)
	convert := func(one *supply.Proposal) *orderhubv1.Proposal { return toAPIProposal(one, names[one.ProviderID]) }
	shown, next, err := pageOf(&p, found, err, func(one *supply.Proposal) int64 { return one.ID }, convert)
	return &orderhubv1.ListProposalsResponse{Proposals: shown, NextPageToken: next}, err
}

func (s *supplyService) AcceptProposals(ctx context.Context, r *orderhubv1.AcceptProposalsRequest) (
	*orderhubv1.AcceptProposalsResponse, error,
) {
	var product *catalog.Product
	var terms *supply.Terms
	if r.GetProduct() != "" {
		var err error
		if product, err = s.product(ctx, r.GetProduct()); err != nil {
			return nil, err
		}
	}
	if r.GetTerms() != nil {
		bad := &errs.InvalidError{}
		given := s.fromAPITerms(bad, "terms", r.GetTerms(), "")
		if err := bad.OrNil(); err != nil {
			return nil, err
		}
		terms = &given
	}
	atProposals(ctx, r.GetProposals())
	accepted, refused, err := s.Supply.Accept(ctx, r.GetProposals(), terms, product)
	if err != nil {
		return nil, err
	}
	names, err := allNames(ctx, s.Providers)
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.AcceptProposalsResponse{Accepted: toAPICount(int64(accepted))}
	for i := range refused {
		resp.Refused = append(resp.Refused, toAPIProposal(&refused[i], names[refused[i].ProviderID]))
	}
	return resp, nil
}

// atProposals says in the record which proposals something is done with, or how many.
func atProposals(ctx context.Context, ids []int64) {
	var names []string
	for _, id := range ids[:min(len(ids), mostListed)] {
		names = append(names, strconv.FormatInt(id, 10))
	}
	if more := len(ids) - len(names); more > 0 {
		names = append(names, "and "+strconv.Itoa(more)+" more")
	}
	audit.At(ctx, "proposals", strings.Join(names, " "))
}

func (s *supplyService) DismissProposals(ctx context.Context, r *orderhubv1.DismissProposalsRequest) (
	*orderhubv1.DismissProposalsResponse, error,
) {
	atProposals(ctx, r.GetProposals())
	n, err := s.Supply.Dismiss(ctx, r.GetProposals())
	return &orderhubv1.DismissProposalsResponse{Dismissed: toAPICount(int64(n))}, err
}
