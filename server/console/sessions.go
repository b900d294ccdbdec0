package console

import (
	"context"

	"orderhub/server/operator"
	"orderhub/server/session"
)

// Sessions say who uses a browser. It is the part of [session.Service] that the console uses.
type Sessions interface {
	SignIn(ctx context.Context, in session.SignIn) (session.Session, string, error)
	Remember(name string) (known string)
	SignInByProvider(ctx context.Context, who operator.Claimed, b session.Browser) (session.Session, string, error)
	Join(ctx context.Context, invitation, password string, b session.Browser) (session.Session, string, error)
	Find(ctx context.Context, token string, b session.Browser) (session.Session, error)
	BeginSecondFactor(ctx context.Context, s session.Session) (uri, secret string, err error)
	ConfirmSecondFactor(ctx context.Context, s session.Session, code string) (session.Session, string, error)
	ChangePassword(ctx context.Context, s session.Session, old, text, code string) (session.Session, string, error)
	SignOut(ctx context.Context, s session.Session) error
}
