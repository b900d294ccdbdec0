package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// searchedProviders is how many providers are looked at for those that tell what was bought from them.
const searchedProviders = 1000

// compareTimeout is how long a post compares: less than proxies wait. What is not done then goes on with another one.
const compareTimeout = 50 * time.Second

// tellers are the providers that tell by themselves what was bought from them, for who may compare that.
func tellers(r *request) (found []choice, err error) {
	if !r.may(orderhubv1.ReconciliationService_ReconcileProvider_FullMethodName) {
		return nil, nil
	}
	all := contract.Each(
		r.Context(), r.admin.ListProviders, &orderhubv1.ListProvidersRequest{},
		(*orderhubv1.ListProvidersResponse).GetProviders, searchedProviders,
	)
	for p, err := range asMany(all) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(p.GetCapabilities(), "reads_statement") {
			found = append(found, choice{Value: p.GetName(), Label: p.GetName()})
		}
	}
	return found, nil
}

// compareStatement asks a provider what was bought from it, and compares.
func compareStatement(r *request) (done, error) {
	ask := &orderhubv1.ReconcileProviderRequest{Provider: formLine(r, "provider"), AskProvider: true}
	var err error
	if ask.FromTime, err = askedTime(r.PostForm, "fromTime"); err != nil {
		return done{}, err
	}
	if ask.ToTime, err = askedTime(r.PostForm, "toTime"); err != nil {
		return done{}, err
	}
	return compared(r, ask)
}

// goOnComparing goes on with a statement whose comparison was not done in time.
func goOnComparing(r *request) (done, error) {
	id, err := formID(r, "reconciliation")
	if err != nil {
		return done{}, err
	}
	return compared(r, &orderhubv1.ReconcileProviderRequest{Provider: formLine(r, "provider"), Reconciliation: id})
}

// compared calls until the comparison is done, or its time is over.
func compared(r *request, ask *orderhubv1.ReconcileProviderRequest) (done, error) {
	ctx, cancel := context.WithTimeout(r.Context(), compareTimeout)
	defer cancel()
	for {
		answer, err := r.reconciliations.ReconcileProvider(ctx, ask)
		now := answer.GetReconciliation()
		if err != nil && ask.GetReconciliation() != 0 && ctx.Err() != nil && r.Context().Err() == nil {
			return done{to: "/findings", say: "It is not done yet: go on with it below."}, nil
		}
		if err != nil {
			return done{}, err
		}
		switch now.GetStatus() {
		case orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_DONE:
			return done{to: "/findings", say: fmt.Sprintf(
				"Compared: %s new, %d open.", howMany(now.GetNewFindings(), "finding is", "findings are"), now.GetOpenFindings(),
			)}, nil
		case orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_MATCHING:
			ask = &orderhubv1.ReconcileProviderRequest{Provider: now.GetProvider(), Reconciliation: now.GetId()}
		default:
			return done{}, &problem{
				Status: http.StatusConflict, Text: "The hub has given the statement up. Ask for it again.",
			}
		}
	}
}

// GoesOn reports whether a comparison was left before it was done.
func (*findingList) GoesOn(run *orderhubv1.Reconciliation) bool {
	return run.GetStatus() == orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_MATCHING
}
