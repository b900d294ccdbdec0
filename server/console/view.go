package console

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"orderhub/server/api"
	"orderhub/server/session"
)

// view is what a template has.
type view struct {
	Data    any
	Menu    []menuGroup
	Name    string // of the operator; "" outside of a session
	Roles   string
	Flash   string
	Problem *problem
	// Provider is by whom else one may sign in; "" for nobody.
	Provider string
	// Searches says that the page has a field to search by, once that is written.
	Searches bool

	request *http.Request
	may     func(method string) bool
	labels  map[string]string // of the fields of the page's forms, by their names; only beside a problem
	focused bool              // the first field that is wrong has been found
}

// render shows a page to who is signed in.
func (c *Console) render(r *request, file string, status int, data any) {
	v := &view{
		Data: data, Name: r.session.Name, Roles: r.session.Roles.String(), Problem: r.problem, request: r.Request, may: r.may,
		Flash: c.takeFlash(r.w, r.Request),
	}
	if r.session.Stage == session.Whole {
		v.Menu = r.menu()
	}
	c.write(r.w, r.Request, file, status, v)
}

// renderOutside shows a page to whoever it is.
func (c *Console) renderOutside(w http.ResponseWriter, r *http.Request, file string, status int, p *problem) {
	c.write(w, r, file, status, &view{
		Problem: p, request: r, may: func(string) bool { return false }, Flash: c.takeFlash(w, r),
		Provider: c.providerName(),
	})
}

// write sends a page once it is whole.
func (c *Console) write(w http.ResponseWriter, r *http.Request, file string, status int, v *view) {
	var out bytes.Buffer
	t, found := c.templates[file]
	err := fmt.Errorf("there is no template %s", file)
	if found {
		err = fill(&out, t, v)
	}
	if err != nil {
		c.logFault(r, err)
		http.Error(w, faulty().Text, http.StatusInternalServerError)
		return
	}
	giveBack(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // who has gone needs no answer
}

// fill writes a page. What a problem says above the forms depends on which fields follow, so they are met first.
func fill(out io.Writer, t *template.Template, v *view) error {
	if v.Problem != nil {
		v.labels = map[string]string{}
		if err := t.ExecuteTemplate(io.Discard, "layout", v); err != nil {
			return err
		}
		v.focused = false
	}
	return t.ExecuteTemplate(out, "layout", v)
}

// May reports whether the operator's roles allow a method, such as "OrderService.CancelOrder", or what within one has a
// word of its own, such as "goods shown". It fails for what there is not.
func (v *view) May(method string) (bool, error) {
	switch method {
	case api.ShowGoods, api.ChangeMerchant:
		return v.may(method), nil
	}
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("orderhub.v1." + method))
	if err != nil {
		return false, fmt.Errorf("%s: %w", method, err)
	}
	return v.may("/" + string(found.Parent().FullName()) + "/" + string(found.Name())), nil
}

// OwnPath is that of the page shown, without its query; also where an act of the page failed.
func (v *view) OwnPath() string { return ownPathOf(v.request) }

// ownPathOf is the path of the page that a request asks for, or that has the act which it posts.
func ownPathOf(r *http.Request) string {
	path := r.URL.EscapedPath()
	if r.Method == http.MethodPost {
		path = path[:strings.LastIndexByte(path, '/')]
	}
	return path
}

// Asked is the value of a parameter of the query.
func (v *view) Asked(name string) string { return v.request.URL.Query().Get(name) }

// Query is the page's own address with a parameter set, or left out with "". It leads to the first page of a list.
func (v *view) Query(name, value string) string {
	return v.OwnPath() + "?" + v.with(name, value).Encode()
}

// Next is the link to a list's next page, "" after the last.
func (v *view) Next(token string) string {
	if token == "" {
		return ""
	}
	return v.Query("page", token)
}

