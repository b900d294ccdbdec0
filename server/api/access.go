package api

import (
	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/operator"
)

// access says who may call a method. The zero value lets nobody.
type access struct {
	right account.Right // that a merchant's key needs, for what is its own; 0 where no merchant may
	role  operator.Role // that an operator needs; 0 where none may, because buying needs a wallet
}

func merchants(right account.Right) access { return access{right: right} }

func both(right account.Right, role operator.Role) access { return access{right: right, role: role} }

func operators(role operator.Role) access { return access{role: role} }

// check says whether the principal may call the method. Errors: errOutOfScope,
// *account.ScopeMissingError, *operator.MissingRoleError.
func (a access) check(p *account.Principal) error {
	switch {
	case !p.Admin() && a.right != 0:
		return p.May(a.right)
	case !p.Admin():
	case a.role == 0:
	case p.Allowed(a.role):
		return nil
	default:
		return &operator.MissingRoleError{Role: a.role}
	}
	return errOutOfScope
}

// What within a method takes another role than the method as a whole.
const (
	// ShowGoods is to have goods shown by GetOrder and GetOrderByReference.
	ShowGoods = "goods shown"
	// ChangeMerchant is to change with UpdateMerchant what is not about money.
	ChangeMerchant = "merchant changed"
	// RefundByPolicy is to have SetClaimPolicy pay back more than before without asking anybody.
	RefundByPolicy = "refunds by policy"
)

var parts = map[string]operator.Role{
	ShowGoods: operator.Support, ChangeMerchant: operator.Admin, RefundByPolicy: operator.Finance,
}

// RolesMay reports whether an operator with these roles may call a method, by its full name, or have done what one of
// the constants above names. It is for what is offered to people: calls are checked when they come.
func RolesMay(roles operator.Roles, method string) bool {
	role, part := parts[method]
	if !part {
		role = accesses[method].role
	}
	return role != 0 && roles.Allow(role)
}

