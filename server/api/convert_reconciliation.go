package api

import (
	"cmp"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/reconcile"
)

var (
	toAPIStatementState = map[reconcile.State]orderhubv1.StatementState{
		reconcile.Purchased: orderhubv1.StatementState_STATEMENT_STATE_PURCHASED,
		reconcile.Refused:   orderhubv1.StatementState_STATEMENT_STATE_REFUSED,
		reconcile.Credited:  orderhubv1.StatementState_STATEMENT_STATE_CREDITED,
		reconcile.Other:     orderhubv1.StatementState_STATEMENT_STATE_OTHER,
	}
	fromAPIStatementState = inverse(toAPIStatementState)

	toAPIReconciliationStatus = map[reconcile.Status]orderhubv1.ReconciliationStatus{
		reconcile.Receiving: orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_RECEIVING,
		reconcile.Matching:  orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_MATCHING,
		reconcile.Done:      orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_DONE,
		reconcile.Abandoned: orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_ABANDONED,
	}

	toAPIFindingKind = map[reconcile.Kind]orderhubv1.FindingKind{
		reconcile.MissingThere:    orderhubv1.FindingKind_FINDING_KIND_MISSING_THERE,
		reconcile.MissingHere:     orderhubv1.FindingKind_FINDING_KIND_MISSING_HERE,
		reconcile.PricedOtherwise: orderhubv1.FindingKind_FINDING_KIND_PRICED_OTHERWISE,
		reconcile.CreditUnbooked:  orderhubv1.FindingKind_FINDING_KIND_CREDITED,
		reconcile.OutcomeProven:   orderhubv1.FindingKind_FINDING_KIND_OUTCOME_PROVEN,
		reconcile.Uncredited:      orderhubv1.FindingKind_FINDING_KIND_UNCREDITED,
		reconcile.ChargedTwice:    orderhubv1.FindingKind_FINDING_KIND_CHARGED_TWICE,

		reconcile.DisputeUncredited: orderhubv1.FindingKind_FINDING_KIND_DISPUTE_UNCREDITED,
	}
	fromAPIFindingKind = inverse(toAPIFindingKind)

	toAPIFindingStatus = map[reconcile.FindingStatus]orderhubv1.FindingStatus{
		reconcile.Open:     orderhubv1.FindingStatus_FINDING_STATUS_OPEN,
		reconcile.Accepted: orderhubv1.FindingStatus_FINDING_STATUS_ACCEPTED,
		reconcile.Booked:   orderhubv1.FindingStatus_FINDING_STATUS_BOOKED,
		reconcile.Settled:  orderhubv1.FindingStatus_FINDING_STATUS_SETTLED,
		reconcile.Agreed:   orderhubv1.FindingStatus_FINDING_STATUS_AGREED,
		reconcile.Gone:     orderhubv1.FindingStatus_FINDING_STATUS_GONE,
	}
	fromAPIFindingStatus = inverse(toAPIFindingStatus)

	fromAPIFindingResolution = map[orderhubv1.FindingResolution]reconcile.Action{
		orderhubv1.FindingResolution_FINDING_RESOLUTION_ACCEPT: reconcile.Accept,
		orderhubv1.FindingResolution_FINDING_RESOLUTION_BOOK:   reconcile.Book,
	}
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
		Reconciliation: f.RunID, LastReconciliation: f.SeenID, Attempt: f.AttemptID, AttemptStatus: attemptStatusOf(f),
		OrderNumber: f.OrderNumber, Reference: f.Reference, ProviderReference: f.ProviderReference,
		State: toAPIStatementState[f.State], Time: toAPIOptionalTime(f.At), Line: f.Line, Amount: f.Said.Text(),
		Currency: string(f.Said.Currency), HubAmount: f.Ours.Text(), HubCurrency: string(f.Ours.Currency),
		Bookable: f.Status == reconcile.Open && f.Bookable(), Note: f.Note, ResolvedBy: f.ResolvedBy,
		ResolveTime: toAPIOptionalTime(f.ResolvedAt), CreateTime: toAPITime(f.CreatedAt),
	}
	if f.Status == reconcile.Booked {
		converted.BookedAmount = f.Moved.Format(cmp.Or(f.Said.Currency, f.Ours.Currency))
	}
	return converted
}
