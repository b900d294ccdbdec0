package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/operator"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// waiting has amounts above THB 1,000 wait.
func waiting(t *testing.T, store *stores.All) *services {
	t.Helper()
	limits, err := approval.ParseLimits([]string{"1000"})
	require.NoError(t, err)
	return startHubOn(t, store, func(o *api.Options) {
		o.Approvals = approval.NewService(store.Approvals, o.Accounts, limits, time.Hour)
	})
}

func (h *services) approvals() orderhubv1.ApprovalServiceClient {
	return orderhubv1.NewApprovalServiceClient(h.conn)
}

// secondKey calls as an operator that there is, with a key of its own that is new.
func (h *services) secondKey(name string) context.Context {
	h.t.Helper()
	operators := operator.NewService(h.Store.Operators)
	o, err := operators.Find(h.t.Context(), name)
	require.NoError(h.t, err)
	_, key, err := operators.IssueKey(h.t.Context(), operator.Key{OperatorID: o.ID})
	require.NoError(h.t, err)
	return withKey(h.t, key)
}

func (h *services) balance() string {
	h.t.Helper()
	answer, err := h.account().GetAccount(h.asShop(), &orderhubv1.GetAccountRequest{})
	require.NoError(h.t, err)
	return answer.GetAccount().GetBalance()
}

func TestTwoPairsOfEyes(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := waiting(t, open())
		ada, grace := h.asOperator("ada", operator.Finance), h.asOperator("grace", operator.Admin)
		deposit := &orderhubv1.DepositRequest{Merchant: "shop", Amount: "2500", Reference: "bank 1", Description: "paid"}
		asked, err := h.admin().Deposit(ada, deposit)
		require.NoError(t, err)
		require.Nil(t, asked.GetTransfer())
		require.Equal(t, "1000.00", asked.GetAccount().GetBalance())
		a := asked.GetApproval()
		require.Equal(t, []any{
			orderhubv1.ApprovalKind_APPROVAL_KIND_DEPOSIT, orderhubv1.ApprovalStatus_APPROVAL_STATUS_PENDING, "shop", "2500.00",
			"THB", "", "bank 1", "paid", orderhubv1.AuditActor_AUDIT_ACTOR_OPERATOR, "ada", "", int64(0), time.Hour,
		}, []any{
			a.GetKind(), a.GetStatus(), a.GetMerchant(), a.GetAmount(), a.GetCurrency(), a.GetPreviousAmount(), a.GetReference(),
			a.GetDescription(), a.GetAskedAs(), a.GetAskedBy(), a.GetDecidedBy(), a.GetTransfer(),
			a.GetExpireTime().AsTime().Sub(a.GetCreateTime().AsTime()),
		})
		approve := &orderhubv1.ApproveRequest{Approval: a.GetId()}
		_, err = h.approvals().Approve(ada, approve)
		refused(t, err, codes.PermissionDenied, "APPROVAL_OWN_REQUEST")
		_, err = h.approvals().Approve(h.secondKey("ada"), approve)
		refused(t, err, codes.PermissionDenied, "APPROVAL_OWN_REQUEST")
		_, err = h.approvals().Approve(h.asAdmin(), approve)
		refused(t, err, codes.PermissionDenied, "APPROVAL_NEEDS_PERSON")
		_, err = h.approvals().Approve(h.asShop(), approve)
		refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
		for _, role := range []operator.Role{operator.Viewer, operator.Support, operator.Catalogue} {
			_, err = h.approvals().Approve(h.asOperator("mary-"+role.String(), role), approve)
			assert.Equal(t, "finance", refused(t, err, codes.PermissionDenied, "ROLE_MISSING").Metadata["role"])
		}
		_, err = h.approvals().Withdraw(grace, &orderhubv1.WithdrawRequest{Approval: a.GetId()})
		refused(t, err, codes.PermissionDenied, "APPROVAL_NOT_YOURS")
		_, err = h.approvals().Approve(grace, &orderhubv1.ApproveRequest{Approval: 4711})
		refused(t, err, codes.NotFound, "APPROVAL_NOT_FOUND")
		require.Equal(t, "1000.00", h.balance())

		approved, err := h.approvals().Approve(grace, approve)
		require.NoError(t, err)
		require.Equal(t, orderhubv1.ApprovalStatus_APPROVAL_STATUS_APPROVED, approved.GetApproval().GetStatus())
		require.Equal(t, "grace", approved.GetApproval().GetDecidedBy())
		require.Equal(t, "3500.00", h.balance())
		again, err := h.admin().Deposit(ada, deposit)
		require.NoError(t, err)
		require.Equal(t, approved.GetApproval().GetTransfer(), again.GetTransfer().GetId())
		_, err = h.approvals().Reject(grace, &orderhubv1.RejectRequest{Approval: a.GetId()})
		assert.Equal(t, "approved", refused(t, err, codes.FailedPrecondition, "APPROVAL_SETTLED").Metadata["status"])
		got, err := h.approvals().GetApproval(h.asAdmin(), &orderhubv1.GetApprovalRequest{Approval: a.GetId()})
		require.NoError(t, err)
		require.Equal(t, approved.GetApproval().String(), got.GetApproval().String())

		var told [][]string
		for _, e := range h.entries(audit.Filter{}) {
			told = append(told, []string{e.Actor.Name, e.Method, e.Target.Kind, e.Target.Name, e.Before, e.After})
		}
		id := asText(a.GetId())
		require.Equal(t, [][]string{
			{
				"grace", "ApprovalService.Approve", "approval", id,
				`{"approval":"pending","approvalId":null,"balance":"1000.00","transfer":null}`,
				`{"approval":"approved","approvalId":` + id + `,"balance":"3500.00","transfer":` +
					asText(approved.GetApproval().GetTransfer()) + `}`,
			},
			{
				"ada", "AdminService.Deposit", "merchant", "shop", `{"approval":"","approvalId":null}`,
				`{"approval":"pending","approvalId":` + id + `}`,
			},
		}, told, "newest first, and nothing of what was refused or repeated")
		storetest.RequireClean(t, h.Store)
	})
}

