package api

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"orderhub/server/errs"
)

// sessionMethods is what operators do as they sign in.
var sessionMethods = []string{
	"Session.ChangePassword", "Session.ConfirmSecondFactor", "Session.Join", "Session.SignIn",
	"Session.SignInByProvider", "Session.SignOut",
}

// besideCommands are the commands that the record has by their own names: they work on the database without a call, or
// did in a version before, as imports.
var besideCommands = []string{"migrate", "product import", "reseal", "restore", "retention", "units import"}

//go:embed record_commands.json
var commandsText []byte

// commandCalls are the commands with the methods that they call and that change something. A test of the commands
// writes them.
var commandCalls = func() (calls map[string][]string) {
	if err := json.Unmarshal(commandsText, &calls); err != nil {
		panic("api: commands of the record: " + err.Error())
	}
	return calls
}()

// CommandCalls are the commands that change something by the contract, with the methods that they call.
func CommandCalls() map[string][]string { return maps.Clone(commandCalls) }

// RecordedCommands are the commands that the record can be filtered by, in order.
func RecordedCommands() []string {
	names := append(slices.Collect(maps.Keys(commandCalls)), besideCommands...)
	slices.Sort(names)
	return slices.Compact(names)
}

// recordedNames are all that the record says was done, and may be filtered by.
func recordedNames() []string {
	return slices.Concat(RecordedMethods(), looks, sessionMethods, besideCommands)
}

// methodsNamed is what the record has for what somebody looks for: methods, with or without their service, and
// commands; several with commas. bad is told of what is neither.
func methodsNamed(bad *errs.InvalidError, text string) (methods []string) {
	for part := range strings.SplitSeq(text, ",") {
		name := strings.Join(strings.Fields(part), " ")
		if name == "" {
			continue
		}
		found := methodsOf(name)
		if len(found) == 0 {
			bad.Add(
				"method", "%q is no method and no command that is on record; near it are: %s", shortened(name),
				strings.Join(namesNear(name), ", "),
			)
		}
		methods = append(methods, found...)
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}

// methodsOf is methodsNamed for one name.
func methodsOf(name string) []string {
	asked := plainName(name)
	methods := slices.Clone(commandCalls[strings.TrimPrefix(asked, "orderhub ")])
	for _, full := range recordedNames() {
		_, short, isMethod := strings.Cut(full, ".")
		method := full
		if isMethod {
			method, _, _ = strings.Cut(full, " ") // what of a look tells it from others
		}
		_, alone, _ := strings.Cut(method, ".")
		for _, form := range []string{full, short, method, alone} {
			if strings.ToLower(form) == asked && !slices.Contains(methods, full) {
				methods = append(methods, full)
			}
		}
	}
	return methods
}

// plainName is a name without what does not tell it from others: "/orderhub.v1.AdminService/Deposit" is
// "adminservice.deposit".
func plainName(name string) string {
	name = strings.TrimPrefix(strings.ToLower(name), "/")
	name = strings.TrimPrefix(name, "orderhub.v1.")
	return strings.TrimPrefix(strings.Replace(name, "/", ".", 1), "orderhub ")
}

// mostNear is how many names are told that somebody may have meant.
const mostNear = 4

// namesNear are the names that are most like one that is none, the nearest first.
func namesNear(name string) []string {
	asked := plainName(name[:min(len(name), longestName)])
	type near struct {
		name  string
		apart float64
	}
	var all []near
	for _, full := range append(recordedNames(), RecordedCommands()...) {
		_, short, found := strings.Cut(full, ".")
		if !found {
			short = full
		}
		like := func(name string) float64 { return levenshtein.Similarity(asked, strings.ToLower(name), nil) }
		apart := 1 - max(like(short), like(full))
		for _, word := range strings.Fields(asked) {
			if len(word) >= 3 && strings.Contains(strings.ToLower(short), word) {
				apart /= 2
			}
		}
		all = append(all, near{short, apart})
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(a.apart, b.apart) })
	var names []string
	for _, n := range all {
		known := slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, n.name) })
		if len(names) < mostNear && !known {
			names = append(names, n.name)
		}
	}
	return names
}

// longestName is more than any name has.
const longestName = 64

// shortened is a name that somebody sent, as far as it is repeated.
func shortened(name string) string {
	if len(name) > longestName {
		return strings.ToValidUTF8(name[:longestName], "") + "…"
	}
	return name
}
