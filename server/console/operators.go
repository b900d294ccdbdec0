package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func operatorsPage() page {
	return page{
		pattern: "/operators", file: "operators", group: "Hub", menu: "Operators",
		needs: orderhubv1.OperatorService_ListOperators_FullMethodName, show: showOperators,
		acts: map[string]act{
			"create": {needs: orderhubv1.OperatorService_CreateOperator_FullMethodName, do: createOperator},
		},
	}
}

func operatorPage() page {
	update := orderhubv1.OperatorService_UpdateOperator_FullMethodName
	return page{
		pattern: "/operators/{operator}", file: "operator", needs: orderhubv1.OperatorService_GetOperator_FullMethodName,
		show: showOperator,
		acts: map[string]act{
			"roles":          {needs: update, do: changeRoles},
			"suspend":        {needs: update, do: suspendOperator},
			"let-in":         {needs: update, do: letOperatorIn},
			"invite":         {needs: orderhubv1.OperatorService_InviteOperator_FullMethodName, do: inviteOperator},
			"create-key":     {needs: orderhubv1.OperatorService_CreateOperatorKey_FullMethodName, do: createOperatorKey},
			"revoke-key":     {needs: orderhubv1.OperatorService_RevokeOperatorKey_FullMethodName, do: revokeOperatorKey},
			"revoke-session": {needs: orderhubv1.OperatorService_RevokeOperatorSession_FullMethodName, do: endOperatorSession},
		},
	}
}

// roleMeaning is a role, and what whoever has it may do.
type roleMeaning struct {
	Role orderhubv1.OperatorRole
	May  string
}

// roleMeanings are the roles as docs/operators.md explains them.
var roleMeanings = []roleMeaning{
	{orderhubv1.OperatorRole_OPERATOR_ROLE_VIEWER, "read everything but goods and secrets"},
	{
		orderhubv1.OperatorRole_OPERATOR_ROLE_SUPPORT, "read; decide about attempts, cancel orders, make and answer " +
			"claims, redeem tickets, check recipients, send webhooks and past events again, have goods shown",
	},
	{
		orderhubv1.OperatorRole_OPERATOR_ROLE_CATALOGUE, "read; keep products, prices, stock, coupons, listings, " +
			"allotments, providers, offers and policies of claims",
	},
	{
		orderhubv1.OperatorRole_OPERATOR_ROLE_FINANCE, "read; deposit, correct wallets, " +
			"set credit limits and the threshold of low balances, export, end disputes",
	},
	{
		orderhubv1.OperatorRole_OPERATOR_ROLE_ADMIN, "everything: also merchants and their keys, secrets and endpoints, " +
			"erasure, and operators",
	},
}

// operatorList is what the page of operators shows.
type operatorList struct {
	Operators []*orderhubv1.Operator
	Next      string
	Roles     []roleMeaning
	Has       map[orderhubv1.OperatorRole]bool // none: those of a new one are still to be chosen
}

func showOperators(r *request) (any, error) {
	answer, err := r.operators.ListOperators(r.Context(), &orderhubv1.ListOperatorsRequest{
		PageSize: listSize, PageToken: r.URL.Query().Get("page"),
	})
	return operatorList{
		Operators: answer.GetOperators(), Next: answer.GetNextPageToken(), Roles: roleMeanings,
	}, err
}

// operatorView is everything about an operator.
type operatorView struct {
	Operator  *orderhubv1.Operator
	Roles     []roleMeaning
	Has       map[orderhubv1.OperatorRole]bool
	Keys      []*orderhubv1.OperatorKey
	NextKeys  string
	Newest    int64 // the number of the newest key, 0 for none
	Sessions  []*orderhubv1.OperatorSession
	Current   int64 // the session of who looks
	ByMyself  bool
	Suspended bool
	Invited   string // as its form has it
	Admin     bool   // who looks may see where an operator is signed in
}

