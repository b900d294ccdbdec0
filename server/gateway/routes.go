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
	verb string
	path *regexp.Regexp
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
				routes = append(routes, routesOf(rule)...)
			}
		}
	}
	return routes
}

var parameter = regexp.MustCompile(`\\\{[^/]*\\\}`)

func routesOf(rule *annotations.HttpRule) []route {
	var routes []route
	for _, binding := range append(rule.GetAdditionalBindings(), rule) {
		for verb, template := range map[string]string{
			"GET": binding.GetGet(), "POST": binding.GetPost(), "PUT": binding.GetPut(),
			"PATCH": binding.GetPatch(), "DELETE": binding.GetDelete(),
		} {
			if template != "" {
				pattern := parameter.ReplaceAllString(regexp.QuoteMeta(template), "[^/]+")
				routes = append(routes, route{verb: verb, path: regexp.MustCompile("^" + pattern + "$")})
			}
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
