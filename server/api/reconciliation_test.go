package api_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operator"
	"orderhub/server/reconcile"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// vague delivers more than was bought, which only an operator can sort out.
type vague struct{}

func (vague) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{State: dialect.Delivered, Goods: make([]dialect.Goods, p.Quantity+1)}, nil
}

func (vague) Idempotent() bool { return true }

// parked has an attempt parked at a provider that is only made for it.
func (h *services) parked(ctx context.Context, reference string) fulfil.Attempt {
	h.t.Helper()
	if h.Connectors == nil {
		h.Connectors = make(map[int64]dialect.Connector)
	}
	placed, err := h.Orders.Create(ctx, storetest.Draft(h.shop, reference, "VAGUE", 1))
	require.NoError(h.t, err)
	_, err = h.Advance(ctx, placed.Order.ID)
	require.NoError(h.t, err)
	found, err := h.Engine.ListAttempts(ctx, fulfil.AttemptFilter{OrderID: placed.Order.ID, Limit: 1})
	require.NoError(h.t, err)
	require.Equal(h.t, fulfil.AttemptParked, found[0].Status)
	return found[0]
}

func (h *services) sellsVague() {
	h.Supplied(h.Product("VAGUE", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "vague", vague{})
}

func row(line int64, a fulfil.Attempt, s orderhubv1.StatementState) *orderhubv1.StatementRow {
	return &orderhubv1.StatementRow{
		Line: line, Reference: a.Reference, Time: timestamppb.New(a.SubmittedAt), State: s,
	}
}

// A statement over the connection, in one call and in several.
func TestReconciliations(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.sellsVague()
		ctx := t.Context()
		service := orderhubv1.NewReconciliationServiceClient(h.conn)
		fin, sue, vera := h.asOperator("fin", operator.Finance), h.asOperator("sue", operator.Support),
			h.asOperator("vera", operator.Viewer)
		attempt := h.parked(ctx, "one")
		unknown := &orderhubv1.StatementRow{
			Line: 3, ProviderReference: "T-1", Time: timestamppb.New(attempt.SubmittedAt), Amount: "5.00", Currency: "THB",
			State: orderhubv1.StatementState_STATEMENT_STATE_PURCHASED,
		}
		whole := &orderhubv1.ReconcileProviderRequest{
			Provider: "vague", Name: "may.csv", Rows: []*orderhubv1.StatementRow{
				row(2, attempt, orderhubv1.StatementState_STATEMENT_STATE_REFUSED), unknown,
			},
		}
		_, err := service.ReconcileProvider(vera, whole)
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
		_, err = service.ReconcileProvider(h.asShop(), whole)
		refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
		for _, bad := range []*orderhubv1.StatementRow{
			{Line: 1, Reference: "x", Time: unknown.GetTime()},
			{Line: 1, Time: unknown.GetTime(), State: unknown.GetState()},
			{Line: 1, Reference: "x", Time: unknown.GetTime(), State: unknown.GetState(), Amount: "1"},
			{Line: 1, Reference: "x", Time: unknown.GetTime(), State: unknown.GetState(), Amount: "1.001", Currency: "THB"},
			{Line: 0, Reference: "x", Time: unknown.GetTime(), State: unknown.GetState()},
			{Line: 1, Reference: "x", State: unknown.GetState()},
		} {
			_, err := service.ReconcileProvider(fin, &orderhubv1.ReconcileProviderRequest{
				Provider: "vague", Rows: []*orderhubv1.StatementRow{bad},
			})
			refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
		}
		done, err := service.ReconcileProvider(fin, whole)
		require.NoError(t, err)
		first := done.GetReconciliation()
		require.Equal(t, orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_DONE, first.GetStatus())
		require.Equal(t, []int32{2, 1, 2, 2}, []int32{
			first.GetRows(), first.GetMatchedAttempts(), first.GetNewFindings(), first.GetOpenFindings(),
		})
		require.Equal(t, "fin", first.GetAskedBy())

		part := &orderhubv1.ReconcileProviderRequest{Provider: "vague", Rows: whole.GetRows()[:1], More: true}
		begun, err := service.ReconcileProvider(fin, part)
		require.NoError(t, err)
		require.Equal(
			t, orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_RECEIVING, begun.GetReconciliation().GetStatus(),
		)
		last := &orderhubv1.ReconcileProviderRequest{
			Provider: "vague", Reconciliation: begun.GetReconciliation().GetId(), Rows: whole.GetRows()[1:],
		}
		for range 2 {
			done, err = service.ReconcileProvider(fin, last)
			require.NoError(t, err)
			require.Zero(t, done.GetReconciliation().GetNewFindings())
		}
		last.Rows = []*orderhubv1.StatementRow{row(9, attempt, unknown.GetState())}
		_, err = service.ReconcileProvider(fin, last)
		refused(t, err, codes.FailedPrecondition, "RECONCILIATION_ENDED")
		last.Reconciliation = 4711
		_, err = service.ReconcileProvider(fin, last)
		refused(t, err, codes.NotFound, "RECONCILIATION_NOT_FOUND")

		page, err := service.ListReconciliations(vera, &orderhubv1.ListReconciliationsRequest{Provider: "vague", PageSize: 1})
		require.NoError(t, err)
		require.Len(t, page.GetReconciliations(), 1)
		require.NotEmpty(t, page.GetNextPageToken())
		read, err := service.GetReconciliation(vera, &orderhubv1.GetReconciliationRequest{Reconciliation: first.GetId()})
		require.NoError(t, err)
		require.Equal(t, "may.csv", read.GetReconciliation().GetName())
		listed, err := service.ListFindings(vera, &orderhubv1.ListFindingsRequest{
			Reconciliation: done.GetReconciliation().GetId(), Status: orderhubv1.FindingStatus_FINDING_STATUS_OPEN,
		})
		require.NoError(t, err)
		require.Len(t, listed.GetFindings(), 2)
		theirs, proof := listed.GetFindings()[0], listed.GetFindings()[1]
		require.Equal(t, orderhubv1.FindingKind_FINDING_KIND_MISSING_HERE, theirs.GetKind())
		require.Equal(t, "5.00", theirs.GetAmount())
		require.Equal(t, attempt.ID, proof.GetAttempt())
		require.NotEmpty(t, proof.GetOrderNumber())

		book := &orderhubv1.ResolveFindingRequest{
			Finding: theirs.GetId(), Resolution: orderhubv1.FindingResolution_FINDING_RESOLUTION_BOOK, Note: "x",
		}
		_, err = service.ResolveFinding(sue, book)
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
		_, err = service.ResolveFinding(fin, book)
		refused(t, err, codes.FailedPrecondition, "NOT_BOOKABLE")
		book.Finding = 4711
		_, err = service.ResolveFinding(fin, book)
		refused(t, err, codes.NotFound, "FINDING_NOT_FOUND")
		settle := &orderhubv1.SettleFindingRequest{
			Finding: proof.GetId(), Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_FAILED, Evidence: "their statement",
		}
		_, err = service.SettleFinding(fin, settle)
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
		settle.Action = orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED
		_, err = service.SettleFinding(sue, settle)
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
		settle.Action = orderhubv1.AttemptAction_ATTEMPT_ACTION_FAILED
		for range 2 {
			settled, err := service.SettleFinding(sue, settle)
			require.NoError(t, err)
			require.Equal(t, orderhubv1.FindingStatus_FINDING_STATUS_SETTLED, settled.GetFinding().GetStatus())
			require.Equal(t, orderhubv1.AttemptStatus_ATTEMPT_STATUS_REFUSED, settled.GetFinding().GetAttemptStatus())
		}
		book.Finding = proof.GetId()
		_, err = service.ResolveFinding(fin, book)
		refused(t, err, codes.FailedPrecondition, "FINDING_RESOLVED")
		settle.Finding = theirs.GetId()
		_, err = service.SettleFinding(sue, settle)
		refused(t, err, codes.FailedPrecondition, "NO_PROOF")
		one, err := service.GetFinding(vera, &orderhubv1.GetFindingRequest{Finding: theirs.GetId()})
		require.NoError(t, err)
		require.Equal(t, orderhubv1.FindingStatus_FINDING_STATUS_OPEN, one.GetFinding().GetStatus())
		storetest.RequireClean(t, h.Store)
	})
}

