package api

import (
	"cmp"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/fulfil"
	"orderhub/server/reconcile"
)

var (
	toAPIStatementState       = byWord[reconcile.State, orderhubv1.StatementState]()
	fromAPIStatementState     = inverse(toAPIStatementState)
	toAPIReconciliationStatus = byWord[reconcile.Status, orderhubv1.ReconciliationStatus]()
	toAPIFindingKind          = byWord[reconcile.Kind, orderhubv1.FindingKind]()
	fromAPIFindingKind        = inverse(toAPIFindingKind)
	toAPIFindingStatus        = byWord[reconcile.FindingStatus, orderhubv1.FindingStatus]()
	fromAPIFindingStatus      = inverse(toAPIFindingStatus)
	fromAPIFindingResolution  = inverse(byWord[reconcile.Action, orderhubv1.FindingResolution]())
)

func toAPIReconciliation(r *reconcile.Run, provider string) *orderhubv1.Reconciliation {
	return &orderhubv1.Reconciliation{
		Id: r.ID, Provider: provider, Name: r.Name, Status: toAPIReconciliationStatus[r.Status],
		FromTime: toAPIOptionalTime(r.From), ToTime: toAPIOptionalTime(r.To), Rows: toAPICount(r.Rows),
		RowsOutside: toAPICount(r.Outside), MatchedAttempts: toAPICount(r.Matched), NewFindings: toAPICount(r.Found),
		OpenFindings: toAPICount(r.Open), AskedBy: r.AskedBy, CreateTime: toAPITime(r.CreatedAt),
		EndTime: toAPIOptionalTime(r.EndedAt),
	}
}

func toAPIFinding(f *reconcile.Finding, provider string) *orderhubv1.Finding {
	converted := &orderhubv1.Finding{
		Id: f.ID, Provider: provider, Kind: toAPIFindingKind[f.Kind], Status: toAPIFindingStatus[f.Status],
		Reconciliation: f.RunID, LastReconciliation: f.SeenID, Attempt: f.AttemptID, OrderNumber: f.OrderNumber,
		AttemptStatus: toAPIAttemptStatus[fulfil.AttemptStatus(f.AttemptStatus)], Reference: f.Reference,
		ProviderReference: f.ProviderReference, State: toAPIStatementState[f.State], Time: toAPIOptionalTime(f.At),
		Line: f.Line, Amount: f.Said.Text(),
		Currency: string(f.Said.Currency), HubAmount: f.Ours.Text(), HubCurrency: string(f.Ours.Currency),
		Bookable: f.Status == reconcile.Open && f.Bookable(), Note: f.Note, ResolvedBy: f.ResolvedBy,
		ResolveTime: toAPIOptionalTime(f.ResolvedAt), CreateTime: toAPITime(f.CreatedAt),
	}
	if f.Status == reconcile.Booked {
		converted.BookedAmount = f.Moved.Format(cmp.Or(f.Said.Currency, f.Ours.Currency))
	}
	return converted
}
