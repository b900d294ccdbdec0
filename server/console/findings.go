package console

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func findingsPage() page {
	return page{
		pattern: "/findings", file: "findings", group: "Supply", menu: "Statements",
		needs: orderhubv1.ReconciliationService_ListFindings_FullMethodName, show: showFindings,
		acts: map[string]act{
			"compare": {needs: orderhubv1.ReconciliationService_ReconcileProvider_FullMethodName, do: compareStatement},
			"go-on":   {needs: orderhubv1.ReconciliationService_ReconcileProvider_FullMethodName, do: goOnComparing},
		},
	}
}

func findingPage() page {
	return page{
		pattern: "/findings/{finding}", file: "finding", number: "finding",
		needs: orderhubv1.ReconciliationService_GetFinding_FullMethodName, show: showFinding, acts: map[string]act{
			"accept": {needs: orderhubv1.ReconciliationService_ResolveFinding_FullMethodName, do: acceptFinding},
			"book":   {needs: orderhubv1.ReconciliationService_ResolveFinding_FullMethodName, do: bookFinding},
			"settle": {needs: orderhubv1.ReconciliationService_SettleFinding_FullMethodName, do: settleFinding},
		},
	}
}

// findingList is in what providers' statements and the hub differ, and which statements were compared.
type findingList struct {
	Findings []*orderhubv1.Finding
	Next     string // token of the next page
	Runs     []*orderhubv1.Reconciliation
	Provider string                     // that was asked about
	Sums     []*orderhubv1.StatementSum // of the last year, where they were asked for
	Unsummed bool                       // they were, and could not be added up
	Filtered bool
	Tellers  []choice // providers that may be asked for their statement
}

// sumsTimeout is how long a page waits for sums. They may be of many rows; findings are to be worked on meanwhile.
const sumsTimeout = 10 * time.Second

// fewRuns is how many statements are listed.
const fewRuns = 10

func showFindings(r *request) (any, error) {
	query := r.URL.Query()
	list := &findingList{Filtered: filtered(query, "status", "kind", "provider")}
	asked := &orderhubv1.ListFindingsRequest{
		Provider: query.Get("provider"), PageSize: listSize, PageToken: query.Get("page"),
		Kind:   contract.ValueOf[orderhubv1.FindingKind](query.Get("kind")),
		Status: orderhubv1.FindingStatus_FINDING_STATUS_OPEN,
	}
	switch status := query.Get("status"); status {
	case "":
	case "all":
		asked.Status = orderhubv1.FindingStatus_FINDING_STATUS_UNSPECIFIED
	default:
		asked.Status = contract.ValueOf[orderhubv1.FindingStatus](status)
	}
	found, err := r.reconciliations.ListFindings(r.Context(), asked)
	if err != nil {
		return list, r.wrongFilter(err)
	}
	if list.Tellers, err = tellers(r); err != nil {
		return nil, err
	}
	list.Findings, list.Next = found.GetFindings(), found.GetNextPageToken()
	runs, err := r.reconciliations.ListReconciliations(r.Context(), &orderhubv1.ListReconciliationsRequest{
		Provider: asked.GetProvider(), PageSize: fewRuns,
	})
	if list.Runs = runs.GetReconciliations(); err != nil || len(list.Runs) == 0 {
		return list, err
	}
	if list.Provider = asked.GetProvider(); query.Get("sums") != "" {
		list.addUp(r)
	}
	return list, nil
}

func (l *findingList) addUp(r *request) {
	ctx, cancel := context.WithTimeout(r.Context(), sumsTimeout)
	defer cancel()
	sums, err := r.reconciliations.GetStatementSums(ctx, &orderhubv1.GetStatementSumsRequest{
		Provider: l.Provider, FromTime: timestamppb.New(time.Now().AddDate(-1, 0, 0)),
	})
	l.Sums, l.Unsummed = sums.GetSums(), err != nil
}

// findingView is one finding, with what can be done about it.
type findingView struct {
	Finding *orderhubv1.Finding
	Open    bool
	Proof   bool // of an attempt whose outcome nobody knows
	// NotBought says that the statement does not have it as delivered.
	NotBought bool
}

func showFinding(r *request) (any, error) {
	answer, err := r.reconciliations.GetFinding(r.Context(), &orderhubv1.GetFindingRequest{Finding: r.number})
	f := answer.GetFinding()
	return &findingView{
		Finding: f, Open: f.GetStatus() == orderhubv1.FindingStatus_FINDING_STATUS_OPEN,
		Proof:     f.GetKind() == orderhubv1.FindingKind_FINDING_KIND_OUTCOME_PROVEN,
		NotBought: f.GetState() != orderhubv1.StatementState_STATEMENT_STATE_PURCHASED,
	}, err
}

// resolveFinding does what the form is for.
func resolveFinding(r *request, what orderhubv1.FindingResolution, say string) (done, error) {
	note := formLine(r, "note")
	if note == "" {
		return done{}, &fieldError{"note", "Say why, for other operators."}
	}
	_, err := r.reconciliations.ResolveFinding(r.Context(), &orderhubv1.ResolveFindingRequest{
		Finding: r.number, Resolution: what, Note: note,
	})
	return done{to: fmt.Sprintf("/findings/%d", r.number), say: say}, err
}

func acceptFinding(r *request) (done, error) {
	return resolveFinding(
		r, orderhubv1.FindingResolution_FINDING_RESOLUTION_ACCEPT, "The finding is accepted; nothing else changed.",
	)
}

func bookFinding(r *request) (done, error) {
	return resolveFinding(
		r, orderhubv1.FindingResolution_FINDING_RESOLUTION_BOOK, "The books say what the statement says.",
	)
}

func settleFinding(r *request) (done, error) {
	evidence := formLine(r, "evidence")
	if evidence == "" {
		return done{}, &fieldError{"evidence", "Say how you know."}
	}
	answer, err := r.reconciliations.SettleFinding(r.Context(), &orderhubv1.SettleFindingRequest{
		Finding: r.number, Action: contract.ValueOf[orderhubv1.AttemptAction](r.PostForm.Get("action")), Evidence: evidence,
	})
	f := answer.GetFinding()
	return done{
		to:  fmt.Sprintf("/findings/%d", r.number),
		say: fmt.Sprintf("Attempt %d is %s.", f.GetAttempt(), word(f.GetAttemptStatus())),
	}, err
}
