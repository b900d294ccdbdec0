package command_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/session"
)

func TestOperatorCommands(t *testing.T) {
	url := database(t)
	with := func(args ...string) []string { return append(args, "--database", url) }
	do(t, with("operator", "create", "ada", "--role", "admin")...)
	made := run(t, "", with("operator", "create", "grace", "--role", "support,catalogue", "--json")...)
	require.Equal(t, 0, made.code, made.err)
	var grace struct{ Roles []string }
	require.NoError(t, json.Unmarshal([]byte(made.out), &grace))
	require.Equal(t, []string{"support", "catalogue"}, grace.Roles)
	r := run(t, "", with("operator", "create", "eve", "--role", "emperor")...)
	require.Equal(t, 2, r.code)
	require.Contains(t, r.err, "viewer")

	key := run(t, "", with("operator", "key", "create", "ada", "--label", "laptop")...)
	require.Equal(t, 0, key.code, key.err)
	require.Len(t, strings.Fields(key.out), 1, "the key stands alone")
	listed := run(t, "", with("operator", "key", "list", "ada")...)
	require.Contains(t, listed.out, "laptop")
	require.NotContains(t, listed.out, strings.TrimSpace(key.out))

	require.Contains(t, do(t, with("operator", "set", "grace", "--role", "finance", "--status", "suspended")...),
		"Operator grace is suspended, with finance.")
	do(t, with("operator", "set", "grace", "--login", "Grace@example.com")...)
	var set struct{ Login string }
	listed = run(t, "", with("operator", "list", "--json")...)
	for line := range strings.Lines(listed.out) {
		require.NoError(t, json.Unmarshal([]byte(line), &set))
	}
	require.Equal(t, "Grace@example.com", set.Login)
	require.NotContains(t, do(t, with("audit", "list", "--json")...), "@example.com")
	all := run(t, "", with("operator", "list")...)
	require.Regexp(t, `ada +admin +active`, all.out)
	require.Regexp(t, `grace +finance +suspended`, all.out)
	for text, args := range map[string][]string{
		`there is no operator "nobody"`:              {"operator", "set", "nobody", "--status", "active"},
		"nothing to change was named":                {"operator", "set", "grace"},
		"nobody with the role admin":                 {"operator", "set", "ada", "--role", "viewer"},
		"a key or password that works would be left": {"operator", "key", "revoke", "ada", "1"},
		"grace has no key 1":                         {"operator", "key", "revoke", "grace", "1"},
		"name is already in use":                     {"operator", "create", "ada", "--role", "viewer"},
		"login is already in use":                    {"operator", "set", "ada", "--login", "grace@example.com"},
	} {
		r := run(t, "", with(args...)...)
		require.Equal(t, 1, r.code, "%s", args)
		require.Contains(t, r.err, text, "%s", args)
	}
	do(t, with("operator", "create", "mary", "--role", "admin")...)
	do(t, with("operator", "key", "create", "mary")...)
	require.Contains(t, do(t, with("operator", "key", "revoke", "ada", "1")...),
		"Key 1 of operator ada is revoked since ")
}

func TestInvitingOperators(t *testing.T) {
	url := database(t)
	with := func(args ...string) []string { return append(args, "--database", url) }
	do(t, with("operator", "create", "ada", "--role", "admin")...)
	first := run(t, "", with("operator", "invite", "ada")...)
	require.Equal(t, 0, first.code, first.err)
	require.Contains(t, first.err, "Invited operator ada until ")
	require.Len(t, strings.Fields(first.out), 1, "the invitation stands alone")
	second := run(t, "", with("operator", "invite", "ada", "--json")...)
	var answer struct {
		Invitation string
		Operator   struct{ InvitationExpireTime string }
	}
	require.NoError(t, json.Unmarshal([]byte(second.out), &answer))
	require.NotEmpty(t, answer.Operator.InvitationExpireTime)

	cfg := config.Default()
	cfg.Database = url
	s, err := app.OpenStore(t.Context(), &cfg, app.Current, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	sessions := session.NewService(session.Options{
		Store: s.Sessions, Guesses: s.Guesses, Log: slog.New(slog.DiscardHandler),
	})
	here := session.Browser{Address: netip.MustParseAddr("2001:db8::7")}
	_, _, err = sessions.Join(t.Context(), strings.TrimSpace(first.out), "correct horse battery", here)
	require.ErrorIs(t, err, session.ErrInvitation, "the second took its place")
	in, _, err := sessions.Join(t.Context(), answer.Invitation, "correct horse battery", here)
	require.NoError(t, err)
	require.NoError(t, s.Close())

	id := fmt.Sprint(in.ID)
	require.Regexp(t, `\n`+id+` .* 2001:db8::/64 +yes`, do(t, with("operator", "session", "list", "ada")...))
	require.Contains(
		t, do(t, with("operator", "session", "revoke", "ada", id)...), "Session "+id+" of operator ada has ended.",
	)
	again := run(t, "", with("operator", "session", "revoke", "ada", id)...)
	require.Equal(t, 1, again.code)
	require.Contains(t, again.err, "there is no such session")
	require.NotContains(t, do(t, with("audit", "list", "--json")...), answer.Invitation)
	do(t, with("verify")...)
}
