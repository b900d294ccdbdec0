package console

import (
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func syncsPage() page {
	return page{
		pattern: "/syncs", file: "syncs", group: "Supply", menu: "Lists",
		needs: orderhubv1.SupplyService_ListSyncs_FullMethodName, show: showSyncs,
	}
}

func syncPage() page {
	return page{
		pattern: "/syncs/{sync}", file: "sync", number: "sync",
		needs: orderhubv1.SupplyService_GetSync_FullMethodName, show: showSync,
		acts: map[string]act{
			"approve":     {needs: orderhubv1.SupplyService_ApproveSync_FullMethodName, do: approveSync},
			"reject":      {needs: orderhubv1.SupplyService_RejectSync_FullMethodName, do: rejectSync},
			"undo":        {needs: orderhubv1.SupplyService_UndoSync_FullMethodName, do: undoSync},
			"undo-change": {needs: orderhubv1.SupplyService_UndoSyncChange_FullMethodName, do: undoSyncChange},
		},
	}
}

func proposalsPage() page {
	return page{
		pattern: "/providers/{provider}/proposals", file: "proposals",
		needs: orderhubv1.SupplyService_ListProposals_FullMethodName, show: showProposals,
		acts: map[string]act{
			"accept":  {needs: orderhubv1.SupplyService_AcceptProposals_FullMethodName, do: acceptProposals},
			"dismiss": {needs: orderhubv1.SupplyService_DismissProposals_FullMethodName, do: dismissProposals},
		},
	}
}

// supplyView is how a provider's list is followed.
type supplyView struct {
	Policy *orderhubv1.SyncPolicy
	Seen   string
	Syncs  []*orderhubv1.Sync // the newest
}

const fewSyncs = 10

// supplyOf is nothing for a provider that does not list.
func supplyOf(r *request, p *orderhubv1.Provider) (*supplyView, error) {
	lists := false
	for _, can := range p.GetCapabilities() {
		lists = lists || can == "lists"
	}
	if !lists {
		return nil, nil
	}
	policy, err := r.supply.GetSyncPolicy(r.Context(), &orderhubv1.GetSyncPolicyRequest{Provider: p.GetName()})
	if err != nil {
		return nil, err
	}
	seen, err := policyAsSeen(policy.GetPolicy())
	if err != nil {
		return nil, err
	}
	syncs, err := r.supply.ListSyncs(
		r.Context(), &orderhubv1.ListSyncsRequest{Provider: p.GetName(), PageSize: fewSyncs},
	)
	return &supplyView{policy.GetPolicy(), seen, syncs.GetSyncs()}, err
}

// Minutes are those of the interval, 0 for none.
func (v *supplyView) Minutes() int { return int(v.Policy.GetInterval().AsDuration() / time.Minute) }

// syncPath is the page of a sync.
func syncPath(id int64) string { return "/syncs/" + strconv.FormatInt(id, 10) }

func followProvider(r *request) (done, error) {
	answer, err := r.supply.RunSync(r.Context(), &orderhubv1.RunSyncRequest{Provider: r.PathValue("provider")})
	s := answer.GetSync()
	say := "The list was read: " + word(s.GetStatus()) + "."
	switch s.GetStatus() {
	case orderhubv1.SyncStatus_SYNC_STATUS_PLANNING, orderhubv1.SyncStatus_SYNC_STATUS_APPLYING:
		say = "The list is still being read or taken over; load the page again to see what became of it."
	}
	return done{to: syncPath(s.GetId()), say: say}, err
}

func setSyncPolicy(r *request) (done, error) {
	return changePolicy(r, "Changed.", func(p *orderhubv1.SyncPolicy) error {
		minutes, err := formNumber(r, "interval")
		if err != nil {
			return err
		}
		if p.HoldGonePercent, err = formNumber(r, "holdGonePercent"); err != nil {
			return err
		}
		p.Interval = durationpb.New(time.Duration(minutes) * time.Minute)
		p.NewItems = contract.ValueOf[orderhubv1.NewItems](r.PostForm.Get("newItems"))
		p.HoldRisePercent, err = formNumber(r, "holdRisePercent")
		return err
	})
}

// syncList is a page of syncs of all providers.
type syncList struct {
	Syncs    []*orderhubv1.Sync
	Next     string
	Filtered bool
}

func showSyncs(r *request) (any, error) {
	query := r.URL.Query()
	answer, err := r.supply.ListSyncs(r.Context(), &orderhubv1.ListSyncsRequest{
		Provider: query.Get("provider"), Status: contract.ValueOf[orderhubv1.SyncStatus](query.Get("status")),
		PageSize: listSize, PageToken: query.Get("page"),
	})
	return syncList{
		answer.GetSyncs(), answer.GetNextPageToken(), filtered(query, "provider", "status"),
	}, r.wrongFilter(err)
}

// syncView is a sync with a page of its changes.
type syncView struct {
	Sync    *orderhubv1.Sync
	Changes []*orderhubv1.SyncChange
	Next    string
}

func showSync(r *request) (any, error) {
	found, err := r.supply.GetSync(r.Context(), &orderhubv1.GetSyncRequest{Sync: r.number})
	if err != nil {
		return nil, err
	}
	changes, err := r.supply.ListSyncChanges(r.Context(), &orderhubv1.ListSyncChangesRequest{
		Sync: r.number, PageSize: listSize, PageToken: r.URL.Query().Get("page"),
	})
	return syncView{found.GetSync(), changes.GetChanges(), changes.GetNextPageToken()}, err
}

func approveSync(r *request) (done, error) {
	_, err := r.supply.ApproveSync(r.Context(), &orderhubv1.ApproveSyncRequest{Sync: r.number})
	return done{say: "Approved: the list is taken over."}, err
}

func rejectSync(r *request) (done, error) {
	_, err := r.supply.RejectSync(r.Context(), &orderhubv1.RejectSyncRequest{Sync: r.number})
	return done{say: "Rejected: nothing is taken over."}, err
}

func undoSync(r *request) (done, error) {
	_, err := r.supply.UndoSync(
		r.Context(), &orderhubv1.UndoSyncRequest{Sync: r.number, Lock: r.PostForm.Get("lock") != ""},
	)
	return done{say: "Undone, wherever nobody had changed it since."}, err
}

func undoSyncChange(r *request) (done, error) {
	change, err := formID(r, "change")
	if err != nil {
		return done{}, err
	}
	answer, err := r.supply.UndoSyncChange(
		r.Context(), &orderhubv1.UndoSyncChangeRequest{Change: change, Lock: r.PostForm.Get("lock") != ""},
	)
	if err != nil {
		return done{}, err
	}
	say := "Undone."
	if note := answer.GetChange().GetNote(); note != "" {
		say = "Not undone: " + note + "."
	}
	return done{to: syncPath(r.number), say: say}, nil
}

// proposalList is a page of what a provider lists and no offer is about.
type proposalList struct {
	Provider   string
	Proposals  []*orderhubv1.Proposal
	Next       string
	Categories []choice
	Terms      *orderhubv1.ImportTerms // as the form begins
}

func showProposals(r *request) (any, error) {
	list := proposalList{Provider: r.PathValue("provider")}
	found, err := r.supply.ListProposals(r.Context(), &orderhubv1.ListProposalsRequest{
		Provider: list.Provider, PageSize: listSize, PageToken: r.URL.Query().Get("page"),
	})
	if err != nil {
		return nil, err
	}
	list.Proposals, list.Next = found.GetProposals(), found.GetNextPageToken()
	list.Categories, err = categoryChoices(r)
	return list, err
}

// ticked are the numbers of the boxes that are ticked.
func ticked(r *request) (ids []int64, err error) {
	for _, text := range r.PostForm["proposals"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, &fieldError{"proposals", "This is no number of one."}
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, &fieldError{"proposals", "Tick what is meant."}
	}
	return ids, nil
}

func acceptProposals(r *request) (done, error) {
	if r.PostForm.Get("dismiss") != "" {
		return dismissProposals(r)
	}
	ids, err := ticked(r)
	if err != nil {
		return done{}, err
	}
	accept := &orderhubv1.AcceptProposalsRequest{Proposals: ids, Product: formLine(r, "product")}
	if accept.GetProduct() == "" {
		accept.Terms = readTerms(r)
	}
	answer, err := r.supply.AcceptProposals(r.Context(), accept)
	if err != nil {
		return done{}, err
	}
	say := fmt.Sprintf("Imported %d.", answer.GetAccepted())
	if refused := answer.GetRefused(); len(refused) > 0 {
		say += fmt.Sprintf(" Not %d, first %s: %s.", len(refused), refused[0].GetProviderSku(), refused[0].GetNote())
	}
	return done{to: proposalsPath(r), say: say}, nil
}

func proposalsPath(r *request) string { return "/providers/" + r.PathValue("provider") + "/proposals" }

func dismissProposals(r *request) (done, error) {
	ids, err := ticked(r)
	if err != nil {
		return done{}, err
	}
	answer, err := r.supply.DismissProposals(r.Context(), &orderhubv1.DismissProposalsRequest{Proposals: ids})
	return done{to: proposalsPath(r), say: fmt.Sprintf("Dismissed %d.", answer.GetDismissed())}, err
}
