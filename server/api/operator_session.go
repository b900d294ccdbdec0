package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/operator"
	"orderhub/server/session"
)

func (s *operatorService) InviteOperator(ctx context.Context, r *orderhubv1.InviteOperatorRequest) (
	*orderhubv1.InviteOperatorResponse, error,
) {
	o, err := s.Operators.Find(ctx, r.GetOperator())
	if err != nil {
		return nil, err
	}
	invitation, until, err := s.Sessions.Invite(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	o.InvitedUntil = &until
	return &orderhubv1.InviteOperatorResponse{
		Operator: toAPIOperator(&o), Invitation: invitation, ExpireTime: toAPITime(until),
	}, nil
}

func (s *operatorService) ListOperatorSessions(ctx context.Context, r *orderhubv1.ListOperatorSessionsRequest) (
	*orderhubv1.ListOperatorSessionsResponse, error,
) {
	o, err := s.whoseSessions(ctx, r.GetOperator())
	if err != nil {
		return nil, err
	}
	found, err := s.Sessions.List(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.ListOperatorSessionsResponse{}
	for i := range found {
		resp.Sessions = append(resp.Sessions, toAPISession(&found[i]))
	}
	return resp, nil
}

func (s *operatorService) RevokeOperatorSession(ctx context.Context, r *orderhubv1.RevokeOperatorSessionRequest) (
	*orderhubv1.RevokeOperatorSessionResponse, error,
) {
	o, err := s.whoseSessions(ctx, r.GetOperator())
	if err != nil {
		return nil, err
	}
	if err := s.Sessions.Revoke(ctx, o.ID, r.GetSession()); err != nil {
		return nil, err
	}
	return &orderhubv1.RevokeOperatorSessionResponse{}, nil
}

// whoseSessions finds the operator whose sessions an admin, or the operator, looks after.
func (s *operatorService) whoseSessions(ctx context.Context, key string) (operator.Operator, error) {
	o, err := s.Operators.Find(ctx, key)
	if err != nil {
		return operator.Operator{}, err
	}
	caller := callOf(ctx).principal
	if caller.OperatorID != o.ID && !caller.Allowed(operator.Admin) {
		return operator.Operator{}, &operator.MissingRoleError{Role: operator.Admin}
	}
	return o, nil
}

func toAPISession(in *session.Session) *orderhubv1.OperatorSession {
	converted := &orderhubv1.OperatorSession{
		Id: in.ID, Operator: in.Name, Enrolling: in.Stage != session.Whole, CreateTime: toAPITime(in.CreatedAt),
		LastUseTime: toAPITime(in.LastUsedAt), ExpireTime: toAPITime(in.EndsAt()),
	}
	if in.Place.IsSingleIP() {
		converted.Address = in.Place.Addr().String()
	} else if in.Place.IsValid() {
		converted.Address = in.Place.String()
	}
	return converted
}