func showOperator(r *request) (any, error) {
	ctx, name := r.Context(), r.PathValue("operator")
	found, err := r.operators.GetOperator(ctx, &orderhubv1.GetOperatorRequest{Operator: name})
	if err != nil {
		return nil, err
	}
	o := found.GetOperator()
	v := operatorView{
		Operator: o, Roles: roleMeanings, Has: make(map[orderhubv1.OperatorRole]bool), Current: r.session.ID,
		ByMyself: o.GetId() == r.session.OperatorID, Admin: r.may(orderhubv1.OperatorService_UpdateOperator_FullMethodName),
		Invited:   invitedUntil(o),
		Suspended: o.GetStatus() == orderhubv1.OperatorStatus_OPERATOR_STATUS_SUSPENDED,
	}
	for _, role := range o.GetRoles() {
		v.Has[role] = true
	}
	keys, err := r.operators.ListOperatorKeys(ctx, &orderhubv1.ListOperatorKeysRequest{
		Operator: o.GetName(), PageSize: listSize, PageToken: r.URL.Query().Get("page"),
	})
	if err != nil {
		return nil, err
	}
	v.Keys, v.NextKeys = keys.GetKeys(), keys.GetNextPageToken()
	if v.Newest, err = newestOperatorKey(r); err != nil {
		return nil, err
	}
	if !v.Admin && !v.ByMyself {
		return v, nil
	}
	sessions, err := r.operators.ListOperatorSessions(ctx, &orderhubv1.ListOperatorSessionsRequest{Operator: o.GetName()})
	v.Sessions = sessions.GetSessions()
	return v, err
}

// operatorPath is the page of an operator.
func operatorPath(name string) string { return "/operators/" + url.PathEscape(name) }

// chosenRoles are those that are ticked.
func chosenRoles(r *request) (roles []orderhubv1.OperatorRole, err error) {
	for _, text := range r.PostForm["roles"] {
		role := contract.ValueOf[orderhubv1.OperatorRole](text)
		if role == orderhubv1.OperatorRole_OPERATOR_ROLE_UNSPECIFIED {
			return nil, &fieldError{"roles", "This is no role."}
		}
		roles = append(roles, role)
	}
	if len(roles) == 0 {
		return nil, &fieldError{"roles", "Choose at least one role."}
	}
	return roles, nil
}

func createOperator(r *request) (done, error) {
	roles, err := chosenRoles(r)
	if err != nil {
		return done{}, err
	}
	answer, err := r.operators.CreateOperator(r.Context(), &orderhubv1.CreateOperatorRequest{
		Operator: &orderhubv1.Operator{Name: formLine(r, "name"), Roles: roles},
	})
	name := answer.GetOperator().GetName()
	return done{to: operatorPath(name), say: name + " is an operator now, and can sign in once invited."}, err
}

func updateOperator(r *request, changes *orderhubv1.Operator, field string) error {
	_, err := r.operators.UpdateOperator(r.Context(), &orderhubv1.UpdateOperatorRequest{
		Operator: r.PathValue("operator"), Changes: changes, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{field}},
	})
	return err
}

func changeRoles(r *request) (done, error) {
	roles, err := chosenRoles(r)
	if err != nil {
		return done{}, err
	}
	found, err := r.operators.GetOperator(
		r.Context(), &orderhubv1.GetOperatorRequest{Operator: r.PathValue("operator")},
	)
	if err != nil {
		return done{}, err
	}
	if sameRoles(roles, found.GetOperator().GetRoles()) {
		return done{say: "Nothing was changed: these are the roles already."}, nil
	}
	return done{say: "The roles are changed."}, updateOperator(r, &orderhubv1.Operator{Roles: roles}, "roles")
}

// sameRoles reports whether these are the same, in whatever order.
func sameRoles(a, b []orderhubv1.OperatorRole) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

