package gateway

import (
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// route is one path of the contract with its verb.
type route struct {
	verb   string
	path   *regexp.Regexp
	plain  string // the path itself when it has no parameters, else ""
	method string // of the contract, such as "/orderhub.v1.OrderService/CreateOrder"
}

// contractRoutes reads the routes from the contract itself.
func contractRoutes() []route {
	var routes []route
	for _, file := range []protoreflect.FileDescriptor{
		orderhubv1.File_orderhub_v1_order_service_proto,
		orderhubv1.File_orderhub_v1_catalog_service_proto,
		orderhubv1.File_orderhub_v1_account_service_proto,
		orderhubv1.File_orderhub_v1_webhook_service_proto,
		orderhubv1.File_orderhub_v1_admin_service_proto,
	} {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				rule, _ := proto.GetExtension(methods.Get(j).Options(), annotations.E_Http).(*annotations.HttpRule)
				name := methods.Get(j).FullName()
				routes = append(routes, routesOf(rule, "/"+string(name.Parent())+"/"+string(name.Name()))...)
			}
		}
	}
	return routes
}

var parameter = regexp.MustCompile(`\\\{[^/]*\\\}`)

func routesOf(rule *annotations.HttpRule, method string) []route {
	var routes []route
	for _, binding := range append(rule.GetAdditionalBindings(), rule) {
		for verb, template := range map[string]string{
			"GET": binding.GetGet(), "POST": binding.GetPost(), "PUT": binding.GetPut(),
			"PATCH": binding.GetPatch(), "DELETE": binding.GetDelete(),
		} {
			if template == "" {
				continue
			}
			pattern := parameter.ReplaceAllString(regexp.QuoteMeta(template), "[^/]+")
			found := route{verb: verb, path: regexp.MustCompile("^" + pattern + "$"), method: method}
			if !strings.Contains(template, "{") {
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

// methodOf finds the method of the contract that a request calls. Colons may come
// escaped.
func methodOf(routes []route, verb, path string) (method string, found bool) {
	path = strings.ReplaceAll(path, "%3A", ":")
	path = strings.ReplaceAll(path, "%3a", ":")
	for i := range routes {
		if routes[i].plain == path && routes[i].verb == verb {
			return routes[i].method, true
		}
	}
	for i := range routes {
		if r := &routes[i]; r.verb == verb && r.plain == "" && r.path.MatchString(path) {
			return r.method, true
		}
	}
	return "", false
}
