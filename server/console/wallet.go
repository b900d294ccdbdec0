package console

import (
	"net/url"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

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
		write: func(r *request, w *fileWriter) error {
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

// statementDownload is the statement of the span that the filters say, as a page that prints well.
func statementDownload() download {
	return download{
		pattern: "/merchants/{merchant}/statement.html", file: "statement.html", kind: "text/html; charset=utf-8",
		needs: orderhubv1.AccountService_GetStatement_FullMethodName,
		write: func(r *request, w *fileWriter) error {
			filter, err := transferFilter(r)
			if err != nil {
				return err
			}
			stream, err := r.accounts.GetStatement(r.Context(), &orderhubv1.GetStatementRequest{
				Merchant: filter.GetMerchant(), CreateTimeFrom: filter.GetCreateTimeFrom(),
				CreateTimeTo: filter.GetCreateTimeTo(),
			})
			if err != nil {
				return err
			}
			return contract.WriteStream(w, stream, contract.StatementPart)
		},
	}
}

// statement is what the page of a wallet shows.
type statement struct {
	Account   *orderhubv1.Account
	Transfers []*orderhubv1.Transfer
	Next      string
	Filtered  bool
	Then      []standing // at the moments that were asked for
}

// standing is what a wallet had at a moment.
type standing struct {
	Before bool // and not what moved at that very moment
	At     time.Time
	sum
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
	then, err := standings(r)
	return statement{
		Account: found.GetAccount(), Transfers: answer.GetTransfers(), Next: answer.GetNextPageToken(), Then: then,
		Filtered: filtered(r.URL.Query(), "kind", "from", "to", "at"),
	}, err
}

// standings are what the wallet had before the statement begins, when it ends, and at a moment that is asked for.
func standings(r *request) (all []standing, err error) {
	query := r.URL.Query()
	for _, name := range []string{"from", "to", "at"} {
		asked, err := askedTime(query, name)
		if err != nil {
			return nil, err
		}
		if asked == nil {
			continue
		}
		s := standing{Before: name != "at", At: asked.AsTime()}
		until := s.At
		if s.Before {
			until = until.Add(-time.Microsecond) // the hub's clock has nothing finer
		}
		answer, err := r.accounts.GetBalance(r.Context(), &orderhubv1.GetBalanceRequest{
			Merchant: r.PathValue("merchant"), AtTime: timestamppb.New(until),
		})
		if err != nil {
			return nil, err
		}
		s.sum = amountOf(answer.GetBalance(), answer.GetCurrency())
		all = append(all, s)
	}
	return all, nil
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
	filter.CreateTimeFrom, filter.CreateTimeTo, err = askedSpan(query, "from", "to")
	return filter, err
}
