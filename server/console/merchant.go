package console

import (
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/contract"
)

func merchantPage() page {
	return page{
		pattern: "/merchants/{merchant}", file: "merchant", needs: orderhubv1.AdminService_GetMerchant_FullMethodName,
		show: showMerchant,
		acts: map[string]act{
			"deposit": {needs: orderhubv1.AdminService_Deposit_FullMethodName, do: deposit},
			"correct": {needs: orderhubv1.AdminService_AdjustWallet_FullMethodName, do: correct},
			"credit":  {needs: orderhubv1.AdminService_UpdateMerchant_FullMethodName, do: setCreditLimit},
			"low":     {needs: orderhubv1.AdminService_UpdateMerchant_FullMethodName, do: setLowBalance},
			"suspend": {needs: orderhubv1.AdminService_SuspendMerchant_FullMethodName, do: suspendMerchant},
			"resume":  {needs: orderhubv1.AdminService_ResumeMerchant_FullMethodName, do: resumeMerchant},
			"key":     {needs: orderhubv1.AdminService_CreateKey_FullMethodName, do: createKey},
			"revoke":  {needs: orderhubv1.AdminService_RevokeKey_FullMethodName, do: revokeKey},
			"contact": {needs: api.ChangeMerchant, do: changeContact},
			"doors":   {needs: api.ChangeMerchant, do: changeDoors},
			"secret":  {needs: orderhubv1.AdminService_SetCredentials_FullMethodName, do: setSecret},
		},
	}
}

const (
	mostKeys   = 200 // that the page of a merchant shows
	lastOrders = 10
)

// merchantView is a merchant with what belongs to it. An operator from before there were operators has only keys.
type merchantView struct {
	Merchant *orderhubv1.Merchant
	Account  *orderhubv1.Account    // nil for an operator
	Waiting  []*orderhubv1.Approval // for a second operator
	Keys     []merchantKey          // the good ones first
	Newest   int64                  // the number of its newest key, 0 for none

	Listings  []*orderhubv1.Listing
	Endpoints []*orderhubv1.WebhookEndpoint
	Orders    []*orderhubv1.Order

	MoreWaiting, MoreKeys, MoreListings, MoreEndpoints bool
}

// merchantKey is a key, and whether others were made with it that are good.
type merchantKey struct {
	*orderhubv1.ApiKey
	HasMade bool
}

func showMerchant(r *request) (any, error) {
	found, err := r.admin.GetMerchant(r.Context(), &orderhubv1.GetMerchantRequest{Merchant: r.PathValue("merchant")})
	if err != nil {
		return nil, err
	}
	v := &merchantView{Merchant: found.GetMerchant()}
	if err := v.readKeys(r); err != nil || v.IsOperator() {
		return v, err
	}
	for _, read := range []func(*request) error{v.readMoney, v.readListings, v.readEndpoints, v.readOrders} {
		if err := read(r); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// IsOperator reports whether it is an operator from before there were operators.
func (v *merchantView) IsOperator() bool {
	return v.Merchant.GetRole() == orderhubv1.MerchantRole_MERCHANT_ROLE_OPERATOR
}

func (v *merchantView) Suspended() bool {
	return v.Merchant.GetStatus() == orderhubv1.MerchantStatus_MERCHANT_STATUS_SUSPENDED
}

// BillingAddresses are those on file, one in a line, as the form and the command have them.
func (v *merchantView) BillingAddresses() string {
	var text strings.Builder
	for _, a := range v.Merchant.GetSettings().GetBillingAddresses() {
		fmt.Fprintf(&text, "%d=%s\n", a.GetId(), a.GetName())
	}
	return text.String()
}

func (v *merchantView) readKeys(r *request) error {
	answer, err := r.admin.ListKeys(r.Context(), &orderhubv1.ListKeysRequest{
		Merchant: v.Merchant.GetName(), PageSize: mostKeys,
	})
	made := make(map[int64]bool)
	for _, k := range answer.GetKeys() {
		if k.GetRevokeTime() == nil {
			made[k.GetMadeBy()] = true
		}
	}
	for _, revoked := range []bool{false, true} {
		for _, k := range answer.GetKeys() {
			if revoked == (k.GetRevokeTime() != nil) {
				v.Keys = append(v.Keys, merchantKey{k, made[k.GetId()]})
			}
		}
	}
	v.MoreKeys = answer.GetNextPageToken() != ""
	if err == nil {
		v.Newest, err = newestKey(r)
	}
	return err
}

// newestKey is the number of the newest key of the page's merchant, revoked ones included, 0 for none.
func newestKey(r *request) (int64, error) {
	return newestOf(contract.Each(
		r.Context(), r.admin.ListKeys, &orderhubv1.ListKeysRequest{Merchant: r.PathValue("merchant")},
		(*orderhubv1.ListKeysResponse).GetKeys, 0,
	))
}

func (v *merchantView) readMoney(r *request) error {
	name := v.Merchant.GetName()
	found, err := r.accounts.GetAccount(r.Context(), &orderhubv1.GetAccountRequest{Merchant: name})
	if err != nil {
		return err
	}
	v.Account = found.GetAccount()
	answer, err := r.approvals.ListApprovals(r.Context(), &orderhubv1.ListApprovalsRequest{
		Merchant: name, Status: orderhubv1.ApprovalStatus_APPROVAL_STATUS_PENDING, PageSize: listSize,
	})
	v.Waiting, v.MoreWaiting = answer.GetApprovals(), answer.GetNextPageToken() != ""
	return err
}

func (v *merchantView) readListings(r *request) error {
	answer, err := r.catalog.ListListings(r.Context(), &orderhubv1.ListListingsRequest{
		Merchant: v.Merchant.GetName(), PageSize: listSize,
	})
	v.Listings, v.MoreListings = answer.GetListings(), answer.GetNextPageToken() != ""
	return err
}

func (v *merchantView) readEndpoints(r *request) error {
	answer, err := r.webhooks.ListEndpoints(r.Context(), &orderhubv1.ListEndpointsRequest{
		Merchant: v.Merchant.GetName(), PageSize: listSize,
	})
	v.Endpoints, v.MoreEndpoints = answer.GetEndpoints(), answer.GetNextPageToken() != ""
	return err
}

func (v *merchantView) readOrders(r *request) error {
	answer, err := r.orders.ListOrders(r.Context(), &orderhubv1.ListOrdersRequest{
		Merchant: v.Merchant.GetName(), PageSize: lastOrders,
	})
	v.Orders = answer.GetOrders()
	return err
}
