package web_test

import (
	"net/http"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/web/webtest"
)

// TestWhatIsMissingIsSaidAndAskedForInOneStep: a refusal and an empty list name the role and the Licensing ID, as far as the reader knows of
// it, and lead to the form filled in.
func TestWhatIsMissingIsSaidAndAskedForInOneStep(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	info, nobody := w.As(t, webtest.InfoView), w.As(t, webtest.Nobody)
	w.Give(webtest.Select, webtest.KeyView, access.LicensingInfoViewer)
	partly := w.As(t, webtest.KeyView)
	own := "/licenses/" + lidWire.Wire(w.IDs[webtest.Enterprise])
	for _, c := range []struct {
		who    *webtest.Visitor
		path   string
		status int
		says   string
		link   string
	}{
		{info, own + "/keys", http.StatusForbidden, "Product Keys", "/permissions/request?licensing_id=E-1001&amp;role=product_keys"},
		{info, own + "/audit", http.StatusForbidden, "Administrator", "/permissions/request?licensing_id=E-1001&amp;role=administrator"},
		{info, "/keys", http.StatusForbidden, "None of your roles on any Licensing ID allows this. One of these would: Administrator, Product Keys, Key Administrator", "/permissions/request?licensing_id=E-1001&amp;role=product_keys"},
		{info, "/audit", http.StatusForbidden, "None of your roles on any Licensing ID allows this. One of these would: Administrator.", "/permissions/request?licensing_id=E-1001&amp;role=administrator"},
		{nobody, own + "/keys", http.StatusNotFound, "", `/permissions/request"`},
		{nobody, "/keys", http.StatusOK, "You would need one of these roles on a Licensing ID", "/permissions/request?role=product_keys"},
		{nobody, "/", http.StatusOK, "No permissions", `/permissions/request"`},
		{nobody, "/licenses/summary", http.StatusOK, "You would need one of these roles on a Licensing ID: Licensing Info Viewer, Administrator", "/permissions/request?role=licensing_info_viewer"},
		{partly, "/licenses/summary", http.StatusOK, "On E-1001 you would need one of these roles: Licensing Info Viewer, Administrator", "/permissions/request?licensing_id=E-1001&amp;role=licensing_info_viewer"},
	} {
		p := c.who.Get(c.path)
		if p.Status != c.status || !strings.Contains(p.Text(), c.says) || !strings.Contains(p.Body, c.link) {
			t.Errorf("%s: %d\n%s", c.path, p.Status, p.Text())
		}
		if c.who == nobody && strings.Contains(p.Body, "E-1001") {
			t.Errorf("%s tells of E-1001", c.path)
		}
	}
	filled := info.Get("/permissions/request?licensing_id=E-1001&role=product_keys")
	for _, want := range []string{`value="E-1001"`, `value="enterprise" selected`, `value="product_keys" checked`} {
		if !strings.Contains(filled.Body, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if p := nobody.Get("/permissions/request?licensing_id=E-1001"); strings.Contains(p.Body, `" selected`) && !strings.Contains(p.Body, `value="" selected`) {
		t.Error("the form tells the program of what the reader may not know of")
	}
}