// telling is a provider that lists what was bought from it.
type telling struct {
	vague
	entries []dialect.Entry
	err     error
}

func (p *telling) ReadStatement(_ context.Context, _, _ time.Time, take func([]dialect.Entry) error) error {
	if err := take(p.entries); err != nil {
		return err
	}
	return p.err
}

// Some providers are asked for their statement.
func TestReconcileByAsking(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		provider := &telling{}
		bought := func(p *catalog.Product) { p.Source = catalog.SourceProvider }
		h.Supplied(h.Product("VAGUE", 10, bought), "telling", provider)
		service, fin := orderhubv1.NewReconciliationServiceClient(h.conn), h.asOperator("fin", operator.Finance)
		attempt := h.parked(t.Context(), "one")
		provider.entries = []dialect.Entry{
			{Reference: attempt.Reference, At: attempt.SubmittedAt, Says: dialect.SaysRefused},
			{
				ProviderReference: "T-1", At: attempt.SubmittedAt, Says: dialect.SaysCharged,
				Sum: money.Sum{Amount: storetest.Baht(5), Currency: "THB"},
			},
			{
				ProviderReference: "T-1", At: attempt.SubmittedAt, Says: dialect.SaysCredited,
				Sum: money.Sum{Amount: storetest.Baht(1), Currency: "THB"},
			},
			{Reference: "T-2", At: attempt.SubmittedAt},
		}
		ask := &orderhubv1.ReconcileProviderRequest{Provider: "telling", AskProvider: true}
		_, err := service.ReconcileProvider(fin, ask)
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
		ask.FromTime = timestamppb.New(attempt.SubmittedAt.Add(-time.Hour))
		ask.ToTime = timestamppb.New(attempt.SubmittedAt.Add(time.Hour))
		whole := provider.entries
		provider.entries = append(slices.Clone(whole), dialect.Entry{At: attempt.SubmittedAt}) // of which purchase?
		_, err = service.ReconcileProvider(fin, ask)
		refused(t, err, codes.Unavailable, "UNAVAILABLE")
		none, err := service.ListFindings(fin, &orderhubv1.ListFindingsRequest{})
		require.NoError(t, err)
		require.Empty(t, none.GetFindings(), "a statement with such a row is none")
		provider.entries = whole
		done, err := service.ReconcileProvider(fin, ask)
		require.NoError(t, err)
		require.Equal(t, []int32{4, 1, 2}, []int32{
			done.GetReconciliation().GetRows(), done.GetReconciliation().GetMatchedAttempts(),
			done.GetReconciliation().GetNewFindings(),
		})
		found, err := service.ListFindings(fin, &orderhubv1.ListFindingsRequest{})
		require.NoError(t, err)
		require.Equal(t, "4.00", found.GetFindings()[0].GetAmount(), "what came back of it is taken off")
		sums, err := service.GetStatementSums(h.asOperator("vera", operator.Viewer), &orderhubv1.GetStatementSumsRequest{
			Provider: "telling", FromTime: ask.GetFromTime(), ToTime: ask.GetToTime(),
		})
		require.NoError(t, err)
		require.Len(t, sums.GetSums(), 1)
		sum := sums.GetSums()[0]
		require.Equal(t, []any{"telling", "THB", "5.00", "1.00", "4.00", "0.00", int64(2), int64(2)}, []any{
			sum.GetProvider(), sum.GetCurrency(), sum.GetChargedAmount(), sum.GetCreditedAmount(), sum.GetNetAmount(),
			sum.GetBookedAmount(), sum.GetRows(), sum.GetUnknownRows(),
		})
		provider.err = errors.New("closed")
		_, err = service.ReconcileProvider(fin, ask)
		refused(t, err, codes.Unavailable, "UNAVAILABLE")
		h.Supplied(h.Product("MUTE", 10, bought), "mute", vague{})
		ask.Provider = "mute"
		_, err = service.ReconcileProvider(fin, ask)
		refused(t, err, codes.FailedPrecondition, "PROVIDER_TELLS_NO_STATEMENT")
		ask.Rows = []*orderhubv1.StatementRow{row(1, attempt, orderhubv1.StatementState_STATEMENT_STATE_REFUSED)}
		_, err = service.ReconcileProvider(fin, ask)
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	})
}

