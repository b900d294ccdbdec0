package api

import (
	"maps"
	"testing"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/fulfil"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/recipient"
	"orderhub/server/reconcile"
	"orderhub/server/supply"
	"orderhub/server/webhook"
)

// What the domain and the contract call the same is converted by its words. Renaming either breaks it silently.
func TestTheContractHasTheDomainsWords(t *testing.T) {
	sameTable(t, toAPIApprovalKind, map[approval.Kind]orderhubv1.ApprovalKind{
		approval.Deposit:     orderhubv1.ApprovalKind_APPROVAL_KIND_DEPOSIT,
		approval.Adjustment:  orderhubv1.ApprovalKind_APPROVAL_KIND_ADJUSTMENT,
		approval.CreditLimit: orderhubv1.ApprovalKind_APPROVAL_KIND_CREDIT_LIMIT,
	})
	sameTable(t, toAPIApprovalStatus, map[approval.Status]orderhubv1.ApprovalStatus{
		approval.Pending:   orderhubv1.ApprovalStatus_APPROVAL_STATUS_PENDING,
		approval.Approved:  orderhubv1.ApprovalStatus_APPROVAL_STATUS_APPROVED,
		approval.Rejected:  orderhubv1.ApprovalStatus_APPROVAL_STATUS_REJECTED,
		approval.Withdrawn: orderhubv1.ApprovalStatus_APPROVAL_STATUS_WITHDRAWN,
		approval.Expired:   orderhubv1.ApprovalStatus_APPROVAL_STATUS_EXPIRED,
	})
	sameTable(t, toAPIAttemptStatus, map[fulfil.AttemptStatus]orderhubv1.AttemptStatus{
		fulfil.AttemptWaiting:    orderhubv1.AttemptStatus_ATTEMPT_STATUS_WAITING,
		fulfil.AttemptSubmitting: orderhubv1.AttemptStatus_ATTEMPT_STATUS_SUBMITTING,
		fulfil.AttemptAccepted:   orderhubv1.AttemptStatus_ATTEMPT_STATUS_ACCEPTED,
		fulfil.AttemptUnknown:    orderhubv1.AttemptStatus_ATTEMPT_STATUS_UNKNOWN,
		fulfil.AttemptDelivered:  orderhubv1.AttemptStatus_ATTEMPT_STATUS_DELIVERED,
		fulfil.AttemptRefused:    orderhubv1.AttemptStatus_ATTEMPT_STATUS_REFUSED,
		fulfil.AttemptCancelled:  orderhubv1.AttemptStatus_ATTEMPT_STATUS_CANCELLED,
		fulfil.AttemptParked:     orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED,
	})
	sameTable(t, toAPIMerchantStatus, map[account.Status]orderhubv1.MerchantStatus{
		account.StatusActive:    orderhubv1.MerchantStatus_MERCHANT_STATUS_ACTIVE,
		account.StatusSuspended: orderhubv1.MerchantStatus_MERCHANT_STATUS_SUSPENDED,
	})
	sameTable(t, toAPITransferKind, map[account.TransferKind]orderhubv1.TransferKind{
		account.TransferDeposit:    orderhubv1.TransferKind_TRANSFER_KIND_DEPOSIT,
		account.TransferCharge:     orderhubv1.TransferKind_TRANSFER_KIND_CHARGE,
		account.TransferRefund:     orderhubv1.TransferKind_TRANSFER_KIND_REFUND,
		account.TransferAdjustment: orderhubv1.TransferKind_TRANSFER_KIND_ADJUSTMENT,
		account.TransferHold:       orderhubv1.TransferKind_TRANSFER_KIND_HOLD,
		account.TransferRelease:    orderhubv1.TransferKind_TRANSFER_KIND_RELEASE,
	})
	sameTable(t, toAPIRole, map[account.Role]orderhubv1.MerchantRole{
		account.RoleMerchant: orderhubv1.MerchantRole_MERCHANT_ROLE_MERCHANT,
		account.RoleOperator: orderhubv1.MerchantRole_MERCHANT_ROLE_OPERATOR,
	})
	sameTable(t, toAPIScope, map[account.Scope]orderhubv1.KeyScope{
		account.ScopeMerchant: orderhubv1.KeyScope_KEY_SCOPE_MERCHANT,
		account.ScopeRead:     orderhubv1.KeyScope_KEY_SCOPE_READ,
		account.ScopeOrders:   orderhubv1.KeyScope_KEY_SCOPE_ORDERS,
		account.ScopeAdmin:    orderhubv1.KeyScope_KEY_SCOPE_ADMIN,
	})
	sameTable(t, toAPICatalogStatus, map[catalog.Status]orderhubv1.CatalogStatus{
		catalog.StatusActive:   orderhubv1.CatalogStatus_CATALOG_STATUS_ACTIVE,
		catalog.StatusArchived: orderhubv1.CatalogStatus_CATALOG_STATUS_ARCHIVED,
	})
	sameTable(t, toAPISource, map[catalog.Source]orderhubv1.ProductSource{
		catalog.SourceStock:    orderhubv1.ProductSource_PRODUCT_SOURCE_STOCK,
		catalog.SourceProvider: orderhubv1.ProductSource_PRODUCT_SOURCE_PROVIDER,
	})
	sameTable(t, toAPIFieldType, map[string]orderhubv1.ProductFieldType{
		catalog.FieldText:   orderhubv1.ProductFieldType_PRODUCT_FIELD_TYPE_TEXT,
		catalog.FieldSelect: orderhubv1.ProductFieldType_PRODUCT_FIELD_TYPE_SELECT,
	})
	sameTable(t, toAPILossPolicy, map[catalog.LossPolicy]orderhubv1.LossPolicy{
		catalog.LossFails: orderhubv1.LossPolicy_LOSS_POLICY_FAIL,
		catalog.LossWaits: orderhubv1.LossPolicy_LOSS_POLICY_WAIT,
	})
	sameTable(t, toAPIClaimReason, map[claim.Reason]orderhubv1.ClaimReason{
		claim.NotWorking:   orderhubv1.ClaimReason_CLAIM_REASON_NOT_WORKING,
		claim.AlreadyUsed:  orderhubv1.ClaimReason_CLAIM_REASON_ALREADY_USED,
		claim.WrongProduct: orderhubv1.ClaimReason_CLAIM_REASON_WRONG_PRODUCT,
		claim.NotReceived:  orderhubv1.ClaimReason_CLAIM_REASON_NOT_RECEIVED,
		claim.Expired:      orderhubv1.ClaimReason_CLAIM_REASON_EXPIRED,
		claim.Other:        orderhubv1.ClaimReason_CLAIM_REASON_OTHER,
	})
	sameTable(t, toAPIClaimStatus, map[claim.Status]orderhubv1.ClaimStatus{
		claim.StatusWaiting:   orderhubv1.ClaimStatus_CLAIM_STATUS_WAITING,
		claim.StatusReplacing: orderhubv1.ClaimStatus_CLAIM_STATUS_REPLACING,
		claim.StatusAnswered:  orderhubv1.ClaimStatus_CLAIM_STATUS_ANSWERED,
	})
	sameTable(t, toAPIClaimedUnitStatus, map[claim.UnitStatus]orderhubv1.ClaimedUnitStatus{
		claim.Waiting:   orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_WAITING,
		claim.Replaced:  orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACED,
		claim.Refunded:  orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REFUNDED,
		claim.Replacing: orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACING,
		claim.Rejected:  orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REJECTED,
	})
	sameTable(t, toAPIClaimAnswer, map[claim.Verdict]orderhubv1.ClaimAnswer{
		claim.Refund:  orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND,
		claim.Replace: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REPLACE,
		claim.Reject:  orderhubv1.ClaimAnswer_CLAIM_ANSWER_REJECT,
	})
	sameTable(t, toAPIDisputeStatus, map[claim.DisputeStatus]orderhubv1.DisputeStatus{
		claim.DisputeOpen:     orderhubv1.DisputeStatus_DISPUTE_STATUS_OPEN,
		claim.DisputeCredited: orderhubv1.DisputeStatus_DISPUTE_STATUS_CREDITED,
		claim.DisputeRefused:  orderhubv1.DisputeStatus_DISPUTE_STATUS_REFUSED,
	})
	sameTable(t, toAPIStatus, map[order.Status]orderhubv1.OrderStatus{
		order.StatusPending:    orderhubv1.OrderStatus_ORDER_STATUS_PENDING,
		order.StatusProcessing: orderhubv1.OrderStatus_ORDER_STATUS_PROCESSING,
		order.StatusCompleted:  orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED,
		order.StatusFailed:     orderhubv1.OrderStatus_ORDER_STATUS_FAILED,
		order.StatusCancelled:  orderhubv1.OrderStatus_ORDER_STATUS_CANCELLED,
	})
	sameTable(t, toAPIGoodsStatus, map[order.GoodsStatus]orderhubv1.GoodsStatus{
		order.GoodsPending:   orderhubv1.GoodsStatus_GOODS_STATUS_PENDING,
		order.GoodsDelivered: orderhubv1.GoodsStatus_GOODS_STATUS_DELIVERED,
		order.GoodsUsed:      orderhubv1.GoodsStatus_GOODS_STATUS_USED,
		order.GoodsFailed:    orderhubv1.GoodsStatus_GOODS_STATUS_FAILED,
		order.GoodsCancelled: orderhubv1.GoodsStatus_GOODS_STATUS_CANCELLED,
		order.GoodsReplaced:  orderhubv1.GoodsStatus_GOODS_STATUS_REPLACED,
	})
	sameTable(t, toAPIListStatus, map[catalog.ListStatus]orderhubv1.PriceListStatus{
		catalog.ListDraft:    orderhubv1.PriceListStatus_PRICE_LIST_STATUS_DRAFT,
		catalog.ListActive:   orderhubv1.PriceListStatus_PRICE_LIST_STATUS_ACTIVE,
		catalog.ListArchived: orderhubv1.PriceListStatus_PRICE_LIST_STATUS_ARCHIVED,
	})
	sameTable(t, toAPIPriceBase, map[catalog.PriceBase]orderhubv1.PriceBase{
		catalog.OnCost: orderhubv1.PriceBase_PRICE_BASE_COST,
		catalog.OnList: orderhubv1.PriceBase_PRICE_BASE_LIST,
	})
	sameTable(t, toAPIRounding, map[catalog.Rounding]orderhubv1.PriceRounding{
		catalog.RoundNearest: orderhubv1.PriceRounding_PRICE_ROUNDING_NEAREST,
		catalog.RoundUp:      orderhubv1.PriceRounding_PRICE_ROUNDING_UP,
		catalog.RoundEnding:  orderhubv1.PriceRounding_PRICE_ROUNDING_ENDING,
	})
	sameTable(t, toAPIPriceProblem, map[catalog.PriceProblem]orderhubv1.PriceProblem{
		catalog.PriceNoCost:     orderhubv1.PriceProblem_PRICE_PROBLEM_NO_COST,
		catalog.PriceNoRate:     orderhubv1.PriceProblem_PRICE_PROBLEM_NO_RATE,
		catalog.PriceTooDear:    orderhubv1.PriceProblem_PRICE_PROBLEM_TOO_DEAR,
		catalog.PriceBelowFloor: orderhubv1.PriceProblem_PRICE_PROBLEM_BELOW_FLOOR,
		catalog.PriceBelowCost:  orderhubv1.PriceProblem_PRICE_PROBLEM_BELOW_COST,
	})
	sameTable(t, toAPIStatementState, map[reconcile.State]orderhubv1.StatementState{
		reconcile.Purchased: orderhubv1.StatementState_STATEMENT_STATE_PURCHASED,
		reconcile.Refused:   orderhubv1.StatementState_STATEMENT_STATE_REFUSED,
		reconcile.Credited:  orderhubv1.StatementState_STATEMENT_STATE_CREDITED,
		reconcile.Other:     orderhubv1.StatementState_STATEMENT_STATE_OTHER,
	})
	sameTable(t, toAPIReconciliationStatus, map[reconcile.Status]orderhubv1.ReconciliationStatus{
		reconcile.Receiving: orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_RECEIVING,
		reconcile.Matching:  orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_MATCHING,
		reconcile.Done:      orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_DONE,
		reconcile.Abandoned: orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_ABANDONED,
	})
	sameTable(t, toAPIFindingKind, map[reconcile.Kind]orderhubv1.FindingKind{
		reconcile.MissingThere:      orderhubv1.FindingKind_FINDING_KIND_MISSING_THERE,
		reconcile.MissingHere:       orderhubv1.FindingKind_FINDING_KIND_MISSING_HERE,
		reconcile.PricedOtherwise:   orderhubv1.FindingKind_FINDING_KIND_PRICED_OTHERWISE,
		reconcile.CreditUnbooked:    orderhubv1.FindingKind_FINDING_KIND_CREDITED,
		reconcile.OutcomeProven:     orderhubv1.FindingKind_FINDING_KIND_OUTCOME_PROVEN,
		reconcile.Uncredited:        orderhubv1.FindingKind_FINDING_KIND_UNCREDITED,
		reconcile.ChargedTwice:      orderhubv1.FindingKind_FINDING_KIND_CHARGED_TWICE,
		reconcile.DisputeUncredited: orderhubv1.FindingKind_FINDING_KIND_DISPUTE_UNCREDITED,
	})
	sameTable(t, toAPIFindingStatus, map[reconcile.FindingStatus]orderhubv1.FindingStatus{
		reconcile.Open:     orderhubv1.FindingStatus_FINDING_STATUS_OPEN,
		reconcile.Accepted: orderhubv1.FindingStatus_FINDING_STATUS_ACCEPTED,
		reconcile.Booked:   orderhubv1.FindingStatus_FINDING_STATUS_BOOKED,
		reconcile.Settled:  orderhubv1.FindingStatus_FINDING_STATUS_SETTLED,
		reconcile.Agreed:   orderhubv1.FindingStatus_FINDING_STATUS_AGREED,
		reconcile.Gone:     orderhubv1.FindingStatus_FINDING_STATUS_GONE,
	})
	sameTable(t, toAPINewItems, map[supply.NewItems]orderhubv1.NewItems{
		supply.Propose: orderhubv1.NewItems_NEW_ITEMS_PROPOSE,
		supply.Import:  orderhubv1.NewItems_NEW_ITEMS_IMPORT,
	})
	sameTable(t, toAPISyncStatus, map[supply.Status]orderhubv1.SyncStatus{
		supply.Planning: orderhubv1.SyncStatus_SYNC_STATUS_PLANNING,
		supply.Applying: orderhubv1.SyncStatus_SYNC_STATUS_APPLYING,
		supply.Applied:  orderhubv1.SyncStatus_SYNC_STATUS_APPLIED,
		supply.Held:     orderhubv1.SyncStatus_SYNC_STATUS_HELD,
		supply.Rejected: orderhubv1.SyncStatus_SYNC_STATUS_REJECTED,
		supply.Refused:  orderhubv1.SyncStatus_SYNC_STATUS_REFUSED,
		supply.Failed:   orderhubv1.SyncStatus_SYNC_STATUS_FAILED,
		supply.Undone:   orderhubv1.SyncStatus_SYNC_STATUS_UNDONE,
	})
	sameTable(t, toAPISyncChangeKind, map[supply.Kind]orderhubv1.SyncChangeKind{
		supply.Cost:     orderhubv1.SyncChangeKind_SYNC_CHANGE_KIND_COST,
		supply.Off:      orderhubv1.SyncChangeKind_SYNC_CHANGE_KIND_OFF,
		supply.On:       orderhubv1.SyncChangeKind_SYNC_CHANGE_KIND_ON,
		supply.Imported: orderhubv1.SyncChangeKind_SYNC_CHANGE_KIND_IMPORT,
	})
	sameTable(t, toAPISyncChangeStatus, map[supply.State]orderhubv1.SyncChangeStatus{
		supply.Planned: orderhubv1.SyncChangeStatus_SYNC_CHANGE_STATUS_PLANNED,
		supply.Made:    orderhubv1.SyncChangeStatus_SYNC_CHANGE_STATUS_APPLIED,
		supply.Skipped: orderhubv1.SyncChangeStatus_SYNC_CHANGE_STATUS_SKIPPED,
		supply.PutBack: orderhubv1.SyncChangeStatus_SYNC_CHANGE_STATUS_UNDONE,
		supply.Kept:    orderhubv1.SyncChangeStatus_SYNC_CHANGE_STATUS_KEPT,
	})
	sameTable(t, toAPIProposalStatus, map[supply.ProposalStatus]orderhubv1.ProposalStatus{
		supply.Open:      orderhubv1.ProposalStatus_PROPOSAL_STATUS_OPEN,
		supply.Accepted:  orderhubv1.ProposalStatus_PROPOSAL_STATUS_ACCEPTED,
		supply.Dismissed: orderhubv1.ProposalStatus_PROPOSAL_STATUS_DISMISSED,
		supply.Gone:      orderhubv1.ProposalStatus_PROPOSAL_STATUS_GONE,
	})
	sameTable(t, toAPIUnitState, map[catalog.UnitState]orderhubv1.UnitState{
		catalog.UnitAvailable: orderhubv1.UnitState_UNIT_STATE_AVAILABLE,
		catalog.UnitHeld:      orderhubv1.UnitState_UNIT_STATE_HELD,
		catalog.UnitSold:      orderhubv1.UnitState_UNIT_STATE_SOLD,
		catalog.UnitVoid:      orderhubv1.UnitState_UNIT_STATE_VOID,
		catalog.UnitSetAside:  orderhubv1.UnitState_UNIT_STATE_SET_ASIDE,
		catalog.UnitExpired:   orderhubv1.UnitState_UNIT_STATE_EXPIRED,
	})
	sameTable(t, toAPIEndpointStatus, map[webhook.Status]orderhubv1.WebhookEndpointStatus{
		webhook.StatusActive:   orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_ACTIVE,
		webhook.StatusInactive: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE,
		webhook.StatusDisabled: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_DISABLED,
	})
	sameTable(t, toAPIDeliveryStatus, map[webhook.DeliveryStatus]orderhubv1.WebhookDeliveryStatus{
		webhook.DeliveryPending:    orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_PENDING,
		webhook.DeliveryDelivered:  orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_DELIVERED,
		webhook.DeliveryFailed:     orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_FAILED,
		webhook.DeliverySuperseded: orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_SUPERSEDED,
	})
	sameTable(t, toAPIHoldStatus, map[order.HoldStatus]orderhubv1.HoldStatus{
		order.HoldOpen:      orderhubv1.HoldStatus_HOLD_STATUS_HELD,
		order.HoldConfirmed: orderhubv1.HoldStatus_HOLD_STATUS_CONFIRMED,
		order.HoldReleased:  orderhubv1.HoldStatus_HOLD_STATUS_RELEASED,
		order.HoldExpired:   orderhubv1.HoldStatus_HOLD_STATUS_EXPIRED,
	})
	sameTable(t, toAPIOperatorStatus, map[operator.Status]orderhubv1.OperatorStatus{
		operator.StatusActive:    orderhubv1.OperatorStatus_OPERATOR_STATUS_ACTIVE,
		operator.StatusSuspended: orderhubv1.OperatorStatus_OPERATOR_STATUS_SUSPENDED,
	})
	sameTable(t, toAPIActor, map[string]orderhubv1.AuditActor{
		audit.KindOperator: orderhubv1.AuditActor_AUDIT_ACTOR_OPERATOR,
		audit.KindAdminKey: orderhubv1.AuditActor_AUDIT_ACTOR_ADMIN_KEY,
		audit.KindLocal:    orderhubv1.AuditActor_AUDIT_ACTOR_LOCAL,
		audit.KindSession:  orderhubv1.AuditActor_AUDIT_ACTOR_SESSION,
		audit.KindSystem:   orderhubv1.AuditActor_AUDIT_ACTOR_SYSTEM,
	})
	sameTable(t, toAPISupplyStatus, map[fulfil.Status]orderhubv1.SupplyStatus{
		fulfil.StatusActive:   orderhubv1.SupplyStatus_SUPPLY_STATUS_ACTIVE,
		fulfil.StatusDisabled: orderhubv1.SupplyStatus_SUPPLY_STATUS_DISABLED,
	})
	sameTable(t, toAPIPurchaseStatus, map[purchase.State]orderhubv1.PurchaseStatus{
		purchase.Waiting:   orderhubv1.PurchaseStatus_PURCHASE_STATUS_WAITING,
		purchase.Taken:     orderhubv1.PurchaseStatus_PURCHASE_STATUS_TAKEN,
		purchase.Delivered: orderhubv1.PurchaseStatus_PURCHASE_STATUS_DELIVERED,
		purchase.Refused:   orderhubv1.PurchaseStatus_PURCHASE_STATUS_REFUSED,
		purchase.Cancelled: orderhubv1.PurchaseStatus_PURCHASE_STATUS_CANCELLED,
		purchase.Closed:    orderhubv1.PurchaseStatus_PURCHASE_STATUS_CLOSED,
	})
	sameTable(t, toAPIResult, map[recipient.Result]orderhubv1.RecipientResult{
		recipient.Exists:   orderhubv1.RecipientResult_RECIPIENT_RESULT_EXISTS,
		recipient.NotFound: orderhubv1.RecipientResult_RECIPIENT_RESULT_NOT_FOUND,
		recipient.Unknown:  orderhubv1.RecipientResult_RECIPIENT_RESULT_UNKNOWN,
	})
	sameTable(t, toAPICause, map[recipient.Cause]orderhubv1.RecipientUnknownCause{
		recipient.NotSupported: orderhubv1.RecipientUnknownCause_RECIPIENT_UNKNOWN_CAUSE_NOT_SUPPORTED,
		recipient.Unavailable:  orderhubv1.RecipientUnknownCause_RECIPIENT_UNKNOWN_CAUSE_UNAVAILABLE,
	})
	sameTable(t, inverse(fromAPIAction), map[fulfil.Action]orderhubv1.AttemptAction{
		fulfil.ActionInquire:   orderhubv1.AttemptAction_ATTEMPT_ACTION_INQUIRE,
		fulfil.ActionDelivered: orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED,
		fulfil.ActionFailed:    orderhubv1.AttemptAction_ATTEMPT_ACTION_FAILED,
		fulfil.ActionElsewhere: orderhubv1.AttemptAction_ATTEMPT_ACTION_ELSEWHERE,
	})
	sameTable(t, inverse(fromAPIFindingResolution), map[reconcile.Action]orderhubv1.FindingResolution{
		reconcile.Accept: orderhubv1.FindingResolution_FINDING_RESOLUTION_ACCEPT,
		reconcile.Book:   orderhubv1.FindingResolution_FINDING_RESOLUTION_BOOK,
	})
}

func sameTable[D ~string, E ~int32](t *testing.T, got, want map[D]E) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("converts by %v, want %v", got, want)
	}
}