// Two operators approve at once over real connections: the money moves once.
func TestOperatorsRaceToApprove(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := waiting(t, open())
		ada := h.asOperator("ada", operator.Finance)
		racers := []context.Context{h.asOperator("grace", operator.Finance), h.asOperator("mary", operator.Admin)}
		for range 5 {
			asked, err := h.admin().AdjustWallet(
				ada, &orderhubv1.AdjustWalletRequest{Merchant: "shop", Amount: "2000", Reason: "agreed"},
			)
			require.NoError(t, err)
			approved, lost := storetest.Together(len(racers), func(i int) error {
				_, err := h.approvals().Approve(racers[i], &orderhubv1.ApproveRequest{Approval: asked.GetApproval().GetId()})
				return err
			})
			require.Equal(t, 1, approved, "%v", lost)
			refused(t, lost[0], codes.FailedPrecondition, "APPROVAL_SETTLED")
		}
		require.Equal(t, "11000.00", h.balance())
		require.Len(t, h.entries(audit.Filter{Method: "ApprovalService.Approve"}), 5)
		storetest.RequireClean(t, h.Store)
	})
}

func TestCreditLimitWaitsAlone(t *testing.T) {
	h := waiting(t, storetest.SQLite(t)())
	ada, grace := h.asOperator("ada", operator.Admin), h.asOperator("grace", operator.Finance)
	update := func(changes *orderhubv1.Merchant) (*orderhubv1.Merchant, error) {
		answer, err := h.admin().UpdateMerchant(ada, &orderhubv1.UpdateMerchantRequest{Merchant: "shop", Changes: changes})
		return answer.GetMerchant(), err
	}
	_, err := update(&orderhubv1.Merchant{CreditLimit: "5000.00", Email: "shop@example.com"})
	p := refused(t, err, codes.FailedPrecondition, "APPROVAL_NEEDED")
	require.Equal(t, map[string]string{"above_amount": "1000.00", "currency": "THB"}, p.Metadata)
	m, err := update(&orderhubv1.Merchant{CreditLimit: "5000.00"})
	require.NoError(t, err)
	require.Equal(t, []string{"0.00", ""}, []string{m.GetCreditLimit(), m.GetEmail()})
	waits := m.GetCreditLimitApproval()
	require.Equal(t, []string{"5000.00", "0.00"}, []string{waits.GetAmount(), waits.GetPreviousAmount()})
	repeated, err := update(&orderhubv1.Merchant{CreditLimit: "5000.00"})
	require.NoError(t, err)
	require.Equal(t, waits.GetId(), repeated.GetCreditLimitApproval().GetId())
	_, err = h.approvals().Approve(grace, &orderhubv1.ApproveRequest{Approval: waits.GetId()})
	require.NoError(t, err)
	m, err = update(&orderhubv1.Merchant{CreditLimit: "5000.00", Email: "shop@example.com"})
	require.NoError(t, err, "what is there already is no change")
	require.Equal(t, []string{"5000.00", "shop@example.com"}, []string{m.GetCreditLimit(), m.GetEmail()})
	require.Nil(t, m.GetCreditLimitApproval())
	m, err = update(&orderhubv1.Merchant{CreditLimit: "4000.00"})
	require.NoError(t, err)
	require.Equal(t, "4000.00", m.GetCreditLimit())
	_, err = h.admin().CreateMerchant(ada, &orderhubv1.CreateMerchantRequest{
		Merchant: &orderhubv1.Merchant{Name: "rich", Currency: "THB", CreditLimit: "1000.01"},
	})
	refused(t, err, codes.FailedPrecondition, "APPROVAL_NEEDED")
}

