package command_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestUnitsImport(t *testing.T) {
	url := database(t)
	do(t, "product", "import", "--database", url, "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))
	units := func(stdin string, args ...string) result {
		t.Helper()
		return run(t, stdin, append([]string{"units", "import", "code", "-", "--database", url}, args...)...)
	}

	r := units("alpha\nbeta\nalpha\n\ngamma\xff\ndelta\nbeta\n")
	if r.code != 1 || r.out != "3 units imported into CODE, 3 refused.\n" ||
		!strings.Contains(r.err, "line 5: is not valid UTF-8") || !strings.Contains(r.err, "line 3, 7\n") {
		t.Errorf("first import: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	for _, content := range []string{"alpha", "beta", "gamma"} {
		if strings.Contains(r.out+r.err, content) {
			t.Errorf("a content is shown:\n%s%s", r.out, r.err)
		}
	}
	r = units("content\n\"epsilon\"\nalpha\nbeta\n", "--json")
	var report struct {
		Imported, Refused int
		DuplicateLines    []int
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || r.code != 1 || report.Imported != 1 ||
		report.Refused != 2 ||
		!slices.Equal(report.DuplicateLines, []int{3, 4}) {
		t.Errorf("second import: exit code %d, %v\n%s%s", r.code, err, r.out, r.err)
	}
	if r = units(""); r.code != 0 || r.out != "0 units imported into CODE, 0 refused.\n" {
		t.Errorf("an empty file: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r = units("eta\nalpha\u00a0\n\u200bALPHA\ncode\n", "--dry-run"); r.code != 1 ||
		r.out != "2 units would be imported into CODE, 2 refused.\n" ||
		!strings.Contains(r.err, "line 4: is the header of a table") || !strings.Contains(r.err, "line 2\n") {
		t.Errorf("a preview: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r = units("Voucher Code\n{\"code\":\"x\"}\nSerial No\ntheta\n", "--dry-run"); r.code != 1 ||
		r.out != "1 unit would be imported into CODE, 3 refused.\n" || !strings.Contains(r.err, "line 2: is JSON") {
		t.Errorf("headers and JSON: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	garbage := strings.Repeat("\x01\n", 30) + "eta\n"
	if r = units(garbage); r.code != 1 || r.out != "0 units imported into CODE, 30 refused.\n" ||
		!strings.Contains(r.err, "stopped") {
		t.Errorf("mostly garbage: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r = units(garbage, "--force"); r.code != 1 || r.out != "1 unit imported into CODE, 30 refused.\n" {
		t.Errorf("mostly garbage, forced: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r = units("content,use_date\nzeta,2027-01-01\n"); r.code != 1 || !strings.Contains(r.err, "line 2") {
		t.Errorf("a day of use: exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestUnitsTakenBack(t *testing.T) {
	url := database(t)
	do(t, "product", "import", "--database", url, "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))
	units := func(args ...string) result {
		t.Helper()
		return run(t, "SECRET-1\nSECRET-2\nSECRET-3\n", append(append([]string{"units"}, args...), "--database", url)...)
	}
	if r := units("import", "CODE", "-"); r.code != 0 || !strings.Contains(r.err, "units withdraw 1") {
		t.Fatalf("import: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("aside", "1"); r.out != "Unit 1 of CODE is set aside.\n" {
		t.Errorf("aside: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("list", "CODE", "--state", "set_aside"); strings.Count(r.out, "set_aside") != 1 {
		t.Errorf("list: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("stock", "CODE"); r.out != "2 units of CODE can be sold.\n" {
		t.Errorf("stock: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("back", "1"); r.out != "Unit 1 of CODE can be sold again.\n" {
		t.Errorf("back: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	for expires, why := range map[string]string{"2020-01-01": "has expired", "soon": "--expires is not a day"} {
		if r := units("import", "CODE", "-", "--expires", expires); r.code != 1 || !strings.Contains(r.err, why) {
			t.Errorf("expires %s: exit code %d\n%s%s", expires, r.code, r.out, r.err)
		}
	}
	if r := units("void", "2"); r.out != "Unit 2 of CODE is void.\n" {
		t.Errorf("void: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("list", "CODE", "--state", "available"); strings.Count(r.out, "available") != 2 ||
		strings.Contains(r.out, "SECRET") {
		t.Errorf("list: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("withdraw", "1"); r.out != "2 units of 3 imported units withdrawn.\n" {
		t.Errorf("withdraw: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	var imp struct {
		Product      string
		Available    int
		WithdrawTime time.Time
	}
	r := units("imports", "--json")
	if err := json.Unmarshal([]byte(r.out), &imp); err != nil || imp.Product != "CODE" || imp.Available != 0 ||
		imp.WithdrawTime.IsZero() {
		t.Errorf("imports: exit code %d, %v\n%s%s", r.code, err, r.out, r.err)
	}
	if r := units("list", "CODE", "--import", "1", "--json"); strings.Count(r.out, `"void"`) != 3 {
		t.Errorf("list --json: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	for _, args := range [][]string{
		{"withdraw", "9"}, {"void", "9"}, {"aside", "9"}, {"back", "9"}, {"list", "CODE", "--import", "9"},
	} {
		if r := units(args...); r.code != 1 || !strings.Contains(r.err, "there is no") {
			t.Errorf("%v: exit code %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
	if r := units("import", "CODE", "-"); r.out != "2 units imported into CODE, 1 refused.\n" {
		t.Errorf("import again: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	do(t, "verify", "--database", url)
}

// TestManyUnits imports 100,000 units in one file, with one of them twice.
func TestManyUnits(t *testing.T) {
	url := database(t)
	do(t, "product", "import", "--database", url, "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))
	var content strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&content, "CODE-%012d\n", i)
	}
	content.WriteString("CODE-000000004711\n")
	begin := time.Now()
	r := run(t, "", "units", "import", "CODE", file(t, "codes.txt", content.String()), "--database", url)
	t.Logf("took %s", time.Since(begin))
	if r.code != 1 || r.out != "100,000 units imported into CODE, 1 refused.\n" ||
		!strings.Contains(r.err, "line 100001\n") {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestProductImport(t *testing.T) {
	url := database(t)
	products := func(content string, args ...string) result {
		t.Helper()
		return run(t, content, append([]string{"product", "import", "-", "--database", url}, args...)...)
	}
	const header = "sku,name,category,price,currency,source\n"
	steps := []struct {
		name, content string
		args          []string
		code          int
		out, err      string
	}{
		{
			"an unknown category", header + "A,Name,codes,1.00,THB,stock\n", nil, 1,
			"0 created, 0 changed, 0 unchanged, 1 refused.\n", "line 2: there is no category \"codes\"",
		},
		{
			"it is created", header + "A,Name,codes,1.00,THB,stock\nB,Name,codes,2.00,THB,stock\n",
			[]string{"--create-categories"},
			0, "2 created, 0 changed, 0 unchanged, 0 refused.\n", "",
		},
		{
			"the same again", header + "A,Name,codes,1.00,THB,stock\nB,Name,codes,2.00,THB,stock\n", nil, 0,
			"0 created, 0 changed, 2 unchanged, 0 refused.\n", "",
		},
		{"only some columns", "sku,price\nA,1.50\n", nil, 0, "0 created, 1 changed, 0 unchanged, 0 refused.\n", ""},
		{"one product twice", "sku,price\nA,1.60\nA,1.70\n", nil, 0, "0 created, 2 changed, 0 unchanged, 0 refused.\n", ""},
		{
			"JSON", `{"sku":"B","fields":[{"id":1,"identifier":"userid","title":"User","type":"text","required":true}]}`, nil, 0,
			"0 created, 1 changed, 0 unchanged, 0 refused.\n", "",
		},
		{
			"a price too fine", "sku,price\nA,1.505\nB,3.00\n", nil, 1, "0 created, 1 changed, 0 unchanged, 1 refused.\n",
			"line 2: ",
		},
		{
			"a new product without what it needs", "sku,price,currency\nC,1.00,THB\n", nil, 1,
			"0 created, 0 changed, 0 unchanged, 1 refused.\n", "line 2: category is missing",
		},
		{
			"a column that is none", "sku,colour\nA,red\n", nil, 1, "0 created, 0 changed, 0 unchanged, 1 refused.\n",
			"line 1: ",
		},
	}
	for _, step := range steps {
		r := products(step.content, step.args...)
		if r.code != step.code || r.out != step.out || !strings.Contains(r.err, step.err) {
			t.Errorf("%s: exit code %d\n%s%s", step.name, r.code, r.out, r.err)
		}
	}
	r := products(`[{"sku":"A","price":"1.70"},{"sku":"-"}]`, "--json")
	var report struct {
		Unchanged, Refused int
		Problems           []struct{ Line int }
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || report.Unchanged != 1 || report.Refused != 1 ||
		len(report.Problems) != 1 {
		t.Errorf("--json: %v\n%s%s", err, r.out, r.err)
	}
}
