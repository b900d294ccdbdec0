package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"orderhub/server/operator"
	"orderhub/server/session"
)

// Operator is somebody who runs the demo.
type Operator struct {
	operator.New

	Password string
	For      string // what the operator shows
}

// Operators returns those of the demo, who need no second factor there.
func Operators() []Operator {
	return []Operator{
		{operator.New{Name: "ada", Roles: operator.RolesOf(operator.Admin)}, Password, "everything"},
		{
			operator.New{Name: "grace", Roles: operator.RolesOf(operator.Support, operator.Catalogue, operator.Finance)},
			Password, "the daily work, and a second pair of eyes",
		},
		{operator.New{Name: "vera", Roles: operator.RolesOf(operator.Viewer)}, Password, "looking, and nothing else"},
	}
}

// ApproveAbove are the amounts of money above which the demo asks for a second
// operator. None of what the demo starts with is above them.
func ApproveAbove() []string { return []string{"2000000 THB", "500000 TRY", "500000000 KRW"} }

// OperatorPasswords are the passwords of the operators, by name.
func OperatorPasswords() map[string]string {
	passwords := make(map[string]string)
	for _, o := range Operators() {
		passwords[o.Name] = o.Password
	}
	return passwords
}

func (s Services) seedOperators(ctx context.Context) error {
	if s.Operators == nil {
		return nil
	}
	for _, o := range Operators() {
		var taken *operator.AlreadyExistsError
		if _, err := s.Operators.Create(ctx, o.New); err != nil && !errors.As(err, &taken) {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
		if err := s.seedPassword(ctx, &o); err != nil {
			return fmt.Errorf("password of %s: %w", o.Name, err)
		}
	}
	return nil
}

// seedPassword goes the way of every operator: by an invitation.
func (s Services) seedPassword(ctx context.Context, o *Operator) error {
	present, err := s.Operators.Find(ctx, o.Name)
	if err != nil || present.HasPassword {
		return err
	}
	invitation, _, err := s.Sessions.Invite(ctx, present.ID)
	if err != nil {
		return err
	}
	here := session.Browser{Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), UserAgent: "demo"}
	opened, _, err := s.Sessions.Join(ctx, invitation, o.Password, here)
	if err != nil {
		return err
	}
	return s.Sessions.SignOut(ctx, opened)
}
