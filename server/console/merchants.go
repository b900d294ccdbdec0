package console

import (
	"net/url"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func merchantsPage() page {
	return page{
		pattern: "/merchants", file: "merchants", group: "Merchants", menu: "Merchants",
		needs: orderhubv1.AdminService_ListMerchants_FullMethodName, show: showMerchants,
		acts: map[string]act{
			"create": {needs: orderhubv1.AdminService_CreateMerchant_FullMethodName, do: createMerchant},
		},
	}
}

type merchantList struct {
	Merchants []*orderhubv1.Merchant
	Next      string
	Searched  bool // for one that there is not
}

func showMerchants(r *request) (any, error) {
	query := r.URL.Query()
	if name := strings.TrimSpace(query.Get("q")); name != "" {
		return merchantList{Searched: true}, findMerchant(r, name)
	}
	answer, err := r.admin.ListMerchants(r.Context(), &orderhubv1.ListMerchantsRequest{
		PageSize: listSize, PageToken: query.Get("page"),
	})
	return merchantList{Merchants: answer.GetMerchants(), Next: answer.GetNextPageToken()}, err
}

// findMerchant leads to the one with this name or number.
func findMerchant(r *request, name string) error {
	found, err := r.admin.GetMerchant(r.Context(), &orderhubv1.GetMerchantRequest{Merchant: strings.ToLower(name)})
	switch status.Code(err) {
	case codes.OK:
		return &moved{merchantPath(found.GetMerchant().GetName())}
	case codes.NotFound, codes.InvalidArgument: // no name can look like this
		return nil
	}
	return err
}

func merchantPath(name string) string { return "/merchants/" + url.PathEscape(name) }

func createMerchant(r *request) (done, error) {
	answer, err := r.admin.CreateMerchant(r.Context(), &orderhubv1.CreateMerchantRequest{Merchant: &orderhubv1.Merchant{
		Name: formLine(r, "name"), Currency: strings.ToUpper(formLine(r, "currency")), Email: formLine(r, "email"),
		CreditLimit: formAmount(r, "creditLimit"), LowBalance: formAmount(r, "lowBalance"),
	}})
	return done{
		to: merchantPath(answer.GetMerchant().GetName()), say: "Created. It can order once it has a key and money.",
	}, err
}
