package console

import (
	"errors"
	"net/http"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/session"
)

const accountPath = "/account"

// accountPage is the operator's own page, which everybody has.
func accountPage() page {
	return page{
		pattern: accountPath, file: "account", show: showAccount,
		acts: map[string]act{
			"revoke":   {do: revokeSession},
			"password": {do: changePassword},
		},
	}
}

// ownAccount is who the operator is, and where they are signed in.
type ownAccount struct {
	Operator *orderhubv1.Operator
	Sessions []*orderhubv1.OperatorSession
	Current  int64
}

func showAccount(r *request) (any, error) {
	found, err := r.operators.GetOperator(r.Context(), &orderhubv1.GetOperatorRequest{Operator: r.session.Name})
	if err != nil {
		return nil, err
	}
	sessions, err := r.operators.ListOperatorSessions(
		r.Context(), &orderhubv1.ListOperatorSessionsRequest{Operator: r.session.Name},
	)
	return ownAccount{found.GetOperator(), sessions.GetSessions(), r.session.ID}, err
}

func revokeSession(r *request) (done, error) {
	id, err := strconv.ParseInt(r.PostForm.Get("session"), 10, 64)
	if err != nil {
		return done{}, &fieldError{"session", "This is no session."}
	}
	_, err = r.operators.RevokeOperatorSession(
		r.Context(), &orderhubv1.RevokeOperatorSessionRequest{Operator: r.session.Name, Session: id},
	)
	return done{say: "That session is over."}, err
}

func changePassword(r *request) (done, error) {
	if r.PostForm.Get("new_password") != r.PostForm.Get("again") {
		return done{}, &fieldError{"again", "This is not the new password above."}
	}
	_, token, err := r.console.Sessions.ChangePassword(
		r.Context(), r.session, r.PostForm.Get("old"), r.PostForm.Get("new_password"), digits(r.PostForm.Get("code")),
	)
	if errors.Is(err, session.ErrRefused) { // who they are is no question here
		return done{}, &problem{
			Status: http.StatusForbidden, Text: "The password is not changed.",
			Fields: map[string]string{"old": "This is not your password, or the code below is not right."},
		}
	}
	if err != nil {
		return done{}, r.console.refusal(r.Request, err)
	}
	r.console.setCookie(r.w, r.Request, token)
	return done{say: "The password is changed, and all your other sessions are over."}, nil
}
