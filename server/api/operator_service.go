package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/operator"
)

// operatorService has who runs the hub.
type operatorService struct {
	orderhubv1.UnimplementedOperatorServiceServer
	*services
}

func (s *operatorService) CreateOperator(ctx context.Context, r *orderhubv1.CreateOperatorRequest) (
	*orderhubv1.CreateOperatorResponse, error,
) {
	o, err := s.Operators.Create(ctx, operator.New{
		Name: r.GetOperator().GetName(), Roles: fromAPIRoles(r.GetOperator().GetRoles()),
		Status: fromAPIOperatorStatus[r.GetOperator().GetStatus()], Login: r.GetOperator().GetLogin(),
	})
	return &orderhubv1.CreateOperatorResponse{Operator: toAPIOperator(&o)}, err
}

func (s *operatorService) GetOperator(ctx context.Context, r *orderhubv1.GetOperatorRequest) (
	*orderhubv1.GetOperatorResponse, error,
) {
	o, err := s.Operators.Find(ctx, r.GetOperator())
	return &orderhubv1.GetOperatorResponse{Operator: toAPIOperator(&o)}, err
}

func (s *operatorService) ListOperators(ctx context.Context, r *orderhubv1.ListOperatorsRequest) (
	*orderhubv1.ListOperatorsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Operators.List(ctx, p.key(0), p.limit())
	shown, next, err := pageOf(&p, found, err, func(o *operator.Operator) int64 { return o.ID }, toAPIOperator)
	return &orderhubv1.ListOperatorsResponse{Operators: shown, NextPageToken: next}, err
}

func (s *operatorService) UpdateOperator(ctx context.Context, r *orderhubv1.UpdateOperatorRequest) (
	*orderhubv1.UpdateOperatorResponse, error,
) {
	set, err := maskOf(r.GetChanges(), r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	o, err := s.Operators.Find(ctx, r.GetOperator())
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	set.keeps(bad, "name", r.GetChanges().GetName(), o.Name)
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	o, err = s.Operators.Update(ctx, o.ID, operator.Change{
		Roles:  given(set, "roles", fromAPIRoles(r.GetChanges().GetRoles())),
		Status: given(set, "status", fromAPIOperatorStatus[r.GetChanges().GetStatus()]),
		Login:  given(set, "login", r.GetChanges().GetLogin()),
	})
	return &orderhubv1.UpdateOperatorResponse{Operator: toAPIOperator(&o)}, err
}

func (s *operatorService) CreateOperatorKey(ctx context.Context, r *orderhubv1.CreateOperatorKeyRequest) (
	*orderhubv1.CreateOperatorKeyResponse, error,
) {
	o, err := s.Operators.Find(ctx, r.GetOperator())
	if err != nil {
		return nil, err
	}
	key, plain, err := s.Operators.IssueKey(ctx, operator.Key{OperatorID: o.ID, Label: r.GetKey().GetLabel()})
	return &orderhubv1.CreateOperatorKeyResponse{Key: toAPIOperatorKey(&key, o.Name), Secret: plain}, err
}

func (s *operatorService) ListOperatorKeys(ctx context.Context, r *orderhubv1.ListOperatorKeysRequest) (
	*orderhubv1.ListOperatorKeysResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	o, err := s.Operators.Find(ctx, r.GetOperator())
	if err != nil {
		return nil, err
	}
	keys, err := s.Operators.ListKeys(ctx, o.ID)
	id := func(k *operator.Key) int64 { return k.ID }
	convert := func(k *operator.Key) *orderhubv1.OperatorKey { return toAPIOperatorKey(k, o.Name) }
	shown, next, err := pageOf(&p, skip(&p, keys, id), err, id, convert)
	return &orderhubv1.ListOperatorKeysResponse{Keys: shown, NextPageToken: next}, err
}

func (s *operatorService) RevokeOperatorKey(ctx context.Context, r *orderhubv1.RevokeOperatorKeyRequest) (
	*orderhubv1.RevokeOperatorKeyResponse, error,
) {
	o, err := s.Operators.Find(ctx, r.GetOperator())
	if err != nil {
		return nil, err
	}
	key, err := s.Operators.RevokeKey(ctx, o.ID, r.GetKey())
	return &orderhubv1.RevokeOperatorKeyResponse{Key: toAPIOperatorKey(&key, o.Name)}, err
}

var toAPIOperatorRole = map[operator.Role]orderhubv1.OperatorRole{
	operator.Viewer:    orderhubv1.OperatorRole_OPERATOR_ROLE_VIEWER,
	operator.Support:   orderhubv1.OperatorRole_OPERATOR_ROLE_SUPPORT,
	operator.Catalogue: orderhubv1.OperatorRole_OPERATOR_ROLE_CATALOGUE,
	operator.Finance:   orderhubv1.OperatorRole_OPERATOR_ROLE_FINANCE,
	operator.Admin:     orderhubv1.OperatorRole_OPERATOR_ROLE_ADMIN,
}

var (
	fromAPIOperatorRole   = inverse(toAPIOperatorRole)
	toAPIOperatorStatus   = byWord[operator.Status, orderhubv1.OperatorStatus]()
	fromAPIOperatorStatus = inverse(toAPIOperatorStatus)
)

func fromAPIRoles(roles []orderhubv1.OperatorRole) (all operator.Roles) {
	for _, r := range roles {
		all |= operator.RolesOf(fromAPIOperatorRole[r])
	}
	return all
}

func toAPIOperator(o *operator.Operator) *orderhubv1.Operator {
	converted := &orderhubv1.Operator{
		Id: o.ID, Name: o.Name, Status: toAPIOperatorStatus[o.Status], CreateTime: toAPITime(o.CreatedAt),
		UpdateTime: toAPITime(o.UpdatedAt), HasPassword: o.HasPassword, HasSecondFactor: o.HasSecondFactor,
		InvitationExpireTime: toAPIOptionalTime(o.InvitedUntil), Login: o.Login,
	}
	for _, role := range o.Roles.Each() {
		converted.Roles = append(converted.Roles, toAPIOperatorRole[role])
	}
	return converted
}

func toAPIOperatorKey(k *operator.Key, name string) *orderhubv1.OperatorKey {
	return &orderhubv1.OperatorKey{
		Id: k.ID, Operator: name, Label: k.Label, CreateTime: toAPITime(k.CreatedAt),
		RevokeTime: toAPIOptionalTime(k.RevokedAt),
	}
}

func (s *operatorService) GetAuditEntry(ctx context.Context, r *orderhubv1.GetAuditEntryRequest) (
	*orderhubv1.GetAuditEntryResponse, error,
) {
	e, err := s.auditEntry(ctx, r.GetEntry())
	if err != nil {
		return nil, err
	}
	return &orderhubv1.GetAuditEntryResponse{Entry: toAPIEntryOfAudit(e)}, nil
}

var toAPIActor = byWord[string, orderhubv1.AuditActor]()

func toAPIEntryOfAudit(e *audit.Entry) *orderhubv1.AuditEntry {
	return &orderhubv1.AuditEntry{
		Id: e.ID, Time: toAPITime(e.At), ActorKind: toAPIActor[e.Actor.Kind], Actor: e.Actor.Name, Key: e.Actor.KeyID,
		Address: e.Address, Via: e.Via, RequestId: e.RequestID, Method: e.Method, TargetKind: e.Target.Kind,
		Target: e.Target.Name, Reason: e.Reason, Request: e.Request, Before: e.Before, After: e.After,
	}
}