// accesses has every method of the contract. One that is missing takes nobody's key.
//
// An orders key reads neither the log nor the catalogue: the log also tells of the wallet
// and of endpoints.
//
// Where a method mixes what several roles do, it takes the least of them here, and the
// service looks at the fields: UpdateMerchant needs finance for money and admin for the
// rest, and goods are shown to support. Sessions are an admin's, but for the caller's own.
var accesses = map[string]access{
	orderhubv1.OrderService_CreateOrder_FullMethodName:         merchants(account.PlaceOrders),
	orderhubv1.OrderService_GetOrder_FullMethodName:            both(account.ReadOrders, operator.Viewer),
	orderhubv1.OrderService_GetOrderByReference_FullMethodName: both(account.ReadOrders, operator.Viewer),
	orderhubv1.BatchService_BatchCreateOrders_FullMethodName:   merchants(account.PlaceOrders),
	orderhubv1.ExportService_Export_FullMethodName:             both(account.ReadAccount, operator.Finance),
	orderhubv1.HoldService_HoldOrder_FullMethodName:            merchants(account.PlaceOrders),
	orderhubv1.HoldService_GetHold_FullMethodName:              both(account.ReadOrders, operator.Viewer),
	orderhubv1.HoldService_ListHolds_FullMethodName:            both(account.ReadOrders, operator.Viewer),
	orderhubv1.HoldService_ExtendHold_FullMethodName:           merchants(account.PlaceOrders),
	orderhubv1.HoldService_ConfirmHold_FullMethodName:          merchants(account.PlaceOrders),
	orderhubv1.HoldService_ReleaseHold_FullMethodName:          both(account.PlaceOrders, operator.Support),
	orderhubv1.ReferenceService_GetReference_FullMethodName:    both(account.ReadOrders, operator.Viewer),
	orderhubv1.OrderService_ListOrders_FullMethodName:          both(account.ReadOrders, operator.Viewer),
	orderhubv1.OrderService_FindRecipient_FullMethodName:       both(account.ReadOrders, operator.Viewer),
	orderhubv1.OrderService_FindGoods_FullMethodName:           operators(operator.Support),
	orderhubv1.OrderService_CancelOrder_FullMethodName:         both(account.PlaceOrders, operator.Support),
	orderhubv1.OrderService_QuoteOrder_FullMethodName:          both(account.ReadOrders, operator.Viewer),
	orderhubv1.OrderService_ListOrderEvents_FullMethodName:     both(account.ReadOrders, operator.Viewer),
	orderhubv1.OrderService_ListEvents_FullMethodName:          both(account.ReadAccount, operator.Viewer),
	orderhubv1.OrderService_ExplainOrder_FullMethodName:        both(account.ReadOrders, operator.Viewer),
	orderhubv1.OrderService_WatchOrders_FullMethodName:         both(account.ReadAccount, operator.Viewer),
	orderhubv1.OrderService_CreateWatchTicket_FullMethodName:   merchants(account.ReadAccount),
	orderhubv1.OrderService_EraseOrder_FullMethodName:          both(account.Manage, operator.Admin),
	orderhubv1.OrderService_EraseRecipient_FullMethodName:      operators(operator.Admin),

	orderhubv1.CatalogService_ListCategories_FullMethodName:     both(account.ReadAccount, operator.Viewer),
	orderhubv1.CatalogService_ListProducts_FullMethodName:       both(account.ReadAccount, operator.Viewer),
	orderhubv1.CatalogService_GetProduct_FullMethodName:         both(account.ReadAccount, operator.Viewer),
	orderhubv1.CatalogService_CreateCategory_FullMethodName:     operators(operator.Catalogue),
	orderhubv1.CatalogService_UpdateCategory_FullMethodName:     operators(operator.Catalogue),
	orderhubv1.CatalogService_CreateProduct_FullMethodName:      operators(operator.Catalogue),
	orderhubv1.CatalogService_UpdateProduct_FullMethodName:      operators(operator.Catalogue),
	orderhubv1.CatalogService_ArchiveProduct_FullMethodName:     operators(operator.Catalogue),
	orderhubv1.CatalogService_ImportUnits_FullMethodName:        operators(operator.Catalogue),
	orderhubv1.CatalogService_ListUnits_FullMethodName:          operators(operator.Viewer),
	orderhubv1.CatalogService_VoidUnit_FullMethodName:           operators(operator.Catalogue),
	orderhubv1.PriceService_CreatePriceList_FullMethodName:      operators(operator.Catalogue),
	orderhubv1.PriceService_ListPriceLists_FullMethodName:       operators(operator.Viewer),
	orderhubv1.PriceService_GetPriceList_FullMethodName:         operators(operator.Viewer),
	orderhubv1.PriceService_UpdatePriceList_FullMethodName:      operators(operator.Catalogue),
	orderhubv1.PriceService_PreviewPriceList_FullMethodName:     operators(operator.Viewer),
	orderhubv1.PriceService_ActivatePriceList_FullMethodName:    operators(operator.Catalogue),
	orderhubv1.PriceService_ArchivePriceList_FullMethodName:     operators(operator.Catalogue),
	orderhubv1.PriceService_SetMerchantPriceList_FullMethodName: operators(operator.Catalogue),

	orderhubv1.CatalogService_SetUnitAside_FullMethodName:       operators(operator.Catalogue),
	orderhubv1.CatalogService_PutUnitBack_FullMethodName:        operators(operator.Catalogue),
	orderhubv1.CatalogService_ListUnitImports_FullMethodName:    operators(operator.Viewer),
	orderhubv1.CatalogService_WithdrawUnitImport_FullMethodName: operators(operator.Catalogue),
	orderhubv1.CatalogService_GetStock_FullMethodName:           operators(operator.Viewer),
	orderhubv1.CatalogService_SetAllotments_FullMethodName:      operators(operator.Catalogue),
	orderhubv1.CatalogService_ListAllotments_FullMethodName:     operators(operator.Viewer),
	orderhubv1.CatalogService_CreateListing_FullMethodName:      operators(operator.Catalogue),
	orderhubv1.CatalogService_ListListings_FullMethodName:       operators(operator.Viewer),
	orderhubv1.CatalogService_DeleteListing_FullMethodName:      operators(operator.Catalogue),
	orderhubv1.CatalogService_CreateCoupon_FullMethodName:       operators(operator.Catalogue),
	orderhubv1.CatalogService_ListCoupons_FullMethodName:        operators(operator.Viewer),
	orderhubv1.CatalogService_GetCoupon_FullMethodName:          operators(operator.Viewer),
	orderhubv1.CatalogService_UpdateCoupon_FullMethodName:       operators(operator.Catalogue),
	orderhubv1.CatalogService_ArchiveCoupon_FullMethodName:      operators(operator.Catalogue),

	orderhubv1.AccountService_GetAccount_FullMethodName:    both(account.ReadAccount, operator.Viewer),
	orderhubv1.AccountService_GetBalance_FullMethodName:    both(account.ReadAccount, operator.Viewer),
	orderhubv1.AccountService_ListTransfers_FullMethodName: both(account.ReadAccount, operator.Viewer),
	orderhubv1.AccountService_GetStatement_FullMethodName:  both(account.ReadAccount, operator.Viewer),

	orderhubv1.KeyService_CreateOwnKey_FullMethodName: merchants(account.Manage),
	orderhubv1.KeyService_ListOwnKeys_FullMethodName:  merchants(account.ReadAccount),
	orderhubv1.KeyService_RevokeOwnKey_FullMethodName: merchants(account.Manage),

	orderhubv1.AdminService_CreateMerchant_FullMethodName:  operators(operator.Admin),
	orderhubv1.AdminService_GetMerchant_FullMethodName:     operators(operator.Viewer),
	orderhubv1.AdminService_ListMerchants_FullMethodName:   operators(operator.Viewer),
	orderhubv1.AdminService_UpdateMerchant_FullMethodName:  operators(operator.Finance),
	orderhubv1.AdminService_SuspendMerchant_FullMethodName: operators(operator.Admin),
	orderhubv1.AdminService_ResumeMerchant_FullMethodName:  operators(operator.Admin),
	orderhubv1.AdminService_SetCredentials_FullMethodName:  operators(operator.Admin),
	orderhubv1.AdminService_Deposit_FullMethodName:         operators(operator.Finance),
	orderhubv1.AdminService_AdjustWallet_FullMethodName:    operators(operator.Finance),
	orderhubv1.AdminService_CreateKey_FullMethodName:       operators(operator.Admin),
	orderhubv1.AdminService_ListKeys_FullMethodName:        operators(operator.Viewer),
	orderhubv1.AdminService_RevokeKey_FullMethodName:       operators(operator.Admin),
	orderhubv1.AdminService_CreateProvider_FullMethodName:  operators(operator.Catalogue),
	orderhubv1.AdminService_GetProvider_FullMethodName:     operators(operator.Viewer),
	orderhubv1.AdminService_ListProviders_FullMethodName:   operators(operator.Viewer),
	orderhubv1.AdminService_UpdateProvider_FullMethodName:  operators(operator.Catalogue),
	orderhubv1.AdminService_CreateOffer_FullMethodName:     operators(operator.Catalogue),
	orderhubv1.AdminService_ListOffers_FullMethodName:      operators(operator.Viewer),
	orderhubv1.AdminService_UpdateOffer_FullMethodName:     operators(operator.Catalogue),
	orderhubv1.AdminService_DeleteOffer_FullMethodName:     operators(operator.Catalogue),
	orderhubv1.AdminService_ListAttempts_FullMethodName:    operators(operator.Viewer),
	orderhubv1.AdminService_GetAttempt_FullMethodName:      operators(operator.Viewer),
	orderhubv1.AdminService_ResolveAttempt_FullMethodName:  operators(operator.Support),
	orderhubv1.CatalogService_SyncProvider_FullMethodName:  operators(operator.Catalogue),

	orderhubv1.PurchaseService_ListPurchases_FullMethodName:   operators(operator.Viewer),
	orderhubv1.PurchaseService_GetPurchase_FullMethodName:     operators(operator.Viewer),
	orderhubv1.PurchaseService_TakePurchase_FullMethodName:    operators(operator.Support),
	orderhubv1.PurchaseService_ReleasePurchase_FullMethodName: operators(operator.Support),
	orderhubv1.PurchaseService_DeliverPurchase_FullMethodName: operators(operator.Support),
	orderhubv1.PurchaseService_RefusePurchase_FullMethodName:  operators(operator.Support),

	orderhubv1.ClaimService_CreateClaim_FullMethodName:       both(account.PlaceOrders, operator.Support),
	orderhubv1.ClaimService_GetClaim_FullMethodName:          both(account.ReadOrders, operator.Viewer),
	orderhubv1.ClaimService_ListClaims_FullMethodName:        both(account.ReadOrders, operator.Viewer),
	orderhubv1.ClaimService_AnswerClaim_FullMethodName:       operators(operator.Support),
	orderhubv1.ClaimService_DisputeClaim_FullMethodName:      operators(operator.Support),
	orderhubv1.ClaimService_EndDispute_FullMethodName:        operators(operator.Finance),
	orderhubv1.ClaimService_GetClaimPolicy_FullMethodName:    both(account.ReadOrders, operator.Viewer),
	orderhubv1.ClaimService_SetClaimPolicy_FullMethodName:    operators(operator.Catalogue),
	orderhubv1.RedemptionService_RedeemTicket_FullMethodName: both(account.PlaceOrders, operator.Support),
	orderhubv1.RedemptionService_ListTickets_FullMethodName:  both(account.ReadOrders, operator.Support),

	orderhubv1.ReconciliationService_ReconcileProvider_FullMethodName:   operators(operator.Finance),
	orderhubv1.ReconciliationService_ListReconciliations_FullMethodName: operators(operator.Viewer),
	orderhubv1.ReconciliationService_GetReconciliation_FullMethodName:   operators(operator.Viewer),
	orderhubv1.ReconciliationService_GetStatementSums_FullMethodName:    operators(operator.Viewer),
	orderhubv1.ReconciliationService_ListFindings_FullMethodName:        operators(operator.Viewer),
	orderhubv1.ReconciliationService_GetFinding_FullMethodName:          operators(operator.Viewer),
	orderhubv1.ReconciliationService_ResolveFinding_FullMethodName:      operators(operator.Finance),
	orderhubv1.ReconciliationService_SettleFinding_FullMethodName:       operators(operator.Support),

	orderhubv1.SupplyService_GetSyncPolicy_FullMethodName:      operators(operator.Viewer),
	orderhubv1.SupplyService_SetSyncPolicy_FullMethodName:      operators(operator.Catalogue),
	orderhubv1.SupplyService_RunSync_FullMethodName:            operators(operator.Catalogue),
	orderhubv1.SupplyService_ListSyncs_FullMethodName:          operators(operator.Viewer),
	orderhubv1.SupplyService_GetSync_FullMethodName:            operators(operator.Viewer),
	orderhubv1.SupplyService_ListSyncChanges_FullMethodName:    operators(operator.Viewer),
	orderhubv1.SupplyService_ApproveSync_FullMethodName:        operators(operator.Catalogue),
	orderhubv1.SupplyService_RejectSync_FullMethodName:         operators(operator.Catalogue),
	orderhubv1.SupplyService_UndoSync_FullMethodName:           operators(operator.Catalogue),
	orderhubv1.SupplyService_UndoSyncChange_FullMethodName:     operators(operator.Catalogue),
	orderhubv1.SupplyService_ListProposals_FullMethodName:      operators(operator.Viewer),
	orderhubv1.SupplyService_AcceptProposals_FullMethodName:    operators(operator.Catalogue),
	orderhubv1.SupplyService_DismissProposals_FullMethodName:   operators(operator.Catalogue),
	orderhubv1.FundsService_ReadProviderBalance_FullMethodName: operators(operator.Viewer),

	orderhubv1.WebhookService_CreateEndpoint_FullMethodName:    both(account.Manage, operator.Admin),
	orderhubv1.WebhookService_GetEndpoint_FullMethodName:       both(account.ReadAccount, operator.Viewer),
	orderhubv1.WebhookService_ListEndpoints_FullMethodName:     both(account.ReadAccount, operator.Viewer),
	orderhubv1.WebhookService_UpdateEndpoint_FullMethodName:    both(account.Manage, operator.Admin),
	orderhubv1.WebhookService_DeleteEndpoint_FullMethodName:    both(account.Manage, operator.Admin),
	orderhubv1.WebhookService_SendTestEvent_FullMethodName:     both(account.Manage, operator.Support),
	orderhubv1.WebhookService_ListDeliveries_FullMethodName:    both(account.ReadAccount, operator.Viewer),
	orderhubv1.WebhookService_GetDelivery_FullMethodName:       both(account.ReadAccount, operator.Viewer),
	orderhubv1.WebhookService_RedeliverDelivery_FullMethodName: both(account.Manage, operator.Support),
	orderhubv1.WebhookService_ReplayEvents_FullMethodName:      both(account.Manage, operator.Support),

	orderhubv1.ApprovalService_ListApprovals_FullMethodName: operators(operator.Viewer),
	orderhubv1.ApprovalService_GetApproval_FullMethodName:   operators(operator.Viewer),
	orderhubv1.ApprovalService_Approve_FullMethodName:       operators(operator.Finance),
	orderhubv1.ApprovalService_Reject_FullMethodName:        operators(operator.Finance),
	orderhubv1.ApprovalService_Withdraw_FullMethodName:      operators(operator.Finance),

	orderhubv1.ReportService_GetMargins_FullMethodName:          operators(operator.Viewer),
	orderhubv1.ReportService_GetOverview_FullMethodName:         operators(operator.Viewer),
	orderhubv1.ReportService_ListProviderFigures_FullMethodName: operators(operator.Viewer),
	orderhubv1.ReportService_ListEndpointFigures_FullMethodName: operators(operator.Viewer),

	orderhubv1.OperatorEventService_ListOperatorEvents_FullMethodName: operators(operator.Viewer),

	orderhubv1.OperatorWebhookService_CreateOperatorEndpoint_FullMethodName:    operators(operator.Admin),
	orderhubv1.OperatorWebhookService_GetOperatorEndpoint_FullMethodName:       operators(operator.Viewer),
	orderhubv1.OperatorWebhookService_ListOperatorEndpoints_FullMethodName:     operators(operator.Viewer),
	orderhubv1.OperatorWebhookService_UpdateOperatorEndpoint_FullMethodName:    operators(operator.Admin),
	orderhubv1.OperatorWebhookService_DeleteOperatorEndpoint_FullMethodName:    operators(operator.Admin),
	orderhubv1.OperatorWebhookService_SendOperatorTestEvent_FullMethodName:     operators(operator.Support),
	orderhubv1.OperatorWebhookService_ListOperatorDeliveries_FullMethodName:    operators(operator.Viewer),
	orderhubv1.OperatorWebhookService_GetOperatorDelivery_FullMethodName:       operators(operator.Viewer),
	orderhubv1.OperatorWebhookService_RedeliverOperatorDelivery_FullMethodName: operators(operator.Support),

	orderhubv1.RecipientService_CheckRecipient_FullMethodName: both(account.PlaceOrders, operator.Support),

	orderhubv1.ExchangeService_SetExchangeRate_FullMethodName:   operators(operator.Finance),
	orderhubv1.ExchangeService_ListExchangeRates_FullMethodName: operators(operator.Viewer),

	orderhubv1.OperatorService_CreateOperator_FullMethodName:    operators(operator.Admin),
	orderhubv1.OperatorService_GetOperator_FullMethodName:       operators(operator.Viewer),
	orderhubv1.OperatorService_ListOperators_FullMethodName:     operators(operator.Viewer),
	orderhubv1.OperatorService_UpdateOperator_FullMethodName:    operators(operator.Admin),
	orderhubv1.OperatorService_CreateOperatorKey_FullMethodName: operators(operator.Admin),
	orderhubv1.OperatorService_ListOperatorKeys_FullMethodName:  operators(operator.Viewer),
	orderhubv1.OperatorService_ListAuditEntries_FullMethodName:  operators(operator.Finance),
	orderhubv1.OperatorService_GetAuditEntry_FullMethodName:     operators(operator.Finance),
	orderhubv1.OperatorService_RevokeOperatorKey_FullMethodName: operators(operator.Admin),

	orderhubv1.OperatorService_InviteOperator_FullMethodName:        operators(operator.Admin),
	orderhubv1.OperatorService_ListOperatorSessions_FullMethodName:  operators(operator.Viewer),
	orderhubv1.OperatorService_RevokeOperatorSession_FullMethodName: operators(operator.Viewer),
}