func (a *acting) reconciliations() {
	const service = "ReconciliationService."
	a.sellsVague()
	attempt := a.parked(a.t.Context(), "vague")
	later := timestamppb.New(attempt.SubmittedAt.Add(time.Minute))
	made := do[*orderhubv1.ReconcileProviderRequest, *orderhubv1.ReconcileProviderResponse](a, service+"ReconcileProvider",
		&orderhubv1.ReconcileProviderRequest{Provider: "vague", Name: "may.csv", Rows: []*orderhubv1.StatementRow{
			row(2, attempt, orderhubv1.StatementState_STATEMENT_STATE_REFUSED),
			{Line: 3, Reference: "theirs", Time: later, State: orderhubv1.StatementState_STATEMENT_STATE_PURCHASED},
		}}, to("provider", "vague")).GetReconciliation()
	require.Equal(a.t, int32(2), made.GetNewFindings())
	entry := a.entries(audit.Filter{Method: service + "ReconcileProvider"})[0]
	assert.JSONEq(a.t, `{"rows":2,"found":2,"open":2}`, entry.After)
	found, err := a.Store.Reconciliations.Findings(a.t.Context(), reconcile.FindingFilter{SeenID: made.GetId(), Limit: 10})
	require.NoError(a.t, err)
	do[*orderhubv1.ResolveFindingRequest, *orderhubv1.ResolveFindingResponse](a, service+"ResolveFinding",
		&orderhubv1.ResolveFindingRequest{
			Finding: found[0].ID, Resolution: orderhubv1.FindingResolution_FINDING_RESOLUTION_ACCEPT, Note: "by hand",
		}, to("finding", asText(found[0].ID)))
	do[*orderhubv1.SettleFindingRequest, *orderhubv1.SettleFindingResponse](a, service+"SettleFinding",
		&orderhubv1.SettleFindingRequest{
			Finding: found[1].ID, Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_FAILED, Evidence: "their statement",
		}, to("attempt", asText(attempt.ID)))
}