func (v *view) with(name, value string) url.Values {
	query := v.request.URL.Query()
	query.Del("page")
	query.Set(name, value)
	if value == "" {
		query.Del(name)
	}
	return query
}

// First is the link to a list's first page, "" on that.
func (v *view) First() string {
	if v.Asked("page") == "" {
		return ""
	}
	return v.Query("page", "")
}

// Download is the link to a file with the filters of the page.
func (v *view) Download(path string) string { return Path + path + "?" + v.with("page", "").Encode() }

// deciding is what a form offers to decide, and what was chosen when it is shown again.
type deciding struct {
	Decisions []decision
	Chosen    string
}

// Deciding is for the template of decisions.
func (v *view) Deciding(all []decision) deciding { return deciding{all, v.Typed("action")} }

// field is an input of a form.
type field struct {
	ID, Name, Label, Type, Value, Hint, Error string
	Required, Area, Search                    bool
	Focus                                     bool   // it is the first that is wrong
	Autocomplete, Mode, List                  string // attributes; "" for none
	Max                                       int    // characters; 0 for no bound
	Choices                                   []choice
}

// choice is one of those of a field that has some.
type choice struct {
	Value, Label string
	Chosen       bool
}

// Field is an input with what was typed into it. The options are required, area and search, and type=, value=, hint=,
// max=, id=, autocomplete=, mode= and list= with a value, and choice=VALUE:LABEL as often as there are choices.
func (v *view) Field(name, label string, options ...string) (*field, error) {
	f := &field{ID: "f-" + name, Name: name, Label: label, Type: "text"}
	for _, option := range options {
		if err := f.set(option); err != nil {
			return nil, err
		}
	}
	if f.Type != "password" { // is not sent back
		if typed, there := v.typed(name); there {
			f.Value = typed
		}
	}
	for i := range f.Choices {
		f.Choices[i].Chosen = f.Choices[i].Value == f.Value
	}
	v.Searches = v.Searches || f.Search
	if v.Problem != nil {
		if v.labels[name] == "" {
			v.labels[name] = label
		}
		f.Error = v.spoken(v.Problem.Fields[name])
		f.Focus = f.Error != "" && !v.focused
		v.focused = v.focused || f.Focus
	}
	return f, nil
}

// Filter is a field of the page's search. It has nothing of another form that was posted, and is not at fault there.
func (v *view) Filter(name, label string, options ...string) (*field, error) {
	if v.request.Method != http.MethodPost {
		return v.Field(name, label, options...)
	}
	f, err := (&view{request: &http.Request{Method: http.MethodGet, URL: &url.URL{}}}).Field(name, label, options...)
	v.Searches = v.Searches || err == nil && f.Search
	return f, err
}

// Typed is what somebody has typed into a field, "" for nothing.
func (v *view) Typed(name string) string {
	typed, _ := v.typed(name)
	return typed
}

// typed is what is in a form that is shown again, or in the query of a search.
func (v *view) typed(name string) (text string, there bool) {
	values := v.request.URL.Query()
	if v.request.Method == http.MethodPost {
		values = v.request.PostForm
	}
	all, there := values[name]
	if !there {
		return "", false
	}
	return all[0], true
}

func (f *field) set(option string) error {
	name, value, _ := strings.Cut(option, "=")
	switch name {
	case "required":
		f.Required = true
	case "area":
		f.Area = true
	case "search":
		f.Search = true
	case "type":
		f.Type = value
	case "value":
		f.Value = value
	case "hint":
		f.Hint = value
	case "id":
		f.ID = value
	case "autocomplete":
		f.Autocomplete = value
	case "mode":
		f.Mode = value
	case "list":
		f.List = value
	case "max":
		if _, err := fmt.Sscan(value, &f.Max); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	case "choice":
		v, label, _ := strings.Cut(value, ":")
		f.Choices = append(f.Choices, choice{Value: v, Label: label})
	default:
		return fmt.Errorf("field %s: unknown option %s", f.Name, option)
	}
	return nil
}
