package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/errs"
)

// actWithin is how far entries of one act are looked for from one of them.
const actWithin = time.Hour

func (s *operatorService) ListAuditEntries(ctx context.Context, r *orderhubv1.ListAuditEntriesRequest) (
	*orderhubv1.ListAuditEntriesResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	from, to := fromAPIPeriod(bad, period{"time_from", "time_to"}, r.GetTimeFrom(), r.GetTimeTo())
	if r.GetTarget() != "" && r.GetTargetKind() == "" {
		bad.Add("target_kind", "must say what the target is")
	}
	methods := methodsNamed(bad, r.GetMethod())
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	filter := audit.Filter{
		Actor: r.GetActor(), From: from, To: to, BeforeID: p.key(0), Limit: p.limit(),
		Target: audit.Target{Kind: r.GetTargetKind(), Name: r.GetTarget()},
	}
	var actor string
	if r.GetAct() != 0 {
		if actor, err = s.sameAct(ctx, &filter, r.GetAct()); err != nil {
			return nil, err
		}
	}
	asked := methods
	if actor != "" { // what an act has is near one time, and looked for by that alone
		methods = nil
	}
	found, err := s.entriesOf(ctx, filter, methods)
	if err != nil {
		return nil, err
	}
	found, next := cut(&p, found, func(e *audit.Entry) int64 { return e.ID })
	if actor != "" {
		found = slices.DeleteFunc(found, func(e audit.Entry) bool {
			return e.Actor.Name != actor || (r.GetActor() != "" && r.GetActor() != actor) ||
				(len(asked) > 0 && !slices.Contains(asked, e.Method))
		})
	}
	resp := &orderhubv1.ListAuditEntriesResponse{NextPageToken: next}
	for i := range found {
		resp.Entries = append(resp.Entries, toAPIEntryOfAudit(&found[i]))
	}
	return resp, nil
}

// sameAct has the filter select entries of the act that one of them is of, and says whose it is.
func (s *operatorService) sameAct(ctx context.Context, f *audit.Filter, entry int64) (actor string, err error) {
	e, err := s.auditEntry(ctx, entry)
	if err != nil {
		return "", err
	}
	f.Actor, f.Act = "", e.RequestID
	if from := e.At.Add(-actWithin); f.From.Before(from) {
		f.From = from
	}
	if to := e.At.Add(actWithin); f.To.IsZero() || f.To.After(to) {
		f.To = to
	}
	if e.RequestID == "" { // an older one, which is alone
		f.From, f.BeforeID, f.Limit = e.At, entry+1, 1
	}
	return e.Actor.Name, nil
}

// entriesOf is what the filter selects of some methods, or of all where there are none: each by the index of methods.
func (s *operatorService) entriesOf(ctx context.Context, f audit.Filter, methods []string) ([]audit.Entry, error) {
	if len(methods) == 0 {
		return s.Records.Entries(ctx, f)
	}
	var all []audit.Entry
	for _, method := range methods {
		f.Method = method
		found, err := s.Records.Entries(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b audit.Entry) int { return cmp.Compare(b.ID, a.ID) })
	return all[:min(len(all), f.Limit)], nil
}

func (s *operatorService) auditEntry(ctx context.Context, id int64) (*audit.Entry, error) {
	found, err := s.Records.Entries(ctx, audit.Filter{BeforeID: id + 1, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].ID != id {
		return nil, audit.ErrNotFound
	}
	return &found[0], nil
}
