package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func providersPage() page {
	return page{
		pattern: "/providers", file: "providers", group: "Supply", menu: "Providers",
		needs: orderhubv1.AdminService_ListProviders_FullMethodName, show: showProviders,
	}
}

func providerPage() page {
	return page{
		pattern: "/providers/{provider}", file: "provider", needs: orderhubv1.AdminService_GetProvider_FullMethodName,
		show: showProvider, acts: map[string]act{
			"switch":  {needs: orderhubv1.AdminService_UpdateProvider_FullMethodName, do: switchProvider},
			"change":  {needs: orderhubv1.AdminService_UpdateProvider_FullMethodName, do: changeProvider},
			"offer":   {needs: orderhubv1.AdminService_CreateOffer_FullMethodName, do: createOfferOf},
			"follow":  {needs: orderhubv1.SupplyService_RunSync_FullMethodName, do: followProvider},
			"policy":  {needs: orderhubv1.SupplyService_SetSyncPolicy_FullMethodName, do: setSyncPolicy},
			"balance": {needs: orderhubv1.FundsService_ReadProviderBalance_FullMethodName, do: readBalance},
			"compare": {needs: orderhubv1.CatalogService_SyncProvider_FullMethodName, do: compareProvider},
		},
	}
}

type providerList struct {
	Providers []*orderhubv1.Provider
	Next      string
	Figures   []*orderhubv1.ProviderFigures // of 24 hours
}

func showProviders(r *request) (any, error) {
	answer, err := r.admin.ListProviders(r.Context(), &orderhubv1.ListProvidersRequest{
		PageSize: listSize, PageToken: r.URL.Query().Get("page"),
	})
	if err != nil {
		return nil, err
	}
	figures, err := r.reports.ListProviderFigures(r.Context(), &orderhubv1.ListProviderFiguresRequest{})
	return providerList{answer.GetProviders(), answer.GetNextPageToken(), figures.GetProviders()}, err
}

type providerView struct {
	Provider *orderhubv1.Provider
	Settings string // as JSON
	Offers   []*orderhubv1.Offer
	Next     string
	Parked   []*orderhubv1.Attempt         // the newest
	Figures  []*orderhubv1.ProviderFigures // its own, of 24 hours
	Supply   *supplyView                   // nil where it does not list
}

// ReadsBalance reports whether it says what we have there.
func (v providerView) ReadsBalance() bool {
	return slices.Contains(v.Provider.GetCapabilities(), "reads_balance")
}

func showProvider(r *request) (any, error) {
	name := r.PathValue("provider")
	found, err := r.admin.GetProvider(r.Context(), &orderhubv1.GetProviderRequest{Provider: name})
	if err != nil {
		return nil, err
	}
	offers, err := r.admin.ListOffers(r.Context(), &orderhubv1.ListOffersRequest{
		Provider: name, PageSize: listSize, PageToken: r.URL.Query().Get("page"),
	})
	if err != nil {
		return nil, err
	}
	parked, err := r.admin.ListAttempts(r.Context(), &orderhubv1.ListAttemptsRequest{
		Provider: name, Status: orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED, PageSize: listSize,
	})
	if err != nil {
		return nil, err
	}
	figures, err := r.reports.ListProviderFigures(
		r.Context(), &orderhubv1.ListProviderFiguresRequest{Provider: name},
	)
	if err != nil {
		return nil, err
	}
	followed, err := supplyOf(r, found.GetProvider())
	if err != nil {
		return nil, err
	}
	settings, err := protojson.MarshalOptions{Multiline: true, Indent: "  "}.Marshal(found.GetProvider().GetSettings())
	return providerView{
		found.GetProvider(), string(settings), offers.GetOffers(), offers.GetNextPageToken(), parked.GetAttempts(),
		figures.GetProviders(), followed,
	}, err
}

func updateProvider(r *request, changes *orderhubv1.Provider, fields ...string) (*orderhubv1.Provider, error) {
	answer, err := r.admin.UpdateProvider(r.Context(), &orderhubv1.UpdateProviderRequest{
		Provider: r.PathValue("provider"), Changes: changes, UpdateMask: &fieldmaskpb.FieldMask{Paths: fields},
	})
	return answer.GetProvider(), err
}

func switchProvider(r *request) (done, error) {
	status := contract.ValueOf[orderhubv1.SupplyStatus](r.PostForm.Get("status"))
	p, err := updateProvider(r, &orderhubv1.Provider{Status: status}, "status")
	return done{say: "The provider is " + word(p.GetStatus()) + "."}, err
}

func changeProvider(r *request) (done, error) {
	most, err := strconv.ParseInt(r.PostForm.Get("maxConcurrency"), 10, 32)
	if err != nil {
		return done{}, &fieldError{"maxConcurrency", "This is not a whole number."}
	}
	_, err = updateProvider(r, &orderhubv1.Provider{
		MaxConcurrency: int32(most), LowBalance: formAmount(r, "lowBalance"),
		LowBalanceCurrency: strings.ToUpper(formLine(r, "lowBalanceCurrency")),
	}, "max_concurrency", "low_balance", "low_balance_currency")
	return done{say: "Changed."}, err
}

func readBalance(r *request) (done, error) {
	answer, err := r.funds.ReadProviderBalance(
		r.Context(), &orderhubv1.ReadProviderBalanceRequest{Provider: r.PathValue("provider")},
	)
	b := answer.GetBalance()
	return done{say: "There are " + b.GetAmount() + " " + b.GetCurrency() + "."}, err
}

// comparison is how a provider's list differs from its offers.
type comparison struct {
	Provider string
	Listed   int32
	Fresh    int32 // how many are new, of which New has the first
	Changed  []*orderhubv1.ProviderItem
	New      []*orderhubv1.ProviderItem
	Gone     []*orderhubv1.ProviderItem
}

func compareProvider(r *request) (done, error) {
	apply := r.PostForm.Get("apply") != ""
	answer, err := r.catalog.SyncProvider(r.Context(), &orderhubv1.SyncProviderRequest{
		Provider: r.PathValue("provider"), Apply: apply,
	})
	if err != nil {
		return done{}, err
	}
	if apply {
		return done{say: fmt.Sprintf("Offers have the costs that the provider lists; %d differed.",
			len(answer.GetChangedItems()))}, nil
	}
	for _, gone := range answer.GetGoneItems() { // the cost is the offer's: the provider says none
		gone.OfferCost, gone.Cost = gone.GetCost(), ""
		gone.OfferCurrency, gone.Currency = gone.GetCurrency(), ""
		gone.Stock = -1
	}
	return done{file: "provider-list", data: comparison{
		r.PathValue("provider"), answer.GetListed(), answer.GetNewCount(), answer.GetChangedItems(),
		answer.GetNewItems(), answer.GetGoneItems(),
	}}, nil
}

// itemList is one of the lists of a comparison.
type itemList struct {
	ID, Title string
	Items     []*orderhubv1.ProviderItem
}

func itemsOf(id, title string, items []*orderhubv1.ProviderItem) itemList {
	return itemList{id, title, items}
}
