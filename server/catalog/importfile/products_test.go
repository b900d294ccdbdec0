package importfile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"orderhub/server/catalog/importfile"
)

const goldCSV = "sku,name,category,price,currency,source,format,description,slug,min_quantity,max_quantity,dated," +
	"fields\r\n" +
	"GOLD_10, 10 Gold bars ,gold,19.90,TRY,provider,,\"Bars,\n\"\"of gold\"\"\",gold-10,1,1000,no,\"[ " +
	"{\"\"identifier\"\": \"\"userid\"\"} ]\"\r\n"

const goldJSON = `{"sku": "GOLD_10", "name": "10 Gold bars", "category": "gold", "price": 19.90, "currency": "TRY", ` +
	`"source": "provider", "format": null,` +
	` "description": "Bars,\n\"of gold\"", "slug": "gold-10", "min_quantity": 1, "max_quantity": "1000", "dated": ` +
	`false, "fields": [{"identifier": "userid"}]}`

func TestProductsInEveryForm(t *testing.T) {
	want := importfile.ProductRow{
		Index: 1, SKU: "GOLD_10", Name: "10 Gold bars", Category: "gold", Price: "19.90", Currency: "TRY", Source: "provider",
		Description: "Bars,\n\"of gold\"", Slug: "gold-10", MinQuantity: 1, MaxQuantity: 1000,
		Fields: json.RawMessage(`[{"identifier":"userid"}]`),
	}
	for name, tc := range map[string]struct {
		file string
		line int
	}{
		"CSV":                      {goldCSV, 2},
		"CSV after blank lines":    {"\xef\xbb\xbf\n \n" + goldCSV, 4},
		"CSV, columns capitalised": {strings.Replace(goldCSV, "sku,name", "SKU, Name ", 1), 2},
		"JSON line":                {"\n" + goldJSON + "\n", 2},
		"JSON array":               {"[\n" + goldJSON + "\n]\n", 2},
		"JSON array on one line":   {"\xef\xbb\xbf [" + goldJSON + "]", 1},
		"JSON array, indented":     {"\n[\r\n\r\n" + strings.ReplaceAll(goldJSON, ", \"", ",\r\n\t\"") + "]", 4},
	} {
		t.Run(name, func(t *testing.T) {
			for _, file := range []io.Reader{strings.NewReader(tc.file), iotest.OneByteReader(strings.NewReader(tc.file))} {
				rows, problems := collect(importfile.Products(file))
				if len(rows) != 1 || len(problems) != 0 {
					t.Fatalf("%d rows, problems %q", len(rows), problems)
				}
				got := rows[0]
				if !got.Has("price") || !got.Has("format") || got.Has("colour") || got.Line != tc.line {
					t.Errorf(
						"line %d; has price %t, format %t, colour %t", got.Line, got.Has("price"), got.Has("format"), got.Has("colour"),
					)
				}
				if shown := visible(got); !reflect.DeepEqual(shown, visible(want)) {
					t.Errorf("got  %v\nwant %v", shown, visible(want))
				}
			}
		})
	}
}

// visible returns a row's exported fields, but for the line.
func visible(row importfile.ProductRow) []any {
	value, fields := reflect.ValueOf(row), []any(nil)
	for i := range value.NumField() {
		if field := value.Type().Field(i); field.IsExported() && field.Name != "Line" {
			fields = append(fields, value.Field(i).Interface())
		}
	}
	return fields
}

func TestProductsHasOnlyWhatTheFileHas(t *testing.T) {
	for name, file := range map[string]string{"CSV": "sku,price\nA,\n", "JSON": `{"sku":"A","price":""}`} {
		rows, problems := collect(importfile.Products(strings.NewReader(file)))
		if len(rows) != 1 || len(problems) != 0 || !rows[0].Has("price") || rows[0].Has("name") || rows[0].Has("") {
			t.Errorf("%s: %+v, %q", name, rows, problems)
		}
	}
}

