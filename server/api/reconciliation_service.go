package api

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/reconcile"
)

// reconciliationService compares providers' statements with attempts.
type reconciliationService struct {
	orderhubv1.UnimplementedReconciliationServiceServer
	*services
}

func (s *reconciliationService) ReconcileProvider(ctx context.Context, r *orderhubv1.ReconcileProviderRequest) (
	*orderhubv1.ReconcileProviderResponse, error,
) {
	provider, err := s.providers.Find(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	rows, err := fromAPIStatementRows(r.GetRows())
	if err == nil {
		err = reconcile.CheckRows(rows)
	}
	if err != nil {
		return nil, err
	}
	if r.GetAskProvider() && (len(rows) > 0 || r.GetMore() || r.GetReconciliation() != 0) {
		return nil, errs.Invalid("ask_provider", "must not be set with rows, with more of them, or to go on")
	}
	id, err := s.reconciling(ctx, r, provider.ID)
	if err != nil {
		return nil, err
	}
	if err := s.reconcile.Add(ctx, id, rows); err != nil {
		return nil, err
	}
	var now reconcile.Run
	if r.GetMore() {
		now, err = s.reconcile.Run(ctx, id)
	} else {
		now, err = s.reconcile.Compare(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	return &orderhubv1.ReconcileProviderResponse{Reconciliation: toAPIReconciliation(&now, provider.Name)}, nil
}

// reconciling is the reconciliation that the request goes on with, or a new one.
func (s *reconciliationService) reconciling(
	ctx context.Context, r *orderhubv1.ReconcileProviderRequest, providerID int64,
) (int64, error) {
	if id := r.GetReconciliation(); id != 0 {
		was, err := s.reconcile.Run(ctx, id)
		if err == nil && was.ProviderID != providerID {
			err = reconcile.ErrRunNotFound
		}
		return id, err
	}
	bad := &errs.InvalidError{}
	begun := reconcile.Run{
		ProviderID: providerID, Name: r.GetName(), AskedBy: whoCalls(ctx),
		From: fromAPIOptionalTime(bad, "from_time", r.GetFromTime()), To: fromAPIOptionalTime(bad, "to_time", r.GetToTime()),
	}
	if err := bad.OrNil(); err != nil {
		return 0, err
	}
	if r.GetAskProvider() {
		begun, err := s.reconcile.Read(ctx, begun)
		return begun.ID, err
	}
	begun, err := s.reconcile.Begin(ctx, begun)
	return begun.ID, err
}

func fromAPIStatementRows(in []*orderhubv1.StatementRow) ([]reconcile.Row, error) {
	bad := &errs.InvalidError{}
	rows := make([]reconcile.Row, len(in))
	for i, r := range in {
		field := "rows[" + strconv.Itoa(i) + "]"
		row := reconcile.Row{
			Line: r.GetLine(), Reference: r.GetReference(), ProviderReference: r.GetProviderReference(),
			At: fromAPITime(bad, field+".time", r.GetTime()), State: fromAPIStatementState[r.GetState()],
		}
		switch {
		case r.GetAmount() != "" && r.GetCurrency() == "":
			bad.Add(field+".currency", "must be there with an amount")
		case r.GetAmount() != "":
			c, err := money.ParseCurrency(r.GetCurrency())
			if err != nil {
				bad.Add(field+".currency", "must be an ISO 4217 code")
				break
			}
			row.Sum = money.Sum{Amount: fromAPIAmount(bad, field+".amount", r.GetAmount(), c), Currency: c}
		}
		rows[i] = row
	}
	return rows, bad.OrNil()
}

func (s *reconciliationService) ListReconciliations(
	ctx context.Context, r *orderhubv1.ListReconciliationsRequest,
) (*orderhubv1.ListReconciliationsResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	filter := reconcile.RunFilter{BeforeID: p.key(0), Limit: p.limit()}
	names, err := s.supplierNames(ctx, r.GetProvider(), &filter.ProviderID)
	if err != nil {
		return nil, err
	}
	found, err := s.reconcile.Runs(ctx, filter)
	if err != nil {
		return nil, err
	}
	found, next := cut(&p, found, func(one *reconcile.Run) []int64 { return []int64{one.ID} })
	resp := &orderhubv1.ListReconciliationsResponse{NextPageToken: next}
	for i := range found {
		resp.Reconciliations = append(resp.Reconciliations, toAPIReconciliation(&found[i], names[found[i].ProviderID]))
	}
	return resp, nil
}

func (s *reconciliationService) GetReconciliation(ctx context.Context, r *orderhubv1.GetReconciliationRequest) (
	*orderhubv1.GetReconciliationResponse, error,
) {
	found, err := s.reconcile.Run(ctx, r.GetReconciliation())
	if err != nil {
		return nil, err
	}
	provider, err := s.providers.Get(ctx, found.ProviderID)
	return &orderhubv1.GetReconciliationResponse{Reconciliation: toAPIReconciliation(&found, provider.Name)}, err
}

func (s *reconciliationService) ListFindings(ctx context.Context, r *orderhubv1.ListFindingsRequest) (
	*orderhubv1.ListFindingsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	filter := reconcile.FindingFilter{
		SeenID: r.GetReconciliation(), Status: fromAPIFindingStatus[r.GetStatus()], Kind: fromAPIFindingKind[r.GetKind()],
		BeforeID: p.key(0), Limit: p.limit(),
	}
	names, err := s.supplierNames(ctx, r.GetProvider(), &filter.ProviderID)
	if err != nil {
		return nil, err
	}
	found, err := s.reconcile.Findings(ctx, filter)
	if err != nil {
		return nil, err
	}
	found, next := cut(&p, found, func(one *reconcile.Finding) []int64 { return []int64{one.ID} })
	resp := &orderhubv1.ListFindingsResponse{NextPageToken: next}
	for i := range found {
		resp.Findings = append(resp.Findings, toAPIFinding(&found[i], names[found[i].ProviderID]))
	}
	return resp, nil
}

// finding converts with the provider's name.
func (s *reconciliationService) finding(
	ctx context.Context, f reconcile.Finding, err error,
) (*orderhubv1.Finding, error) {
	if err != nil {
		return nil, err
	}
	provider, err := s.providers.Get(ctx, f.ProviderID)
	return toAPIFinding(&f, provider.Name), err
}

func (s *reconciliationService) GetFinding(ctx context.Context, r *orderhubv1.GetFindingRequest) (
	*orderhubv1.GetFindingResponse, error,
) {
	found, err := s.reconcile.Finding(ctx, r.GetFinding())
	converted, err := s.finding(ctx, found, err)
	return &orderhubv1.GetFindingResponse{Finding: converted}, err
}

func (s *reconciliationService) ResolveFinding(ctx context.Context, r *orderhubv1.ResolveFindingRequest) (
	*orderhubv1.ResolveFindingResponse, error,
) {
	resolved, err := s.reconcile.Resolve(ctx, reconcile.Resolution{
		FindingID: r.GetFinding(), Action: fromAPIFindingResolution[r.GetResolution()], Note: r.GetNote(), By: whoCalls(ctx),
	})
	converted, err := s.finding(ctx, resolved, err)
	return &orderhubv1.ResolveFindingResponse{Finding: converted}, err
}

func (s *reconciliationService) SettleFinding(ctx context.Context, r *orderhubv1.SettleFindingRequest) (
	*orderhubv1.SettleFindingResponse, error,
) {
	found, err := s.reconcile.Finding(ctx, r.GetFinding())
	if err != nil {
		return nil, err
	}
	if found.AttemptID != 0 { // who looks for what was done about an attempt finds this, too
		audit.At(ctx, "attempt", strconv.FormatInt(found.AttemptID, 10))
	}
	settled, err := s.reconcile.Settle(ctx, reconcile.Resolution{
		FindingID: r.GetFinding(), Action: reconcile.Action(fromAPIAction[r.GetAction()]), Note: r.GetEvidence(),
		By: whoCalls(ctx),
	})
	converted, err := s.finding(ctx, settled, err)
	return &orderhubv1.SettleFindingResponse{Finding: converted}, err
}

// reconciliationRows are the errors of reconciliations.
var reconciliationRows = []row{
	is(reconcile.ErrRunNotFound, problem{code: codes.NotFound, reason: "RECONCILIATION_NOT_FOUND"}),
	is(reconcile.ErrNotFound, problem{code: codes.NotFound, reason: "FINDING_NOT_FOUND"}),
	is(reconcile.ErrEnded, problem{code: codes.FailedPrecondition, reason: "RECONCILIATION_ENDED"}),
	is(reconcile.ErrNotBookable, problem{code: codes.FailedPrecondition, reason: "NOT_BOOKABLE"}),
	is(reconcile.ErrBooksMoved, problem{code: codes.FailedPrecondition, reason: "BOOKS_CHANGED"}),
	is(fulfil.ErrTellsNoStatement, problem{
		code: codes.FailedPrecondition, reason: "PROVIDER_TELLS_NO_STATEMENT",
	}),
	is(reconcile.ErrNoProof, problem{code: codes.FailedPrecondition, reason: "NO_PROOF"}),
	as(func(e *reconcile.ResolvedError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "FINDING_RESOLVED", message: e.Error(),
			metadata: map[string]string{"status": string(e.Status)},
		}
	}),
}

// attemptStatusOf is that of a finding's attempt.
func attemptStatusOf(f *reconcile.Finding) orderhubv1.AttemptStatus {
	return toAPIAttemptStatus[fulfil.AttemptStatus(f.AttemptStatus)]
}
