package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/credentials"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/demo"
)

const monitoring = "../../docs/monitoring"

// readMonitoring reads a file of docs/monitoring.
func readMonitoring(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(monitoring, name))
	require.NoError(t, err)
	return content
}

// alert is one rule of Prometheus.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	var rules struct {
		Groups []struct {
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	require.NoError(t, yaml.Unmarshal(readMonitoring(t, "orderhub.rules.yml"), &rules))
	for _, group := range rules.Groups {
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

// panel is one of the dashboard.
type panel struct {
	Title      string `json:"title"`
	Type       string `json:"type"`
	Datasource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
}

func panels(t *testing.T) (all []panel) {
	t.Helper()
	var dashboard struct {
		Panels []panel `json:"panels"`
	}
	require.NoError(t, json.Unmarshal(readMonitoring(t, "grafana/dashboards/orderhub.json"), &dashboard))
	require.NotEmpty(t, dashboard.Panels)
	return dashboard.Panels
}

// selector is a metric that an expression names, with what its labels must be.
type selector struct {
	metric string
	labels map[string]string // values of those that are compared with =
}

var (
	matcher   = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	groupings = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)`)
	durations = regexp.MustCompile(`\[[^]]*\]|\boffset\s+\w+`)
	words     = regexp.MustCompile(`([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?`)
	operators = map[string]bool{"and": true, "or": true, "unless": true, "bool": true}
)

// selectors finds the metrics of an expression: its words that are no function, operator, label or duration.
func selectors(expr string) (found []selector) {
	expr = durations.ReplaceAllString(groupings.ReplaceAllString(expr, " "), " ")
	for _, word := range words.FindAllStringSubmatch(expr, -1) {
		if word[2] == "(" || operators[word[1]] {
			continue
		}
		s := selector{metric: word[1], labels: map[string]string{}}
		for _, m := range matcher.FindAllStringSubmatch(word[2], -1) {
			if value := m[3]; m[2] == "=" {
				s.labels[m[1]] = value
			} else {
				s.labels[m[1]] = ""
			}
		}
		found = append(found, s)
	}
	return found
}

func TestSelectors(t *testing.T) {
	require.Equal(t, []selector{
		{"a_bucket", map[string]string{"result": "", "job": "$job"}},
		{"b", map[string]string{}},
		{"c", map[string]string{"s": "x y"}},
	}, selectors(`histogram_quantile(0.9, sum by (job, le) (rate(a_bucket{result!="2xx", job="$job"}[5m])))
		>= on (job, pool) group_left () b offset 1d and c{s="x y"} > 14 * 86400`))
}

// sample is one line of /metrics.
var sample = regexp.MustCompile(`(?m)^([a-zA-Z_:][\w:]*)(\{.*\})? \S+$`)

// has says whether the hub has a sample that the selector may mean. Prometheus adds the labels job and instance.
func has(exposed string, s selector) bool {
	for _, line := range sample.FindAllStringSubmatch(exposed, -1) {
		if line[1] != s.metric {
			continue
		}
		labels := map[string]string{}
		for _, m := range matcher.FindAllStringSubmatch(line[2], -1) {
			labels[m[1]] = m[3]
		}
		fits := true
		for name, value := range s.labels {
			there, known := labels[name]
			fits = fits && (name == "job" || name == "instance" || known && (value == "" || value == there))
		}
		if fits {
			return true
		}
	}
	return false
}

// Whatever the dashboard and the alerts ask for a running hub has.
func TestMonitoringNamesWhatAHubHas(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			s := startSecured(t, database.new(t))
			exposed := s.scrapeAfterUse(t)
			require.NotContains(t, exposed, demo.MerchantKey)
			asked := map[string]string{}
			for _, p := range panels(t) {
				for _, target := range p.Targets {
					asked["panel "+p.Title+": "+target.Expr] = target.Expr
				}
			}
			for _, a := range alerts(t) {
				asked["alert "+a.Alert] = a.Expr
			}
			for who, expr := range asked {
				for _, wanted := range selectors(expr) {
					if wanted.labels["pool"] == "postgres" && database.name == "sqlite" {
						delete(wanted.labels, "pool")
					}
					if wanted.metric != "up" { // Prometheus' own
						require.True(t, has(exposed, wanted), "%s: no %+v", who, wanted)
					}
				}
			}
		})
	}
}

// scrapeAfterUse reads /metrics after a request at a door and a purchase from a provider.
func (s *secured) scrapeAfterUse(t *testing.T) (exposed string) {
	t.Helper()
	s.get(t, s.as(), s.Addresses().HTTP+"/v1/orders", demo.MerchantKey)
	orders := orderhubv1.NewOrderServiceClient(s.dial(t, credentials.NewTLS(s.as())))
	_, err := orders.CreateOrder(withKey(t.Context(), demo.MerchantKey), &orderhubv1.CreateOrderRequest{
		Order: &orderhubv1.Order{ReferenceId: "watched", Lines: []*orderhubv1.OrderLine{{Sku: "DIAMOND_100", Quantity: 1}}},
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		exposed = s.get(t, s.as(), s.Addresses().Metrics+"/metrics", "").body
		return strings.Contains(exposed, "\norderhub_provider_call_seconds_count{")
	}, time.Minute, 50*time.Millisecond)
	return exposed
}

// Every alert says how bad it is, and where it is written what to do; nothing is written for one that is gone.
func TestEveryAlertHasARunbook(t *testing.T) {
	readme := string(readMonitoring(t, "README.md"))
	written := map[string]string{}
	for _, section := range strings.Split(readme, "\n### ")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		written[name] = text
	}
	for _, a := range alerts(t) {
		require.NotEmpty(t, a.For, a.Alert)
		require.Contains(t, []string{"page", "ticket"}, a.Labels["severity"], a.Alert)
		require.NotEmpty(t, a.Annotations["summary"], a.Alert)
		require.Equal(t, "docs/monitoring/README.md#"+strings.ToLower(a.Alert), a.Annotations["runbook"])
		for _, part := range []string{"**Means**", "**Look at**", "**Do**", "**Over**"} {
			require.Contains(t, written[a.Alert], part, a.Alert)
		}
		delete(written, a.Alert)
	}
	require.Empty(t, written)
}

// The dashboard is for any Prometheus that it is shown.
func TestDashboardNamesNoDatasource(t *testing.T) {
	for _, p := range panels(t) {
		if p.Type != "row" {
			require.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
			require.NotEmpty(t, p.Targets, p.Title)
		}
	}
}
