package console_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"orderhub/server/console/consoletest"
	"orderhub/server/operator"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// chromium opens a browser in which somebody is signed in who has these roles.
func (h *hub) chromium(name string, roles ...operator.Role) *consoletest.Browser {
	h.t.Helper()
	b := consoletest.Open(h.t, h.server.URL)
	h.operator(name, roles...)
	b.Visit("/console")
	b.Fill("Name", name)
	b.Fill("Password", passwordOf(name))
	b.Press("Sign in")
	b.See("Sign out")
	return b
}

// Somebody who was invited joins, sets up a second factor, signs out, and signs in with it.
func TestJoining(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHub(t, open(), false)
		b := consoletest.Open(t, h.server.URL)
		b.Visit("/console/join#" + h.invited("ada", operator.Admin))
		b.Accessible()
		require.Equal(t, "/console/join", consoletest.Evaluate[string](b, `location.pathname + location.hash`))
		b.Fill("New password", "short")
		b.Fill("New password again", "short")
		b.Press("Join")
		b.See("look at the field below")
		b.Fill("New password", passwordOf("ada"))
		b.Fill("New password again", passwordOf("ada"))
		b.Press("Join")
		b.See("Set up your second factor")
		b.Accessible()
		b.Visit("/console/orders")
		b.See("Set up your second factor") // nothing else before
		secret := consoletest.Evaluate[string](b, `document.querySelector("code.secret").textContent`)
		b.Fill("Code that the app shows", "000000")
		b.Press("Confirm")
		b.See("do not belong together")
		b.Fill("Code that the app shows", codeAt(t, secret, 0))
		b.Press("Confirm")
		b.See("Orders")
		b.Press("Sign out")
		b.See("Leave it empty while you have no second factor.")
		b.Accessible()
		b.Picture("sign-in")
		b.Fill("Name", "ada")
		b.Fill("Password", passwordOf("ada"))
		b.Press("Sign in")
		b.See("do not belong together")
		b.Fill("Password", passwordOf("ada"))
		b.Fill("Code of your app", codeAt(t, secret, 30*time.Second)) // the one before was used
		b.Press("Sign in")
		b.See("Sign out")
		b.Press("ada")
		b.See("(this one)")
		b.Accessible()
	})
}

// codeAt is what an authenticator shows then.
func codeAt(t *testing.T, secret string, from time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(from))
	require.NoError(t, err)
	return code
}

// A support operator finds an order, learns what waits, and resolves it with evidence, at a desk and on a telephone.
func TestSupportAtWork(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		b := h.chromium("sam", operator.Support)
		b.See("What needs a person")
		b.Accessible()
		b.Press("Orders")
		b.See("There are no orders yet.")
		b.Accessible()
		h.Stocked("EPIN", 25, 9)
		h.place("shop-1001", "EPIN", 2)
		o := h.parked("shop-1002")
		b.Hit("/")
		require.Equal(t, "q", consoletest.Evaluate[string](b, `document.activeElement.name`))
		b.Key("shop-1002")
		b.Enter()
		require.Contains(t, b.Path(), "q=shop-1002")
		b.See(o.Number)
		b.NotSee("shop-1001")
		b.Press("Clear")
		b.See("shop-1001")
		b.Accessible()
		b.Picture("orders")

		h.place("shop-1003", "EPIN", 1) // the list moves by itself
		b.See("shop-1003")
		b.Press(o.Number)
		b.See("An operator has to decide")
		b.Accessible()
		b.Picture("order")

		b.Press("Today")
		b.See("waits for a decision")
		require.True(t, consoletest.Evaluate[bool](b, `[...document.images].every(i => i.complete && i.naturalWidth > 0)`))
		b.Accessible()
		b.Picture("today")
		b.Press("1 attempt waits for a decision")
		b.See("Waiting for a person")
		b.Accessible()
		b.Picture("attempts")
		b.Press(valuesOf(consoletest.Evaluate[string](b, `document.documentElement.innerHTML`), "attempt")[0])
		b.Resize(360, 740)
		b.Accessible()
		b.Picture("attempt-narrow")
		b.Tick("It was delivered")
		b.Fill("How you know", "their page shows both codes")
		b.Fill("Goods", "AAAA-1111\nBBBB-2222")
		b.Press("Resolve")
		b.See("is resolved.")
		b.See("their page shows both codes")
		b.Accessible()
		b.Press("Show goods")
		b.See("BBBB-2222")
		b.Accessible()
		for _, path := range []string{"/console/orders", "/console/attempts", "/console/account"} {
			b.Visit(path)
			b.Accessible()
		}
	})
}

// Whoever keeps providers and webhooks finds them, and what can be done.
func TestKeepersAtWork(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		e, _ := h.endpoint()
		h.parked("shop-1")
		b := h.chromium("ada", operator.Admin)
		b.Press("Webhooks")
		b.Accessible()
		b.Press("shop")
		b.Accessible()
		b.Press(strconv.FormatInt(e.ID, 10))
		b.Press("Send a test event")
		b.See("The receiver answered 200")
		b.Unfold("Tell past events again…")
		b.Accessible()
		b.Fill("Only these types", "order.created")
		b.Press("Replay")
		b.See("1 events would be told again. Nothing was sent.")
		b.Press("Switch off")
		b.See("The endpoint is inactive.")
		b.Press("Switch on")
		b.Press("1") // the test event
		b.See("Requests and answers")
		b.Accessible()
		b.Press("Send again")
		b.See("is being sent again.")
		b.Press("Providers")
		b.Accessible()
		b.Press("mute")
		b.See("Offers")
		b.Accessible()
		b.Picture("provider")
		b.Press("Disable")
		b.See("The provider is disabled.")
		b.Press("Enable")
		b.See("The provider is active.")
	})
}

// What a viewer may not do is not offered.
func TestViewerLooks(t *testing.T) {
	h := startSQLite(t)
	o := h.parked("shop-1")
	b := h.chromium("vera", operator.Viewer)
	b.Visit("/console/orders/" + o.Number)
	b.See("An operator has to decide")
	for _, action := range []string{"Show goods", "Cancel the order", "Send again"} {
		require.False(t, b.Offers(action), action)
	}
	b.Visit("/console/attempts")
	b.See(o.Number)
	require.False(t, b.Offers("Resolve those chosen"))
}

// Everything works without script.
func TestWithoutScript(t *testing.T) {
	h := startSQLite(t)
	o := h.parked("shop-1")
	b := consoletest.Open(t, h.server.URL)
	b.WithoutScript()
	h.operator("sam", operator.Support)
	b.Visit("/console/attempts")
	b.Fill("Name", "sam")
	b.Fill("Password", passwordOf("sam"))
	b.Press("Sign in")
	b.See("Waiting for a person")
	b.Tick("Choose attempt 1")
	b.Unfold("Decide about those chosen…")
	b.Tick("Give the money back")
	b.Fill("How you know", "they said so")
	b.Press("Resolve those chosen")
	b.See("1 of 1 resolved.")
	b.Visit("/console/orders?q=" + o.Number)
	b.See("they said so")
}
