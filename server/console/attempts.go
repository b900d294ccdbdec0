package console

import (
	"fmt"
	"strconv"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func attemptsPage() page {
	return page{
		pattern: "/attempts", file: "attempts", group: "Orders", menu: "Attempts",
		needs: orderhubv1.AdminService_ListAttempts_FullMethodName, show: showAttempts,
		acts: map[string]act{
			"resolve": {needs: orderhubv1.AdminService_ResolveAttempt_FullMethodName, do: resolveSeveral},
		},
	}
}

func attemptPage() page {
	return page{
		pattern: "/attempts/{attempt}", file: "attempt", number: "attempt",
		needs: orderhubv1.AdminService_GetAttempt_FullMethodName, show: showAttempt, acts: map[string]act{
			"resolve": {needs: orderhubv1.AdminService_ResolveAttempt_FullMethodName, do: resolveOne},
		},
	}
}

// decision is what may be decided about a parked attempt, and what it means.
type decision struct{ Value, Label, Meaning string }

var decisions = []decision{
	{"inquire", "Ask the provider again", "Nothing is decided yet. " +
		"The attempt is parked again if the answer is no clearer."},
	{"elsewhere", "Try the next offer", "You know that the provider has not delivered and will not. " +
		"If it delivers after all, the hub has paid twice."},
	{"failed", "Give the money back", "You know that the provider has not delivered and will not. " +
		"The units fail, and the merchant is paid back for them."},
	{"delivered", "It was delivered", "You have the goods from the provider. The merchant gets them; " +
		"for units without goods the next offer is tried."},
}

// attemptList is what the page of attempts shows: one list, or those that need a person.
type attemptList struct {
	Lists     []attemptGroup
	Decisions []decision // that several may get at once
	Filtered  bool
}

type attemptGroup struct {
	ID, Title, Empty string
	Attempts         []*orderhubv1.Attempt
	Next, All        string // token of the next page; status to show all of them by
	Choose           bool   // several may be resolved at once
}

// mostAtOnce is how many attempts are resolved by one form.
const mostAtOnce = 100

func showAttempts(r *request) (any, error) {
	query := r.URL.Query()
	page := attemptList{Decisions: decisions[:3], Filtered: query.Get("status") != "" || query.Get("provider") != ""}
	ask := func(g attemptGroup, filter *orderhubv1.ListAttemptsRequest) error {
		filter.PageSize = listSize
		answer, err := r.admin.ListAttempts(r.Context(), filter)
		g.Attempts, g.Next = answer.GetAttempts(), answer.GetNextPageToken()
		if err != nil {
			return r.wrongFilter(err)
		}
		page.Lists = append(page.Lists, g)
		return nil
	}
	if page.Filtered {
		filter := &orderhubv1.ListAttemptsRequest{
			Provider: query.Get("provider"), PageToken: query.Get("page"), Disputed: query.Get("status") == "disputed",
			Status: contract.ValueOf[orderhubv1.AttemptStatus](query.Get("status")),
		}
		err := ask(attemptGroup{
			ID: "found", Title: "Found", Empty: "No attempt is like this.",
			Choose: filter.GetStatus() == orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED,
		}, filter)
		return page, err
	}
	err := ask(attemptGroup{
		ID: "parked", Title: "Waiting for a person", All: "parked", Choose: true, Empty: "Nothing waits for a person.",
	}, &orderhubv1.ListAttemptsRequest{Status: orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED})
	if err != nil {
		return nil, err
	}
	err = ask(attemptGroup{
		ID: "disputed", Title: "Disputed", All: "disputed", Empty: "No provider contradicts what it said.",
	}, &orderhubv1.ListAttemptsRequest{Disputed: true})
	return page, err
}

// attemptView is one attempt, with what may be decided.
type attemptView struct {
	Attempt   *orderhubv1.Attempt
	Decisions []decision // none where nobody has to decide
}

func showAttempt(r *request) (any, error) {
	answer, err := r.admin.GetAttempt(r.Context(), &orderhubv1.GetAttemptRequest{Attempt: r.number})
	if err != nil {
		return nil, err
	}
	view := attemptView{Attempt: answer.GetAttempt()}
	if view.Attempt.GetStatus() == orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED {
		view.Decisions = decisions
	}
	return view, nil
}

func resolveOne(r *request) (done, error) {
	request, err := resolution(r)
	if err != nil {
		return done{}, err
	}
	request.Attempt = r.number
	if request.GetAction() == orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED {
		request.Goods = lines(r.PostForm.Get("goods"))
	}
	answer, err := r.admin.ResolveAttempt(r.Context(), request)
	return done{
		to: "/orders/" + answer.GetAttempt().GetOrderNumber(), say: fmt.Sprintf("Attempt %d is resolved.", r.number),
	}, err
}

// resolveSeveral decides the same about each. What is refused for one of them does not keep the others.
func resolveSeveral(r *request) (done, error) {
	chosen := r.PostForm["attempt"]
	switch {
	case len(chosen) == 0:
		return done{}, &fieldError{"attempt", "Choose at least one."}
	case len(chosen) > mostAtOnce:
		return done{}, &fieldError{"attempt", fmt.Sprintf("Choose at most %d at once.", mostAtOnce)}
	}
	request, err := resolution(r)
	if err != nil {
		return done{}, err
	}
	if request.GetAction() == orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED {
		return done{}, &fieldError{"action", "Goods are entered for one attempt at a time."}
	}
	var refused []string
	for _, text := range chosen {
		if request.Attempt, err = strconv.ParseInt(text, 10, 64); err != nil {
			return done{}, &fieldError{"attempt", "This is no attempt."}
		}
		if _, err := r.admin.ResolveAttempt(r.Context(), request); err != nil {
			refused = append(refused, text+": "+r.explain(err).Text)
		}
	}
	said := fmt.Sprintf("%d of %d resolved.", len(chosen)-len(refused), len(chosen))
	if len(refused) > 0 {
		said += " Not so " + strings.Join(refused, " ")
	}
	return done{say: said}, nil
}

// resolution is what a form decides, without the attempt.
func resolution(r *request) (*orderhubv1.ResolveAttemptRequest, error) {
	action := contract.ValueOf[orderhubv1.AttemptAction](r.PostForm.Get("action"))
	if action == orderhubv1.AttemptAction_ATTEMPT_ACTION_UNSPECIFIED {
		return nil, &fieldError{"action", "Choose what is to be done."}
	}
	evidence := strings.TrimSpace(r.PostForm.Get("evidence"))
	if evidence == "" {
		return nil, &fieldError{"evidence", "Say how you know."}
	}
	return &orderhubv1.ResolveAttemptRequest{Action: action, Evidence: evidence}, nil
}

// lines are those of a text that have something.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			all = append(all, line)
		}
	}
	return all
}