func TestProductsProblems(t *testing.T) {
	const known = "is unknown: the columns are sku, name, category, price, currency, source, format, description, " +
		"slug, min_quantity, max_quantity, dated, fields, attributes, fulfil_within, status, expiry_margin, low_stock, " +
		"max_loss_basis_points, loss_policy, recipient_check_within"
	large := strings.Repeat("x", importfile.MaxProductSize)
	cases := []struct {
		name     string
		file     string
		skus     []string
		problems []string
	}{
		{name: "nothing", file: ""},
		{name: "space", file: " \n\t\r\n"},
		{name: "a header alone", file: "sku,name\n"},
		{name: "an empty array", file: "[ ]\n"},
		{name: "UTF-16", file: "\xff\xfe[\x00", problems: []string{"the file is in UTF-16: save it as UTF-8"}},

		{name: "an unknown column", file: "sku,colour\nA,red\n", problems: []string{`line 1: column "colour" ` + known}},
		{
			name: "an unprintable column", file: "sku,\x01" + strings.Repeat("é", 80) + "\n",
			problems: []string{`line 1: column "�` + strings.Repeat("é", 63) + `…" ` + known},
		},
		{name: "a column twice", file: "sku,SKU\n", problems: []string{`line 1: column "sku" is given twice`}},
		{name: "no SKU column", file: "\nname\nA\n", problems: []string{`line 2: column "sku" is missing`}},
		{
			name: "a bad quote in the header", file: "sku,na\"me\n",
			problems: []string{"line 1 has a quote inside a field: put the field in quotes and double the quote"},
		},
		{
			name: "bad rows do not stop the reading",
			file: "sku,name,min_quantity,max_quantity,dated,fields\nA,a,1,2,yes,[]\nB,b,-1,,,\nC,c,,1.5,,\nD,d,,,perhaps,\nE," +
				"e,,,,{}\nF,f,,,,[1]\nG,g\n,h,,,,\n" +
				"I,\x00,,,,\nJ,\xff,,,,\n" + large + "x,,,,,\nL,l,9223372036854775808,,,\nM,m,,,,null\nZ,z,,,,\n",
			skus: []string{"A", "Z"},
			problems: []string{
				`line 3: column "min_quantity" is not a whole number, 0 or more`,
				`line 4: column "max_quantity" is not a whole number, 0 or more`,
				`line 5: column "dated" is neither true nor false`,
				`line 6: column "fields" is not a JSON array of objects`,
				`line 7: column "fields" is not a JSON array of objects`,
				"line 8 has 2 fields, the header has 6",
				`line 9: column "sku" is missing`,
				`line 10: column "name" contains a control character`,
				`line 11: column "name" is not valid UTF-8`,
				"line 12 is longer than 131072 bytes",
				`line 13: column "min_quantity" is not a whole number, 0 or more`,
				`line 14: column "fields" is not a JSON array of objects`,
			},
		},
		{
			name: "bad JSON lines do not stop the reading",
			file: "{\"sku\":\"A\"}\n{\"sku\":\"B\"\n\n{}\n{\"sku\":1}\n{\"sku\":\"C\",\"SKU\":\"C\"}\n{\"sku\":\"D\"," +
				"\"sku\":\"D\"}\n[]\n{\"sku\":\"E\",\"dated\":\"maybe\"}\n" +
				"{\"sku\":\"F\",\"price\":{}}\n{\"sku\":\"G\",\"name\":true}\n{\"sku\":\"H\"," +
				"\"name\":\"\\u0000\"}\n{\"sku\":\"\xff\"}\n{\"sku\":\"" + large + "\"}\n{\"sku\":\"I\"} {}\n{\"sku\":\"Z\"}",
			skus: []string{"A", "Z"},
			problems: []string{
				"line 2 is not a complete JSON object", `line 4: column "sku" is missing`,
				`line 5: column "sku" has a value of the wrong type`,
				`line 6: column "SKU" ` + known, `line 7: column "sku" is given twice`, "line 8 is not a complete JSON object",
				`line 9: column "dated" is neither true nor false`, `line 10: column "price" has a value of the wrong type`,
				`line 11: column "name" has a value of the wrong type`, `line 12: column "name" contains a control character`,
				"line 13 is not valid UTF-8", "line 14 is longer than 131072 bytes", "line 15 is not a complete JSON object",
			},
		},
		{
			name: "bad objects do not stop the reading of an array",
			file: "[{\"sku\":\"A\"},\n{\"sku\" \"B\"},{},\n{\"sku\":\"C\",\n\"colour\":1},\n{\"sku\":\"" + large +
				"\"}\n,{\"sku\":\"\\\"}{[\"}, {x}\n,{\"sku\":\"Z\"}]",
			skus: []string{"A", `"}{[`, "Z"},
			problems: []string{
				"line 2 is not a complete JSON object", `line 2: column "sku" is missing`, `line 3: column "colour" ` + known,
				"line 5 is longer than 131072 bytes", "line 6 is not a complete JSON object",
			},
		},
		{
			name: "an array cut off", file: "[\n{\"sku\":\"A\"},\n{\"sku\"", skus: []string{"A"},
			problems: []string{"line 3 ends the file inside the array"},
		},
		{
			name: "an array without its end", file: "[{\"sku\":\"A\"}\n", skus: []string{"A"},
			problems: []string{"line 2 ends the file inside the array"},
		},
		{name: "only a bracket", file: "[", problems: []string{"line 1 ends the file inside the array"}},
		{
			name: "no comma", file: "[{\"sku\":\"A\"}\n{\"sku\":\"B\"}]", skus: []string{"A"},
			problems: []string{"line 2 has no comma between two objects of the array"},
		},
		{
			name: "a comma too many", file: "[{\"sku\":\"A\"},\n]", skus: []string{"A"},
			problems: []string{"line 2 has something other than an object in the array"},
		},
		{
			name: "numbers in the array", file: "[1,2]",
			problems: []string{"line 1 has something other than an object in the array"},
		},
		{
			name: "text after the array", file: "[{\"sku\":\"A\"}]\n\n[]", skus: []string{"A"},
			problems: []string{"line 3 has text after the end of the array"},
		},
		{
			name: "a text without end", file: "[{\"sku\":\"A\"},\n{\n\"sku\":\"B\n},{\"sku\":\"C\"}]", skus: []string{"A"},
			problems: []string{"line 2 begins an object with a text that does not end on its line"},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			rows, problems := collect(importfile.Products(strings.NewReader(tc.file)))
			var skus []string
			for _, row := range rows {
				skus = append(skus, row.SKU)
			}
			if !slices.Equal(skus, tc.skus) {
				t.Errorf("rows %q, want %q", skus, tc.skus)
			}
			if !slices.Equal(problems, tc.problems) {
				t.Errorf("problems\n%s\nwant\n%s", strings.Join(problems, "\n"), strings.Join(tc.problems, "\n"))
			}
		})
	}
}

