package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/account"
	"orderhub/server/audit"
)

// readingVerbs begin the names of methods that change nothing.
var readingVerbs = []string{"Get", "Preview", "List", "Watch", "Explain", "Quote", "Find", "Read", "Check", "Export"}

func isReading(method string) bool {
	_, name := split(method)
	return slices.ContainsFunc(readingVerbs, func(verb string) bool { return strings.HasPrefix(name, verb) })
}

// RecordedMethods are those of the contract that operators change something with, as the record names them, in order.
func RecordedMethods() []string {
	var methods []string
	for method, access := range accesses {
		if service, name := split(method); access.role != 0 && !isReading(method) {
			methods = append(methods, service+"."+name)
		}
	}
	slices.Sort(methods)
	return methods
}

// split takes "/orderhub.v1.AdminService/Deposit" apart: "AdminService" and "Deposit".
func split(method string) (service, name string) {
	service, name, _ = strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return service[strings.LastIndexByte(service, '.')+1:], name
}

// recordUnary makes a call by which an operator may change something an act, which the
// store records with whatever the call changes.
func (g *guard) recordUnary(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	message, ok := req.(proto.Message)
	if !ok || isReading(info.FullMethod) || !callOf(ctx).principal.Admin() {
		return handler(ctx, req)
	}
	return handler(audit.With(ctx, audit.New(g.entry(ctx, info.FullMethod, message))), req)
}

// entry is what is known of an act when its call begins.
func (g *guard) entry(ctx context.Context, method string, request proto.Message) audit.Entry {
	c := callOf(ctx)
	service, name := split(method)
	text, _ := json.Marshal(masked(request.ProtoReflect(), g.mark)) // texts and numbers always have a form
	return audit.Entry{
		Actor: actorOf(ctx, &c.principal), Address: addressIn(ctx), Via: via(ctx), RequestID: c.requestID,
		Method: service + "." + name, Target: targetOf(request.ProtoReflect()), Reason: reasonIn(request),
		Request: string(text),
	}
}

func actorOf(ctx context.Context, p *account.Principal) audit.Actor {
	actor := audit.Actor{Kind: audit.KindAdminKey, ID: p.MerchantID, Name: p.Name(), KeyID: p.KeyID}
	if p.OperatorID != 0 {
		actor.Kind, actor.ID = audit.KindOperator, p.OperatorID
	}
	if id := p.SessionID(); id != 0 {
		actor.Kind, actor.KeyID = audit.KindSession, id
	}
	if _, local := localOperator(ctx); local {
		actor.Kind = audit.KindLocal
	}
	return actor
}

func addressIn(ctx context.Context) string {
	if _, local := localOperator(ctx); local {
		return audit.Local
	}
	return callOf(ctx).address.String()
}

// reasonIn is why somebody does something, where that is asked and is nothing personal.
func reasonIn(request proto.Message) string {
	m := request.ProtoReflect()
	for _, name := range []protoreflect.Name{"reason", "evidence"} {
		field := m.Descriptor().Fields().ByName(name)
		if field != nil && field.Kind() == protoreflect.StringKind && !personalTexts[field.FullName()] {
			return m.Get(field).String()
		}
	}
	return ""
}
