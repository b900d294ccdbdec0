package gateway

import (
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/contract"
)

// route is one path of the contract with its verb.
type route struct {
	verb       string
	path       *regexp.Regexp
	plain      string   // the path itself when it has no parameters, else ""
	parameters []string // fields of the request that are in the path
	body       string   // the field of the request that is the body; "*" for all of it, "" for none
	method     string   // of the contract, such as "/orderhub.v1.OrderService/CreateOrder"
	input      protoreflect.MessageDescriptor
}

// contractRoutes reads the routes from the contract itself.
func contractRoutes() []route {
	var routes []route
	for _, file := range contract.Files() {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				routes = append(routes, routesOf(methods.Get(j))...)
			}
		}
	}
	return routes
}

var parameter = regexp.MustCompile(`\\\{([^/]*)\\\}`)

func routesOf(method protoreflect.MethodDescriptor) []route {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	name := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
	var routes []route
	for _, binding := range append(rule.GetAdditionalBindings(), rule) {
		for verb, template := range map[string]string{
			"GET": binding.GetGet(), "POST": binding.GetPost(), "PUT": binding.GetPut(),
			"PATCH": binding.GetPatch(), "DELETE": binding.GetDelete(),
		} {
			if template == "" {
				continue
			}
			quoted := regexp.QuoteMeta(template)
			path := regexp.MustCompile("^" + parameter.ReplaceAllLiteralString(quoted, "([^/]+)") + "$")
			found := route{verb: verb, path: path, body: binding.GetBody(), method: name, input: method.Input()}
			for _, match := range parameter.FindAllStringSubmatch(quoted, -1) {
				found.parameters = append(found.parameters, match[1])
			}
			if len(found.parameters) == 0 {
				found.plain = template
			}
			routes = append(routes, found)
		}
	}
	return routes
}

// allowed is the verbs that a path takes, for the Allow header.
func allowed(routes []route, path string) string {
	var verbs []string
	for _, r := range routes {
		if r.path.MatchString(path) {
			verbs = append(verbs, r.verb)
		}
	}
	slices.Sort(verbs)
	return strings.Join(slices.Compact(verbs), ", ")
}

// routeOf finds what a request calls; nil for nothing.
func routeOf(routes []route, verb, path string) *route {
	path = plainColons(path)
	for i := range routes {
		if routes[i].plain == path && routes[i].verb == verb {
			return &routes[i]
		}
	}
	for i := range routes {
		if r := &routes[i]; r.verb == verb && r.plain == "" && r.path.MatchString(path) {
			return r
		}
	}
	return nil
}

// plainColons is an escaped path whose colons are not.
func plainColons(path string) string {
	return strings.ReplaceAll(strings.ReplaceAll(path, "%3A", ":"), "%3a", ":")
}