func TestListApprovals(t *testing.T) {
	h := waiting(t, storetest.SQLite(t)())
	ada, grace := h.asOperator("ada", operator.Finance), h.asOperator("grace", operator.Finance)
	viewer := h.asOperator("mary", operator.Viewer)
	var ids []int64
	for range 3 {
		asked, err := h.admin().Deposit(ada, &orderhubv1.DepositRequest{Merchant: "shop", Amount: "2000"})
		require.NoError(t, err)
		ids = append(ids, asked.GetApproval().GetId())
	}
	_, err := h.approvals().Reject(grace, &orderhubv1.RejectRequest{Approval: ids[1], Reason: "no such payment"})
	require.NoError(t, err)
	list := func(r *orderhubv1.ListApprovalsRequest) (found []int64, next string) {
		answer, err := h.approvals().ListApprovals(viewer, r)
		require.NoError(t, err)
		for _, a := range answer.GetApprovals() {
			found = append(found, a.GetId())
		}
		return found, answer.GetNextPageToken()
	}
	found, next := list(&orderhubv1.ListApprovalsRequest{PageSize: 2})
	require.Equal(t, []int64{ids[2], ids[1]}, found)
	require.NotEmpty(t, next)
	found, _ = list(&orderhubv1.ListApprovalsRequest{
		Status: orderhubv1.ApprovalStatus_APPROVAL_STATUS_PENDING, Merchant: "shop",
	})
	require.Equal(t, []int64{ids[2], ids[0]}, found)
	found, _ = list(&orderhubv1.ListApprovalsRequest{Status: orderhubv1.ApprovalStatus_APPROVAL_STATUS_EXPIRED})
	require.Empty(t, found)
	_, err = h.approvals().ListApprovals(ada, &orderhubv1.ListApprovalsRequest{Merchant: "nobody"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	answer, err := h.approvals().GetApproval(ada, &orderhubv1.GetApprovalRequest{Approval: ids[1]})
	require.NoError(t, err)
	require.Equal(t, "no such payment", answer.GetApproval().GetReason())
}
