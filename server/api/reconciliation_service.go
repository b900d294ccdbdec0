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
	provider, err := s.Providers.Find(ctx, r.GetProvider())
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
	if err := s.Reconcile.Add(ctx, id, rows); err != nil {
		return nil, err
	}
	var now reconcile.Run
	if r.GetMore() {
		now, err = s.Reconcile.Run(ctx, id)
	} else {
		now, err = s.Reconcile.Compare(ctx, id)
	}
	return &orderhubv1.ReconcileProviderResponse{Reconciliation: toAPIReconciliation(&now, provider.Name)}, err
}

// reconciling is the reconciliation that the request goes on with, or a new one.
func (s *reconciliationService) reconciling(
	ctx context.Context, r *orderhubv1.ReconcileProviderRequest, providerID int64,
) (int64, error) {
	if id := r.GetReconciliation(); id != 0 {
		was, err := s.Reconcile.Run(ctx, id)
		if err == nil && was.ProviderID != providerID {
			err = reconcile.ErrRunNotFound
		}
		return id, err
	}
	bad := &errs.InvalidError{}
	begun := reconcile.Run{
		ProviderID: providerID, Name: r.GetName(), AskedBy: whoCalls(ctx),
		From: fromAPIOptionalTime(bad, "from_time", r.GetFromTime()),
		To:   fromAPIOptionalTime(bad, "to_time", r.GetToTime()),
	}
	if err := bad.OrNil(); err != nil {
		return 0, err
	}
	if r.GetAskProvider() {
		begun, err := s.Reconcile.Read(ctx, begun)
		return begun.ID, err
	}
	begun, err := s.Reconcile.Begin(ctx, begun)
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
	names, err := s.providerNames(ctx, r.GetProvider(), &filter.ProviderID)
	if err != nil {
		return nil, err
	}
	found, err := s.Reconcile.Runs(ctx, filter)
	convert := func(one *reconcile.Run) *orderhubv1.Reconciliation {
		return toAPIReconciliation(one, names[one.ProviderID])
	}
	shown, next, err := pageOf(&p, found, err, func(one *reconcile.Run) int64 { return one.ID }, convert)
	return &orderhubv1.ListReconciliationsResponse{Reconciliations: shown, NextPageToken: next}, err
}

func (s *reconciliationService) GetReconciliation(ctx context.Context, r *orderhubv1.GetReconciliationRequest) (
	*orderhubv1.GetReconciliationResponse, error,
) {
	found, err := s.Reconcile.Run(ctx, r.GetReconciliation())
	if err != nil {
		return nil, err
	}
	provider, err := s.Providers.Get(ctx, found.ProviderID)
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
		SeenID: r.GetReconciliation(), Status: fromAPIFindingStatus[r.GetStatus()],
		Kind: fromAPIFindingKind[r.GetKind()], BeforeID: p.key(0), Limit: p.limit(),
	}
	names, err := s.providerNames(ctx, r.GetProvider(), &filter.ProviderID)
	if err != nil {
		return nil, err
	}
	found, err := s.Reconcile.Findings(ctx, filter)
	convert := func(one *reconcile.Finding) *orderhubv1.Finding { return toAPIFinding(one, names[one.ProviderID]) }
	shown, next, err := pageOf(&p, found, err, func(one *reconcile.Finding) int64 { return one.ID }, convert)
	return &orderhubv1.ListFindingsResponse{Findings: shown, NextPageToken: next}, err
}

func (s *reconciliationService) GetStatementSums(ctx context.Context, r *orderhubv1.GetStatementSumsRequest) (
	*orderhubv1.GetStatementSumsResponse, error,
) {
	bad := &errs.InvalidError{}
	filter := reconcile.SumFilter{
		From: fromAPIOptionalTime(bad, "from_time", r.GetFromTime()),
		To:   fromAPIOptionalTime(bad, "to_time", r.GetToTime()),
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	names, err := s.providerNames(ctx, r.GetProvider(), &filter.ProviderID)
	if err != nil {
		return nil, err
	}
	sums, err := s.Reconcile.Sums(ctx, filter)
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.GetStatementSumsResponse{}
	for i := range sums {
		one := &sums[i]
		amount := amountsOf(one.Currency)
		resp.Sums = append(resp.Sums, &orderhubv1.StatementSum{
			Provider: names[one.ProviderID], Currency: string(one.Currency), ChargedAmount: amount(one.Charged),
			CreditedAmount: amount(one.Credited), NetAmount: amount(one.Net()), BookedAmount: amount(one.Booked),
			Rows: one.Rows, UnknownRows: one.Unknown,
		})
	}
	return resp, nil
}

func (s *reconciliationService) finding(ctx context.Context, f *reconcile.Finding) (*orderhubv1.Finding, error) {
	provider, err := s.Providers.Get(ctx, f.ProviderID)
	return toAPIFinding(f, provider.Name), err
}

func (s *reconciliationService) GetFinding(ctx context.Context, r *orderhubv1.GetFindingRequest) (
	*orderhubv1.GetFindingResponse, error,
) {
	found, err := s.Reconcile.Finding(ctx, r.GetFinding())
	shown, err := converted(ctx, &found, err, s.finding)
	return &orderhubv1.GetFindingResponse{Finding: shown}, err
}

func (s *reconciliationService) ResolveFinding(ctx context.Context, r *orderhubv1.ResolveFindingRequest) (
	*orderhubv1.ResolveFindingResponse, error,
) {
	resolved, err := s.Reconcile.Resolve(ctx, reconcile.Resolution{
		FindingID: r.GetFinding(), Action: fromAPIFindingResolution[r.GetResolution()], Note: r.GetNote(),
		By: whoCalls(ctx),
	})
	shown, err := converted(ctx, &resolved, err, s.finding)
	return &orderhubv1.ResolveFindingResponse{Finding: shown}, err
}

func (s *reconciliationService) SettleFinding(ctx context.Context, r *orderhubv1.SettleFindingRequest) (
	*orderhubv1.SettleFindingResponse, error,
) {
	found, err := s.Reconcile.Finding(ctx, r.GetFinding())
	if err != nil {
		return nil, err
	}
	if found.AttemptID != 0 { // who looks for what was done about an attempt finds this, too
		audit.At(ctx, "attempt", strconv.FormatInt(found.AttemptID, 10))
	}
	settled, err := s.Reconcile.Settle(ctx, reconcile.Resolution{
		FindingID: r.GetFinding(), Action: reconcile.Action(fromAPIAction[r.GetAction()]), Note: r.GetEvidence(),
		By: whoCalls(ctx),
	})
	shown, err := converted(ctx, &settled, err, s.finding)
	return &orderhubv1.SettleFindingResponse{Finding: shown}, err
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
	told(codes.FailedPrecondition, "FINDING_RESOLVED", func(e *reconcile.ResolvedError) facts {
		return facts{"status": string(e.Status)}
	}),
}
