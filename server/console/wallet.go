package console

import (
	"net/http"
	"net/url"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func walletPage() page {
	return page{
		pattern: "/merchants/{merchant}/wallet", file: "wallet",
		needs: orderhubv1.AccountService_ListTransfers_FullMethodName, show: showWallet,
	}
}

func walletDownload() download {
	return download{
		pattern: "/merchants/{merchant}/wallet.csv", file: "wallet.csv",
		needs: orderhubv1.AccountService_ListTransfers_FullMethodName,
		write: func(r *request, w http.ResponseWriter) error {
			filter, err := transferFilter(r)
			if err != nil {
				return err
			}
			return contract.WriteTransfers(w, contract.Each(
				r.Context(), r.accounts.ListTransfers, filter, (*orderhubv1.ListTransfersResponse).GetTransfers, 0,
			))
		},
	}
}

// statement is what the page of a wallet shows.
type statement struct {
	Account   *orderhubv1.Account
	Transfers []*orderhubv1.Transfer
	Next      string
	Filtered  bool
}

func showWallet(r *request) (any, error) {
	filter, err := transferFilter(r)
	if err != nil {
		return nil, err
	}
	found, err := r.accounts.GetAccount(r.Context(), &orderhubv1.GetAccountRequest{Merchant: filter.GetMerchant()})
	if err != nil {
		return nil, err
	}
	filter.PageSize, filter.PageToken = listSize, r.URL.Query().Get("page")
	answer, err := r.accounts.ListTransfers(r.Context(), filter)
	if err != nil {
		return nil, err
	}
	return statement{
		Account: found.GetAccount(), Transfers: answer.GetTransfers(), Next: answer.GetNextPageToken(),
		Filtered: filtered(r.URL.Query(), "kind", "from", "to"),
	}, nil
}

// filtered reports whether one of the filters is set.
func filtered(query url.Values, names ...string) bool {
	for _, name := range names {
		if query.Get(name) != "" {
			return true
		}
	}
	return false
}

// transferFilter is what the query of the page asks for.
func transferFilter(r *request) (*orderhubv1.ListTransfersRequest, error) {
	query := r.URL.Query()
	filter := &orderhubv1.ListTransfersRequest{Merchant: r.PathValue("merchant")}
	if kind := query.Get("kind"); kind != "" {
		filter.Kind = []orderhubv1.TransferKind{contract.ValueOf[orderhubv1.TransferKind](kind)}
	}
	var err error
	if filter.CreateTimeFrom, err = askedTime(query, "from"); err != nil {
		return nil, err
	}
	filter.CreateTimeTo, err = askedTime(query, "to")
	return filter, err
}