func suspendOperator(r *request) (done, error) {
	return done{say: "Suspended: every key is refused, and every session is over."},
		updateOperator(r, &orderhubv1.Operator{Status: orderhubv1.OperatorStatus_OPERATOR_STATUS_SUSPENDED}, "status")
}

func letOperatorIn(r *request) (done, error) {
	return done{say: "Let in again: the keys work, and signing in does."},
		updateOperator(r, &orderhubv1.Operator{Status: orderhubv1.OperatorStatus_OPERATOR_STATUS_ACTIVE}, "status")
}

// invitation is what an operator joins with. It is in the answer to one post alone.
type invitation struct {
	Name, Code, Link string
	Until            *timestamppb.Timestamp
}

// invitedUntil is how a form has the present invitation of an operator, or that there is none since they last changed:
// whoever joins is changed by it.
func invitedUntil(o *orderhubv1.Operator) string {
	if o.GetInvitationExpireTime() == nil {
		return "none " + seenAt(o.GetUpdateTime())
	}
	return seenAt(o.GetInvitationExpireTime())
}

// inviteOperator does so where the present invitation is that which the form knew: whoever loads the page with the new
// one again must not void it by one more.
func inviteOperator(r *request) (done, error) {
	found, err := r.operators.GetOperator(
		r.Context(), &orderhubv1.GetOperatorRequest{Operator: r.PathValue("operator")},
	)
	if err != nil {
		return done{}, err
	}
	if formLine(r, "seen") != invitedUntil(found.GetOperator()) {
		return done{}, &problem{Status: http.StatusConflict, Text: "An invitation was made meanwhile, or the " +
			"operator changed; this made none. Send the form once more for one that takes its place."}
	}
	answer, err := r.operators.InviteOperator(r.Context(), &orderhubv1.InviteOperatorRequest{
		Operator: r.PathValue("operator"),
	})
	// What is behind the "#" stays in the browser: neither the hub's log nor that of a proxy has it.
	link := r.console.origin(r.Request) + Path + joinPath + "#" + url.PathEscape(answer.GetInvitation())
	return done{file: "invitation", data: invitation{
		answer.GetOperator().GetName(), answer.GetInvitation(), link, answer.GetExpireTime(),
	}}, err
}

// newestOperatorKey is the number of the newest key of the page's operator, revoked ones included, 0 for none.
func newestOperatorKey(r *request) (int64, error) {
	return newestOf(contract.Each(
		r.Context(), r.operators.ListOperatorKeys,
		&orderhubv1.ListOperatorKeysRequest{Operator: r.PathValue("operator")},
		(*orderhubv1.ListOperatorKeysResponse).GetKeys, 0,
	))
}

func createOperatorKey(r *request) (done, error) {
	newest, err := newestOperatorKey(r)
	if err != nil {
		return done{}, err
	}
	if err := stillNewest(r, newest); err != nil {
		return done{}, err
	}
	answer, err := r.operators.CreateOperatorKey(r.Context(), &orderhubv1.CreateOperatorKeyRequest{
		Operator: r.PathValue("operator"), Key: &orderhubv1.OperatorKey{Label: formLine(r, "label")},
	})
	return done{file: "operator-key", data: answer}, err
}

func revokeOperatorKey(r *request) (done, error) {
	id, err := formID(r, "key")
	if err != nil {
		return done{}, err
	}
	_, err = r.operators.RevokeOperatorKey(r.Context(), &orderhubv1.RevokeOperatorKeyRequest{
		Operator: r.PathValue("operator"), Key: id,
	})
	return done{say: fmt.Sprintf("Key %d is worthless now.", id)}, err
}

func endOperatorSession(r *request) (done, error) {
	id, err := formID(r, "session")
	if err != nil {
		return done{}, err
	}
	_, err = r.operators.RevokeOperatorSession(r.Context(), &orderhubv1.RevokeOperatorSessionRequest{
		Operator: r.PathValue("operator"), Session: id,
	})
	return done{say: fmt.Sprintf("Session %d is over.", id)}, err
}