func TestProductsCountBadRowsToo(t *testing.T) {
	for name, file := range map[string]string{
		"CSV": "sku\nA\n\"\nC\n", "JSON lines": "{\"sku\":\"A\"}\n{\n{\"sku\":\"C\"}",
		"JSON array": `[{"sku":"A"},{},{"sku":"C"}]`,
	} {
		rows, problems := collect(importfile.Products(strings.NewReader(file)))
		if len(rows) != 2 || len(problems) != 1 || rows[0].Index != 1 || rows[1].Index != 3 {
			t.Errorf("%s: %+v, %q", name, rows, problems)
		}
	}
}

func TestProductsEndWithTheErrorOfTheReader(t *testing.T) {
	for _, file := range []string{
		"", " \n", "sku", "sku\nA\n\"B\n", "[", `[{"sku":"A"}`, `[{"sku":"A"`, "[{\"sku\":\"A\"}]\n", "{\"sku\":\"A\"}\n",
	} {
		t.Run(file, func(t *testing.T) {
			for _, broken := range []error{errBroken, &importfile.LineError{Line: 1}} {
				var last error
				count := 0
				for _, err := range importfile.Products(io.MultiReader(strings.NewReader(file), iotest.ErrReader(broken))) {
					if last = err; count > 10 {
						t.Fatal("it goes on for ever")
					}
					count++
				}
				if !errors.Is(last, broken) {
					t.Errorf("ended with %v", last)
				}
			}
		})
	}
}

// Whatever the file: no panic and no end missing, lines and indexes in order and in
// the file, every row as ProductRow promises.
func FuzzProducts(f *testing.F) {
	f.Add([]byte(goldCSV))
	f.Add([]byte(goldJSON + "\n" + goldJSON))
	f.Add([]byte("[" + goldJSON + ",\n{}, " + goldJSON + "]"))
	f.Add([]byte("sku,fields\n\"A\n\"\"\",\"[{}\n]\"\n\"B\n\"C,\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		lineCount := bytes.Count(file, []byte("\n")) + 1
		line, index := 0, 0
		for row, err := range importfile.Products(bytes.NewReader(file)) {
			next := row.Line
			if err != nil {
				if row.Index != 0 || row.SKU != "" {
					t.Fatalf("%+v together with %v", row, err)
				}
				var lineError *importfile.LineError
				if !errors.As(err, &lineError) {
					if err.Error() != "the file is in UTF-16: save it as UTF-8" {
						t.Fatal(err)
					}
					continue
				}
				next = lineError.Line
			}
			if next < line || next < 1 || next > lineCount {
				t.Fatalf("line %d after line %d of %d: %v", next, line, lineCount, err)
			}
			line = next
			if err != nil {
				continue
			}
			if row.Index <= index || row.SKU == "" || !row.Has("sku") || row.MinQuantity < 0 || row.MaxQuantity < 0 {
				t.Fatalf("after index %d: %+v", index, row)
			}
			if index = row.Index; row.Fields != nil && !json.Valid(row.Fields) {
				t.Fatalf("fields %s", row.Fields)
			}
		}
	})
}

// An array that encoding/json can read as a whole gives the same SKUs.
func FuzzProductArray(f *testing.F) {
	f.Add([]byte("[" + goldJSON + ",\n " + goldJSON + "]"))
	f.Add([]byte(`[{"sku":"\"]}"},{"sku":"\\"}]`))
	f.Fuzz(func(t *testing.T, file []byte) {
		var objects []map[string]any
		trimmed := bytes.TrimLeft(file, " \t\r\n")
		if json.Unmarshal(file, &objects) != nil || !bytes.HasPrefix(trimmed, []byte("[")) ||
			bytes.Contains(file, []byte("null")) {
			return
		}
		results := 0
		for row, err := range importfile.Products(bytes.NewReader(file)) {
			results++
			if err == nil && strings.TrimSpace(objects[row.Index-1]["sku"].(string)) != row.SKU {
				t.Fatalf("object %d is %v, read as %q", row.Index, objects[row.Index-1], row.SKU)
			}
		}
		if results != len(objects) {
			t.Fatalf("%d results of %d objects", results, len(objects))
		}
	})
}
